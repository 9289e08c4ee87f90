"""Spectrograms against librosa, torchaudio and SciPy, which were written by others."""

from __future__ import annotations

import numpy as np
import pytest

from engine import catalog, dsp
from engine.blocks import StageError
from engine.chain import picture
from engine.links import build, default_link
from engine.stages.stage import Format

RATE = 16000
SOUND = Format(float(RATE))


def speechlike(n: int = 16000, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    buzz = (
        np.sign(np.sin(2 * np.pi * 130 / RATE * np.arange(n))) * np.sin(2 * np.pi * 3 / RATE * np.arange(n)) ** 2
    )
    return (0.2 * buzz + 0.01 * rng.standard_normal(n)).astype(np.float32)


def run(name: str, sound: np.ndarray, rate: float = RATE, **knobs) -> np.ndarray:
    stage = build(default_link(name, **knobs), Format(float(rate)))
    return np.concatenate([stage.push(sound[:, None]), stage.flush()])


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize("norm", ["slaney", "none"])
@pytest.mark.parametrize(("rate", "n_fft", "n_mels", "fmax"), [(16000, 512, 80, 8000), (22050, 1024, 40, 11025)])
def test_filter_bank_agrees_with_librosa(scale, norm, rate, n_fft, n_mels, fmax) -> None:
    import librosa

    ours = dsp.mel_bank(rate, n_fft, n_mels, 20.0, fmax, scale, norm == "slaney")
    theirs = librosa.filters.mel(
        sr=rate,
        n_fft=n_fft,
        n_mels=n_mels,
        fmin=20,
        fmax=fmax,
        htk=scale == "htk",
        norm="slaney" if norm == "slaney" else None,
        dtype=np.float64,
    )
    assert ours.dtype == np.float64
    assert np.abs(ours - theirs.T).max() < 1e-12


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_filter_bank_agrees_with_torchaudio(torchaudio, scale) -> None:
    theirs = torchaudio.functional.melscale_fbanks(257, 0.0, 8000.0, 80, 16000, mel_scale=scale).numpy()
    assert np.abs(dsp.mel_bank(16000, 512, 80, 0.0, 8000.0, scale, False) - theirs).max() < 1e-5


@pytest.fixture
def torchaudio():
    from engine.device import torchaudio as load

    return load()


def test_mel_scales_are_inverses() -> None:
    hertz = np.linspace(0, 20000, 500)
    for scale in ("slaney", "htk"):
        np.testing.assert_allclose(dsp.mel_to_hertz(dsp.hertz_to_mel(hertz, scale), scale), hertz, atol=1e-6)


def test_default_front_end() -> None:
    settings = catalog.load("stages", "logmel").Settings()
    assert (settings.n_mels, settings.hop, settings.win, settings.n_fft, settings.fmax) == (
        80,
        160,
        400,
        512,
        8000,
    )
    stage = build(default_link("logmel"), SOUND)
    assert (stage.output.rate, stage.output.width, stage.output.first) == (100.0, 80, 0.0)
    assert stage.lookahead == 200  # half a window


@pytest.mark.parametrize("n", [512, 639, 640, 641, 16000])
def test_mel_agrees_with_librosa_frame_by_frame(n: int) -> None:
    import librosa

    sound = speechlike(n)
    theirs = librosa.feature.melspectrogram(
        y=sound, sr=RATE, n_fft=512, win_length=400, hop_length=160, n_mels=80, pad_mode="constant"
    ).T
    ours = run("mel", sound)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6 * theirs.max())


def test_mel_agrees_with_torchaudio(torchaudio) -> None:
    import torch

    sound = speechlike()
    transform = torchaudio.transforms.MelSpectrogram(
        RATE, n_fft=512, win_length=400, hop_length=160, n_mels=40, mel_scale="htk", pad_mode="constant"
    )
    theirs = transform(torch.from_numpy(sound)).numpy().T
    ours = run("mel", sound, n_mels=40, scale="htk", norm="none")
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6 * theirs.max())


def test_log_mel_is_the_logarithm_of_mel_plus_floor_to_the_bit() -> None:
    sound = speechlike()
    for floor in (1e-6, 1e-3):
        np.testing.assert_array_equal(
            run("logmel", sound, floor=floor), np.log(run("mel", sound) + np.float32(floor))
        )


@pytest.mark.parametrize(("ref", "top_db"), [(1.0, 0.0), (10.0, 0.0), (1.0, 80.0), (0.5, 30.0)])
def test_decibels_agree_with_librosa(ref: float, top_db: float) -> None:
    import librosa

    sound = speechlike()
    theirs = librosa.power_to_db(run("mel", sound), ref=ref, amin=1e-8, top_db=top_db or None)
    ours = run("logmel", sound, log="dB", floor=1e-8, ref=ref, top_db=top_db)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_the_clipped_range_needs_the_whole_clip() -> None:
    assert build(default_link("logmel", log="dB", top_db=80.0), SOUND).lookahead is None
    assert build(default_link("logmel", log="dB"), SOUND).lookahead == 200


@pytest.mark.parametrize("n_mfcc", [13, 20, 40])
def test_mfcc_is_the_orthonormal_dct_of_log_mel(n_mfcc: int) -> None:
    import scipy.fft

    sound = speechlike()
    theirs = scipy.fft.dct(run("logmel", sound).astype(np.float64), type=2, norm="ortho", axis=1)[:, :n_mfcc]
    ours = run("mfcc", sound, n_mfcc=n_mfcc)
    assert ours.shape[1] == n_mfcc
    assert np.abs(ours - theirs).max() < 1e-4


@pytest.mark.parametrize("kept", [8, 13, 40])
def test_the_lane_of_mfccs_says_how_far_the_outline_is_off(kept: int) -> None:
    import scipy.fft

    sound = speechlike()
    outline = 10 * np.log10(np.exp(run("logmel", sound, n_mels=40, log="ln").astype(np.float64)))
    cosines = scipy.fft.dct(outline, norm="ortho", axis=1)
    cosines[:, kept:] = 0.0
    wanted = np.sqrt(np.mean((outline - scipy.fft.idct(cosines, norm="ortho", axis=1)) ** 2))
    shown = picture(default_link("mfcc", n_mels=40, n_mfcc=kept), sound, 16000).note
    assert shown == f"{kept} of 40 coefficients<br>envelope ± {wanted:.1f} dB"
    assert (wanted < 0.01) == (kept == 40)


def test_mfcc_agrees_with_librosa() -> None:
    import librosa

    sound = speechlike()
    log_mel = run("logmel", sound)
    theirs = librosa.feature.mfcc(S=log_mel.T, n_mfcc=20).T
    assert np.abs(run("mfcc", sound, n_mfcc=20) - theirs).max() < 1e-3


def test_all_coefficients_give_the_envelope_back() -> None:
    log_mel = run("logmel", speechlike(), n_mels=40)
    errors = []
    for kept in (8, 13, 20, 40):
        back = run("mfcc", speechlike(), n_mels=40, n_mfcc=kept) @ dsp.dct_matrix(40, kept).T
        errors.append(float(np.abs(back - log_mel).mean()))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-4


def test_spectrogram_agrees_with_librosa() -> None:
    import librosa

    sound = speechlike()
    theirs = np.abs(librosa.stft(sound, n_fft=512, win_length=400, hop_length=160, pad_mode="constant")).T
    np.testing.assert_allclose(run("stft", sound, unit="magnitude"), theirs, atol=1e-4)
    np.testing.assert_allclose(run("stft", sound, unit="power"), theirs**2, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("bands", [12, 24, 36, 48])
def test_constant_q_finds_a440_and_full_scale(bands: int) -> None:
    tone = np.sin(2 * np.pi * 440 / RATE * np.arange(RATE)).astype(np.float32)
    stage = build(default_link("cqt", bins_per_octave=bands), SOUND)
    found = np.concatenate([stage.push(tone[:, None]), stage.flush()])[50]
    peak = stage.output.rows[int(found.argmax())]
    assert abs(12 * np.log2(peak / 440)) <= 0.5 * 12 / bands
    assert abs(found.max()) < 1.5  # 0 dB is full scale


@pytest.mark.parametrize("bands", [12, 48])
def test_neighbouring_bands_of_constant_q_overlap_at_half_amplitude(bands: int) -> None:
    stage = build(default_link("cqt", bins_per_octave=bands), SOUND)
    middle = 3 * bands
    tone = np.sin(2 * np.pi * stage.output.rows[middle] / RATE * np.arange(RATE)).astype(np.float32)
    found = np.concatenate([stage.push(tone[:, None]), stage.flush()])[50]
    np.testing.assert_allclose(found[[middle - 1, middle + 1]] - found[middle], -6.0, atol=0.7)


def test_constant_q_agrees_with_librosa_on_what_is_loud() -> None:
    import librosa

    tones = sum(np.sin(2 * np.pi * hertz / RATE * np.arange(RATE)) for hertz in (130.8, 329.6, 1568.0))
    sound = (0.2 * tones).astype(np.float32)
    theirs = np.abs(librosa.cqt(sound, sr=RATE, fmin=65.406, n_bins=72, bins_per_octave=12, hop_length=256))[:, 30]
    theirs *= np.sqrt(
        librosa.cqt_frequencies(72, fmin=65.406)
    )  # librosa's bands grow with the root of their length
    ours = run("cqt", sound, bins_per_octave=12, hop=256)[30]
    loud = np.sort(np.argsort(theirs)[-3:])
    np.testing.assert_array_equal(np.sort(np.argsort(ours)[-3:]), loud)
    assert set(loud) == {12, 28, 55}


def test_what_does_not_fit_is_said_in_words() -> None:
    with pytest.raises(StageError, match="mel: the mel bands begin at 3000 Hz but end at 500 Hz"):
        build(default_link("mel", fmin=3000.0, fmax=500.0), SOUND)
    with pytest.raises(StageError, match="put the stage 'mix' first"):
        build(default_link("stft"), Format(16000.0, 2))
    with pytest.raises(StageError, match="needs sound"):
        build(default_link("mel"), Format(100.0, 80, "mel"))
    assert build(default_link("mel"), Format(8000.0)).badges[0] == "mel bands end at 4 kHz, half the rate"
    assert "lose sound" in build(default_link("stft", win=400, hop=400), SOUND).badges[0]


def test_a_window_longer_than_the_fft_widens_it() -> None:
    stage = build(default_link("stft", n_fft=256, win=1000), SOUND)
    assert stage.output.width == 513
