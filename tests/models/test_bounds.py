"""What the colours of the hidden state rely on: h never leaves -1 to 1, whatever comes in, for however long."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import numpy as np
import pytest

from engine import build, checkpoint
from engine.models.recurrent import Settings
from engine.stepper import Stepper
from engine.trace import Key

STEPS = 100_000


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_hundred_thousand_random_steps_stay_between_minus_one_and_one(cell: str) -> None:
    rng = np.random.default_rng(0)
    made = checkpoint.untrained("phonemes", Settings(cell=cell, hidden=32, layers=1))
    wild = {name: 4 * rng.standard_normal(each.shape) for name, each in build.weights(build.build(made)).items()}
    stepper = Stepper(dataclasses.replace(made, weights=MappingProxyType(dict(build.frozen(wild)))))
    low = high = 0.0
    for _ in range(STEPS // 10_000):
        x = 3 * rng.standard_normal((10_000, made.inputs)).astype(np.float32)
        h = stepper.push(x)[1][Key("h", 1)]
        low, high = min(low, float(h.min())), max(high, float(h.max()))
    assert -1.0 <= low < -0.97
    assert 0.97 < high <= 1.0
