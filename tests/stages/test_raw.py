"""Raw blocks: every frame is a stretch of the sound itself, centred where the frame says it is."""

from __future__ import annotations

import numpy as np
import pytest

from engine import catalog
from engine.links import build
from engine.stages.stage import Format, Link

MONO = Format(16000.0)


@pytest.mark.parametrize(("win", "hop"), [(160, 160), (160, 80), (40, 100), (1, 1), (7, 3)])
def test_blocks_are_stretches_of_the_sound(win: int, hop: int) -> None:
    module = catalog.load("stages", "raw")
    sound = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    stage = build(Link("raw", module.Settings(win=win, hop=hop)), MONO)
    found = np.concatenate([stage.push(sound[:, None]), stage.flush()])
    padded = np.pad(sound, (win, win))
    wanted = [padded[win + t * hop - win // 2 :][:win] for t in range(1 + 1000 // hop)]
    assert np.array_equal(found, wanted)
    assert stage.output.rate == 16000 / hop
    for frame, row in ((0, 0), (3, win - 1)):
        sample = round((stage.output.first + frame / stage.output.rate) * 16000) + row - win // 2
        assert found[frame, row] == (sound[sample] if sample >= 0 else 0.0)


def test_blocks_that_follow_each_other_are_the_sound_again() -> None:
    module = catalog.load("stages", "raw")
    sound = np.random.default_rng(1).standard_normal(960).astype(np.float32)
    stage = build(Link("raw", module.Settings(win=96, hop=96)), MONO)
    found = np.concatenate([stage.push(sound[:, None]), stage.flush()])
    assert np.array_equal(found.ravel()[48 : 48 + 960], sound)
