"""The synthesiser says what was asked: pitch, formants, silence and labels are measured in its sound."""

from __future__ import annotations

import numpy as np
import pytest

from engine.formant import PHONES, RATE, Part, Speaker, synthesise

STEADY = Speaker(jitter=0.0, fall=0.0, breath=0.0)


def vowel(name: str, speaker: Speaker = STEADY, seconds: float = 0.6) -> np.ndarray:
    sound, _ = synthesise([Part(name, seconds)], speaker, np.random.default_rng(0))
    return sound[len(sound) // 4 : -len(sound) // 4].astype(np.float64)


@pytest.mark.parametrize("f0", [90.0, 137.0, 240.0])
def test_pitch_is_within_two_percent(f0: float) -> None:
    # By autocorrelation, with the peak refined by a parabola: independent of how the pulses were made.
    sound = vowel("æ", Speaker(f0=f0, jitter=0.01, fall=0.0))
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 4 * len(sound))) ** 2
    lags = np.fft.irfft(power)
    low, high = round(RATE / 400), round(RATE / 70)
    peak = low + int(np.argmax(lags[low:high]))
    before, at, after = lags[peak - 1 : peak + 2]
    period = peak + 0.5 * (before - after) / (before - 2 * at + after)
    assert period == pytest.approx(RATE / f0, rel=0.02)


@pytest.mark.parametrize("name", [name for name, phone in PHONES.items() if phone.kind == "vowel"])
@pytest.mark.parametrize("tract", [1.0, 0.85])
def test_formants_are_where_they_were_put(name: str, tract: float) -> None:
    # A low voice gives dense harmonics; linear prediction (order 14) then finds the resonances on its own.
    sound = vowel(name, Speaker(tract=tract, f0=60.0, jitter=0.0, fall=0.0, breath=0.05), 1.0)
    emphasised = np.diff(sound) * np.hanning(len(sound) - 1)
    lags = np.correlate(emphasised, emphasised, "full")[len(emphasised) - 1 :][:15]
    matrix = lags[np.abs(np.subtract.outer(np.arange(14), np.arange(14)))] + 1e-9 * lags[0] * np.eye(14)
    roots = np.roots(np.r_[1.0, -np.linalg.solve(matrix, lags[1:])])
    found = np.angle(roots[(roots.imag > 0) & (np.abs(roots) > 0.85)]) * RATE / (2 * np.pi)
    for target in np.array(PHONES[name].formants[:3]) / tract:
        assert np.abs(found - target).min() < max(0.06 * target, 60), (target, sorted(found))


def test_a_closure_is_silent_and_its_release_is_not() -> None:
    sound, labels = synthesise([Part("æ", 0.2), Part("t", 0.1), Part("", 0.1)], STEADY, np.random.default_rng(0))
    start = labels[1].start
    closure = sound[round((start + 0.03) * RATE) : round((start + 0.05) * RATE)]
    burst = sound[round((start + 0.055) * RATE) : round((start + 0.065) * RATE)]
    assert np.abs(closure).max() < 1e-3 < 0.02 < np.abs(burst).max()


def test_labels_lie_where_the_sound_changes() -> None:
    sound, labels = synthesise([Part("", 0.1), Part("s", 0.2), Part("a", 0.2)], STEADY, np.random.default_rng(0))
    assert [label.text for label in labels] == ["s", "a"]
    assert [label.start for label in labels] == pytest.approx([0.1, 0.3])
    assert labels[-1].end == pytest.approx(len(sound) / RATE)
    assert not sound[: round(0.1 * RATE)].any()
    # Frication crosses zero far more often than a vowel: the change lies within one frame of the label.
    crossings = np.abs(np.diff(np.signbit(sound).astype(int)))
    rate = [crossings[start : start + 160].sum() for start in range(1600, 8000 - 160, 160)]
    assert int(np.argmax(-np.diff(rate))) == pytest.approx((0.3 - 0.1) / 0.01, abs=1)


def test_nothing_to_say_is_silence() -> None:
    sound, labels = synthesise([Part("", 0.1)], STEADY, np.random.default_rng(0))
    assert len(sound) == 1600
    assert not sound.any()
    assert labels == ()


@pytest.mark.parametrize(("bend", "swell"), [(2.0, 1.0), (1.0, 0.5)])
def test_a_tune_bends_the_pitch_and_swells_the_voice(bend: float, swell: float) -> None:
    """In its second half, by autocorrelation and by RMS."""
    parts, speaker = [Part("a", 1.0)], Speaker(f0=110.0, jitter=0.0, breath=0.0, fall=0.0)

    def tune(time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.where(time >= 0.5, bend, 1.0), np.where(time >= 0.5, swell, 1.0)

    sound, _ = synthesise(parts, speaker, np.random.default_rng(0), tune)
    halves = [sound[3200:6400], sound[11200:14400]]
    for half, f0 in zip(halves, (110.0, 110.0 * bend), strict=True):
        near = np.correlate(half, half, "full")[len(half) - 1 :][40:200]
        assert RATE / (40 + int(near.argmax())) == pytest.approx(f0, rel=0.02)
    if bend == 1.0:
        loud = [float(np.sqrt(np.mean(np.square(half)))) for half in halves]
        assert loud[1] / loud[0] == pytest.approx(swell, rel=0.02)
