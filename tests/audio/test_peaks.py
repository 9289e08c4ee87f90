"""Peaks agree with a plain search over the samples, at every zoom and at the edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from engine.audio.file import open_clip
from engine.audio.peaks import BASE, FACTOR, Peaks, build, columns
from engine.clip import Clip, from_array
from engine.events import Notice, Peaked, Progress

if TYPE_CHECKING:
    from pathlib import Path

RATE = 8000


def sound(frames: int, channels: int = 1, seed: int = 0) -> Clip:
    rng = np.random.default_rng(seed)
    slow = np.repeat(rng.uniform(0.1, 1.0, frames // 500 + 1), 500)[:frames, None]
    return from_array(slow * rng.uniform(-1, 1, (frames, channels)), RATE, "noise")


def pyramid(clip: Clip) -> Peaks:
    (peaked,) = [event for event in build(clip) if isinstance(event, Peaked)]
    return peaked.peaks


@pytest.mark.parametrize("frames", [1, 255, 256, 257, 100_003])
def test_levels_are_the_extremes_of_blocks(frames: int) -> None:
    clip = sound(frames, 2)
    mono = clip.read().sum(axis=1) * np.float32(0.5)
    for level, (low, high) in enumerate(pyramid(clip).levels):
        size = BASE * FACTOR**level
        blocks = [mono[i : i + size] for i in range(0, frames, size)]
        np.testing.assert_array_equal(low, [block.min() for block in blocks])
        np.testing.assert_array_equal(high, [block.max() for block in blocks])


@pytest.mark.parametrize(("start", "stop"), [(0.0, 1.0), (0.3, 0.7), (2.0, 7.77), (11.9, 12.5), (-1.0, 0.5)])
@pytest.mark.parametrize("width", [1, 7, 640])
def test_near_columns_are_exact(start: float, stop: float, width: int) -> None:
    clip = sound(12 * RATE + 3)
    low, high = columns(clip, start, stop, width, None)
    edges = np.linspace(start * RATE, stop * RATE, width + 1)
    mono = clip.read()[:, 0]
    for i in range(width):
        first, last = max(0, int(np.ceil(edges[i]))), int(np.ceil(edges[i + 1])) + 1
        if edges[i + 1] <= 0 or edges[i] >= len(mono):
            assert low[i] == high[i] == 0
        else:
            stretch = mono[min(first, len(mono) - 1) : last]
            assert (low[i], high[i]) == (stretch.min(), stretch.max())


@pytest.mark.parametrize("seconds", [40.0, 90.0, 333.0])
def test_far_columns_hold_every_sample_and_little_more(seconds: float) -> None:
    clip = sound(400 * RATE)
    mono, width = clip.read()[:, 0], 300
    low, high = columns(clip, 3.0, 3.0 + seconds, width, pyramid(clip))
    edges = np.linspace(3.0 * RATE, (3.0 + seconds) * RATE, width + 1)
    half = seconds * RATE / width / 2
    for i in range(width):
        inside = mono[int(np.ceil(edges[i])) : int(edges[i + 1])]
        around = mono[int(max(0, edges[i] - half - 2)) : int(edges[i + 1] + half + 3)]
        assert around.min() <= low[i] <= inside.min()
        assert inside.max() <= high[i] <= around.max()


def test_below_a_sample_the_line_is_interpolated() -> None:
    clip = from_array(np.array([0.0, 1.0, 0.0, -1.0]), 4, "corners")
    low, high = columns(clip, 0.0, 0.5, 8)
    np.testing.assert_array_equal(low, high)
    np.testing.assert_allclose(low, [0.125, 0.375, 0.625, 0.875, 0.875, 0.625, 0.375, 0.125])


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_without_a_pyramid_there_is_a_picture_at_once(tmp_path: Path, suffix: str) -> None:
    # A long file: loud in the middle third. The picture may be coarse, but must show that, and never exceed it.
    samples = sound(400 * RATE).read()[:, 0] * 0.9
    samples[: 133 * RATE] *= 0.05
    samples[266 * RATE :] *= 0.05
    path = tmp_path / f"long.{suffix}"
    soundfile.write(path, samples, RATE)
    low, high = columns(open_clip(path), 0.0, 400.0, 120)
    assert high[45:75].mean() > 0.2
    assert high[:35].max() < 0.06
    assert high[85:].max() < 0.06
    assert low[45:75].mean() < -0.2


def test_outside_and_nothing() -> None:
    clip = sound(1000)
    for start, stop in [(5.0, 6.0), (-2.0, -1.0), (0.1, 0.1)]:
        low, high = columns(clip, start, stop, 5, pyramid(clip))
        assert not low.any()
        assert not high.any()
    assert columns(clip, 0, 1, 0)[0].shape == (0,)


def test_building_tells_of_progress_and_of_sound_above_full_scale(tmp_path: Path) -> None:
    path = tmp_path / "loud.wav"
    soundfile.write(path, sound(3_000_000).read() * 10, RATE, "FLOAT")
    events = list(build(open_clip(path)))
    shares = [each.share for each in events if isinstance(each, Progress)]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 2
    (notice,) = [each.text for each in events if isinstance(each, Notice)]
    assert "dB above full scale" in notice
