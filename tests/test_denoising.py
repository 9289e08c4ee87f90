"""A denoiser on any sound: rates, channels, wet and dry, the limit, pauses, and bands that it does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import denoising
from engine.clip import from_array
from engine.denoising import Options
from engine.enhancer import Enhancer
from engine.knob import KnobError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

RATES = (8000, 16_000, 22_050, 44_100, 48_000)


class Scaled:
    """A denoiser that gives the sound back 100 samples late, each with a gain; in place once that is taken off."""

    parameters = 0
    latency: int | None = 100

    def __init__(self, gain: Any = 0.5, rate: int = 16_000) -> None:
        self.gain, self.rate = gain, rate
        self.reset()

    def reset(self) -> None:
        self._kept, self._at = np.zeros(0, np.float32), 0

    def push(self, block: Array) -> Array:
        self._kept = np.concatenate([self._kept, block])
        return self._out(max(0, len(self._kept) - 100))

    def flush(self) -> Array:
        rest = self._out(len(self._kept))
        self.reset()
        return rest

    def mask(self) -> None:
        return None

    def _out(self, count: int) -> Array:
        out, self._kept = self._kept[:count], self._kept[count:]
        gain = self.gain(np.arange(self._at, self._at + count)) if callable(self.gain) else self.gain
        self._at += count
        return np.asarray(out * gain, np.float32)


def through(sound: Array, rate: int, gain: Any = 0.5, cuts: tuple[int, ...] = (), **options: float) -> Array:
    built = Enhancer([Scaled(gain) for _ in range(sound.shape[1])], rate, Options(**options))
    parts = [built.push(part) for part in np.split(sound, cuts)]
    return np.concatenate([*parts, built.flush()])


def noise(seconds: float, rate: int, channels: int = 1, seed: int = 0) -> Array:
    count = round(seconds * rate)
    return (0.1 * np.random.default_rng(seed).standard_normal((count, channels))).astype(np.float32)


def tone(hertz: float, seconds: float, rate: int) -> Array:
    return (0.1 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)[:, None]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    "options", [{}, {"keep": 0.5}, {"wet": 0.6, "limit": 9.0}, {"keep": 0.5, "limit_500": 9.0}]
)
def test_blocks_do_not_matter_at_any_rate_nor_with_two_channels(rate, options):
    sound = noise(0.8, rate, 2)
    whole = through(sound, rate, **options)
    assert whole.shape == sound.shape
    assert whole.dtype == np.float32
    np.testing.assert_allclose(through(sound, rate, cuts=(1, 1, 300, 4321), **options), whole, atol=1e-5)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("options", [{"wet": 0.0}, {"limit": 0.0}])
def test_the_dry_sound_is_the_sound_itself(rate, options):
    """All bands of it, though the denoiser knows but those up to 8 kHz."""
    sound = noise(0.5, rate, 2)
    np.testing.assert_allclose(through(sound, rate, gain=0.0, **options), sound, atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hertz", [300.0, 3000.0])
def test_the_sound_stays_in_place(rate, hertz):
    """A tone comes out at half its size, without a shift of its phase."""
    sound = tone(hertz, 0.5, rate)
    middle = slice(rate // 8, -rate // 8)
    np.testing.assert_allclose(through(sound, rate)[middle], 0.5 * sound[middle], atol=2e-4)


@pytest.mark.parametrize(
    ("options", "gain"), [({"wet": 0.5}, 0.5), ({"limit": 20.0}, 0.1), ({"limit": 6.0}, 0.501)]
)
def test_wet_and_limit_have_their_formula(options, gain):
    """1 - (1 - 10^(-limit / 20)) wet of the noisy sound is in what a denoiser leaves silent."""
    sound = noise(0.3, 16_000)
    np.testing.assert_allclose(through(sound, 16_000, gain=0.0, **options), gain * sound, atol=1e-4)


def test_bands_above_have_the_gain_of_the_topmost_known_one():
    """12 kHz falls silent with 6 kHz, a while after it, and comes back with it."""
    rate, seconds = 48_000, 3.0
    high = tone(12_000, seconds, rate)
    sound = high + tone(6000, seconds, rate)

    def gain(place: Array) -> Array:
        return np.where((place > 16_000) & (place < 32_000), 0.1, 1.0)

    found = np.abs(np.fft.rfft(through(sound, rate, gain)[:, 0].reshape(30, -1) * np.hanning(4800)))[:, 1200]
    known = np.abs(np.fft.rfft(high[:, 0].reshape(30, -1) * np.hanning(4800)))[:, 1200]
    share = found / known
    np.testing.assert_allclose(share[[2, 5, 8]], 1.0, atol=0.01)
    np.testing.assert_allclose(share[[12, 15, 18]], 0.1, atol=0.01)
    np.testing.assert_allclose(share[[22, 25, 28]], 1.0, atol=0.01)
    limited = through(sound, rate, gain=0.0, limit=20.0)
    middle = slice(rate, 2 * rate)
    np.testing.assert_allclose(limited[middle], 0.1 * sound[middle], atol=2e-3)


def test_the_background_comes_back_in_pauses_alone():
    """K230: gain of the background while somebody speaks, and in the pauses, by the knob; none between words."""
    rate, turn = 16_000, 24_000
    music, voice = noise(9.0, rate, seed=1), noise(9.0, rate, seed=2)

    def speaks(at: Array) -> Array:
        """1.5 s on, 1.5 s off; and a gap of 0.3 s in the midst of the speech."""
        return ((at // turn) % 2 == 0) & ~((at % (2 * turn) > 9600) & (at % (2 * turn) < 14_400))

    sound = 0.5 * music + voice * speaks(np.arange(len(voice)))[:, None]

    def gain(at: Array) -> Array:
        return np.where(speaks(at), 0.9, 0.05)

    found = {}
    for keep in (0.0, 0.5, 1.0):
        out = through(sound, rate, gain, keep=keep)[:, 0]
        share = np.abs(out) / np.maximum(np.abs(sound[:, 0]), 1e-9)
        inside = [share[n * turn : (n + 1) * turn] for n in range(6)]
        found[keep] = inside
    for keep, shares in found.items():
        for speech, pause in zip(shares[0::2], shares[1::2], strict=True):
            np.testing.assert_allclose(speech[[2000, 8000, 16_000, 22_000]], 0.9, atol=0.01)
            np.testing.assert_allclose(speech[10_000:14_000], 0.05, atol=0.01)
            np.testing.assert_allclose(pause[9600:-9600], 0.05 + 0.95 * keep, atol=0.01)
    # Smoothly: from one to the other takes a tenth of a second and more.
    step = np.abs(np.diff(through(np.ones_like(sound), rate, gain, keep=1.0)[turn + 1000 : 2 * turn - 1000, 0]))
    assert step.max() < 1 / (0.1 * rate)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
@pytest.mark.parametrize("count", [0, 1, 17, 400])
def test_very_short_sounds(rate, count):
    sound = np.ones((count, 2), np.float32)
    for options in ({}, {"keep": 1.0}, {"limit_500": 6.0}):
        out = through(sound, rate, **options)
        assert out.shape == sound.shape
        assert np.isfinite(out).all()


def test_what_is_no_number_is_silence_and_harms_nothing_after():
    sound = noise(0.5, 16_000)
    broken = sound.copy()
    broken[1000:1010] = np.nan
    broken[2000] = np.inf
    out = through(broken, 16_000)
    np.testing.assert_array_equal(np.isnan(broken[1000:1010]), True)  # the argument is as it was
    np.testing.assert_allclose(out[1000:1010], 0.0)
    np.testing.assert_allclose(out[2001:], 0.5 * sound[2001:])


def test_a_denoiser_that_is_lost_begins_anew():
    def gain(at: Array) -> Array:
        return np.where(at == 3000, np.nan, 0.5)

    sound = noise(1.0, 16_000)
    out = through(sound, 16_000, gain, cuts=tuple(range(500, 16_000, 500)))
    assert np.isfinite(out).all()
    np.testing.assert_allclose(out[:2000], 0.5 * sound[:2000])


def test_the_latency_is_kept():
    """No block comes out later than declared; and no sample depends on what lies further ahead."""
    for rate in RATES:
        for options in ({}, {"keep": 0.5}, {"limit_500": 6.0}):
            built = Enhancer([Scaled()], rate, Options(**options))
            assert built.latency is not None
            sound, came = noise(1.0, rate), 0
            for start in range(0, len(sound), 99):
                came += len(built.push(sound[start : start + 99]))
                assert came >= min(start + 99, len(sound)) - built.latency


def test_a_clip_is_read_as_it_goes_and_its_progress_told() -> None:
    clip = from_array(noise(2.5, 22_050, 2), 22_050, "clip")
    told: list[float] = []
    blocks = list(denoising.run("wiener", clip, clip.rate, told=told.append))
    whole = np.concatenate(list(denoising.run("wiener", clip.read(), clip.rate)))
    assert max(map(len, blocks)) < clip.frames
    np.testing.assert_array_equal(np.concatenate(blocks), whole)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_knobs_have_their_ranges():
    with pytest.raises(KnobError, match="wet"):
        Options(wet=1.5)
    with pytest.raises(KnobError, match="limit"):
        Options(limit=-1.0)


def test_ours_come_first_and_there_is_always_one():
    names = denoising.names()
    assert {"wiener", "gate"} <= set(names)
    assert names[: len(denoising.ours())] == denoising.ours()
    assert denoising.default() in names
