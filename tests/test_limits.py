"""The attenuation limit of each band (K233): nothing is lowered by more, in files, in the window and live."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
import scipy.signal

from engine import limits, wetdry
from engine.blend import Path
from engine.clip import from_array
from engine.enhancer import Enhancer
from engine.limits import BANDS, BY_BAND, Options
from engine.wetdry import GLIDE, Taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

RATE = 16000
LATE = 100
NEAR = 0.25
"""Decibels that a filter of 8 ms may miss a limit by."""
SOME = ((0, 100, 100, 100, 100, 100), (100, 100, 0, 100, 0, 100), (0, 10, 20, 40, 40, 40), (5, 30, 5, 30, 5, 30))


class Gained:
    """A denoiser that lets a share of the sound through, LATE samples late."""

    rate, parameters = RATE, 0
    latency: int | None = LATE

    def __init__(self, gain: float = 0.0) -> None:
        self.gain = gain
        self.reset()

    def reset(self) -> None:
        self._kept = np.zeros(0, np.float32)

    def push(self, block: Array) -> Array:
        self._kept = np.concatenate([self._kept, block])
        count = max(0, len(self._kept) - LATE)
        out, self._kept = self._kept[:count], self._kept[count:]
        return np.asarray(self.gain * out, np.float32)

    def flush(self) -> Array:
        rest = np.asarray(self.gain * self._kept, np.float32)
        self.reset()
        return rest

    def mask(self) -> None:
        return None


def options(bands: tuple[float, ...], **others: float) -> Options:
    return Options(**others, **dict(zip(BY_BAND, bands, strict=True)))


def noise(seconds: float = 8.0) -> Array:
    return (0.1 * np.random.default_rng(0).standard_normal(round(seconds * RATE))).astype(np.float32)


def in_a_file(sound: Array, asked: Options, gain: float, rate: int = RATE) -> Array:
    enhancer = Enhancer([Gained(gain)], rate, asked)
    cuts = range(777, len(sound), 777)
    parts = [enhancer.push(part[:, None]) for part in np.split(sound, cuts)]
    return np.concatenate([*parts, enhancer.flush()])[:, 0]


def in_the_window(sound: Array, asked: Options, gain: float) -> Array:
    noisy, made = (from_array(each[:, None], RATE, "sound") for each in (sound, np.float32(gain) * sound))
    mixed = wetdry.Mixed(noisy, made, np.zeros(0, np.float32), asked)
    edges = [*range(0, len(sound), 12_345), len(sound) + 99]
    return np.concatenate([mixed.read(a, b) for a, b in itertools.pairwise(edges)])[:, 0]


def live(sound: Array, asked: Options, gain: float) -> Array:
    path = Path(Gained(gain), asked)
    parts = [path.push(part)[1] for part in np.split(sound, range(333, len(sound), 333))]
    return np.concatenate([*parts, path.flush()[1]])


WAYS = (in_a_file, in_the_window, live)


def lowered(before: Array, after: Array, rate: int = RATE) -> tuple[Array, Array]:
    """Hertz, and by how many decibels each is lowered in the mean: by spectra of many frames."""
    hertz, came = scipy.signal.welch(before, rate, nperseg=2048)
    _, went = scipy.signal.welch(after, rate, nperseg=2048)
    return hertz, 10 * np.log10(came / np.maximum(went, 1e-20))


def wanted(hertz: Array, bands: tuple[float, ...]) -> Array:
    """The limit by its words: straight lines of the gain from octave to octave."""
    gains = [10 ** (-each / 20) if each < 100 else 0.0 for each in bands]
    found = np.interp(np.log2(np.maximum(hertz, 1)), np.log2(BANDS), gains)
    return np.asarray(-20 * np.log10(np.maximum(found, 1e-9)), np.float32)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bands", SOME)
@pytest.mark.parametrize("gain", [0.0, 0.3])
def test_no_frequency_is_lowered_by_more_than_its_limit(way, bands, gain):
    """K233: white noise, and a denoiser that answers silence, or lets a little through."""
    sound = noise()
    hertz, by = lowered(sound, way(sound, options(bands), gain))
    most = np.minimum(wanted(hertz, bands), np.inf if gain == 0.0 else -20 * np.log10(gain))
    # Windows of a spectrum smear steep slopes: what is lowered by 60 dB is not looked at.
    near = most < 60
    assert (by - most)[near].max() < NEAR
    assert by.min() > -NEAR  # nor is anything made louder
    if gain == 0.0:  # and where the limit is flat enough for so short a filter, it is what is left
        for band, limit in zip(BANDS, bands, strict=True):
            assert limit > 25 or by[np.argmin(np.abs(hertz - band))] == pytest.approx(limit, abs=2.0)


@pytest.mark.parametrize("way", WAYS)
def test_all_at_0_is_the_sound_and_all_at_100_the_denoiser_s(way):
    sound = noise(1.0)
    np.testing.assert_allclose(way(sound, options((0.0,) * 6), 0.3), sound, atol=1e-5)
    np.testing.assert_allclose(way(sound, options((100.0,) * 6), 0.3), np.float32(0.3) * sound, atol=1e-5)


@pytest.mark.parametrize("bands", SOME)
def test_files_the_window_and_live_give_the_same(bands):
    """In place to the sample, whatever the blocks."""
    sound, asked = noise(1.0), options(bands, wet=0.9, limit=25.0)
    first, *others = (way(sound, asked, 0.2) for way in WAYS)
    for other in others:
        np.testing.assert_allclose(other, first, atol=1e-6)


def test_the_lower_of_the_two_limits_counts():
    hertz = np.array(BANDS, np.float64)
    found = limits.floor(options((5.0, 10.0, 20.0, 40.0, 100.0, 100.0), limit=20.0), hertz)
    np.testing.assert_allclose(-20 * np.log10(found), [5, 10, 20, 20, 20, 20], atol=1e-9)
    assert limits.floor(Options(), hertz).tolist() == [0.0] * 6
    assert len(limits.taps(options((12.0,) * 6), RATE)) == 1, "one limit for all is late by nothing"
    assert options((12.0,) * 6).late == options((30.0, 20.0) * 3, limit=12.0).late == 0.0
    assert options((12.0,) * 5 + (0.0,)).late == limits.REACH


def test_above_the_bands_of_the_denoiser_the_limit_of_the_highest_holds():
    rate = 48_000
    sound = (0.1 * np.random.default_rng(0).standard_normal(4 * rate)).astype(np.float32)
    hertz, by = lowered(sound, in_a_file(sound, options((100.0,) * 5 + (6.0,)), 0.0, rate), rate)
    assert by[(hertz > 9000) & (hertz < 23_000)].max() < 6 + NEAR


@pytest.mark.parametrize("size", [1, 7, 160, 5000])
def test_turned_while_it_runs_nothing_is_lost_and_blocks_do_not_matter(size):
    """From one limit to limits by band and back: the same samples in the same places, and no jump."""
    t = np.arange(RATE) / RATE
    sound = np.sin(2 * np.pi * 100 * t).astype(np.float32)
    turns = {
        4000: options((0.0, 100.0, 3.0, 100.0, 100.0, 9.0)),
        4080: Options(limit=20.0),
        12_000: Options(keep=1.0),
    }

    def turned(size: int) -> Array:
        taken, parts = Taken(RATE, Options()), []
        stops = sorted({*range(0, len(sound) + 1, size), *turns, len(sound)})
        for start, stop in itertools.pairwise(stops):
            if start in turns:
                taken.turn(turns[start])
            parts.append(taken.push(sound[start:stop], last=stop == len(sound)))
        return np.concatenate(parts)

    made = turned(size)
    assert len(made) == len(sound)
    np.testing.assert_allclose(made, turned(len(sound)), atol=1e-6)
    settled = slice(12_000 + 2 * round(GLIDE * RATE), None)
    np.testing.assert_allclose(made[settled], sound[settled], atol=1e-6)
    # The sine itself moves by 0.039 a sample, a glide of 10 ms by 1 / 160.
    assert np.abs(np.diff(made)).max() < 0.05
