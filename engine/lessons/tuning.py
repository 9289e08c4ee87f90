"""Lesson 8: hyperparameters, a first look; the rest of the lesson is to come."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import asset, catalog, exercise
from engine.lessons.lesson import Guess, Lesson, Outcome, Setup, Step, Through

RATES = (0.0003, 0.01, 0.5)


def check_rate(through: Through = exercise.as_they_are) -> Outcome:
    """The same network, the same sequences, three learning rates."""
    module: Any = catalog.load("tasks", "garden")
    task = module.build(module.Settings())
    found = {}
    for rate in RATES:
        net = exercise.taught("rnn", task, 150, both=True, rate=rate)
        found[rate] = exercise.score(exercise.changed(net, through), task)
    values = tuple((f"rate {rate:g}", exercise.percent(share)) for rate, share in found.items())
    best = max(found, key=found.__getitem__)
    text = "right answers after 150 steps, on sequences not learnt from"
    passed = best == 0.01 and found[best] > 0.9
    return Outcome(passed, text, values, f"{best:g}", (task.pinned(),))


def check_packing(through: Through = exercise.as_they_are) -> Outcome:
    """Padding with a mask in NumPy, packed sequences in torch: the same states."""
    import torch
    from torch.nn.utils import rnn

    from engine.scratch.batch import pad
    from engine.scratch.exchange import to_torch

    cell, rng = exercise.cell("gru"), np.random.default_rng(13)
    theirs = torch.nn.GRU(5, 8).double()
    arrays = to_torch(type(cell), cell.weights)
    theirs.load_state_dict({f"{name}_l0": torch.from_numpy(value) for name, value in arrays.items()})
    ours = type(cell)({name: np.array(value) for name, value in through(cell.weights).items()})
    batch = pad([(rng.standard_normal((n, 5)), np.zeros(n, np.int64)) for n in (20, 14, 9)])
    packed = rnn.pack_padded_sequence(
        torch.from_numpy(batch.x.transpose(0, 2, 1)), torch.from_numpy(batch.lengths)
    )
    with torch.no_grad():
        y, _ = rnn.pad_packed_sequence(theirs(packed)[0])
    h = ours.forward(batch.x) * batch.mask[:, None]
    apart = exercise.furthest(h, y.numpy().transpose(0, 2, 1))
    real = float(batch.mask.mean())
    values = (
        ("NumPy with a mask against torch, packed", exercise.tiny(apart)),
        ("frames that are real", exercise.percent(real)),
    )
    return Outcome(apart < 1e-12, "clips of 20, 14 and 9 frames in one batch", values, f"{100 * (1 - real):.0f}")


def check_masked(through: Through = exercise.as_they_are) -> Outcome:
    """A trained network reads a clip; with one of SpecAugment's policies on, part of the sound is gone."""
    from engine import evaluate

    clip = asset.open_bundled("digits")
    network = exercise.network("digits-lstm-128", through)
    wrong, count = exercise.reading(network, [clip])
    frames = evaluate.features(network, clip.read()[:, 0])
    module: Any = catalog.load("stages", "specaugment")
    masks = module.masks(module.Settings(policy="LD", preview=True, seed=3), *frames.shape, 100.0)
    hidden = np.zeros(frames.shape, bool)
    for mask in masks:
        hidden[mask.start : mask.stop, mask.low : mask.high] = True
    values = (
        ("digits read wrongly, all heard", f"{wrong} of {count}"),
        ("of the features, a draw of policy LD hides", exercise.percent(float(hidden.mean()))),
        ("masks", str(len(masks))),
    )
    passed = wrong == 0 and len(masks) > 0
    return Outcome(passed, "what training hides from a network", values, f"{100 * hidden.mean():.0f}", (clip,))


LESSON = Lesson(
    number=8,
    file="8_RNN_Hyperparameter_Tuning",
    about="First look: learning rates, padding and masks",
    needs=(4, 7),
    steps=(
        Step(
            "rate",
            "Too slow, right, too fast",
            check_rate,
            Setup(
                task="garden",
                model=(("bidirectional", True),),
                shown=("curves",),
                train=(("steps", 600), ("lr", 0.01), ("evaluate_every", 50)),
            ),
            Guess("Which learning rate does best?", tuple(f"{rate:g}" for rate in RATES)),
        ),
        Step(
            "packing",
            "Padding or packing",
            check_packing,
            Setup(network="digits-gru-128", clip="digits", shown=("hidden", "posteriors")),
            Guess("Of a batch of 20, 14 and 9 frames, how much is padding?", unit="%", near=3.0),
        ),
        Step(
            "masked",
            "Hide some of it",
            check_masked,
            Setup(
                network="digits-lstm-128",
                clip="digits",
                chain=(("specaugment", "policy", "LD"), ("specaugment", "preview", True)),
                shown=("features", "posteriors"),
            ),
            Guess("How much of the features does a draw of policy LD hide?", unit="%", near=10.0),
        ),
    ),
)
