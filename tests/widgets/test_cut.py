"""What a menu says that an edit does is what it does, and how long a unit remembers is told by what it keeps."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine import build, catalog, checkpoint, infer
from engine.clip import from_array
from engine.events import Traced
from engine.surgery import Edit
from engine.trace import Key, Series
from widgets import cut, memory

if TYPE_CHECKING:
    from engine.network import Network

KINDS = {
    "gru": ("recurrent", {"cell": "gru"}),
    "gru-seed": ("scratch", {"cell": "gru", "variant": "seed"}),
}


def network(kind: str) -> Network:
    model, knobs = KINDS[kind]
    settings = catalog.load("models", model).Settings(hidden=32, layers=1, **knobs)
    made = checkpoint.untrained("phonemes", settings, model=model)
    return dataclasses.replace(made, weights=build.weights(build.build(made)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_menu_of_the_update_gate_says_what_becomes_of_the_state(kind: str) -> None:
    net = network(kind)
    assert net.kind == kind
    hiss = from_array(np.random.default_rng(0).standard_normal(8000).astype(np.float32) / 8, 16000, "hiss")
    said = set()
    for words, value in cut.offers("z", net.kind)[:2]:
        assert value is not None
        edit = Edit("set", 0.2, 0.3, "z", 1, value=value)
        found = list(infer.run(infer.Inspection(hiss, (), None, net, 0.0, 0.5, "cpu", (edit,))))[-1]
        assert isinstance(found, Traced)
        h = found.trace.series[Key("h", 1)]
        inside = slice(h.frame(0.22), h.frame(0.28))
        stays = np.ptp(h.values[inside], axis=0).max() < 1e-6
        taken = np.abs(h.values - found.trace.series[Key("gate.n", 1)].values)[inside].max() < 1e-6
        said |= {(words.partition(": ")[2], bool(stays), bool(taken))}
    assert said == {("h stays as it is", True, False), ("h is overwritten", False, True)}


def test_the_half_life_goes_by_the_share_that_is_kept() -> None:
    z = Series(np.full((50, 2), 0.25, np.float32), 100.0)
    for name in ("h", "gate.z"):
        said = {kind: memory.told({Key("gate.z", 1): z}, Key(name, 1), 1, kind) for kind in (*KINDS, "")}
        assert said["gru"] == said[""] == "half-life 0.5 frames, 5 ms"
        assert said["gru-seed"] == "half-life 2.4 frames, 24 ms"
    assert memory.told({Key("gate.z", 1): z}, Key("gate.r", 1), 1, "gru") == ""
    assert memory.told({Key("gate.z", 1): z}, Key("h", 2), 1, "gru") == ""
