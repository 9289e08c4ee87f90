"""Noise holds its SNR, its seed and its spectrum, and never makes a silent clip loud."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import asset, noises
from engine.links import build, default_link
from engine.stages.stage import Format

RATE = 16000
SOUND = Format(float(RATE))


def run(sound: np.ndarray, name: str = "noise", **knobs):
    stage = build(default_link(name, **knobs), SOUND)
    return np.concatenate([stage.push(sound[:, None]), stage.flush()])[:, 0], stage.badges


def speech(n: int = 16000, loudness: float = 0.02, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (loudness * rng.standard_normal(n) * (np.sin(np.arange(n) / 900) > 0)).astype(np.float32)


def measured(clean: np.ndarray, mix: np.ndarray) -> float:
    noise = mix.astype(np.float64) - clean
    return float(10 * np.log10(np.mean(clean.astype(np.float64) ** 2) / np.mean(noise**2)))


@settings(max_examples=60)
@given(
    kind=st.sampled_from([each for each in noises.KINDS if each != "file"]),
    snr=st.floats(-20, 40),
    loudness=st.floats(0.0005, 0.01),
    n=st.integers(2000, 40000),
    seed=st.integers(0, 5),
)
def test_the_measured_ratio_is_the_sliders(kind: str, snr: float, loudness: float, n: int, seed: int) -> None:
    clean = speech(n, loudness, seed)
    mix, badges = run(clean, kind=kind, snr=snr, seed=seed)
    if badges:  # lowered as a whole: the ratio is that before
        peak = float(badges[0].split(" by ")[1].split()[0])
        mix = mix * 10 ** (peak / 20)
        assert abs(measured(clean, mix) - snr) < 2.0
    else:
        assert abs(measured(clean, mix) - snr) <= 0.05


def test_a_mix_that_would_clip_is_lowered_as_a_whole() -> None:
    clean = speech(loudness=0.3)
    mix, badges = run(clean, snr=-10.0)
    assert badges[0].startswith("mix lowered by ")
    assert np.abs(mix).max() == pytest.approx(1.0, abs=1e-6)
    # mix = g (clean + a noise): the part along the clean sound and the rest still have the ratio asked for.
    noise = noises.segment("white", "", 0, RATE, len(clean)).astype(np.float64)
    g, ga = np.linalg.lstsq(np.stack([clean, noise], 1).astype(np.float64), mix.astype(np.float64), rcond=None)[0]
    ratio = 10 * np.log10(np.mean((g * clean) ** 2) / np.mean((ga * noise) ** 2))
    assert ratio == pytest.approx(-10.0, abs=0.05)


def test_silence_stays_silent() -> None:
    mix, badges = run(np.zeros(8000, np.float32), snr=-20.0)
    assert not mix.any()
    assert badges == ("the clip is silent: no noise is added",)


def test_same_seed_same_bytes() -> None:
    clean = speech()
    for kind in ("white", "pink", "babble", asset.noises()[0]):
        first, again, other = (run(clean, kind=kind, seed=seed)[0] for seed in (3, 3, 4))
        assert first.tobytes() == again.tobytes()
        assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize(("kind", "slope"), [("white", 0.0), ("pink", -3.0), ("brown", -6.0)])
def test_colours_fall_by_their_slope(kind: str, slope: float) -> None:
    power = np.abs(np.fft.rfft(noises.loop(kind, "", 1, RATE))) ** 2
    hertz = np.fft.rfftfreq(2 * (len(power) - 1), 1 / RATE)
    octaves = [
        10 * np.log10(power[(hertz >= low) & (hertz < 2 * low)].mean()) for low in (125, 250, 500, 1000, 2000)
    ]
    np.testing.assert_allclose(np.diff(octaves), slope, atol=0.5)


@pytest.mark.parametrize("kind", [each for each in noises.KINDS if each != "file"])
def test_every_kind_is_a_loop_of_power_1(kind: str) -> None:
    noise = noises.loop(kind, "", 0, RATE)
    assert np.mean(np.square(noise, dtype=np.float64)) == pytest.approx(1.0, abs=1e-4)
    joined = noises.segment(kind, "", 0, RATE, 200, len(noise) - 100)
    np.testing.assert_array_equal(joined, np.r_[noise[-100:], noise[:100]])


def test_babble_has_the_pace_of_speech_and_no_hiss() -> None:
    noise = noises.loop("babble", "", 0, RATE)
    power = np.abs(np.fft.rfft(noise)) ** 2
    hertz = np.fft.rfftfreq(len(noise), 1 / RATE)
    assert power[hertz < 4000].sum() > 0.9 * power.sum()


def test_the_users_file_is_repeated_and_resampled(tmp_path) -> None:
    hum = 0.1 * np.sin(2 * np.pi * 100 / 8000 * np.arange(8000))
    soundfile.write(tmp_path / "hum.wav", hum, 8000)
    clean = speech(48000, 0.01)
    mix, badges = run(clean, kind="file", file=str(tmp_path / "hum.wav"), snr=0.0)
    assert badges == ()
    assert abs(measured(clean, mix)) <= 0.05
    spectrum = np.abs(np.fft.rfft(mix - clean))
    assert spectrum.argmax() * RATE / 48000 == pytest.approx(100, abs=1)


def test_a_file_that_cannot_be_used_is_named(tmp_path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), RATE)
    soundfile.write(tmp_path / "silent.wav", np.zeros(100), RATE)
    clean = speech()
    for file, said in (
        (str(tmp_path / "broken.wav"), "broken.wav cannot be read"),
        (str(tmp_path / "missing.wav"), "missing.wav cannot be read"),
        (str(tmp_path / "empty.wav"), "empty.wav is empty"),
        (str(tmp_path / "silent.wav"), "the noise is silent"),
        ("", "no sound file is chosen"),
    ):
        for name in ("noise", "noise_running"):
            mix, badges = run(clean, name, kind="file", file=file)
            np.testing.assert_array_equal(mix, clean)
            if name == "noise" or "silent" not in file:
                assert said in badges[0]


def test_running_noise_finds_the_ratio_and_stays_silent_in_silence() -> None:
    clean = np.r_[np.zeros(1600), 0.01 * np.random.default_rng(0).standard_normal(10 * RATE)].astype(np.float32)
    mix, _ = run(clean, "noise_running", snr=10.0, seconds=1.0)
    assert not mix[:1600].any()
    assert measured(clean[5 * RATE :], mix[5 * RATE :]) == pytest.approx(10.0, abs=0.5)
