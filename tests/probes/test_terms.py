"""The terms of a gate add up to what the gate was."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import build, catalog, checkpoint, infer, placing
from engine.clip import from_array
from engine.events import Traced
from engine.probes.terms import terms
from engine.surgery import Edit, Held, Memory
from engine.trace import Direction, Key, Trace

if TYPE_CHECKING:
    from engine.network import Network


def inspected(*edits: Edit, model: str = "recurrent", **knobs: Any) -> tuple[Network, Trace]:
    settings = catalog.load("models", model).Settings(hidden=32, layers=3, **knobs)
    net = checkpoint.untrained("phonemes", settings, model=model)
    net = dataclasses.replace(net, weights=build.weights(build.build(net)))
    sound = np.random.default_rng(0).standard_normal(8000).astype(np.float32) / 8
    clip = from_array(sound, 16000, "hiss")
    found = list(infer.run(infer.Inspection(clip, (), None, net, 0.0, 0.5, "cpu", edits)))[-1]
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


@pytest.mark.parametrize("knobs", [{"cell": "rnn"}, {"cell": "lstm"}, {"cell": "gru"}, {"variant": "seed"}])
def test_so_they_do_from_scratch(knobs: dict[str, Any]) -> None:
    net, trace = inspected(model="scratch", bidirectional=True, **({"cell": "gru"} | knobs))
    ways: Any = ("forward", "backward")
    for layer, way, frame, unit in itertools.product((1, 2, 3), ways, (0, 7), (0, 31)):
        for name, found in terms(net, trace, layer, way, unit, frame).items():
            key = Key("h" if name == "h" else f"gate.{name}", layer, way)
            wanted = float(trace.series[key].values[frame, unit])
            assert squashed(name, found.sum) == pytest.approx(wanted, abs=1e-5), (str(key), frame)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("how", ["reset", "paste"])
def test_they_start_from_what_an_edit_has_put_there(cell: str, how: Any) -> None:
    held = tuple(np.linspace(-0.9, 0.9, 32).tolist())
    ways: tuple[Direction, ...] = ("forward", "backward")
    states = tuple(Held(2, way, held, held if cell == "lstm" else ()) for way in ways)
    for way in ways:
        edit = Edit(how, 0.2, layer=2, direction=way, memory=Memory("other", states) if how == "paste" else None)
        net, trace = inspected(edit, cell=cell, bidirectional=True)
        h = trace.series[Key("h", 2)]
        placed = placing.place([edit], net.settings, h.first, h.rate, len(h.values))
        frame = placed[0].a if way == "forward" else len(h.values) - 1 - placed[0].a
        assert 15 < frame < 25
        for at, unit in itertools.product((frame - 1, frame, frame + 1), (0, 31)):
            for name, found in terms(net, trace, 2, way, unit, at, placed).items():
                key = Key("h" if name == "h" else f"gate.{name}", 2, way)
                wanted = float(trace.series[key].values[at, unit])
                assert squashed(name, found.sum) == pytest.approx(wanted, abs=1e-5), (str(key), at)
                if how == "reset" and at == frame and cell != "gru":
                    assert found.recurrent == 0.0


def test_an_untrained_network_has_none() -> None:
    net, trace = inspected()
    with pytest.raises(LookupError, match="untrained"):
        terms(dataclasses.replace(net, weights=None), trace, 1, "forward", 0, 0)
