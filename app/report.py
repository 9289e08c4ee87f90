"""The page that `otoscope demo` leaves: one HTML file with its pictures inside."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.demo import Result
    from engine.clip import Clip

STYLE = """
:root { --ink: #1d2733; --soft: #5c6b7a; --line: #dfe5ea; --accent: #0f7c8a; --bad: #b3392f; --paper: #ffffff; }
* { box-sizing: border-box }
body { margin: 0; background: #f4f6f8; color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif }
main { max-width: 1120px; margin: 0 auto; padding: 48px 24px 64px }
h1 { font-size: 30px; margin: 0 0 4px } h2 { font-size: 20px; margin: 48px 0 12px }
p { margin: 0 0 12px; max-width: 46em } .soft { color: var(--soft) }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 16px; margin: 32px 0 }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 8px; padding: 16px 20px }
.card b { font-size: 28px; font-variant-numeric: tabular-nums; display: block; line-height: 1.2 }
.text { font-size: 17px; margin-top: 8px } .off { color: var(--bad) }
figure { margin: 0 0 32px; background: var(--paper); border: 1px solid var(--line); border-radius: 8px;
  overflow: hidden }
figure img { display: block; width: 100% } figcaption { padding: 12px 20px; color: var(--soft) }
table { border-collapse: collapse; background: var(--paper); border: 1px solid var(--line); border-radius: 8px }
td, th { padding: 8px 20px; text-align: right; border-top: 1px solid var(--line);
  font-variant-numeric: tabular-nums }
td:first-child, th:first-child { text-align: left } tr:first-child th { border-top: 0; color: var(--soft) }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 16px }
.failed { border-left: 4px solid var(--bad); padding: 8px 16px; background: var(--paper); margin: 24px 0 }
"""


def page(
    folder: Path,
    clip: Clip,
    card: dict[str, Any],
    results: Sequence[Result],
    trouble: Sequence[str],
    views: Sequence[str],
) -> str:
    """The whole page; pictures are read from `folder`."""
    failed = "".join(f'<p class="failed"><strong>Failed.</strong> {_text(each)}</p>' for each in trouble)
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Otoscope: what noise does to {_text(card["name"])}</title><style>{STYLE}</style><main>
<h1>What noise does to a recurrent network</h1>
<p class="soft">{_text(card["name"])} reads the bundled clip “{_text(clip.name)}”, {clip.seconds:.1f} seconds
that it never heard, at three signal-to-noise ratios.
Spoken: <strong>{_text(results[0].truth)}</strong></p>{failed}
<div class="cards">{"".join(map(_card, results))}</div>
<h2>In the window</h2>{"".join(_figure(folder, each) for each in results if each.picture)}
<h2>From slider to result</h2>
<p>Milliseconds from a turned SNR slider to states, gates and text over the whole clip; the median of several turns
on this machine's CPU.</p>{_timings(results)}{_views(folder, views)}
<h2>The network</h2>{_facts(card)}</main></html>
"""


def _card(result: Result) -> str:
    off = ' class="off"' if result.error > 0 else ""
    return (
        f'<div class="card"><span class="soft">{result.snr:+d} dB</span><b{off}>{result.error:.0%} wrong</b>'
        f'<div class="text">{_text(result.text or "(nothing)")}</div>'
        f'<span class="soft">{result.edits} edits in {result.length}</span></div>'
    )


def _figure(folder: Path, result: Result) -> str:
    said = f"{result.snr:+d} dB: “{result.text or '(nothing)'}”, {result.error:.0%} wrong"
    return f"<figure>{_image(folder / result.picture, said)}<figcaption>{_text(said)}</figcaption></figure>"


def _views(folder: Path, views: Sequence[str]) -> str:
    if not views:
        return ""
    shown = ""
    for each in views:
        name = (folder / each).stem.replace("_", " ")
        shown += f"<figure>{_image(folder / each, name)}<figcaption>{_text(name)}</figcaption></figure>"
    return f'<h2>Each view by itself</h2><div class="grid">{shown}</div>'


def _timings(results: Sequence[Result]) -> str:
    names = list(results[0].milliseconds)
    head = "".join(f"<th>{_text(name)}</th>" for name in names)
    rows = ""
    for each in results:
        cells = "".join(f"<td>{each.milliseconds[name]:.1f} ms</td>" for name in names)
        rows += f"<tr><td>{each.snr:+d} dB</td>{cells}</tr>"
    return f"<table><tr><th></th>{head}</tr>{rows}</table>"


def _facts(card: dict[str, Any]) -> str:
    rows = ""
    for part in ("model", "task", "metrics", "card"):
        for key, value in _flat(card.get(part, {})):
            rows += f"<tr><td>{_text(part)}</td><td>{_text(key)}</td><td>{_text(value)}</td></tr>"
    return f"<table>{rows}</table>"


def _flat(values: Any, above: str = "") -> list[tuple[str, str]]:
    if not isinstance(values, dict):
        shown = f"{values:.4g}" if isinstance(values, float) else str(values)
        return [(above, shown)]
    return [pair for key, value in values.items() for pair in _flat(value, f"{above} {key}".strip())]


def _image(path: Path, said: str) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{_text(said)}" src="data:image/png;base64,{data}">'


def _text(value: Any) -> str:
    return html.escape(str(value))
