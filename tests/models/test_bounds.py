"""What the colours of the lanes rely on: no state, gate or candidate leaves its range, whatever comes in."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import numpy as np
import pytest

from engine import build, checkpoint
from engine.models import recurrent, scratch
from engine.stepper import Stepper
from engine.trace import Key

STEPS = 100_000
NAMES = {"rnn": "h", "lstm": "hcifgo", "gru": "hrzn", "seed": "hrzn"}


@pytest.mark.parametrize("cell", NAMES)
def test_a_hundred_thousand_random_steps_stay_in_range(cell: str) -> None:
    """h, g and n between -1 and 1, the gates between 0 and 1, and all come near both ends; c is finite."""
    rng = np.random.default_rng(0)
    if cell == "seed":
        seed = scratch.Settings(cell="gru", variant="seed", hidden=32, layers=1)
        made = checkpoint.untrained("phonemes", seed, model="scratch")
    else:
        made = checkpoint.untrained("phonemes", recurrent.Settings(cell=cell, hidden=32, layers=1))
    wild = {name: 4 * rng.standard_normal(each.shape) for name, each in build.weights(build.build(made)).items()}
    stepper = Stepper(dataclasses.replace(made, weights=MappingProxyType(dict(build.frozen(wild)))))
    keys = {Key(name if name in "hc" else f"gate.{name}", 1): name for name in NAMES[cell]}
    lows, highs = dict.fromkeys(keys, np.inf), dict.fromkeys(keys, -np.inf)
    for _ in range(STEPS // 10_000):
        x = 3 * rng.standard_normal((10_000, made.inputs)).astype(np.float32)
        seen = stepper.push(x)[1]
        assert seen.keys() == keys.keys()
        for key, values in seen.items():
            lows[key], highs[key] = min(lows[key], float(values.min())), max(highs[key], float(values.max()))
    for key, name in keys.items():
        if name == "c":
            assert np.isfinite([lows[key], highs[key]]).all()
            continue
        least = 0.0 if name in "ifrzo" else -1.0
        assert least <= lows[key] < least + 0.03, key
        assert 0.97 < highs[key] <= 1.0, key
