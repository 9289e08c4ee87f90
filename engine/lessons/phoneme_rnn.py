"""Lesson 1: what a phoneme recogniser needs a memory for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, catalog, exercise
from engine.lessons.lesson import Guess, Lesson, Outcome, Setup, Step, Through

if TYPE_CHECKING:
    from collections.abc import Mapping

STEPS = 200


def check_cat(through: Through = exercise.as_they_are) -> Outcome:
    """The bundled network reads the word cat, said by a voice that it was never trained on."""
    clip, truth = asset.open_bundled("cat"), ("k", "æ", "t")
    found = exercise.text(exercise.network("phonemes-rnn-128", through), clip)
    phones = [label for label in clip.labels if label.tier == "phone"]
    times = tuple((f"/{each.text}/", f"{each.start:.2f} to {each.end:.2f} s") for each in phones)
    said = f"the network reads /{' '.join(found)}/, and /{' '.join(truth)}/ was said"
    return Outcome(found == truth, said, times, f"{len(phones)}", (clip,))


def check_ceiling(through: Through = exercise.as_they_are) -> Outcome:
    """The same frame with two labels: the best that anyone can do who hears one frame at a time."""
    module: Any = catalog.load("tasks", "context")
    settings = module.Settings()
    task = module.build(settings)
    best = module.ceiling(settings)
    dense = exercise.changed(exercise.taught("rnn", task, STEPS, alone=True), through)
    found = exercise.score(dense, task, alone=True)
    labels = {task.vocabulary[c] for n in range(20) for s, c in zip(*task.item("test", n), strict=True) if s == 3}
    values = (
        ("labels of the tone 'closure'", " or ".join(sorted(labels))),
        ("the ceiling for one frame alone", exercise.percent(best)),
        ("a dense network that has learnt", exercise.percent(found)),
    )
    text = "right frames on sequences not learnt from"
    passed = labels == {"p", "b"} and best - 0.05 < found < best + 0.02
    return Outcome(passed, text, values, f"{100 * best:.0f}", (task.pinned(),))


def check_equal(through: Through = exercise.as_they_are) -> Outcome:
    """Our RNN and torch's, with the same weights, are one; and how many weights serve all the frames."""
    h, grads = exercise.beside_torch("rnn", through)
    count = sum(value.size for value in exercise.cell("rnn").weights.values())
    values = (
        ("hidden state", exercise.tiny(h)),
        ("all gradients", exercise.tiny(grads)),
        ("weights, for 30 frames as for one", str(count)),
    )
    text = "largest difference between NumPy and torch over 30 steps"
    return Outcome(max(h, grads) < 1e-9, text, values, str(count))


def check_rule(through: Through = exercise.as_they_are) -> Outcome:
    """The four lines of learning, against what happens when a weight is moved a little (as in lesson 7).

    And what comes of following them: one network before and after, on sequences that it has not learnt from.
    """
    module: Any = catalog.load("tasks", "context")
    task = module.build(module.Settings())
    error, right = exercise.gradient_error("rnn"), {}
    for steps in (0, STEPS):
        net = exercise.changed(exercise.taught("rnn", task, steps), through)
        right[steps] = exercise.score(net, task)
    values = (
        ("the four lines against differences, greatest relative error", exercise.tiny(error)),
        ("before it has learnt", exercise.percent(right[0])),
        (f"after {STEPS} steps by the four lines", exercise.percent(right[STEPS])),
    )
    text = "right frames on sequences not learnt from"
    passed = error < 1e-6 and right[STEPS] > 0.9 and right[STEPS] > right[0] + 0.2
    return Outcome(passed, text, values, f"{100 * right[STEPS]:.0f}", (task.pinned(),))


def check_context(through: Through = exercise.as_they_are) -> Outcome:
    """The same network twice, as large, taught as long: once with its state, once emptied before every frame."""
    module: Any = catalog.load("tasks", "context")
    task = module.build(module.Settings())
    dense = exercise.changed(exercise.taught("rnn", task, STEPS, alone=True), through)
    rnn = exercise.changed(exercise.taught("rnn", task, STEPS), through)
    alone, together = exercise.score(dense, task, alone=True), exercise.score(rnn, task)
    values = (
        ("dense network, one frame alone", exercise.percent(alone)),
        ("RNN, with what came before", exercise.percent(together)),
        ("the ceiling for one frame alone", exercise.percent(module.ceiling(module.Settings()))),
        ("gained", f"{100 * (together - alone):.1f} points"),
    )
    text = "right frames on sequences not learnt from"
    return Outcome(together >= alone + 0.1, text, values, f"{100 * (together - alone):.0f}", (task.pinned(),))


def numbers() -> Mapping[str, Any]:
    """Three steps of an RNN with two units, for the page."""
    cell = exercise.cell("rnn", 3, 2)
    x = np.random.default_rng(0).standard_normal((3, 3, 1))
    h = np.array(cell.forward(x))
    cell.backward(np.ones_like(h))
    weights = {"W_xh": cell.weights["W"], "W_hh": cell.weights["U"], "b_h": cell.weights["b"][:, 0]}
    return {"x": x[:, :, 0], "h": h[:, :, 0], "dW": cell.grads["W"], "dU": cell.grads["U"]} | weights


LESSON = Lesson(
    number=1,
    file="1_Phoneme_Sequence_Recognition_RNN",
    about="Why sound needs a memory, and the smallest that there is",
    needs=(),
    numbers=numbers,
    steps=(
        Step(
            "cat",
            "Hear a word, and see its sounds",
            check_cat,
            Setup(clip="cat", network="phonemes-rnn-128", shown=("spectrogram", "hidden", "posteriors")),
            Guess("How many phonemes does the word cat have?", near=1.0),
        ),
        Step(
            "ceiling",
            "One frame alone",
            check_ceiling,
            Setup(
                task="context",
                kind="dense",
                shown=("spectrogram", "posteriors", "curves"),
                train=(("steps", 600), ("evaluate_every", 50)),
            ),
            Guess("How many frames of 100 can be told right by the frame alone?", unit="%", near=8.0),
        ),
        Step(
            "equal",
            "The same network twice",
            check_equal,
            Setup(network="phonemes-rnn-128", clip="cat", shown=("hidden", "diagram"), cursor=0.3),
            Guess(
                "A frame has 5 features, the state 8 units. How many weights make the states of 30 frames?",
                unit="weights",
                near=1.0,
            ),
        ),
        Step(
            "rule",
            "Four lines",
            check_rule,
            Setup(task="context", shown=("curves",), train=(("steps", 600), ("evaluate_every", 50))),
            Guess(f"After {STEPS} steps by these lines, how many frames of 100 are right?", unit="%", near=8.0),
        ),
        Step(
            "context",
            "What a memory is worth",
            check_context,
            Setup(
                task="context",
                model=(("cell", "rnn"),),
                shown=("hidden", "posteriors", "curves"),
                train=(("steps", 600), ("evaluate_every", 50)),
            ),
            Guess("How many points does the RNN gain?", unit="points", near=8.0),
        ),
    ),
)
