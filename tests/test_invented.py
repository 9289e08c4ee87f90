"""Noises that nobody recorded: sound, and never the same."""

from __future__ import annotations

import numpy as np
import pytest

from engine import invented

N = 16000
KINDS = (
    "coloured", "_throbbing", "_humming", "_blows", "_beeping", "_calling", "_bubbling", "_bursting"
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_heard_and_varies(kind):
    made = getattr(invented, kind)
    one, other = (made(N, np.random.default_rng(seed)) for seed in (0, 1))
    for each in (one, other):
        assert each.shape == (N,)
        assert each.dtype == np.float32
        assert np.isfinite(each).all()
        assert np.square(each).mean() > 1e-9
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.5


def test_a_bubble_rises_while_it_dies_away():
    """Water: where a bubble begins it is lower and louder than where it ends."""
    rising = 0
    for seed in range(40):
        sound = invented._bubbling(4 * N, np.random.default_rng(seed))
        frames = sound[: 4 * N // 256 * 256].reshape(-1, 256)
        power = np.square(frames).mean(1)
        at = int(np.argmax(power[:-2]))
        first, later = (
            float(np.argmax(np.abs(np.fft.rfft(frames[at + step] * np.hanning(256), 4096)))) for step in (0, 1)
        )
        rising += int(later > first) - int(later < first)
    assert rising > 10, "3 where no pitch bends, 22 where all rise"
