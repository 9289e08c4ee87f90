"""Lesson 11: numbers of its steps, found in another way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jiwer
import numpy as np
import pytest
import torch

from engine import build, catalog
from engine.device import torchaudio
from tests.lessons.recomputed.step import figure, figures, step

if TYPE_CHECKING:
    from engine.lessons.lesson import Outcome
    from tests.lessons.recomputed.step import Nets


@step(11, "argument")
def _(outcome: Outcome, nets: Nets) -> None:
    import inspect

    asked = inspect.signature(torchaudio().transforms.MelSpectrogram).parameters
    assert "sr" not in asked
    assert "sample_rate" in asked
    assert figure(outcome, "its filters") < 1e-5
    assert outcome.answer == "TypeError"


@step(11, "masks")
def _(outcome: Outcome, nets: Nets) -> None:
    import inspect

    asked = inspect.signature(torchaudio().transforms.SpecAugment).parameters
    missing = [name for name, each in asked.items() if each.default is inspect.Parameter.empty]
    assert {"n_time_masks", "n_freq_masks"} <= set(missing)
    assert all(name in dict(outcome.values)["as in the notes"] for name in ("n_time_masks", "n_freq_masks"))
    assert max(figures(outcome, "bands and frames")) < 20


@step(11, "shape")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == 501 // 2
    assert f"{8 * (80 // 2)}x{32 * (501 // 2)}" in dict(outcome.values)["as in the notes"]
    assert figure(outcome, "two items swapped") < 1e-4


@step(11, "split")
def _(outcome: Outcome, nets: Nets) -> None:
    from engine import checkpoint, written

    clips = list(hello_task().corpus.split("test"))[::6]
    read = written.texts(checkpoint.open_network("hello"), clips)
    wrong = jiwer.process_characters([clip.text("word")[0] for clip in clips], read)
    edits = wrong.substitutions + wrong.deletions + wrong.insertions
    assert figures(outcome, "held-out characters") == [edits, 5 * len(clips)]
    assert "40 of the 40" in dict(outcome.values)["a test on the training clips"]


@step(11, "pairing")
def _(outcome: Outcome, nets: Nets) -> None:
    """By torch's module on what the task gives it, and torch's own loss."""
    from engine import checkpoint

    task = hello_task()
    batch, network = task.collate([task.item(task.pinned())]), checkpoint.open_network("hello")
    with torch.no_grad():
        y, lengths, _ = build.build(network)(torch.tensor(batch.x), torch.tensor(batch.lengths))
    letters = torch.tensor(batch.targets)
    loss = torch.nn.functional.ctc_loss(y.log_softmax(2).transpose(0, 1), letters, lengths, torch.tensor([5]))
    assert figure(outcome, "CTC") == pytest.approx(float(loss), abs=0.0015)
    assert figures(outcome, "frames, and letters")[1] == 5


@step(11, "absent")
def _(outcome: Outcome, nets: Nets) -> None:
    """All 4^7 ways through seven frames are listed; those that write 1, 2, 2 are added up."""
    import itertools

    x = np.random.default_rng(11).standard_normal((7, 4))
    y = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    total = 0.0
    for way in itertools.product(range(4), repeat=7):
        said = [each for each, before in zip(way, (0, *way), strict=False) if each not in (0, before)]
        total += float(y[range(7), way].prod()) if said == [1, 2, 2] else 0.0
    assert figure(outcome, "the sum over all") == pytest.approx(-math.log(total), abs=1e-6)
    assert figure(outcome, "torch.nn.functional") == pytest.approx(-math.log(total), abs=1e-6)


def hello_task() -> Any:
    module: Any = catalog.load("tasks", "hello")
    return module.build(module.Settings())
