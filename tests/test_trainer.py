"""The trainer: one network under training, against the formula, torch, and itself in parts."""

from __future__ import annotations

from typing import Any

import pytest

from engine import recipe
from engine.events import Changed, Set
from engine.models.recurrent import Settings
from engine.recipe import TrainSettings
from engine.tasks import phonemes
from engine.trainer import Trainer


def small(**knobs: Any) -> recipe.Recipe:
    settings = TrainSettings(**({"steps": 20, "batch": 4} | knobs))
    task = phonemes.Settings(clips=10, words=1)
    return recipe.of("phonemes", "small", task, model_settings=Settings(hidden=32, layers=1), train=settings)


def test_live_knobs_are_those_that_say_so() -> None:
    assert {"lr", "weight_decay", "clip", "clip_value", "momentum", "bptt", "patience"} <= set(recipe.LIVE)
    assert not {"steps", "batch", "optimiser", "schedule", "seed", "precision", "monitor"} & set(recipe.LIVE)


def test_a_turned_knob_is_told_once_and_a_wrong_one_not() -> None:
    trainer = Trainer(small(), "cpu")
    trainer.step(1, trainer.task.batch("train", 0, 4, 0))
    wrong = (("lr", -1.0), ("lr", "fast"), ("lr", [1, 2]), ("lr", None), ("batch", 8), ("wings", 2), ("bptt", 0.5))
    for key, value in (("lr", 1e-3), ("lr", 1e-3), ("bptt", 20), *wrong):
        trainer.obey(Set(key, value))
    trainer.obey(None)
    assert trainer.changes() == (Changed(1, "lr", 2e-3, 1e-3), Changed(1, "bptt", 0, 20))
    assert trainer.changes() == ()


@pytest.mark.parametrize("name", recipe.bundled())
def test_bundled_recipes_still_ask_for_what_they_did(name: str) -> None:
    train = recipe.read(name).train
    assert (train.bptt, train.accumulate, train.patience, train.clip_value) == (0, 1, 0, 0.0)
    assert (train.packing, train.precision, train.decay_biases) == ("padding", "full", False)
