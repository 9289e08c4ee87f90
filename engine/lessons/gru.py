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
    """Our GRU of the learning plan's convention, against its four equations written down one after another."""
    cell = exercise.cell("gru-seed")
    ours = type(cell)({name: np.array(value) for name, value in through(cell.weights).items()})
    x = np.random.default_rng(3).standard_normal((30, 5, 2))
    apart = exercise.furthest(ours.forward(x), _plan(cell.weights, x))
    text = "largest difference between our cell and the plan's equations over 30 steps"
    return Outcome(apart < 1e-12, text, (("hidden state", exercise.tiny(apart)),))


def check_torch(through: Through = exercise.as_they_are) -> Outcome:
    """Our GRU of torch's convention, against torch."""
    h, grads = exercise.beside_torch("gru", through)
    values = (("hidden state", exercise.tiny(h)), ("all gradients", exercise.tiny(grads)))
    return Outcome(max(h, grads) < 1e-9, "largest difference between NumPy and torch over 30 steps", values)


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

    Those that are counted are those that the equations need: with them the cell computes what they say.
    """
    d, h = 161, 128
    held = {kind: through(exercise.cell(kind, d, h).weights) for kind in ("gru-seed", "lstm")}
    found = {kind: sum(value.size for value in weights.values()) for kind, weights in held.items()}
    told = {"gru-seed": plan_sizes("gru", d, h), "lstm": plan_sizes("lstm", d, h)}
    x = np.random.default_rng(5).standard_normal((4, d, 1))
    same = exercise.cell("gru-seed", d, h)
    ours = type(same)({name: np.array(value) for name, value in held["gru-seed"].items()})
    apart = exercise.furthest(ours.forward(x), _plan(same.weights, x))
    values = (
        ("GRU", f"{found['gru-seed']:,}"),
        ("LSTM", f"{found['lstm']:,}"),
        ("the GRU against its equations", exercise.tiny(apart)),
    )
    share, text = 100 * found["gru-seed"] / found["lstm"], f"weights of one layer with {d} inputs and {h} units"
    return Outcome(found == told and apart < 1e-12, text, values, f"{share:.0f}")


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
        Step("plan", "The four equations", check_plan, Setup(network="phonemes-gru-128", shown=("gates", "cell"))),
        Step(
            "torch",
            "The same GRU twice",
            check_torch,
            Setup(network="phonemes-gru-128", clip="phonemes", shown=("cell", "gates")),
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
