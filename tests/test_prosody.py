"""Prosody is measured as it was synthesised: pitch, loudness, voicing and syllables; and against the formula."""

from __future__ import annotations

import numpy as np
import pytest

from engine import prosody
from engine.formant import RATE, Part, Speaker, pitch, synthesise


def said(parts: list[Part], speaker: Speaker) -> np.ndarray:
    return synthesise(parts, speaker, np.random.default_rng(0))[0]


@pytest.mark.parametrize("vowel", ["a", "i", "u", "æ"])
@pytest.mark.parametrize("f0", [75.0, 110.0, 183.0, 260.0, 400.0])
def test_f0_is_within_two_percent_of_the_synthesisers_truth(vowel: str, f0: float) -> None:
    speaker = Speaker(f0=f0, jitter=0.0, breath=0.01, fall=0.3)
    sound = said([Part("", 0.2), Part(vowel, 0.8), Part("", 0.2)], speaker)
    found = prosody.measure(sound, RATE)["f0"]
    truth = pitch(np.arange(len(sound)) / RATE, speaker)[:: round(prosody.HOP * RATE)]
    inside = slice(25, 95)
    assert np.isfinite(found[inside]).all()
    assert np.abs(found[inside] / truth[inside] - 1).max() < 0.02
    assert np.isnan(found[:15]).all(), "nothing is voiced in silence"


def test_the_lag_is_that_of_the_formula() -> None:
    """d, d' and the first of the dips that are nearly the deepest, by loops."""
    rng = np.random.default_rng(1)
    n, rate = round(prosody.WINDOW * RATE), float(RATE)
    time = np.arange(n) / rate
    frames = [np.sin(2 * np.pi * f * time) + 0.4 * np.sin(4 * np.pi * f * time + 1) for f in (90.0, 210.0, 330.0)]
    framed = np.stack([each + 0.02 * rng.standard_normal(n) for each in frames])
    hertz, sure = prosody.periods(framed, rate)
    least, most = int(rate / prosody.HIGHEST), int(np.ceil(rate / prosody.LOWEST))
    for row, x in enumerate(framed - framed.mean(1, keepdims=True)):
        count = n - most - 1
        d = np.array([np.sum((x[:count] - x[lag : lag + count]) ** 2) for lag in range(most + 2)])
        shown = np.r_[1.0, d[1:] * np.arange(1, most + 2) / np.cumsum(d[1:])]
        dips = [k for k in range(least, most + 1) if shown[k] < shown[k - 1] and shown[k] <= shown[k + 1]]
        lag = next(k for k in dips if shown[k] < min(shown[dips]) + 0.08)
        assert abs(rate / hertz[row] - lag) <= 0.5
        assert sure[row] == pytest.approx(1 - shown[lag], abs=1e-5)


def test_loudness_is_the_rms_and_noise_is_not_voiced() -> None:
    rng = np.random.default_rng(0)
    sound = np.r_[0.1 * rng.standard_normal(RATE), 0.01 * rng.standard_normal(RATE), np.zeros(RATE)]
    found = prosody.measure(sound, RATE)
    assert found["energy"][20:80].mean() == pytest.approx(-20.0, abs=0.3)
    assert found["energy"][120:180].mean() == pytest.approx(-40.0, abs=0.3)
    assert found["energy"][220:280].max() <= -119
    assert np.isfinite(found["f0"][:280]).mean() < 0.03
    assert not found["voicing"][220:280].any()


@pytest.mark.parametrize("each", [0.16, 0.25, 0.4])
def test_syllables_are_counted(each: float) -> None:
    """So many a second of a vowel and a stop, one after the other."""
    parts = [Part(name, seconds) for _ in range(12) for name, seconds in (("t", 0.4 * each), ("a", 0.6 * each))]
    sound = said(parts, Speaker(jitter=0.005))
    found = prosody.measure(sound, RATE)
    level, voiced = found["energy"], np.isfinite(found["f0"])
    assert len(prosody.syllables(level, voiced)) == pytest.approx(12, abs=1)
    middle = found["rate"][len(level) // 3 : -len(level) // 3]
    assert middle.mean() == pytest.approx(1 / each, rel=0.12)


@pytest.mark.parametrize("n", [0, 1, 100, 801])
def test_hardly_any_sound(n: int) -> None:
    found = prosody.measure(np.zeros(n, np.float32), RATE)
    assert all(len(values) == (1 + n // 160 if n else 0) for values in found.values())
    assert not found["rate"].any()


def test_another_rate() -> None:
    time = np.arange(44100) / 44100
    found = prosody.measure(0.3 * np.sign(np.sin(2 * np.pi * 147.0 * time)), 44100.0)
    assert np.nanmedian(found["f0"]) == pytest.approx(147.0, rel=0.002)
