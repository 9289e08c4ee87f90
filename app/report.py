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
figure { margin: 0 0 24px; background: var(--paper); border: 1px solid var(--line); border-radius: 8px;
  overflow: hidden }
figure img { display: block; max-width: 100% } figcaption { padding: 12px 20px; color: var(--soft) }
.wide { overflow-x: auto; margin: 0 0 24px }
table { border-collapse: collapse; background: var(--paper); border: 1px solid var(--line); border-radius: 8px }
td, th { padding: 8px 20px; text-align: right; border-top: 1px solid var(--line); white-space: nowrap;
  font-variant-numeric: tabular-nums }
td:first-child, th:first-child { text-align: left } tr:first-child > * { border-top: 0 } th { color: var(--soft) }
.facts td { text-align: left; white-space: normal; vertical-align: top }
.facts td:first-child { color: var(--soft) }
.panels { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start } .panels figure { margin: 0 }
pre { margin: 0; font-size: 14px }
.failed { border-left: 4px solid var(--bad); padding: 8px 16px; background: var(--paper); margin: 24px 0 }
"""
ERROR = "errors in per cent of the labels (edit operations/labels), clean and at each SNR"
_PANEL = 500  # pixels; a lane is wider


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
        f'<div class="card"><span class="soft">{_decibel(result.snr)}</span><b{off}>{result.error:.0%} wrong</b>'
        f'<div class="text">{_text(result.text or "(nothing)")}</div>'
        f'<span class="soft">{result.edits} edits in {result.length}</span></div>'
    )


def _figure(folder: Path, result: Result) -> str:
    said = f"{_decibel(result.snr)}: “{result.text or '(nothing)'}”, {result.error:.0%} wrong"
    return f"<figure>{_image(folder / result.picture, said)}<figcaption>{_text(said)}</figcaption></figure>"


def _views(folder: Path, views: Sequence[str]) -> str:
    """Lanes below each other, then the panels side by side, each at its own size."""
    if not views:
        return ""
    lanes = panels = ""
    for each in views:
        name = (folder / each).stem.replace("_", " ").capitalize()
        figure = f"<figure>{_image(folder / each, name)}<figcaption>{_text(name)}</figcaption></figure>"
        if _width(folder / each) > _PANEL:
            lanes += figure
        else:
            panels += figure
    return f'<h2>Each view by itself</h2>{lanes}<div class="panels">{panels}</div>'


def _width(path: Path) -> int:
    """The pixels of a PNG file from left to right, which stand in its header."""
    return int.from_bytes(path.read_bytes()[16:20], "big")


def _timings(results: Sequence[Result]) -> str:
    rows = [["", *results[0].milliseconds]]
    rows += [
        [_decibel(each.snr), *(f"{value:.1f} ms" for value in each.milliseconds.values())] for each in results
    ]
    return _table(rows)


def _facts(card: dict[str, Any]) -> str:
    """What it was measured at, voice by voice; then how it was made, with its recipe."""
    tables, plain = "", {}
    for name, value in card["metrics"].items():
        rows = value if isinstance(value, list) else [value]
        if rows and all(isinstance(row, dict) for row in rows):
            tables += f"<p>{_text(name.capitalize())}: {ERROR}.</p>{_measured(rows)}"
        else:
            plain[name] = value
    return tables + _pairs(plain | card["card"])


def _measured(rows: Sequence[dict[str, Any]]) -> str:
    """Rows of voices, each with its edit operations and labels under every condition."""
    names = [name for name, value in rows[0].items() if isinstance(value, dict)]
    shown = [["", *names]]
    for row in rows:
        cells = [f"{row[name]['error']:.1%} ({row[name]['edits']}/{row[name]['digits']})" for name in names]
        shown.append([str(row.get("voice", "")), *cells])
    return _table(shown)


def _pairs(values: dict[str, Any]) -> str:
    rows = "".join(f"<tr><td>{_text(name)}</td><td>{_value(value)}</td></tr>" for name, value in values.items())
    return f'<div class="wide"><table class="facts">{rows}</table></div>' if rows else ""


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return _text(" of ".join(map(str, value)))
    shown = str(value).strip()
    return f"<pre>{_text(shown)}</pre>" if "\n" in shown else _text(shown)


def _table(rows: Sequence[Sequence[str]]) -> str:
    """The first row is the heading."""
    head = "".join(f"<th>{_text(cell)}</th>" for cell in rows[0])
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows[1:])
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _decibel(snr: int) -> str:
    return f"{snr:+d} dB".replace("-", "\N{MINUS SIGN}")


def _image(path: Path, said: str) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{_text(said)}" src="data:image/png;base64,{data}">'


def _text(value: Any) -> str:
    return html.escape(str(value))
