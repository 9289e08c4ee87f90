"""How many weights a layer has: the learning plan's figures, and what the networks themselves count."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from engine import build, checkpoint
from engine.counting import sizes
from engine.models import dense, recurrent, scratch


def test_the_plans_own_example() -> None:
    (size,) = sizes(recurrent.Settings(layers=1, hidden=128), 161)
    assert size.plan == {"rnn": 37120, "lstm": 148480, "gru": 110976}
    assert size.biases == {"rnn": 128, "lstm": 512, "gru": 768}


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("more", [{"layers": 3}, {"layers": 2, "bidirectional": True, "stack": 3}])
@pytest.mark.parametrize("model", ["recurrent", "scratch"])
def test_the_network_counts_the_same(cell: str, more: dict[str, Any], model: str) -> None:
    settings: Any = recurrent.Settings(cell=cell, hidden=32, **more)
    if model == "scratch":
        kept = {name: value for name, value in more.items() if name != "stack"}
        settings = scratch.Settings(cell=cell, hidden=32, **kept)
    net = checkpoint.untrained("phonemes", settings, model=model)
    held = build.weights(build.build(net))
    ways = 2 if "bidirectional" in more else 1
    assert len(net.sizes) == settings.layers
    for size in net.sizes:
        mine = [value.size for name, value in held.items() if name.startswith(f"layers.{size.layer - 1}.")]
        assert ways * (size.plan[cell] + size.biases[cell]) == sum(mine)


def test_the_plans_gru_has_no_biases() -> None:
    settings = scratch.Settings(cell="gru", variant="seed", hidden=32)
    net = checkpoint.untrained("phonemes", settings, model="scratch")
    held = build.weights(build.build(net))
    (size,) = net.sizes
    assert size.biases["gru"] == 0
    assert size.plan["gru"] == sum(value.size for name, value in held.items() if name.startswith("layers."))


def test_what_is_not_recurrent_has_none() -> None:
    net = checkpoint.untrained("phonemes")
    assert dataclasses.replace(net, settings=dense.Settings()).sizes == ()
