"""The denoisers that need no network (K024)."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from engine import asset, denoising, measures, mixing


@pytest.mark.parametrize("name", ["gate", "spectral_gate", "wiener"])
@pytest.mark.parametrize("said", ["speech-1", "speech-2", "speech-3"])
def test_they_take_two_decibels_of_white_noise_out_of_speech(name: str, said: str) -> None:
    """SI-SDR over that of the mixture: bundled speech in white noise 5 dB below it."""
    clip = asset.open_bundled(said)
    clean = np.asarray(soxr.resample(clip.read().mean(axis=1), clip.rate, mixing.RATE), np.float32)
    noise = np.random.default_rng(0).standard_normal(len(clean), np.float32)
    noisy, _ = mixing.at(clean, noise, 5.0)
    made = np.concatenate(list(denoising.run(name, noisy[:, None], mixing.RATE)))[:, 0]
    before, after = (measures.si_sdr(each, clean, mixing.RATE) for each in (noisy, made))
    assert after > before + 2.0


def test_a_name_that_people_know_it_by_is_the_same() -> None:
    assert denoising.title("spectral_gate") == denoising.title("gate")
    assert denoising.names().count("spectral_gate") == 0
