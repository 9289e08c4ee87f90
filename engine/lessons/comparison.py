"""Lesson 4: LSTM against GRU, compared as fairly as can be."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from engine import asset, catalog, disturb, exercise
from engine.counting import plan_sizes, torch_sizes
from engine.lessons.lesson import Guess, Lesson, Outcome, Setup, Step, Through

D, H = 161, 128
CLIPS, NOISE, SNR = 16, "wind", 5.0


def check_count(through: Through = exercise.as_they_are) -> Outcome:
    """The plan's formulas and torch's own count, both as measured on the arrays; and what a trained one does.

    Weights that are counted are worth something only where they have learnt: this network reads words unheard.
    """
    import torch

    kinds = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    counted = {kind: sum(each.numel() for each in make(D, H).parameters()) for kind, make in kinds.items()}
    told = {kind: torch_sizes(kind, D, H) for kind in kinds}
    plan = {kind: plan_sizes(kind, D, H) for kind in kinds}
    held = exercise.cell("lstm", D, H).weights
    clips = exercise.unheard("phonemes", CLIPS // 2)
    wrong, count = exercise.reading(exercise.network("phonemes-lstm-128", through), clips)
    passed = counted == told and plan["lstm"] == sum(value.size for value in held.values()) and wrong < 0.1 * count
    values = tuple(
        (f"{kind.upper()}: the plan, and torch", f"{plan[kind]:,} and {told[kind]:,}") for kind in kinds
    )
    values += (("phonemes that a trained LSTM of 128 units names wrongly", f"{wrong} of {count}"),)
    text = f"weights of one layer with {D} inputs and {H} units"
    return Outcome(passed, text, values, f"{told['lstm'] - plan['lstm']}")


def check_equal(through: Through = exercise.as_they_are) -> Outcome:
    """Whatever is compared is what torch computes: both cells, forward and backward."""
    values, apart = [], {}
    for kind in ("lstm", "gru"):
        h, grads = exercise.beside_torch(kind, through)
        apart[kind] = max(h, grads)
        values.append((f"{kind.upper()}: state, and gradients", f"{exercise.tiny(h)} and {exercise.tiny(grads)}"))
    text = "largest difference between NumPy and torch over 30 steps"
    worst = max(apart, key=apart.__getitem__)
    answer = "neither" if apart[worst] < 1e-12 else f"the {worst.upper()}"
    return Outcome(apart[worst] < 1e-9, text, tuple(values), answer)


def check_time(through: Through = exercise.as_they_are) -> Outcome:
    """The time of a pass forward and back; what is asserted is that both compute what torch does."""
    seconds = {kind: _seconds(kind) for kind in ("rnn", "gru", "lstm")}
    apart = max(exercise.beside_torch(kind, through)[0] for kind in ("gru", "lstm"))
    values = tuple(
        (f"{kind.upper()}, 100 frames of 16 clips", f"{1e3 * each:.0f} ms") for kind, each in seconds.items()
    )
    text = "forward and backward in NumPy, the quickest of five"
    return Outcome(apart < 1e-9, text, values, f"{seconds['lstm'] / seconds['gru']:.1f}")


def check_error(through: Through = exercise.as_they_are) -> Outcome:
    """Phoneme error rates in a noise that no training had, with their 95 % intervals."""
    clips, rows = exercise.unheard("phonemes", CLIPS), {}
    noisy = [_noisy(clip, number) for number, clip in enumerate(clips)]
    for kind in ("lstm", "gru"):
        rows[kind] = exercise.reading(exercise.network(f"phonemes-{kind}-128", through), noisy)
    spans = {kind: interval(*row) for kind, row in rows.items()}
    values = tuple(
        (
            f"{kind.upper()}, 128 units",
            f"{100 * rows[kind][0] / rows[kind][1]:.1f} % ({100 * low:.1f} to {100 * high:.1f})",
        )
        for kind, (low, high) in spans.items()
    )
    apart = spans["lstm"][1] < spans["gru"][0] or spans["gru"][1] < spans["lstm"][0]
    better = min(rows, key=lambda kind: rows[kind][0]).upper()
    text = f"phoneme error rate over {CLIPS} unheard clips in {NOISE} at {SNR:g} dB, with its 95 % interval"
    passed = max(wrong / count for wrong, count in rows.values()) < 0.5
    return Outcome(passed, text, values, f"the {better}" if apart else "no telling", (noisy[0],))


def check_length(through: Through = exercise.as_they_are) -> Outcome:
    """Both learn the copy task with a short and with a long pause, from the same sequences in as many steps."""
    module: Any = catalog.load("tasks", "copy")
    found = {}
    for delay in (5, 20):
        task = module.build(module.Settings(symbols=2, delay=delay))
        for kind in ("lstm", "gru"):
            net = exercise.changed(exercise.taught(kind, task, 400, hidden=32), through)
            found[kind, delay] = exercise.score(net, task)
    values = tuple(
        (f"{kind.upper()}, a pause of {delay} sounds", exercise.percent(share))
        for (kind, delay), share in found.items()
    )
    long = {kind: found[kind, 20] for kind in ("lstm", "gru")}
    answer = "both" if min(long.values()) > 0.9 else max(long, key=long.__getitem__).upper()
    text = "right answers after 400 steps of learning, on sequences not learnt from"
    passed = found["lstm", 5] > 0.9 and found["gru", 5] > 0.9 and max(long.values()) > 0.9
    return Outcome(passed, text, values, answer, (task.pinned(),))


def interval(wrong: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share after Wilson: where the true one may lie, as far as so many trials can tell."""
    share, z = min(1.0, wrong / count), 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2) / (1 + z * z / count)
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def _seconds(kind: str) -> float:
    """The quickest of five passes forward and back of 128 units over 100 frames of 16 clips."""
    cell, rng = exercise.cell(kind, 40, 128), np.random.default_rng(0)
    x = rng.standard_normal((100, 40, 16))
    best = np.inf
    for _ in range(5):
        began = time.perf_counter()
        cell.backward(np.ones_like(cell.forward(x)))
        best = min(best, time.perf_counter() - began)
    return float(best)


def _noisy(clip: Any, number: int) -> Any:
    """The clip with a stretch of a bundled noise, and its labels."""
    from engine.clip import from_array

    sound, noise = clip.read()[:, 0], asset.open_noise(NOISE).read()[:, 0]
    start = 4000 * number % max(1, len(noise) - len(sound))
    stretch = np.resize(noise[start:], len(sound))
    return from_array(disturb.mixed(sound, stretch, SNR), clip.rate, f"{clip.name} in {NOISE}", clip.labels)


LESSON = Lesson(
    number=4,
    file="4_LSTM_vs_GRU_Comparison",
    about="How to compare two networks, and what comes of it",
    needs=(2, 3),
    steps=(
        Step(
            "count",
            "What each of them costs",
            check_count,
            Setup(network="phonemes-lstm-128", clip="phonemes", shown=("metrics",)),
            Guess("By how many weights does torch's LSTM have more than the plan's?", unit="weights", near=1.0),
        ),
        Step(
            "equal",
            "The same thing twice",
            check_equal,
            Setup(network="phonemes-lstm-128", clip="phonemes", shown=("cell", "gates")),
            Guess(
                "Computers round. In which cell does that show after 30 steps, in the first 12 digits?",
                ("the LSTM", "the GRU", "neither"),
            ),
        ),
        Step(
            "time",
            "How long each takes",
            check_time,
            Setup(network="phonemes-lstm-128", clip="phonemes", shown=("metrics",)),
            Guess("How many times as long as a GRU does an LSTM of the same size take?", unit="times", near=0.25),
        ),
        Step(
            "error",
            "Which hears better in noise?",
            check_error,
            Setup(network="phonemes-gru-128", clip="phonemes", shown=("posteriors", "gates")),
            Guess("Which makes fewer mistakes?", ("the LSTM", "the GRU", "no telling")),
        ),
        Step(
            "length",
            "Which learns to wait?",
            check_length,
            Setup(
                task="copy",
                shown=("posteriors", "hidden", "curves"),
                train=(("steps", 1000), ("evaluate_every", 50)),
            ),
            Guess("Which has learnt the long pause after 400 steps?", ("LSTM", "GRU", "both")),
        ),
    ),
)
