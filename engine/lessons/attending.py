"""Lesson 9: attention, a first look; the rest of the lesson is to come."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, exercise, field
from engine.drawing import Box, drawing, frame, heat, words
from engine.lessons.lesson import Guess, Lesson, Outcome, Setup, Step, Through

if TYPE_CHECKING:
    from collections.abc import Mapping

FRAMES, WIDTH = 60, 8
SEEN = 120  # frames of a clip whose receptive fields are drawn: 1.2 s
GREY = (128, 128, 128)


def check_attention(through: Through = exercise.as_they_are) -> Outcome:
    """Scaled dot-product attention in three lines of NumPy, and torch's."""
    import torch

    parts = exercise.draw({"W_q": (WIDTH, WIDTH), "W_k": (WIDTH, WIDTH), "W_v": (WIDTH, WIDTH)}, 14)
    x = np.random.default_rng(15).standard_normal((FRAMES, WIDTH))
    weights, context = attend(x, through(parts))
    q, k, v = (torch.from_numpy(x @ parts[name].T)[None] for name in ("W_q", "W_k", "W_v"))
    theirs = torch.nn.functional.scaled_dot_product_attention(q, k, v)[0].numpy()
    apart, rows = exercise.furthest(context, theirs), exercise.furthest(weights.sum(1), 1.0)
    values = (("NumPy against torch", exercise.tiny(apart)), ("a row of weights against 1", exercise.tiny(rows)))
    return Outcome(apart < 1e-9 and rows < 1e-12, f"attention over {FRAMES} frames", values, "1")


def check_reach(through: Through = exercise.as_they_are) -> Outcome:
    """How much the last answer depends on each frame: in an RNN it fades with time, in attention it does not."""
    cell = exercise.cell("rnn", WIDTH, WIDTH)
    x = np.random.default_rng(16).standard_normal((FRAMES, WIDTH, 1))
    dh = np.zeros((FRAMES, WIDTH, 1))
    dh[-1] = 1.0
    again = type(cell)({name: np.array(value) for name, value in through(cell.weights).items()})
    norms = []
    for each in (cell, again):
        each.forward(x)
        dx = each.backward(dh)
        assert dx is not None
        norms.append(np.linalg.norm(dx[:, :, 0], axis=1))
    rnn = norms[0]
    weights, _ = attend(
        x[:, :, 0], exercise.draw({name: (WIDTH, WIDTH) for name in ("W_q", "W_k", "W_v")}, 14, 0.1)
    )
    values = (
        ("RNN: the first frame against the last", exercise.tiny(rnn[0] / rnn[-1])),
        ("attention: the first frame against the last", f"{weights[-1, 0] / weights[-1, -1]:.2f}"),
    )
    passed = (
        rnn[0] < 1e-6 * rnn[-1]
        and 0.1 < weights[-1, 0] / weights[-1, -1] < 10
        and exercise.furthest(*norms) < 1e-9
    )
    return Outcome(
        passed, f"the reach of the last of {FRAMES} frames", values, "attention", (_heard(rnn, weights[-1]),)
    )


def check_field(through: Through = exercise.as_they_are) -> Outcome:
    """What each answer of a trained RNN, and of a transformer with its weights as drawn, depends on: one clip."""
    from engine import build, evaluate
    from engine.probes.gradient import horizon

    clip, network = asset.open_bundled("phonemes"), exercise.network("phonemes-rnn-128", through)
    x = evaluate.features(network, clip.read()[:, 0])[:SEEN]
    fields = {
        "RNN, trained": field.field(build.build(network), x),
        "transformer, untrained": field.field(field.transformer(x.shape[1], len(network.vocabulary)), x),
    }
    late = range(SEEN // 2, SEEN)
    reach = {name: float(np.median([horizon(each[t], t, 0.001) for t in late])) for name, each in fields.items()}
    ahead = {name: each[np.triu_indices(SEEN, 1)].max() / each.max() for name, each in fields.items()}
    wrong, count = exercise.reading(network, [clip])
    values = (
        *(
            (f"{name}: as far back as a thousandth of the most", f"{10 * each:.0f} ms")
            for name, each in reach.items()
        ),
        *((f"{name}: the most from later frames", exercise.percent(each)) for name, each in ahead.items()),
        ("phonemes that the RNN names wrongly", f"{wrong} of {count}"),
    )
    rnn, transformer = fields
    passed = (
        wrong <= 0.1 * count and 1.5 * reach[rnn] < reach[transformer] and ahead[rnn] == 0 < ahead[transformer]
    )
    pictures = {"receptive fields": picture(x, fields)}
    return Outcome(
        passed, f"what {SEEN} answers depend on", values, "the transformer's", (clip,), MappingProxyType(pictures)
    )


def picture(x: np.ndarray[Any, Any], fields: Mapping[str, np.ndarray[Any, Any]]) -> str:
    """Features x [T, F] above each field [T, T], on one time axis of 100 frames a second."""
    parts, wide, high = [], 262.0, 208.0
    low, top = np.percentile(x, (2, 98))
    for number, (name, each) in enumerate(fields.items()):
        left = 34 + number * (wide + 24)
        sound, box = Box(left, 22, wide, 48), Box(left, 74, wide, high)
        parts += [words(left, 15, name, size=12)]
        parts += [heat(sound, ((x - low) / (top - low)).T[::-1], GREY), heat(box, field.shades(each))]
        parts += [frame(sound), frame(box)]
        for second in np.arange(0.0, len(x) / 100, 0.5):
            place = left + second * 100 / len(x) * wide
            parts += [words(place, 296, f"{second:.1f}", "middle", 10, True)]
            if number == 0:
                down = 74 + second * 100 / len(x) * high
                parts += [words(left - 5, down + 4, f"{second:.1f}", "end", 10, True)]
    parts += [
        words(34, 313, "Down: the answer at a second. Across: the moment of the sound it depends on.", faint=True),
        words(34, 328, "Full colour: the most that counts for this answer; none: a 10 000th of it.", faint=True),
    ]
    return drawing(34 + 2 * wide + 32, 334, parts)


def check_reading(through: Through = exercise.as_they_are) -> Outcome:
    """The clip that the attention lane is to be tried on, read by a trained network."""
    clip = asset.open_bundled("digits")
    wrong, count = exercise.reading(exercise.network("digits-lstm-128", through), [clip])
    values = (("digits read wrongly", f"{wrong} of {count}"),)
    text = "without attention, the last digit is read from the state alone"
    return Outcome(wrong == 0, text, values, f"{wrong}", (clip,))


def attend(
    x: np.ndarray[Any, Any], weights: Mapping[str, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """x [T, D] -> weights [T, T], each row of which sums to 1, and what each frame gathers by them [T, D]."""
    q, k, v = (x @ weights[name].T for name in ("W_q", "W_k", "W_v"))
    scores = q @ k.T / np.sqrt(k.shape[1])
    shares = np.exp(scores - scores.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    return shares, shares @ v


def numbers() -> Mapping[str, Any]:
    """Attention over four frames of three features, for the page."""
    parts = exercise.draw({name: (3, 3) for name in ("W_q", "W_k", "W_v")}, 14)
    x = np.random.default_rng(17).standard_normal((4, 3))
    weights, context = attend(x, parts)
    return {"x": x, "weights": weights, "context": context}


def _heard(rnn: np.ndarray[Any, Any], attention: np.ndarray[Any, Any]) -> Any:
    """A row of tones, each as loud as what the last answer has of its frame: first the RNN, then attention."""
    rows = []
    for each in (rnn, attention):
        tones = [exercise.notes([440.0 + 8 * t], 0.05) * loud / each.max() for t, loud in enumerate(each)]
        rows += [np.concatenate(tones), np.zeros(6000)]
    return exercise.sound(np.concatenate(rows), "the reach of an RNN, then of attention")


LESSON = Lesson(
    number=9,
    file="9_Attention_Mechanism_for_Audio",
    about="First look: weights that choose what to listen to",
    needs=(5,),
    numbers=numbers,
    steps=(
        Step(
            "attention",
            "Three lines",
            check_attention,
            Setup(
                network="digits-lstm-128",
                clip="digits",
                model=(("attention", "self"), ("window", 128)),
                shown=("attention",),
            ),
            Guess("What is the sum of one row of attention weights?", near=0.01),
        ),
        Step(
            "reach",
            "How far back?",
            check_reach,
            Setup(network="digits-rnn-128", clip="digits", shown=("hidden", "gradient"), cursor=2.5),
            Guess("Which reaches sixty frames back?", ("the RNN", "attention", "both")),
        ),
        Step(
            "field",
            "Both on one clip",
            check_field,
            Setup(network="phonemes-rnn-128", clip="phonemes", shown=("hidden", "gradient"), cursor=1.2),
            Guess("Whose answers depend on what comes later?", ("the RNN's", "the transformer's", "both")),
        ),
        Step(
            "reading",
            "Try it",
            check_reading,
            Setup(network="digits-lstm-128", clip="digits", shown=("hidden", "posteriors")),
            Guess("It has no attention. How many of the eight digits does it read wrongly?", near=1.0),
        ),
    ),
)
