"""`otoscope demo NAME`: one fact about networks as a picture and its figures. A process of its own loads Qt."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.commands import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Values = NDArray[np.float64]

SIZE = (960, 540)
"""Pixels of a picture."""
_SMOOTH, _LEARNT = 20, 0.1


@dataclass(frozen=True, eq=False)
class Demo:
    """Curves by name over the steps, what the axis counts, the figures, and what they mean."""

    curves: dict[str, Values]
    y: str
    log: bool
    figures: dict[str, float]
    words: str
    x: str = "step"


def relu_vs_tanh(steps: int = 200, hidden: int = 32, weight: float = 1.2) -> Demo:
    """h = f(W h) from a positive start, W = 1.2 I: ReLU lets it grow by 1.2 a step, tanh never beyond 1."""
    start = np.random.default_rng(0).uniform(0.1, 1.0, hidden)
    norms = {}
    for name, function in (("ReLU", lambda a: np.maximum(a, 0.0)), ("tanh", np.tanh)):
        h, seen = start, [float(np.linalg.norm(start))]
        for _ in range(steps):
            h = function(weight * h)
            seen.append(float(np.linalg.norm(h)))
        norms[name] = np.array(seen)
    bound = float(np.sqrt(hidden))
    norms["most that tanh can reach"] = np.full(steps + 1, bound)
    over = int(np.argmax(norms["ReLU"] > 1e3))
    figures = {
        "steps": steps,
        "ReLU, norm at the end": float(norms["ReLU"][-1]),
        "ReLU, step at which it is over 1000": over,
        "tanh, largest norm": float(norms["tanh"][1:].max()),
        "square root of the units": bound,
    }
    return Demo(
        norms, "norm of h", True, figures, "A bounded function keeps a state that feeds on itself bounded."
    )


def additive(steps: int = 100, forget: float = 0.99, weight: float = 0.9) -> Demo:
    """c = 0.99 c' + 0.1 x is added to; h = tanh(0.9 h' + x) is made anew. What is left of the start's gradient."""
    x = np.random.default_rng(0).normal(0.0, 0.5, steps)
    c, h = [1.0], [1.0]
    kept, left = [1.0], [1.0]
    for each in x:
        c.append(forget * c[-1] + 0.1 * each)
        kept.append(kept[-1] * forget)  # dc/dc' = f
        h.append(float(np.tanh(weight * h[-1] + each)))
        left.append(left[-1] * weight * (1 - h[-1] ** 2))  # dh/dh' = w (1 - h^2)
    figures = {
        "steps": steps,
        "gradient, additive": kept[-1],
        "gradient, multiplicative": left[-1],
        "ratio": kept[-1] / left[-1],
    }
    curves = {"c, added to": np.array(c), "h, made anew": np.array(h)}
    return Demo(
        curves, "state", False, figures, "What is added to keeps its past, and the way for an error back to it."
    )


def residual_rnn(steps: int = 200, rate: float = 1e-3, seed: int = 0) -> Demo:
    """Six layers of a plain RNN learn `context`, with residual paths and without; and one layer. Real training.

    All learn from the same batches, and both deep ones begin with the same weights. A curve is the loss, a mean of
    `_SMOOTH` steps; the figures tell after how many it is below _LEARNT, and the error on held-out sequences.
    """
    curves: dict[str, Values] = {}
    figures: dict[str, float] = {"steps": steps}
    for name, layers, residual in (("six layers", 6, False), ("six, residual", 6, True), ("one layer", 1, False)):
        losses, error = _learnt(layers, residual, steps, rate, seed)
        curves[name] = np.convolve(losses, np.full(_SMOOTH, 1 / _SMOOTH), "valid")
        below = curves[name] < _LEARNT
        figures[f"{name}: steps to a loss of {_LEARNT}"] = _SMOOTH + int(below.argmax()) if below.any() else steps
        figures[f"{name}: held-out error in %"] = 100 * error
    words = "Paths past the layers bring the error to all six of them: they learn in a fraction of the steps."
    return Demo(curves, f"loss, mean of {_SMOOTH} steps", True, figures, words)


def _learnt(layers: int, residual: bool, steps: int, rate: float, seed: int) -> tuple[list[float], float]:
    """The loss at every step of a training, and the error on held-out sequences."""
    from engine import recipe, train
    from engine.events import Evaluated, Step
    from engine.models.recurrent import Settings

    knobs = recipe.TrainSettings(
        steps=steps, lr=rate, evaluate_every=0, train_batches=0, snapshot_every=steps, seed=seed
    )
    shape = Settings(cell="rnn", hidden=32, layers=layers, residual=residual)
    chosen = recipe.of("context", model="recurrent", model_settings=shape, train=knobs)
    events = list(train.train(chosen, "cpu", attended=False))
    (tried,) = (each for each in events if isinstance(each, Evaluated))
    return [each.loss for each in events if isinstance(each, Step)], float(tried.error)


def residual() -> Demo:
    """The gradient of each of 20 convolutions, in plain blocks and in residual ones; means of ten seeds."""
    from app import convdemos

    curves, figures, words = convdemos.residual()
    return Demo(curves, "norm of the gradient", True, figures, words, "convolution")


def topology(seeds: int = 2) -> Demo:
    """Synthetic phonemes, their mel bands in order and permuted: what a DNN and a CNN make of them."""
    from app import convdemos

    curves, figures, words = convdemos.topology(seeds)
    return Demo(curves, "% right", False, figures, words, "seed")


DEMOS = {
    "relu-vs-tanh": relu_vs_tanh,
    "additive": additive,
    "residual-rnn": residual_rnn,
    "residual": residual,
    "topology": topology,
}


def main(argv: Sequence[str] | None = None) -> int:
    """NAME FOLDER [--json]: write NAME.png and NAME.json there, and print the figures, or all as JSON."""
    name, folder, *more = sys.argv[1:] if argv is None else argv
    made, out = DEMOS[name](), Path(folder)
    try:
        out.mkdir(parents=True, exist_ok=True)
        write(made, name, out, bool(more))
    except (OSError, ValueError) as error:  # a PictureError is one
        reason = getattr(error, "strerror", None) or error
        sys.stderr.write(f"otoscope: {out} cannot be written to: {reason}; choose another folder with --out\n")
        return 3
    return 0


def write(made: Demo, name: str, out: Path, plain: bool = False) -> None:
    """NAME.png and NAME.json; the figures are said, or the file's text. Raises OSError, PictureError."""
    content = {"figures": made.figures, "curves": {key: list(each) for key, each in made.curves.items()}}
    text = json.dumps(content, indent=2)
    (out / f"{name}.json").write_text(text, encoding="utf-8")
    draw(made, out / f"{name}.png")
    if plain:
        say(text)
        return
    for words, value in made.figures.items():
        say(f"{words:<38} {value:.4g}")
    say(made.words)
    say(f"picture: {out / name}.png")


def draw(made: Demo, path: Path) -> None:
    """The curves on shared axes as a PNG file."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from app import pictures
    from widgets import theme
    from widgets.plot import Line, Plot, Scale

    app = QApplication.instance() or QApplication(["otoscope"])
    assert isinstance(app, QApplication)
    theme.apply(app, "light")
    plot = Plot(made.words)
    inks = ("bad", "accent", "muted", "good")
    steps = np.arange(len(next(iter(made.curves.values()))), dtype=float)
    lines = [
        Line(name, steps, values, ink, faint=ink == "muted")
        for (name, values), ink in zip(made.curves.items(), inks, strict=False)
    ]
    plot.put(lines, x=Scale(made.x, whole=True), y=Scale(made.y, made.log))
    plot.resize(*SIZE)
    pictures.save(plot, path)


if __name__ == "__main__":
    sys.exit(main())
