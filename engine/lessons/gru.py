"""Lesson 3: the GRU, a smaller cell with two gates, and the two ways in which it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import exercise
from engine.counting import plan_sizes
from engine.lessons.lesson import Guess, Lesson, Outcome, Setup, Step, Through

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIPS = 16


def check_plan(through: Through = exercise.as_they_are) -> Outcome:
    """Our GRU of the learning plan's convention, against its four equations written down one after another.

    With all weights 0 the gates stand half open and the candidate is 0, so that a state is only let go.
    """
    cell = exercise.cell("gru-seed")
    ours = type(cell)({name: np.array(value) for name, value in through(cell.weights).items()})
    x = np.random.default_rng(3).standard_normal((30, 5, 2))
    apart = exercise.furthest(ours.forward(x), _plan(cell.weights, x))
    empty = type(cell)({name: np.zeros_like(value) for name, value in cell.weights.items()})
    left = float(empty.forward(x[:3], (np.ones((empty.hidden, 2)),))[-1].mean())
    values = (
        ("hidden state", exercise.tiny(apart)),
        ("with z at 0.5 and nothing new, left of a state after 3 steps", exercise.percent(left)),
    )
    text = "largest difference between our cell and the plan's equations over 30 steps"
    return Outcome(apart < 1e-12 and left < 0.2, text, values, f"{100 * left:.1f}")


def check_torch(through: Through = exercise.as_they_are) -> Outcome:
    """Our GRU of torch's convention, against torch; and how many biases torch keeps that the plan has not."""
    import torch

    h, grads = exercise.beside_torch("gru", through)
    theirs = sum(each.numel() for each in torch.nn.GRU(5, 8).parameters())
    more = theirs - sum(value.size for value in exercise.cell("gru-seed").weights.values())
    values = (
        ("hidden state", exercise.tiny(h)),
        ("all gradients", exercise.tiny(grads)),
        ("biases of torch's GRU of 8 units", str(more)),
    )
    text = "largest difference between NumPy and torch over 30 steps"
    return Outcome(max(h, grads) < 1e-9, text, values, str(more))


def check_conventions(through: Through = exercise.as_they_are) -> Outcome:
    """With the same weights the conventions disagree; once z is turned round and r does nothing, they are one.

    Without weights of its own r is 0.5 everywhere, and it is the same whether a state is halved before a matrix or
    after it.
    """
    weights = exercise.cell("gru-seed").weights
    ours = {name: np.array(value) for name, value in through(weights).items()}
    x = np.random.default_rng(4).standard_normal((30, 5, 1))
    as_they_are = exercise.furthest(_cell("gru-seed", ours).forward(x), _cell("gru", weights).forward(x))
    for each, sign in ((ours, 1.0), (weights, -1.0)):
        for value in each.values():
            value[:8] = 0.0
            value[8:16] *= sign  # sigmoid(-a) = 1 - sigmoid(a): z of the one is 1 - z of the other
    turned = exercise.furthest(_cell("gru-seed", ours).forward(x), _cell("gru", weights).forward(x))
    values = (
        ("the same weights in both", f"{as_they_are:.2f}"),
        ("z turned round, r at rest", exercise.tiny(turned)),
    )
    text = "largest difference between the two conventions over 30 steps"
    return Outcome(as_they_are > 0.1 and turned < 1e-9, text, values, "no")


def check_phonemes(through: Through = exercise.as_they_are) -> Outcome:
    """RNN, GRU and LSTM of 32 units on words and voices that none of them has heard."""
    clips, error = exercise.unheard("phonemes", CLIPS), {}
    for kind in ("rnn", "gru", "lstm"):
        wrong, count = exercise.reading(exercise.network(f"phonemes-{kind}-32", through), clips)
        error[kind] = 100 * wrong / count
    values = tuple((f"{kind.upper()}, 32 units", f"{each:.1f} %") for kind, each in error.items())
    text = f"phoneme error rate over {CLIPS} unheard clips"
    return Outcome(max(error.values()) < 10.0, text, values, f"{error['gru']:.1f}", (clips[0],))


def check_size(through: Through = exercise.as_they_are) -> Outcome:
    """How many weights a GRU needs beside an LSTM: the plan's formula, and what the cells hold.

    And what the smaller one does with them: two trained networks of 128 units on words that neither has heard.
    """
    d, h = 161, 128
    found = {
        kind: sum(value.size for value in exercise.cell(kind, d, h).weights.values())
        for kind in ("gru-seed", "lstm")
    }
    told = {"gru-seed": plan_sizes("gru", d, h), "lstm": plan_sizes("lstm", d, h)}
    clips = exercise.unheard("phonemes", CLIPS // 2)
    error = {}
    for kind in ("gru", "lstm"):
        wrong, count = exercise.reading(exercise.network(f"phonemes-{kind}-128", through), clips)
        error[kind] = wrong / count
    values = (
        ("GRU", f"{found['gru-seed']:,}"),
        ("LSTM", f"{found['lstm']:,}"),
        ("phonemes wrong, a trained GRU of 128 units", exercise.percent(error["gru"])),
        ("phonemes wrong, a trained LSTM of 128 units", exercise.percent(error["lstm"])),
    )
    share, text = 100 * found["gru-seed"] / found["lstm"], f"weights of one layer with {d} inputs and {h} units"
    return Outcome(found == told and max(error.values()) < 0.1, text, values, f"{share:.0f}")


def numbers() -> Mapping[str, Any]:
    """One step of a GRU of the plan's convention with two units, for the page."""
    cell = exercise.cell("gru-seed", inputs=3, hidden=2)
    x = np.array([0.5, -1.0, 0.25])
    cell.forward(np.tile(x, (4, 1))[:, :, None])
    return {"x": x, "h_before": cell.h[-2, :, 0]} | {name: value[-1, :, 0] for name, value in cell.seen().items()}


def _plan(weights: Mapping[str, Any], x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The plan's equations, with h' and x joined to one vector; x [T, D, B] -> h [T, H, B]."""
    u, w = weights["U"], weights["W"]
    size, states = u.shape[1], []
    h = np.zeros((size, x.shape[2]))
    gate_r, gate_z, candidate = (np.hstack([u[k : k + size], w[k : k + size]]) for k in (0, size, 2 * size))
    for now in x:
        joined = np.vstack([h, now])
        z = 1 / (1 + np.exp(-gate_z @ joined))
        r = 1 / (1 + np.exp(-gate_r @ joined))
        new = np.tanh(candidate @ np.vstack([r * h, now]))
        h = (1 - z) * h + z * new
        states.append(h)
    return np.array(states)


def _cell(kind: str, weights: Mapping[str, Any]) -> Any:
    """A GRU of either convention with these weights; torch's without biases."""
    like = exercise.cell(kind)
    zeros = {name: np.zeros_like(value) for name, value in like.weights.items()}
    return type(like)(zeros | dict(weights))


LESSON = Lesson(
    number=3,
    file="3_GRU_Architecture_and_Implementation",
    about="Two gates instead of three, and one state instead of two",
    needs=(2,),
    numbers=numbers,
    steps=(
        Step(
            "plan",
            "The four equations",
            check_plan,
            Setup(network="phonemes-gru-128", clip="phonemes", shown=("gates", "hidden", "diagram"), cursor=0.3),
            Guess(
                "z stands at 0.5 and the candidate at 0. How much of a state is left after 3 steps?",
                unit="%",
                near=2.0,
            ),
        ),
        Step(
            "torch",
            "The same GRU twice",
            check_torch,
            Setup(network="phonemes-gru-128", clip="phonemes", shown=("hidden", "gates")),
            Guess("A GRU of 8 units: how many biases has torch's, where the plan's has none?", near=1.0),
        ),
        Step(
            "conventions",
            "Two conventions",
            check_conventions,
            Setup(network="phonemes-gru-128", clip="phonemes", shown=("gates", "hidden")),
            Guess("You copy the weights of one convention into the other. Do you get the same?", ("yes", "no")),
        ),
        Step(
            "size",
            "Smaller by how much?",
            check_size,
            Setup(network="phonemes-gru-128", clip="phonemes", shown=("metrics",)),
            Guess("How many per cent of the LSTM's weights does the GRU have?", unit="%", near=2.0),
        ),
        Step(
            "phonemes",
            "The three of them at work",
            check_phonemes,
            Setup(network="phonemes-gru-32", clip="phonemes", shown=("gates", "posteriors")),
            Guess("Of 100 phonemes, how many does the GRU get wrong?", unit="%", near=2.0),
        ),
    ),
)
