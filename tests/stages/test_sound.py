"""The stages on sound do to it what their knobs say, measured from the sound itself."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from engine import asset, catalog, denoising
from engine.links import build, default_link
from engine.stages.stage import Format

RATE = 16000


def run(name: str, sound: np.ndarray, rate: float = RATE, **knobs) -> np.ndarray:
    sound = sound[:, None] if sound.ndim == 1 else sound
    stage = build(default_link(name, **knobs), Format(float(rate), sound.shape[1]))
    return np.concatenate([stage.push(sound.astype(np.float32)), stage.flush()])


def tone(hertz: float, seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz / rate * np.arange(round(seconds * rate)))).astype(np.float32)


def pitch(sound: np.ndarray, rate: float = RATE) -> float:
    """The strongest frequency in hertz, away from the ends."""
    middle = sound.reshape(-1)[len(sound) // 4 : 3 * len(sound) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 19))
    return float(spectrum.argmax() * rate / (1 << 19))


def level(sound: np.ndarray) -> float:
    middle = sound.reshape(-1)[len(sound) // 4 : 3 * len(sound) // 4].astype(np.float64)
    return float(10 * np.log10(np.mean(middle**2) + 1e-30))


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000, 192000])
def test_resampling_keeps_the_pitch_and_the_length(rate: int) -> None:
    out = run("resample", tone(1000, 2.0, rate), rate)
    assert abs(len(out) - 32000) <= 1
    assert abs(pitch(out) / 1000 - 1) < 1e-3


def test_resampling_keeps_7_khz_and_removes_9_khz() -> None:
    kept, gone = (run("resample", tone(hertz, 1.0, 44100), 44100) for hertz in (7000, 9000))
    assert abs(level(kept) - level(tone(7000))) < 0.5
    assert level(gone) < level(tone(7000)) - 60


def test_resampling_is_never_silent_about_it() -> None:
    assert build(default_link("resample"), Format(44100.0)).badges == ("resampled 44.1 → 16 kHz",)
    assert build(default_link("resample"), Format(16000.0)).badges == ()


def test_channels() -> None:
    both = np.random.default_rng(0).standard_normal((1000, 2)).astype(np.float32)
    left, right = both.T
    wanted = {"mean": (left + right) / 2, "left": left, "right": right, "mid": (left + right) / 2}
    for channel, sound in (wanted | {"side": (left - right) / 2}).items():
        np.testing.assert_allclose(run("mix", both, channel=channel)[:, 0], sound, atol=1e-6)


def test_a_mono_mix_that_cancels_says_so() -> None:
    left = tone(300)
    opposite = build(default_link("mix"), Format(16000.0, 2))
    opposite.push(np.stack([left, -left], 1))
    assert opposite.badges == ("mono mix cancels: choose left or right",)
    for other in (left, np.zeros_like(left), tone(500)):
        fine = build(default_link("mix"), Format(16000.0, 2))
        fine.push(np.stack([left, other], 1))
        assert fine.badges == ()


@pytest.mark.parametrize("shift", [0.25, -0.25])
def test_shift_fills_with_silence_or_rolls(shift: float) -> None:
    sound = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    moved = run("shift", sound, shift=shift)[:, 0]
    rolled = run("shift", sound, shift=shift, edge="roll")[:, 0]
    np.testing.assert_array_equal(rolled, np.roll(sound, round(shift * RATE)))
    assert np.sum(rolled**2) == pytest.approx(np.sum(sound**2))
    gap = slice(0, 4000) if shift > 0 else slice(-4000, None)
    assert not moved[gap].any()
    inside = np.ones(16000, bool)
    inside[gap] = False
    np.testing.assert_array_equal(moved[inside], rolled[inside])


@pytest.mark.parametrize("factor", [0.8, 0.9, 1.1, 1.5])
def test_speed_moves_duration_and_pitch(factor: float) -> None:
    out = run("speed", tone(220), speed=factor)
    assert abs(len(out) - 32000 / factor) <= 1
    assert abs(pitch(out) / (220 * factor) - 1) < 0.01


@pytest.mark.parametrize("factor", [0.8, 0.9, 1.1, 1.5])
def test_tempo_moves_duration_alone(factor: float) -> None:
    out = run("tempo", tone(220), tempo=factor)
    assert abs(len(out) - 32000 / factor) <= 1
    assert abs(pitch(out) / 220 - 1) < 0.01


@pytest.mark.parametrize("stage", ["pitch", "pitch_running"])
@pytest.mark.parametrize("semitones", [-12, -5, -2, 2, 5, 12])
@pytest.mark.parametrize("hertz", [131, 220, 700])
def test_pitch_moves_pitch_alone(stage: str, semitones: int, hertz: float) -> None:
    out = run(stage, tone(hertz), semitones=float(semitones))
    assert len(out) == 32000
    assert abs(pitch(out) / (hertz * 2 ** (semitones / 12)) - 1) < 0.01
    assert abs(level(out) - level(tone(hertz))) < 1.5


@pytest.mark.parametrize("stage", ["pitch", "pitch_running"])
def test_pitch_keeps_events_in_their_place(stage: str) -> None:
    sound = np.zeros(16000, np.float32)
    sound[8000:8800] = tone(400, 0.05)
    out = run(stage, sound, semitones=3.0)[:, 0]
    middle = np.sum(np.arange(16000) * out**2) / np.sum(out**2)
    assert abs(middle - 8400) < 0.03 * RATE


def test_gain_is_in_decibels() -> None:
    assert level(run("gain", tone(300), gain=-6.0)) == pytest.approx(level(tone(300)) - 6.0, abs=1e-3)


def test_preemphasis_agrees_with_librosa() -> None:
    import librosa

    sound = np.random.default_rng(0).standard_normal(500).astype(np.float32)
    theirs = librosa.effects.preemphasis(sound, coef=0.97, zi=[0.0])
    np.testing.assert_allclose(run("preemphasis", sound)[:, 0], theirs, atol=1e-6)


def test_reverberation_falls_by_60_db_in_its_time() -> None:
    click = np.zeros(16000, np.float32)
    click[100] = 1.0
    out = run("reverb", click, rt60=0.5, amount=1.0)[100:, 0].astype(np.float64)
    assert out.argmax() == 0  # the direct sound is not delayed
    remaining = np.cumsum(out[::-1] ** 2)[::-1]  # Schroeder 1965: what is still to come
    decay = 10 * np.log10(remaining[1:] / remaining[1])
    slope = np.polyfit(np.arange(800, 4000) / RATE, decay[800:4000], 1)[0]
    assert -60 / slope == pytest.approx(0.5, rel=0.1)
    assert np.sum(out**2) == pytest.approx(1.0, rel=0.01)


def test_reverberation_is_a_convolution_with_the_users_file(tmp_path) -> None:
    response = np.r_[np.zeros(50), 1.0, np.random.default_rng(0).standard_normal(2000) * 0.05]
    soundfile.write(tmp_path / "room.wav", response, RATE, "FLOAT")
    sound = np.random.default_rng(1).standard_normal(4000).astype(np.float32)
    out = run("reverb", sound, file=str(tmp_path / "room.wav"), amount=1.0)[:, 0]
    wanted = np.convolve(sound, response[50:])[:4000] / np.sqrt(np.sum(response**2))
    np.testing.assert_allclose(out, wanted, atol=1e-4)


def test_a_room_that_cannot_be_read_leaves_the_sound_and_says_why(tmp_path) -> None:
    stage = build(default_link("reverb", file=str(tmp_path / "none.wav")), Format(16000.0))
    np.testing.assert_allclose(stage.push(tone(300)[:, None])[:, 0], tone(300), atol=1e-6)
    assert "none.wav cannot be read" in stage.badges[0]


def si_sdr(found: np.ndarray, clean: np.ndarray) -> float:
    """Scale-invariant signal-to-distortion ratio in decibels (Le Roux et al. 2019)."""
    found, clean = (each.astype(np.float64) - each.mean() for each in (found, clean))
    target = clean * (found @ clean) / (clean @ clean)
    return float(10 * np.log10(np.sum(target**2) / np.sum((found - target) ** 2)))


@pytest.mark.parametrize("method", ["wiener", "gate", "network"])
@pytest.mark.parametrize("name", ["speech-1", "speech-3"])
def test_denoising_gains_two_decibels_on_speech_in_white_noise(method: str, name: str) -> None:
    if method == "network" and not denoising.ours():
        pytest.skip("no network is bundled")
    clip = asset.open_bundled(name)
    clean = clip.read()[:, 0]
    noisy = run("noise", clean, clip.rate, snr=5.0)[:, 0]
    better = run("denoise", noisy, clip.rate, method=method)[:, 0]
    assert len(better) == len(clean)
    assert si_sdr(better, clean) > si_sdr(noisy, clean) + 2.0


def test_denoising_without_reduction_is_the_sound_itself() -> None:
    sound = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    np.testing.assert_allclose(run("denoise", sound, reduction=0.0)[:, 0], sound, atol=1e-5)


@pytest.mark.parametrize("policy", ["pad", "loop", "trim"])
@pytest.mark.parametrize("seconds", [0.5, 5.0, 7.0])
def test_length_gives_the_exact_number_of_samples(policy: str, seconds: float) -> None:
    sound = tone(300, seconds, 44100)
    out = run("resample", run("length", sound, 44100, seconds=5.0, policy=policy), 44100)[:, 0]
    assert len(out) == (round(seconds * RATE) if policy == "trim" and seconds < 5 else 80000)
    kept = min(len(sound), 220500)
    exact = run("length", sound, 44100, seconds=5.0, policy=policy)[:, 0]
    np.testing.assert_array_equal(exact[:kept], sound[:kept])
    rest = np.resize(sound, len(exact))[kept:] if policy == "loop" else np.zeros(len(exact) - kept)
    np.testing.assert_array_equal(exact[kept:], rest)


def test_length_says_what_it_adds_and_what_it_cuts() -> None:
    length = catalog.load("stages", "length")
    for policy, seconds, wanted in (
        ("pad", 2.0, (3.0, 0.0)),
        ("pad", 7.0, (0.0, 0.0)),
        ("loop", 2.0, (0.0, 2.0)),
        ("loop", 7.0, (0.0, 0.0)),
        ("trim", 2.0, (0.0, 0.0)),
    ):
        assert length.ending(length.Settings(seconds=5.0, policy=policy), seconds) == wanted
    stage = build(default_link("length", seconds=1.0), Format(float(RATE)))
    stage.push(tone(300, 2.5)[:, None])
    stage.flush()
    assert stage.badges == ("1.50 s at the end are cut away",)
