"""Recipes of the networks for speech learn from bundled voices."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app import training
from engine import recipe
from engine.trainer import Trainer
from tests.corpora.test_speech import data  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "crnn",
    "ds2_mini",
    "asr_transformer",
    "conformer_s",
    "zipformer_mini",
    "emformer_mini",
    "deepspeech_like",
)


def error(trainer: Trainer) -> float:
    """Of greedy decoding, on held-out clips."""
    job = trainer.evaluate("valid", 0)
    try:
        while True:
            next(job)
    except StopIteration as ended:
        return float(ended.value.error)


def learnt(chosen: Any, steps: int) -> tuple[Trainer, list[float]]:
    trainer = Trainer(chosen, "cpu")
    losses = []
    for number in range(steps):
        batch = trainer.task.batch("train", number % trainer.size, chosen.train.batch, chosen.train.seed)
        losses.append(trainer.step(number + 1, batch).loss)
    return trainer, losses


def small(name: str) -> Any:
    """A recipe with a network that a test has time for."""
    chosen = recipe.read(name)
    known = chosen.model_settings.to_dict()
    knobs = {key: value for key, value in {"hidden": 32, "layers": 1, "channels": 16}.items() if key in known}
    return replace(
        chosen, model_settings=chosen.model_settings.but(**knobs), train=chosen.train.but(lr=3e-3, warmup=0)
    )


@pytest.mark.parametrize("name", [each for each in NAMES if each != "ds2_mini"])
def test_every_recipe_learns_k290(name: str) -> None:
    """K290, K210: a few steps on bundled voices bring the CTC loss far down."""
    _, losses = learnt(small(name), 12)
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_learns_english_too(name: str, data: Path) -> None:  # noqa: F811
    """The task of sentences, chosen as the recipes' own words say: the loss falls, and errors are numbers."""
    chosen = training.change(small(name), "task", "name", "speech")
    assert chosen.model == small(name).model
    for key, value in (("strength", 0.0), ("worst", 40.0), ("time_mask", 0), ("freq_mask", 0)):
        chosen = training.change(chosen, "augment", key, value)
    trainer = Trainer(replace(chosen, train=chosen.train.but(batch=4)), "cpu")
    batch = trainer.task.batch("train", 0, 4, 0)
    losses = [trainer.step(number, batch).loss for number in range(1, 11)]
    assert trainer.task.vocabulary[1:3] == (" ", "'")
    assert all(map(math.isfinite, losses))
    assert min(losses[-3:]) < 0.8 * losses[0]
    assert 0 < error(trainer) < 3


@pytest.mark.long
def test_one_epoch_of_deep_speech_2_k010() -> None:
    """Its greedy text is at least 20 points better than the untrained network's, within 120 s of one processor."""
    chosen = recipe.read("ds2_mini")
    before = error(Trainer(chosen, "cpu"))
    began = time.process_time()
    trainer, losses = learnt(chosen, chosen.train.steps)
    assert time.process_time() - began < 120
    assert chosen.train.steps == trainer.size  # one epoch
    assert len(losses) == 40
    assert error(trainer) <= before - 0.2
