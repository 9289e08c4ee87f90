"""Laws that every denoiser keeps: the same in blocks as in one piece, in place, on time, and forgetful."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soxr

from engine import asset, denoising
from tests import onnxfiles

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

pytestmark = pytest.mark.filterwarnings("ignore")  # packages of others warn as they are imported
CASES = (*denoising.names(), *onnxfiles.EACH)


@pytest.fixture(params=CASES)
def source(request, tmp_path: Path) -> str | Path:
    """Every denoiser that is there by name, and one of each kind of file."""
    return onnxfiles.make(request.param, tmp_path) if request.param in onnxfiles.EACH else request.param


def speech(rate: int, seconds: float = 1.2, noise: float = 0.02) -> Array:
    """Speech in noise; both begin at once."""
    clip = asset.open_bundled("speech-1")
    sound = clip.read(0, round(seconds * clip.rate))[:, 0]
    sound = np.asarray(soxr.resample(sound, clip.rate, rate), np.float32)
    rng = np.random.default_rng(3)
    return (sound + noise * rng.standard_normal(len(sound))).astype(np.float32)


def run(built: Any, sound: Array, cuts: tuple[int, ...] = ()) -> Array:
    edges = itertools.pairwise([0, *cuts, len(sound)])
    return np.concatenate([*(built.push(sound[low:high]) for low, high in edges), built.flush()])


def test_blocks_do_not_matter(source):
    built = denoising.build(source)
    sound = speech(built.rate)
    before = sound.copy()
    whole = run(built, sound)
    assert whole.dtype == np.float32
    assert whole.shape == sound.shape
    for cuts in ((1, 2, 2, 700, 701, 9000), (4000, 4100, 4100, 17_000)):
        np.testing.assert_allclose(run(denoising.build(source), sound, cuts), whole, atol=1e-5)
    assert np.array_equal(sound, before), "a denoiser may not change what it is given"
    assert np.abs(whole - sound).max() > 1e-4, "it does something"


@pytest.mark.parametrize("count", [0, 1, 100, 5000])
def test_any_length_comes_back(source, count):
    built = denoising.build(source)
    out = run(built, speech(built.rate)[:count])
    assert len(out) == count
    assert np.isfinite(out).all()


def test_it_is_in_place(source):
    """The cross-correlation of what went in and what came out peaks where nothing is moved."""
    built = denoising.build(source)
    sound = speech(built.rate, noise=0.002)
    out = run(built, sound)
    size = 2 * len(sound)
    found = np.fft.irfft(np.fft.rfft(out, size) * np.conj(np.fft.rfft(sound, size)))
    assert np.argmax(found) == 0


def test_the_future_counts_no_longer_than_declared(source):
    """What follows a sample by more than the latency leaves it as it is; and it comes out by then."""
    built = denoising.build(source)
    sound = speech(built.rate)
    if built.latency is None:
        assert not len(built.push(sound))
        assert len(built.flush()) == len(sound)
        return
    other = sound.copy()
    place = len(sound) // 2
    other[place:] = np.random.default_rng(1).uniform(-0.5, 0.5, len(sound) - place)
    settled = place - built.latency
    whole, changed = run(built, sound), run(built, other)
    np.testing.assert_allclose(changed[:settled], whole[:settled], atol=1e-6)
    assert np.abs(changed[place:] - whole[place:]).max() > 1e-3
    came = 0
    for start in range(0, len(sound), 100):
        came += len(built.push(sound[start : start + 100]))
        assert came >= min(start + 100, len(sound)) - built.latency


def test_reset_and_flush_leave_nothing_behind(source):
    sound = speech(denoising.build(source).rate)
    wanted = run(denoising.build(source), sound)
    built = denoising.build(source)
    built.push(0.5 * sound[::-1][:9000])
    built.reset()
    np.testing.assert_array_equal(run(built, sound), wanted)
    np.testing.assert_array_equal(run(built, sound), wanted)


@pytest.mark.parametrize("kind", ["silence", "clipped", "silence, then sound"])
def test_nothing_becomes_no_number(source, kind):
    built = denoising.build(source)
    sound = speech(built.rate, 1.0)
    if kind == "silence":
        sound[:] = 0
    elif kind == "clipped":
        sound = np.clip(100 * sound, -1, 1)
    else:
        sound[: len(sound) // 2] = 0
    out = run(built, sound)
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= 2.0
    if kind == "silence":
        assert np.abs(out).max() < 1e-3


def test_masks_are_gains_of_the_frames_that_came_out(source):
    built = denoising.build(source)
    sound = speech(built.rate)
    built.push(sound[:9000])
    first = built.mask()
    built.push(sound[9000:])
    second = built.mask()
    if first is None or second is None or built.latency is None:
        return
    assert first.gains.shape[1] == len(first.rows)
    assert len(first.gains)
    assert second.first == pytest.approx(first.first + len(first.gains) / first.rate)
    assert first.gains.min() >= 0
    assert first.rows[-1] <= built.rate / 2
    covered = second.first + (len(second.gains) - 1) / second.rate
    assert covered == pytest.approx(len(sound) / built.rate, abs=0.05)
