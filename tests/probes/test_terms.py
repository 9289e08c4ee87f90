"""The terms of a gate add up to what the gate was."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import build, checkpoint, infer
from engine.clip import from_array
from engine.events import Traced
from engine.models.recurrent import Settings
from engine.probes.terms import terms
from engine.trace import Key, Trace

if TYPE_CHECKING:
    from engine.network import Network


def inspected(**knobs: Any) -> tuple[Network, Trace]:
    net = checkpoint.untrained("phonemes", Settings(hidden=32, layers=3, **knobs))
    net = dataclasses.replace(net, weights=build.weights(build.build(net)))
    sound = np.random.default_rng(0).standard_normal(8000).astype(np.float32) / 8
    found = list(infer.run(infer.Inspection(from_array(sound, 16000, "hiss"), (), None, net, 0.0, 0.5, "cpu")))[-1]
    assert isinstance(found, Traced)
    return net, found.trace


def squashed(name: str, value: float) -> float:
    return float(np.tanh(value)) if name in "hgn" else float(1 / (1 + np.exp(-value)))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("knobs", [{}, {"bidirectional": True, "residual": True}, {"stack": 3, "residual": True}])
def test_terms_add_up_to_the_gate(cell: str, knobs: dict[str, Any]) -> None:
    net, trace = inspected(cell=cell, **knobs)
    last = len(trace.series[Key("h", 1)].values) - 1
    ways: Any = ("forward", "backward") if "bidirectional" in knobs else ("forward",)
    for layer, way, frame, unit in itertools.product((1, 2, 3), ways, (0, 7, last), (0, 31)):
        for name, found in terms(net, trace, layer, way, unit, frame).items():
            key = Key("h" if name == "h" else f"gate.{name}", layer, way)
            wanted = float(trace.series[key].values[frame, unit])
            assert squashed(name, found.sum) == pytest.approx(wanted, abs=1e-5), (str(key), frame)
        if frame == (0 if way == "forward" else last) and cell != "gru":
            assert found.recurrent == 0.0


def test_an_untrained_network_has_none() -> None:
    net, trace = inspected()
    with pytest.raises(LookupError, match="untrained"):
        terms(dataclasses.replace(net, weights=None), trace, 1, "forward", 0, 0)
