"""The mix of a denoiser and what it hears: aligned, without clicks, and nothing resets what it remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine import denoising
from engine.account import Settings
from engine.blend import Path
from engine.limits import Options
from engine.wetdry import GLIDE
from engine.windowed import Windowed
from tests.devices import Array, Frames, noise

if TYPE_CHECKING:
    from numpy.typing import NDArray


def offline(sound: Array) -> Array:
    denoiser = Frames()
    return np.concatenate([denoiser.push(sound), denoiser.flush()])


def streamed(path: Path, sound: Array, cuts: list[int]) -> tuple[Array, Array]:
    parts = [path.push(block) for block in np.split(sound, cuts)] + [path.flush()]
    dry, heard = zip(*parts, strict=True)
    return np.concatenate(dry), np.concatenate(heard)


@pytest.mark.parametrize("size", [1, 7, 64, 1000, 10**6])
def test_any_blocks_give_what_the_whole_gives(size: int) -> None:
    sound = noise(0.3)
    dry, heard = streamed(Path(Frames()), sound, list(range(size, len(sound), size)))
    np.testing.assert_array_equal(dry, sound)
    np.testing.assert_allclose(heard, offline(sound), atol=1e-5)


def test_random_blocks_and_empty_ones_and_knobs_turned_leave_the_memory_alone() -> None:
    rng, sound = np.random.default_rng(1), noise(1.0)
    for _ in range(20):
        denoiser = Frames()
        path, made, done = Path(denoiser), list[Array](), 0
        while done < len(sound):
            size = int(rng.choice([0, 1, int(rng.integers(1, 700))]))
            path.turn(Options(float(rng.choice([0.0, 0.5, 1.0])), limit_500=float(rng.choice([9.0, 100.0]))))
            made.append(path.push(sound[done : done + size])[1])
            done += size
        assert denoiser.resets == 0
        path.turn(Options())
        made += [path.push(np.zeros(0, np.float32))[1], path.push(sound)[1], path.flush()[1]]
        heard, whole = np.concatenate(made), offline(np.concatenate([sound, sound]))
        assert len(heard) == len(whole)
        settled = len(sound) + 2 * round(GLIDE * 16000)
        np.testing.assert_allclose(heard[settled:], whole[settled:], atol=1e-5)


def test_wet_and_dry_are_aligned_and_the_limit_is_kept() -> None:
    sound = noise(0.3)
    wet = offline(sound)
    _, heard = streamed(Path(Frames(), Options(0.25)), sound, [100, 2000])
    np.testing.assert_allclose(heard, 0.25 * wet + 0.75 * sound, atol=1e-5)

    class Silencer(Frames):
        def _frame(self, frame: Array) -> Array:
            return 0 * frame

    for limit in (0.0, 6.0, 20.0, 99.0):
        _, heard = streamed(Path(Silencer(), Options(limit=limit)), sound, [100])
        np.testing.assert_allclose(heard, sound * 10 ** (-limit / 20), atol=1e-6)
    assert Settings().heard.wet == 1.0
    assert Settings(bypass=True).heard.wet == 0.0


def test_bypass_does_not_click() -> None:
    t = np.arange(16000) / 16000
    sound = np.sin(2 * np.pi * 100 * t).astype(np.float32)

    class Mute(Frames):
        def _frame(self, frame: Array) -> Array:
            return 0 * frame

    path, made = Path(Mute()), []
    for place, block in enumerate(np.split(sound, range(160, len(sound), 160))):
        path.turn(Options(float(place % 20 < 10)))
        made.append(path.push(block)[1])
    steps = np.abs(np.diff(np.concatenate(made)))
    # The sine itself moves by 0.039 a sample, a glide of 10 ms by 1/160.
    assert steps.max() < 0.05


def test_damage_is_taken_as_silence_and_a_denoiser_that_breaks_begins_anew() -> None:
    sound = noise(0.2)
    hurt = sound.copy()
    hurt[500:510], hurt[800] = np.nan, np.inf
    path = Path(Frames())
    _, heard = streamed(path, hurt, [300, 301, 700])
    mended = np.where(np.isfinite(hurt), hurt, 0).astype(np.float32)
    np.testing.assert_allclose(heard, offline(mended), atol=1e-5)
    assert (path.damaged, path.lost) == (11, 0)

    class Broken(Frames):
        def _frame(self, frame: Array) -> Array:
            return super()._frame(frame) * (np.nan if 0.2 < abs(float(self._sum)) else 1)

    path = Path(Broken())
    dry, heard = streamed(path, sound, list(range(100, len(sound), 100)))
    assert path.lost > 0
    np.testing.assert_array_equal(dry, sound)
    assert np.isfinite(heard).all()
    assert len(heard) == len(sound)


class Gained:
    """A denoiser that multiplies each sample by a gain, at once."""

    rate, parameters = 16000, 0
    latency: int | None = 0

    def __init__(self, gains: Array) -> None:
        self._gains, self._at = gains, 0

    def push(self, block: Array) -> Array:
        self._at += len(block)
        return np.asarray(block * self._gains[self._at - len(block) : self._at], np.float32)

    def flush(self) -> Array:
        return np.zeros(0, np.float32)

    def reset(self) -> None: ...

    def mask(self) -> None: ...


def speaking(count: int) -> NDArray[np.bool_]:
    """1.5 s on and 1.5 s off, with a gap of 0.3 s in the midst of the speech."""
    at = np.arange(count) % 48_000
    return (at < 24_000) & ~((at > 9600) & (at < 14_400))


@pytest.mark.parametrize("keep", [0.5, 1.0])
def test_the_background_is_kept_in_pauses_from_the_past_alone(keep: float) -> None:
    """K230, live, no later than without: it is back 0.9 s after the last word and gone 0.12 s after the first."""
    sound, voice = 0.5 * noise(12.0), noise(12.0)
    speaks = speaking(len(sound))
    gains = np.where(speaks, 0.9, 0.05).astype(np.float32)
    sound = np.where(speaks, voice, sound).astype(np.float32)
    made = {}
    for size in (1000, len(sound)):
        path = Path(Gained(gains), Options(keep=keep))
        assert path.behind == 0
        made[size] = streamed(path, sound, list(range(size, len(sound), size)))[1]
    np.testing.assert_allclose(made[1000], made[len(sound)], atol=1e-6)
    share = np.abs(made[1000]) / np.maximum(np.abs(sound), 1e-9)
    for start in range(0, len(sound), 48_000):
        turn = share[start : start + 48_000]
        if start:
            np.testing.assert_allclose(turn[1920:9600], 0.9, atol=0.02)
        np.testing.assert_allclose(turn[9700:14_300], 0.05, atol=0.02)
        np.testing.assert_allclose(turn[24_000 + 14_400 :], 0.05 + 0.95 * keep, atol=0.02)


@pytest.mark.parametrize("size", [40, 160, 161])
def test_keeping_begins_and_ends_without_a_click(size: int) -> None:
    t = np.arange(32_000) / 16000
    sound = np.sin(2 * np.pi * 100 * t).astype(np.float32)
    path, made = Path(Gained(np.zeros(len(sound), np.float32))), []
    for place, block in enumerate(np.split(sound, range(size, len(sound), size))):
        path.turn(Options(keep=float(place * size % 6400 < 3200)))
        made += [path.push(block)[1], path.push(block[:0])[1]]
    assert np.abs(np.diff(np.concatenate(made))).max() < 0.05
    assert np.abs(np.concatenate(made)).max() > 0.9


@pytest.mark.parametrize("name", denoising.names())
def test_live_gives_what_the_whole_sound_gives_for_every_denoiser_there_is(name: str) -> None:
    """Whatever the blocks, and however often a knob was turned before."""
    rng, sound = np.random.default_rng(2), noise(1.2)
    reference, denoiser = denoising.build(name), denoising.build(name)
    if denoiser.latency is None:
        reference, denoiser = Windowed(reference), Windowed(denoiser)
    whole = np.concatenate([reference.push(sound), reference.flush()])
    path, made, done = Path(denoiser), list[Array](), 0
    while done < len(sound):
        size = int(rng.choice([0, 1, int(rng.integers(1, 3000))]))
        path.turn(Options(float(rng.random()) if done < len(sound) // 2 else 1.0))
        made.append(path.push(sound[done : done + size])[1])
        done += size
    heard = np.concatenate([*made, path.flush()[1]])
    assert len(heard) == len(whole) == len(sound)
    late = len(sound) // 2 + 4000
    np.testing.assert_allclose(heard[late:], whole[late:], atol=1e-5)
    assert path.lost == 0
