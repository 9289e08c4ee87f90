"""Recipes of the networks for speech learn from bundled voices."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from engine import recipe
from engine.trainer import Trainer

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
