"""The noise floor: against the two lines of its formula, and what it is for."""

from __future__ import annotations

import numpy as np
import pytest

from engine.floor import DOWN, LEAST, LEVEL, SCALE, SHIFT, UP, Floor


def spectrum(frames: int, bins: int = 5, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((frames, bins)) + 1j * rng.standard_normal((frames, bins))).astype(np.complex64)


def test_by_the_formula():
    heard = spectrum(40)
    loud = np.log(np.abs(heard).astype(np.float64) + float(LEAST))
    floor, level, rows = loud[0].copy(), loud[0].mean(), []
    for row in loud:
        for f, value in enumerate(row):
            floor[f] += (value - floor[f]) * float(UP if value > floor[f] else DOWN)
        level += (row.mean() - level) * float(LEVEL)
        rows.append(np.concatenate([row - level, row - floor - float(SHIFT)]) * float(SCALE))
    np.testing.assert_allclose(Floor().heard(np.abs(heard)), np.array(rows), atol=2e-5)


@pytest.mark.parametrize("cut", [0, 1, 13, 40])
def test_blocks_do_not_matter(cut):
    heard, floor = np.abs(spectrum(40)), Floor()
    parts = np.concatenate([floor.heard(heard[:cut]), floor.heard(heard[cut:])])
    np.testing.assert_allclose(parts, Floor().heard(heard), atol=1e-6)
    floor.reset()
    np.testing.assert_allclose(floor.heard(heard), Floor().heard(heard), atol=1e-6)


def test_loudness_does_not_matter():
    """The same sound ten times as loud is heard alike, but for what is added against silence."""
    heard = np.abs(spectrum(60))
    np.testing.assert_allclose(Floor().heard(10 * heard), Floor().heard(heard), atol=1e-3)


def test_a_voice_stands_above_steady_noise():
    """A tone in a long noise: its frequency stands out while it sounds, and nothing else does."""
    heard = np.full((400, 5), 0.1, np.float32)
    heard[200:300, 2] = 3.0
    above = Floor().heard(heard)[:, 5:] / SCALE + SHIFT
    assert above[205:225, 2].min() > 2.0
    assert np.abs(np.delete(above, 2, 1)).max() < 1e-3
