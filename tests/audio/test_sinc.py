"""Resampling with little delay, against tones whose samples are known, and against soxr."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from engine.audio.sinc import HALF, Sinc


def tone(hertz: float, rate: float, seconds: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


@pytest.mark.parametrize(("source", "target"), [(16000, 48000), (48000, 16000), (16000, 44100), (44100, 16000)])
def test_a_tone_is_the_same_tone_at_the_same_place(source: int, target: int) -> None:
    for hertz in (100.0, 1000.0, 5500.0):
        made = Sinc(source, target).push(tone(hertz, source))
        wanted = tone(hertz, target)[: len(made)]
        edge = round(2 * target * HALF / min(source, target))
        np.testing.assert_allclose(made[edge:], wanted[edge:], atol=3e-3)


def test_what_the_lower_rate_cannot_hold_is_gone() -> None:
    made = Sinc(48000, 16000).push(tone(9500.0, 48000))
    assert np.abs(made[200:]).max() < 10 ** (-60 / 20)


def test_noise_is_that_of_soxr() -> None:
    noise = np.random.default_rng(0).normal(0, 0.2, 48000).astype(np.float32)
    narrow = soxr.resample(soxr.resample(noise, 48000, 12000), 12000, 48000)
    made, wanted = Sinc(48000, 16000).push(narrow), soxr.resample(narrow, 48000, 16000)
    error = made[500:-500] - wanted[500 : len(made) - 500]
    assert np.sqrt(np.mean(error**2)) < 2e-4


def test_any_blocks_give_the_same_and_little_is_held_back() -> None:
    sound = tone(700.0, 16000)
    for size in (1, 37, 160):
        sinc = Sinc(16000, 48000)
        made = np.concatenate([sinc.push(each) for each in np.split(sound, range(size, len(sound), size))])
        np.testing.assert_allclose(made, Sinc(16000, 48000).push(sound), atol=1e-5)
        assert len(sound) / 16000 - len(made) / 48000 <= sinc.late + 1 / 16000
        assert sinc.late == HALF / 16000


def test_one_rate_is_no_work_until_it_is_bent() -> None:
    sound, sinc = tone(440.0, 48000, 1.0), Sinc(48000, 48000)
    np.testing.assert_array_equal(sinc.push(sound), sound[: len(sound) - HALF])
    sinc.bend = 0.01
    faster = np.concatenate([sinc.push(block) for block in np.split(sound, 100)])
    assert len(faster) == pytest.approx(len(sound) / 1.01, abs=2)
    spectrum = np.abs(np.fft.rfft(faster[-24000:] * np.hanning(24000)))
    assert spectrum.argmax() * 2 == pytest.approx(444.4, abs=2)
