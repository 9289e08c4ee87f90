"""Lesson 2: why the simple RNN forgets, and how the LSTM does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, catalog, exercise
from engine.lessons.lesson import Guess, Lesson, Outcome, Setup, Step, Through

if TYPE_CHECKING:
    from collections.abc import Mapping

STEPS, DELAY = 60, 8


def check_vanishing(through: Through = exercise.as_they_are) -> Outcome:
    """The error that goes back through a simple RNN shrinks at every step, and by its bound at least.

    The product by hand is compared with what backpropagation finds in a cell of the same weights.
    """
    cell, (error, decay, bound) = exercise.cell("rnn", hidden=16), _by_hand()
    again = type(cell)({name: np.array(value) for name, value in through(cell.weights).items()})
    h = again.forward(_noise())
    again.backward(np.zeros_like(h), (np.full((16, 1), 0.25),))
    apart = exercise.furthest(again.before[0], error) / float(np.abs(error).max())
    mean = float(np.exp(np.log(decay).mean()))
    values = (
        ("largest factor of a step", f"{decay.max():.3f}"),
        ("its bound: norm of the recurrent weights x steepest slope", f"{bound[decay.argmax()]:.3f}"),
        (f"what is left after {STEPS} steps", exercise.tiny(decay.prod())),
        ("the product by hand against backpropagation, relative", exercise.tiny(apart)),
    )
    text = f"the error is multiplied by {mean:.2f} at each step, on average"
    passed = bool((decay <= bound + 1e-12).all()) and apart < 1e-6 and mean < 1.0
    return Outcome(passed, text, values, f"{mean:.2f}", (_fading(decay),))


def check_equal(through: Through = exercise.as_they_are) -> Outcome:
    """Our LSTM and torch's, with the same weights, are one; and its size beside that of a simple RNN."""
    h, grads = exercise.beside_torch("lstm", through)
    lstm, rnn = (sum(value.size for value in exercise.cell(kind).weights.values()) for kind in ("lstm", "rnn"))
    values = (
        ("hidden state", exercise.tiny(h)),
        ("all gradients", exercise.tiny(grads)),
        ("weights of the LSTM, and of a simple RNN", f"{lstm} and {rnn}"),
    )
    text = "largest difference between NumPy and torch over 30 steps"
    return Outcome(max(h, grads) < 1e-9, text, values, f"{lstm / rnn:.0f}")


def check_highway(through: Through = exercise.as_they_are) -> Outcome:
    """With the forget gate open the cell state carries an error back without loss; half open, it is halved."""
    kept = {}
    for name, bias in (("open", 12.0), ("half open", 0.0)):
        cell = exercise.cell("lstm", hidden=4)
        weights = through({key: _only_forget(value, bias) for key, value in cell.weights.items()})
        cell = type(cell)({key: np.array(value) for key, value in weights.items()})
        h = cell.forward(np.zeros((STEPS, 5, 1)))
        cell.backward(np.zeros_like(h), (np.zeros((4, 1)), np.ones((4, 1))))
        kept[name] = float(cell.before[1].mean())
    passed = kept["open"] > 0.99 and abs(kept["half open"] - 0.5**STEPS) < 1e-3 * 0.5**STEPS
    values = tuple(
        (
            f"forget gate {name}: what arrives of an error of 1",
            f"{value:.3g}" if value > 1e-3 else exercise.tiny(value),
        )
        for name, value in kept.items()
    )
    return Outcome(passed, f"after {STEPS} steps back through the cell state", values, "all of it")


def check_recall(through: Through = exercise.as_they_are) -> Outcome:
    """Both learn the same task alike: which of two tones was heard, with a long pause before the question."""
    module: Any = catalog.load("tasks", "copy")
    task = module.build(module.Settings(symbols=2, delay=DELAY))
    found = {kind: exercise.taught(kind, task, 500, hidden=32) for kind in ("rnn", "lstm")}
    rnn, lstm = (exercise.score(exercise.changed(net, through), task) for net in found.values())
    values = (
        ("simple RNN", exercise.percent(rnn)),
        ("LSTM", exercise.percent(lstm)),
        ("guessing", exercise.percent(0.5)),
    )
    text = f"right answers {DELAY} sounds later, on sequences that neither has learnt from"
    return Outcome(lstm >= 0.9 and lstm >= rnn + 0.2, text, values, "LSTM", (task.pinned(),))


def check_gates(through: Through = exercise.as_they_are) -> Outcome:
    """In a trained LSTM some units keep for long: the half-life of their memory, from their forget gate.

    A step of this network is three frames of 10 ms, which it hears as one.
    """
    clip = asset.open_bundled("digits")
    network = exercise.network("digits-lstm-128", through)
    gate, step = _forget_gate(network, clip)
    life = np.log(0.5) / np.log(np.minimum(gate.mean(0), 0.999999)) * step
    wrong, count = exercise.reading(network, [clip])
    values = (
        ("longest half-life of a unit", f"{life.max():.1f} s"),
        ("median half-life", f"{1000 * np.median(life):.0f} ms"),
        ("one step of this network", f"{1000 * step:.0f} ms"),
        ("digits read wrongly", f"{wrong} of {count}"),
    )
    return Outcome(wrong == 0, "how long the units of layer 1 remember", values, f"{life.max():.1f}", (clip,))


def _noise() -> np.ndarray[Any, Any]:
    """Something to hear, [T, D, 1]."""
    return np.random.default_rng(2).standard_normal((STEPS, 5, 1))


def _by_hand() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """An error at the end of a simple RNN brought back to its start; the factor of each step, and its bound."""
    cell = exercise.cell("rnn", hidden=16)
    cell.forward(_noise())
    u, error, factors, slopes = cell.weights["U"], np.full((16, 1), 0.25), [], []
    for t in reversed(range(STEPS)):
        slope = 1.0 - cell.h[t + 1] ** 2
        after = u.T @ (slope * error)
        factors.append(float(np.linalg.norm(after) / np.linalg.norm(error)))
        slopes.append(float(slope.max()))
        error = after
    norm = float(np.linalg.svd(u, compute_uv=False)[0])
    return error, np.array(factors), norm * np.array(slopes)


def numbers() -> Mapping[str, Any]:
    """One step of an LSTM with two units, for the page."""
    cell: Any = exercise.cell("lstm", inputs=3, hidden=2)
    x = np.array([0.5, -1.0, 0.25])
    cell.forward(np.tile(x, (4, 1))[:, :, None])
    seen = {name: value[-1, :, 0] for name, value in cell.seen().items()}
    before = {"c_before": cell.c[-2, :, 0], "h_before": cell.h[-2, :, 0]}
    _, decay, bound = _by_hand()
    return {"x": x} | seen | before | {"decay": decay, "bound": bound}


def _only_forget(weights: np.ndarray[Any, Any], bias: float) -> np.ndarray[Any, Any]:
    """Weights of 0, but for the bias of the forget gate: the other gates stand half open."""
    empty = np.zeros_like(weights)
    if weights.shape[1] == 1:
        empty[4:8] = bias
    return empty


def _forget_gate(network: Any, clip: Any) -> tuple[np.ndarray[Any, Any], float]:
    """The forget gate of layer 1 over a clip, [T, H], and the seconds of one of its steps."""
    import torch

    from engine import build, checkpoint, evaluate
    from engine.probes.record import Recorder
    from engine.trace import Key

    module, probe = build.build(network), Recorder()
    frames = evaluate.features(network, clip.read()[:, 0])
    with torch.no_grad():
        module(torch.from_numpy(frames)[None], torch.tensor([len(frames)]), probe=probe)
    step = module.stride / checkpoint.output(build.task_of(network)).rate
    return np.asarray(probe.values[Key("gate.f", 1)], np.float64), step


def _fading(decay: np.ndarray[Any, Any]) -> Any:
    """A tone for each step back, as loud as what is left of the error."""
    left = np.concatenate([[1.0], np.cumprod(decay)])[:16]
    return exercise.sound(
        np.concatenate([exercise.notes([440.0], 0.12) * each for each in left]), "the error, fading"
    )


LESSON = Lesson(
    number=2,
    file="2_LSTM_Architecture_and_Implementation",
    about="Why a simple RNN forgets, and the cell that remembers",
    needs=(1,),
    numbers=numbers,
    steps=(
        Step(
            "vanishing",
            "Hear an error fade",
            check_vanishing,
            Setup(network="digits-rnn-128", clip="digits", shown=("hidden", "gradient"), cursor=2.5),
            Guess("By what is the error multiplied at each step back?", unit="times", near=0.25),
        ),
        Step(
            "equal",
            "The same LSTM twice",
            check_equal,
            Setup(network="digits-lstm-128", clip="digits", shown=("cell", "gates")),
            Guess("How many times the weights of a simple RNN does an LSTM need?", unit="times", near=0.1),
        ),
        Step(
            "highway",
            "The road through the cell state",
            check_highway,
            Setup(network="digits-lstm-128", clip="digits", shown=("gates", "decay"), cursor=2.5),
            Guess(
                f"The forget gate stands wide open for {STEPS} steps. How much of an error gets through?",
                ("all of it", "about half", "next to nothing"),
            ),
        ),
        Step(
            "gates",
            "How long a unit remembers",
            check_gates,
            Setup(network="digits-lstm-128", clip="digits", shown=("gates", "cell")),
            Guess("How many seconds does the slowest of 128 units take to forget half?", unit="s", near=0.5),
        ),
        Step(
            "recall",
            "Which tone was it?",
            check_recall,
            Setup(
                task="copy",
                shown=("hidden", "posteriors", "curves"),
                train=(("steps", 1000), ("evaluate_every", 50)),
            ),
            Guess("Which of the two still knows the tone after the pause?", ("simple RNN", "LSTM", "both")),
        ),
    ),
)
