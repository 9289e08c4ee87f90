"""Noisy speech made on the fly: the SNR and the level that were drawn, the same bytes for the same chance."""

from __future__ import annotations

import numpy as np
import pytest

from engine import mixing
from engine.mixing import RATE, Manner, Sources

N = 2 * RATE


def sources() -> Sources:
    rng = np.random.default_rng(0)
    t = np.arange(3 * RATE) / RATE
    voices = [
        [lambda hertz=hertz: np.sin(6.2832 * hertz * t).astype(np.float32) * np.float32(0.1)] * 3
        for hertz in (150, 220, 300)
    ]
    noise = rng.standard_normal(5 * RATE, np.float32)
    room = np.zeros(800, np.float32)
    room[[10, 300]] = 0.9, 0.4
    return Sources(voices, [lambda: noise], [lambda: room])


def power(sound: np.ndarray) -> float:
    return float(np.square(sound.astype(np.float64)).mean())


@pytest.mark.parametrize("snr", [-10.0, 0.0, 7.5])
def test_the_snr_is_mean_power_over_mean_power(snr):
    rng = np.random.default_rng(1)
    clean, noise = rng.standard_normal((2, N), np.float32) * np.array([[0.1], [3.0]], np.float32)
    noisy, same = mixing.at(clean, noise, snr)
    np.testing.assert_array_equal(same, clean)
    assert 10 * np.log10(power(clean) / power(noisy - clean)) == pytest.approx(snr, abs=1e-3)


def test_level_and_peak():
    rng = np.random.default_rng(1)
    clean, noise = rng.standard_normal((2, N), np.float32)
    noisy, same = mixing.at(clean, noise, 0.0, level=-30.0)
    assert 10 * np.log10(power(noisy)) == pytest.approx(-30.0, abs=1e-3)
    assert 10 * np.log10(power(same) / power(noisy - same)) == pytest.approx(0.0, abs=1e-3)
    loud, _ = mixing.at(clean, noise, 0.0, level=10.0)
    assert np.abs(loud).max() == pytest.approx(0.98, abs=1e-4)


def test_silence_stays_silent():
    nothing = np.zeros(N, np.float32)
    for clean, noise in ((nothing, nothing), (nothing, nothing + 0.1)):
        noisy, same = mixing.at(clean, noise, 5.0, -20.0)
        assert np.isfinite(noisy).all()
        assert not same.any()


def test_same_chance_same_bytes():
    one, same, other = (mixing.mixture(sources(), Manner(), N, np.random.default_rng(seed)) for seed in (3, 3, 4))
    for a, b, c in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


@pytest.mark.parametrize("seed", range(12))
def test_mixtures_are_sound(seed):
    """Within full scale, finite, as long as asked, and at an SNR within what was asked."""
    manner = Manner(snr=(-3.0, 4.0), grains=0.4, made=0.3)
    noisy, clean = mixing.mixture(sources(), manner, N, np.random.default_rng(seed))
    assert noisy.shape == clean.shape == (N,)
    assert noisy.dtype == clean.dtype == np.float32
    assert np.isfinite(noisy).all()
    assert np.abs(noisy).max() <= 0.9801
    assert -3.01 < 10 * np.log10(power(clean) / power(noisy - clean)) < 4.01


def test_noises_are_drawn_by_their_shares():
    found = Sources([], [lambda: np.zeros(1), lambda: np.ones(1)], (), (1.0, 3.0))
    rng = np.random.default_rng(0)
    assert 0.65 < np.mean([found.noise(rng)[0] for _ in range(400)]) < 0.85
    assert found._chances is found._chances, "made once, not for each draw"
    alike = Sources([], [lambda: np.zeros(1), lambda: np.ones(1)])
    assert 0.4 < np.mean([alike.noise(rng)[0] for _ in range(400)]) < 0.6


@pytest.mark.parametrize("long", [3, 900, N - 1, N, 3 * N])
def test_a_recording_of_any_length_fills_a_mixture(long):
    """A short one comes again, at times after pauses, about as loud; a long one has none."""
    every = [mixing._recorded(np.ones(long, np.float32), N, np.random.default_rng(seed)) for seed in range(8)]
    for made in every:
        assert made.shape == (N,)
        assert 0.4 < np.abs(made).max() < 2.5
    pauses = [bool((made == 0).any()) for made in every]
    assert any(pauses) or long >= N
    assert not all(pauses)
    assert not any(pauses) or long < 3 * N


def test_speech_is_of_one_voice():
    """One sine a speaker: whatever the speed, one frequency has the power."""
    sound = mixing.speech(sources(), Manner(speed=0.2), N, np.random.default_rng(2))
    spectrum = np.square(np.abs(np.fft.rfft(sound * np.hanning(N))))
    peak = int(spectrum.argmax())
    assert 100 < peak / 2 < 400
    assert spectrum[peak - 40 : peak + 41].sum() > 0.9 * spectrum.sum()


def test_a_room_keeps_the_direct_sound_in_its_place():
    sound = np.zeros(4000, np.float32)
    sound[1000] = 1.0
    manner = Manner(equaliser=0.0, reverb=1.0)
    heard = mixing._filtered(sound, manner, sources().rooms, np.random.default_rng(0))
    assert int(np.abs(heard).argmax()) == 1000
    assert not heard[:999].max() > 1e-3
    assert np.abs(heard[1001:]).max() > 1e-3
