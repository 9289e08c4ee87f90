"""Lesson 7: backpropagation through time, with every derivative checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import catalog, exercise
from engine.lessons.lesson import Guess, Lesson, Outcome, Setup, Step, Through

if TYPE_CHECKING:
    from collections.abc import Mapping

STEPS, RADII = 50, (0.5, 0.9, 1.0, 1.1, 1.5)
KINDS = ("rnn", "lstm", "gru", "gru-seed")


def check_gradients(through: Through = exercise.as_they_are) -> Outcome:
    """Every gradient of every cell beside what happens when a weight is moved a little."""
    errors = {kind: exercise.gradient_error(kind, through) for kind in KINDS}
    values = tuple((kind, exercise.tiny(error)) for kind, error in errors.items())
    text = "greatest relative error of any gradient against central differences"
    worst, answer = max(errors.values()), "by a tenth"
    if worst < 1e-2:
        answer = "by a millionth at most" if worst < 1e-6 else "by a thousandth"
    return Outcome(worst < 1e-6, text, values, answer)


def check_torch(through: Through = exercise.as_they_are) -> Outcome:
    """The same gradients from torch, which derives them by itself."""
    apart = {kind: exercise.beside_torch(kind, through)[1] for kind in ("rnn", "lstm", "gru")}
    values = tuple((kind, exercise.tiny(each)) for kind, each in apart.items())
    text = "largest difference of any gradient to torch's"
    return Outcome(max(apart.values()) < 1e-9, text, values, "the forward pass alone")


def check_radius(through: Through = exercise.as_they_are) -> Outcome:
    """What is left of an error after fifty steps, for recurrent weights that are made longer and longer."""
    rng = np.random.default_rng(10)
    turn, _ = np.linalg.qr(rng.standard_normal((16, 16)))  # it turns, and changes no length
    left, passed = {}, True
    for radius in RADII:
        left[radius] = _left(through({"U": radius * turn})["U"])
        passed &= abs(left[radius] / radius**STEPS - 1.0) < 1e-6
    values = tuple(
        (f"spectral radius {radius:g}", f"{each:.3g}" if 1e-3 < each < 1e4 else exercise.tiny(each))
        for radius, each in left.items()
    )
    text = f"an error of 1, after {STEPS} steps back through a network at rest"
    return Outcome(passed, text, values, f"{left[1.1]:.0f}", (_swelling(left),))


def check_clipping(through: Through = exercise.as_they_are) -> Outcome:
    """By norm a step gets shorter and keeps its direction; by value it turns. Torch clips to the same numbers."""
    import torch

    from engine.scratch.clip import clip_norm, clip_value, norm

    by_norm, by_value = _steep(through), _steep(through)
    theirs = [torch.nn.Parameter(torch.zeros(each.shape, dtype=torch.float64)) for each in by_norm]
    for parameter, each in zip(theirs, _steep(exercise.as_they_are), strict=True):
        parameter.grad = torch.from_numpy(each)
    torch.nn.utils.clip_grad_norm_(theirs, 1.0)
    before, after = clip_norm(by_norm, 1.0)
    turned = clip_value(by_value, 0.05)
    pairs = zip(by_norm, theirs, strict=True)
    apart = max(exercise.furthest(a, b.grad.numpy()) for a, b in pairs if b.grad is not None)
    values = (
        ("length before, and clipped to 1", f"{before:.1f} and {norm(by_norm):.3f}"),
        ("turned by clipping each value to 0.05", f"{np.degrees(turned):.0f} degrees"),
        ("clipped by norm: NumPy against torch", exercise.tiny(apart)),
    )
    passed = after <= 1.0 + 1e-12 and turned > 0.05 and apart < 1e-6
    return Outcome(passed, "what clipping does to a gradient", values, "its length")


def check_truncation(through: Through = exercise.as_they_are) -> Outcome:
    """The same network taught with the full error, and with one that stops every four frames."""
    module: Any = catalog.load("tasks", "copy")
    task = module.build(module.Settings(symbols=2, delay=8))
    found = {}
    for stretch in (0, 4):
        net = exercise.changed(exercise.taught("gru", task, 300, stretch=stretch), through)
        found[stretch] = exercise.score(net, task)
    frames = len(task.item("test", 0)[0])
    values = (
        (f"the error goes back all {frames} frames", exercise.percent(found[0])),
        ("it stops every 4 frames", exercise.percent(found[4])),
        ("frames to be kept for it", f"{frames} and 4"),
    )
    text = "right answers on sequences not learnt from, where the tone is 9 frames before the question"
    return Outcome(found[0] > 0.9 and found[4] < 0.75, text, values, "less memory", (task.pinned(),))


def check_echo(through: Through = exercise.as_they_are) -> Outcome:
    """Hear what an answer depends on: each tone as loud as the gradient that reaches it."""
    module: Any = catalog.load("tasks", "copy")
    task = module.build(module.Settings(symbols=2, delay=8))
    net = exercise.changed(exercise.taught("gru", task, 300), through)
    right = exercise.score(net, task)
    symbols, classes = task.item("test", 0)
    echo = _echo(net, task, symbols, classes)
    place = int(np.flatnonzero((symbols >= 1) & (symbols <= 2))[0])
    others = np.delete(echo[:-1], place)
    share = float(echo[place] / np.median(others))
    loud = np.repeat(echo / echo.max(), 1024)[512:]
    sound = exercise.sound(
        task.alphabet.sound(symbols) * loud[: len(task.alphabet.sound(symbols))], "the echo", task.rate
    )
    values = (
        ("the tone that is asked for, against the others", f"{share:.0f} times"),
        ("right answers of this network", exercise.percent(right)),
    )
    text = "how much of the gradient reaches the tone in question, on an unheard sequence"
    original = task.clip(symbols, classes, "the sequence")
    return Outcome(share > 2 and right > 0.9, text, values, "the tone in question", (original, sound))


def numbers() -> Mapping[str, Any]:
    """Three steps of a plain RNN with two units, forward and back, for the page."""
    cell = exercise.cell("rnn", 3, 2)
    x = np.random.default_rng(12).standard_normal((3, 3, 1))
    h = np.array(cell.forward(x))
    dh = np.zeros_like(h)
    dh[-1] = 1.0
    cell.backward(dh)
    slopes = 1.0 - h[:, :, 0] ** 2
    grads = {"dW": cell.grads["W"], "dU": cell.grads["U"], "db": cell.grads["b"][:, 0]}
    return {
        "h": h[:, :, 0],
        "slope": slopes,
        "da": cell.da[:, :, 0].copy(),
        "before": cell.before[0][:, 0],
    } | grads


def _left(u: np.ndarray[Any, Any]) -> float:
    """The length that an error of length 1 has after STEPS steps back through a network that hears nothing."""
    from engine.scratch.rnn import Rnn

    cell = Rnn({"W": np.zeros((16, 1)), "U": np.array(u), "b": np.zeros((16, 1))})
    h = cell.forward(np.zeros((STEPS, 1, 1)))
    cell.backward(np.zeros_like(h), (np.full((16, 1), 0.25),))
    return float(np.linalg.norm(cell.before[0]))


def _steep(through: Through) -> list[np.ndarray[Any, Any]]:
    """The gradients of an LSTM over forty frames, long ones."""
    cell = exercise.cell("lstm")
    cell = type(cell)({name: np.array(value) for name, value in through(cell.weights).items()})
    cell.backward(np.ones_like(cell.forward(np.random.default_rng(11).standard_normal((40, 5, 4)))))
    return [each.copy() for each in cell.grads.values()]


def _swelling(left: Mapping[float, float]) -> Any:
    """For three radii a row of tones, each as loud as what is left of the error there."""
    rows = []
    for radius in (0.5, 1.0, 1.1):
        loud = np.minimum(radius ** np.arange(12), 3.0) / 3.0
        rows += [exercise.notes([440.0], 0.1) * each for each in loud] + [np.zeros(4000)]
    return exercise.sound(np.concatenate(rows), "vanishing, steady, exploding")


def _echo(net: Any, task: Any, symbols: Any, classes: Any) -> np.ndarray[Any, Any]:
    """The length of the gradient of the last answer's loss by each frame."""
    from engine.scratch.batch import pad
    from engine.scratch.loss import cross_entropy

    batch = pad([(task.table[symbols].astype(np.float64), classes)])
    y = net.forward(batch.x, batch.lengths)
    mask = batch.mask * (batch.targets > 0)
    _, dy = cross_entropy(y, batch.targets, mask)
    dx = net.layers[0].backward(net.dense.backward(dy))
    return np.linalg.norm(dx[:, :, 0], axis=1)


LESSON = Lesson(
    number=7,
    file="7_RNN_Backpropagation_Through_Time_BPTT",
    about="Every derivative of training, derived, measured and heard",
    needs=(2, 6),
    numbers=numbers,
    steps=(
        Step(
            "gradients",
            "Is it right?",
            check_gradients,
            Setup(task="copy", shown=("curves",), train=(("steps", 600), ("evaluate_every", 50))),
            Guess(
                "The worst gradient of four cells: by how much of itself is it off?",
                ("by a tenth", "by a thousandth", "by a millionth at most"),
            ),
        ),
        Step(
            "torch",
            "And what does torch say?",
            check_torch,
            Setup(network="phonemes-lstm-32", clip="cat", shown=("gradient",), cursor=0.4),
            Guess(
                "What does torch need to be told, to find these gradients?",
                ("the forward pass alone", "the derivative of each line", "both"),
            ),
        ),
        Step(
            "radius",
            "Vanishing and exploding",
            check_radius,
            Setup(network="digits-rnn-128", clip="digits", shown=("gradient", "decay"), cursor=2.5),
            Guess(f"The radius is 1.1. By what is an error multiplied in {STEPS} steps?", unit="times", near=0.25),
        ),
        Step(
            "clipping",
            "Clipping",
            check_clipping,
            Setup(
                task="copy",
                shown=("curves",),
                train=(("steps", 600), ("clip", 0.25), ("evaluate_every", 50)),
            ),
            Guess("What does clipping by norm change?", ("its length", "its direction", "both")),
        ),
        Step(
            "truncation",
            "Short memory for the error",
            check_truncation,
            Setup(
                task="copy",
                shown=("gradient", "hidden", "curves"),
                train=(("steps", 600), ("bptt", 4), ("evaluate_every", 50)),
            ),
            Guess("What does truncation buy?", ("a better gradient", "less memory", "a longer reach")),
        ),
        Step(
            "echo",
            "Hear what the answer depends on",
            check_echo,
            Setup(
                network="digits-lstm-128",
                clip="digits",
                shown=("posteriors", "gradient", "decay"),
                cursor=2.5,
            ),
            Guess("Where will most of the gradient go?", ("the last tones", "the tone in question", "everywhere")),
        ),
    ),
)
