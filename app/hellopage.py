"""The report of `otoscope demo hello-world`: pictures, and a page that holds them. A process of its own."""

from __future__ import annotations

import html
import json
import os
import sys
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.report import STYLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from widgets.chart import Line

SIZE = (1040, 360)
"""Pixels of a picture."""
_INKS = ("accent", "bad", "muted")
_SHOWN = ("hello, piper-joe", "world, flite-slt")
_RISEN = 0.05  # of a character's probability, from which on it is drawn


def main(argv: Sequence[str] | None = None) -> int:
    """FOLDER, in which results.json and hello.safetensors lie: draw, and write report.html."""
    folder = Path((sys.argv[1:] if argv is None else argv)[0])
    found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from widgets import theme

    app = QApplication.instance() or QApplication(["otoscope"])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    pictures = [("The loss of every training, nats a character", curves(found, folder / "training.png"))]
    pictures += [(f"What the network writes, and when: {name}", path) for name, path in posteriors(folder)]
    (folder / "report.html").write_text(page(found, pictures), encoding="utf-8")
    return 0


def curves(found: dict[str, Any], path: Path) -> Path:
    """The loss of every training over its steps."""
    from widgets.chart import Line, Scale

    lines = []
    for each, ink in zip(found["trainings"], _INKS * len(found["trainings"]), strict=False):
        steps, losses = np.array(each["curve"], float).reshape(-1, 2).T
        lines.append(Line(f"seed {each['seed']}", steps, losses, ink))
    return _drawn(lines, Scale("step", whole=True), Scale("loss"), "Loss", path)


def posteriors(folder: Path) -> list[tuple[str, Path]]:
    """The probability of each character over time, in two clips of voices that were never heard."""
    from engine import build, checkpoint, evaluate
    from widgets.chart import Line, Scale

    network = checkpoint.load(folder / "hello.safetensors")
    task, module = build.task_of(network), build.build(network)
    made: list[tuple[str, Path]] = []
    for clip in task.corpus.split("test"):  # type: ignore[attr-defined]
        if clip.name not in _SHOWN or clip.name in (name for name, _ in made):
            continue
        (logits,) = evaluate.outputs(module, [evaluate.features(network, clip.read()[:, 0])])
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        seconds = np.arange(len(odds)) * module.stride * 0.01
        seen = [number for number in range(1, odds.shape[1]) if odds[:, number].max() > _RISEN]
        lines = [
            Line(network.vocabulary[number], seconds, odds[:, number], _INKS[place % len(_INKS)])
            for place, number in enumerate(seen)
        ]
        file = folder / f"{clip.name.replace(', ', '-')}.png"
        made.append((clip.name, _drawn(lines, Scale("s"), Scale("probability"), clip.name, file)))
    return made


def _drawn(lines: Sequence[Line], x: Any, y: Any, name: str, path: Path) -> Path:
    from app import pictures
    from widgets.plot import Plot

    plot = Plot(name)
    plot.put(lines, x=x, y=y)
    plot.resize(*SIZE)
    pictures.save(plot, path)
    return path


def page(found: dict[str, Any], pictures: Sequence[tuple[str, Path]]) -> str:
    """The whole page."""
    failed = "".join(f'<p class="failed"><strong>Missed.</strong> {_text(each)}</p>' for each in found["failed"])
    words = " and ".join(f"{count} times “{text}”" for text, count in found["clips"].items())
    first = found["trainings"][0]
    figures = "".join(
        f'<figure><img alt="{_text(said)}" src="data:image/png;base64,{b64encode(path.read_bytes()).decode()}">'
        f"<figcaption>{_text(said)}</figcaption></figure>"
        for said, path in pictures
    )
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Otoscope: hello, world</title><style>{STYLE}</style><main>
<h1>Hello, world</h1>
<p class="soft">A speech recogniser from forty clips ({_text(words)}), tried on {first["clips"]} clips of
voices that are not among them. All of it took {found["minutes"]:.1f} minutes,
{found["minutes of a processor"]:.1f} of one processor. Texts are compared as
{_text(first["normaliser"])} for every WER and CER; intervals are of 95 %, by drawing clips.</p>{failed}
<h2>Train and evaluate</h2>{_table(_trainings(found))}
<h2>By kind of voice</h2><p>The first training. Most held-out voices are of espeak-ng, as many of the forty are;
those of piper and flite sound most like people.</p>{_table(_voices(first))}
<h2>What was written wrongly</h2>{_table(_wrong(first))}{figures}
<h2>Quantise</h2>{_table(_forms(found))}
<h2>Profile</h2><p>On a simulated small device: a share of one core of this machine, on one thread.</p>
{_table(_profiles(found))}</main></html>
"""


def _trainings(found: dict[str, Any]) -> list[list[str]]:
    rows = [["seed", "characters right", "95 % between", "WER", "95 % between", "seconds", "of a processor"]]
    for each in found["trainings"]:
        right, low, high = each["character accuracy"]
        wer = each["wer"]
        rows.append([
            str(each["seed"]), f"{right:.1%}", f"{low:.1%} and {high:.1%}", f"{wer['error']:.1%}",
            " and ".join(f"{share:.1%}" for share in wer["within"] or ()), f"{each['seconds']:.0f}",
            f"{each['seconds of a processor']:.0f}",
        ])  # fmt: skip
    return rows


def _voices(first: dict[str, Any]) -> list[list[str]]:
    rows = [["voices", "clips", "WER", "CER"]]
    for kind, each in first["voices"].items():
        rows.append([kind, str(each["clips"]), f"{each['wer']['error']:.1%}", f"{each['cer']['error']:.1%}"])
    return rows


def _wrong(first: dict[str, Any]) -> list[list[str]]:
    rows = [[each["clip"], each["said"], each["written"] or "(nothing)"] for each in first["wrong"]]
    return [["clip", "said", "written"], *(rows or [["nothing", "", ""]])]


def _forms(found: dict[str, Any]) -> list[list[str]]:
    rows = [["", "bytes", "of FP32", "step p50", "step p95", "characters right", "WER"]]
    for each in found["forms"]:
        rows.append([
            each["form"], str(each["bytes"]), f"{each['bytes'] / found['forms'][0]['bytes']:.0%}",
            f"{each['step ms p50']:.3f} ms", f"{each['step ms p95']:.3f} ms",
            f"{each['character accuracy']:.1%}", f"{each['WER']:.1%}",
        ])  # fmt: skip
    return rows


def _profiles(found: dict[str, Any]) -> list[list[str]]:
    names = (
        "block p50 ms", "block p95 ms", "algorithmic ms", "audio in to result p95 ms",
        "end of a recording to result p95 ms",
    )  # fmt: skip
    rows = [["", *names, "memory MB"]]
    for each in found["profiles"]:
        memory = each["memory of the process bytes"] / 2**20
        rows.append([each["file"], *(f"{each[name]:.1f}" for name in names), f"{memory:.0f}"])
    return rows


def _table(rows: Sequence[Sequence[str]]) -> str:
    """The first row is the heading."""
    head = "".join(f"<th>{_text(cell)}</th>" for cell in rows[0])
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows[1:])
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _text(value: Any) -> str:
    return html.escape(str(value))


if __name__ == "__main__":
    sys.exit(main())
