"""Metrics: each against an independent reference, their laws, and a reason where there is no number."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import measures, quality
from engine.asset import open_bundled

RATE = 16000
HERE = [name for name, metric in quality.METRICS.items() if not metric.missing]


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    import soxr

    clip = open_bundled("speech-1")
    return soxr.resample(clip.read()[: 3 * clip.rate, 0], clip.rate, RATE).astype(np.float32)


def noisy(speech: np.ndarray, snr: float) -> np.ndarray:
    noise = np.random.default_rng(3).standard_normal(len(speech))
    return (speech + noise * np.std(speech) * 10 ** (-snr / 20)).astype(np.float32)


def value(name: str, sound: np.ndarray, reference: np.ndarray | None, rate: float = RATE) -> float:
    found = quality.score(sound, rate, reference, [name])[name]
    assert found.value is not None, found.reason
    return found.value


def test_si_sdr_is_its_formula_in_double_precision(speech: np.ndarray) -> None:
    x, s = noisy(speech, 5).astype(np.float64), speech.astype(np.float64)
    x, s = x - x.mean(), s - s.mean()
    target = (x @ s) / (s @ s) * s
    expected = 10 * np.log10((target @ target) / ((x - target) @ (x - target)))
    assert value("si_sdr", noisy(speech, 5), speech) == pytest.approx(expected, abs=1e-9)


def test_si_sdr_is_that_of_torchmetrics(speech: np.ndarray) -> None:
    torch = pytest.importorskip("torch")
    audio = pytest.importorskip("torchmetrics.functional.audio")
    for snr in (-5, 5, 20):
        pair = (torch.from_numpy(each.astype(np.float64)) for each in (noisy(speech, snr), speech))
        expected = audio.scale_invariant_signal_distortion_ratio(*pair, zero_mean=True)
        assert value("si_sdr", noisy(speech, snr), speech) == pytest.approx(float(expected), abs=1e-6)


def test_pesq_and_stoi_are_those_of_their_packages(speech: np.ndarray) -> None:
    pesq, pystoi = pytest.importorskip("pesq"), pytest.importorskip("pystoi")
    sound = noisy(speech, 5)
    assert value("pesq_wb", sound, speech) == pytest.approx(pesq.pesq(RATE, speech, sound, "wb"))
    assert value("stoi", sound, speech) == pytest.approx(pystoi.stoi(speech, sound, RATE))


@pytest.mark.skipif(importlib.util.find_spec("speechmos") is None, reason="speechmos is not installed")
def test_dnsmos_is_that_of_its_package_and_needs_no_reference(speech: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from speechmos import dnsmos

        expected = dnsmos.run(speech, RATE)
    opinions = [name for name in quality.METRICS if name.startswith("dnsmos")]
    found = quality.score(speech, RATE, None, opinions)
    assert sorted(each.value or 0.0 for each in found.values()) == pytest.approx(
        sorted(expected.values()), abs=1e-4
    )
    assert found["dnsmos_ovrl"].value > value("dnsmos_ovrl", noisy(speech, 0), None)  # type: ignore[operator]


@pytest.mark.skipif(importlib.util.find_spec("speechmos") is None, reason="speechmos is not installed")
def test_dnsmos_does_not_wait_for_a_library_that_compiles() -> None:
    """Fifteen seconds until the first number, where a processor is shared."""
    script = (
        "import sys; import numpy as np; from engine import quality\n"
        "sound = np.random.default_rng(0).uniform(-0.1, 0.1, 16000).astype(np.float32)\n"
        "assert quality.score(sound, 16000, None, ['dnsmos_ovrl'])['dnsmos_ovrl'].value\n"
        "assert 'numba' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


def test_segmental_snr_is_a_loop_over_frames(speech: np.ndarray) -> None:
    sound = noisy(speech, 5)
    size, hop = 512, 256
    frames = range(0, len(speech) - size + 1, hop)
    energies = [np.sum(speech[at : at + size].astype(np.float64) ** 2) for at in frames]
    single = [
        np.clip(10 * np.log10(energy / np.sum((speech - sound)[at : at + size].astype(np.float64) ** 2)), -10, 35)
        for at, energy in zip(frames, energies, strict=True)
    ]
    expected = [
        each if energy >= max(energies) / 10**4.5 else np.nan
        for each, energy in zip(single, energies, strict=True)
    ]
    times, found = measures.local_snr(sound, speech, RATE)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_allclose(times, [(at + size / 2) / RATE for at in frames])
    assert value("seg_snr", sound, speech) == pytest.approx(np.nanmean(expected), abs=1e-4)


def test_local_snr_says_where_the_noise_is() -> None:
    tone = np.sin(np.arange(RATE) * 0.1).astype(np.float32)
    sound = tone.copy()
    sound[8000:] += np.random.default_rng(0).standard_normal(8000).astype(np.float32)
    times, found = measures.local_snr(sound, tone, RATE)
    assert (found[times < 0.48] == measures.HIGH).all()
    assert np.mean(found[times > 0.52]) == pytest.approx(-3.0, abs=1.0)


@settings(deadline=None, max_examples=20)
@given(st.floats(0.01, 100), st.floats(-10, 30))
def test_si_sdr_does_not_hear_the_level(gain: float, snr: float) -> None:
    speech = np.sin(np.arange(RATE) ** 1.5 * 1e-3).astype(np.float32)
    sound = noisy(speech, snr).astype(np.float64)
    assert measures.si_sdr(gain * sound, speech, RATE) == pytest.approx(
        measures.si_sdr(sound, speech, RATE), abs=1e-6
    )


@pytest.mark.parametrize("name", [name for name in HERE if quality.METRICS[name].reference])
def test_a_copy_is_best_and_every_decibel_counts(name: str, speech: np.ndarray) -> None:
    steps = [value(name, noisy(speech, snr), speech) for snr in (-5, 5, 15, 25)]
    assert steps == sorted(steps)
    copy = value(name, speech, speech)
    assert copy > steps[-1]
    assert copy == pytest.approx({"stoi": 1.0, "pesq_wb": 4.644, "si_sdr": 150.0, "seg_snr": 35.0}[name], abs=1e-2)


def test_without_a_reference_what_needs_one_is_absent_not_zero(speech: np.ndarray) -> None:
    found = quality.score(speech, RATE, None, ["si_sdr", "seg_snr"])
    assert all(each.value is None and "clean sound" in each.reason for each in found.values())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda sound: sound[:4000], "0.25 s"),
        (np.zeros_like, "silent"),
        (lambda sound: np.where(np.arange(len(sound)) == 9, np.nan, sound), "no numbers"),
        (lambda sound: np.stack([sound, sound]), "one channel"),
        (lambda sound: np.tile(sound, 21), "at most 60 s"),
    ],
)
def test_what_cannot_be_measured_says_why(change: object, said: str, speech: np.ndarray) -> None:
    bad = change(speech).astype(np.float32)  # type: ignore[operator]
    for sound, reference in ((bad, bad), (speech, bad)):
        found = quality.score(sound, RATE, reference, ["si_sdr", "stoi"])
        for each in found.values():
            assert each.value is None
            assert said in each.reason or "cut them" in each.reason


def test_another_length_and_a_clipped_reference_say_so(speech: np.ndarray) -> None:
    assert "cut them to one length" in quality.score(speech[:-1], RATE, speech, ["si_sdr"])["si_sdr"].reason
    clipped = np.clip(speech * 30, -1, 1)
    assert "clipped" in quality.score(speech, RATE, clipped, ["si_sdr"])["si_sdr"].reason
    assert quality.score(clipped, RATE, speech, ["si_sdr"])["si_sdr"].value is not None


@pytest.mark.skipif("dnsmos_ovrl" not in HERE, reason="speechmos is not installed")
def test_dnsmos_of_a_sound_beyond_full_scale_or_of_a_telephone_says_so(speech: np.ndarray) -> None:
    assert "beyond full scale" in quality.score(speech * 30, RATE, None, ["dnsmos_sig"])["dnsmos_sig"].reason
    assert "16000 Hz" in quality.score(speech, 8000, None, ["dnsmos_sig"])["dnsmos_sig"].reason


@pytest.mark.skipif("pesq_wb" not in HERE, reason="pesq is not installed")
def test_a_sound_at_another_rate_is_converted(speech: np.ndarray) -> None:
    import soxr

    high = [soxr.resample(each, RATE, 48000) for each in (noisy(speech, 10), speech)]
    assert value("pesq_wb", high[0], high[1], 48000) == pytest.approx(
        value("pesq_wb", noisy(speech, 10), speech), abs=0.1
    )


@pytest.mark.skipif("stoi" not in HERE, reason="pystoi is not installed")
def test_a_click_has_too_little_speech_for_stoi() -> None:
    click = np.zeros(RATE, np.float32)
    click[4000:4100] = 0.5
    found = quality.score(click, RATE, click, ["stoi"])["stoi"]
    assert found.value is None
    assert "speech" in found.reason


def test_pesq_is_asked_twice_of_no_sound_that_it_can_line_up(speech: np.ndarray) -> None:
    """Late, short, filtered or of another level: its number stands, though the SI-SDR is low."""
    pesq = pytest.importorskip("pesq")
    late = np.roll(speech, 400)
    cases = (late, np.convolve(speech, [0.2, 0.0, 0.0, 0.0, 1.0], "same"), noisy(speech, 4))
    for sound in cases:
        sound = sound.astype(np.float32)
        assert value("pesq_wb", sound, speech) == pytest.approx(pesq.pesq(RATE, speech, sound, "wb"))
    short = slice(0, round(0.8 * RATE))
    assert quality.score(late[short], RATE, speech[short], ["pesq_wb"])["pesq_wb"].value is not None


def test_what_pesq_refuses_says_so(monkeypatch: pytest.MonkeyPatch, speech: np.ndarray) -> None:
    pesq = pytest.importorskip("pesq")

    def refuse(*given: object) -> float:
        raise pesq.NoUtterancesError

    monkeypatch.setattr(pesq, "pesq", refuse)
    assert "no speech" in quality.score(speech, RATE, speech, ["pesq_wb"])["pesq_wb"].reason


def test_a_missing_package_is_named_with_the_way_to_get_it(
    monkeypatch: pytest.MonkeyPatch, speech: np.ndarray
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    found = quality.score(speech, RATE, speech)
    assert found["pesq_wb"].value is None
    assert "pip install pesq" in found["pesq_wb"].reason
    assert found["si_sdr"].value == pytest.approx(150.0)


def test_every_metric_says_its_range_and_what_it_needs() -> None:
    for metric in quality.METRICS.values():
        assert metric.low <= metric.usual[0] < metric.usual[1] <= metric.high
        assert metric.scale
        assert metric.needs
        assert metric.about


def test_means_leave_out_what_has_no_number() -> None:
    one, two = quality.Score(1.0), quality.Score(3.0)
    assert quality.means([{"a": one, "b": quality.Score(None, "no")}, {"a": two}]) == {"a": 2.0}
