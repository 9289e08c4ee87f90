"""From answers to sound: in NumPy and in torch alike, and what is left alone comes out as it went in."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine import bands, catalog, enhance, halves, spectra
from engine.tasks.task import Batch

SPECTRAL = [name for name in enhance.DOMAINS if name != "wave"]


def batch(domain: str, seed: int = 0) -> Batch:
    rng = np.random.default_rng(seed)
    sounds = (0.1 * rng.standard_normal((2, 2, 5120))).astype(np.float32)
    x = np.stack([enhance.frames(domain, noisy) for noisy, _ in sounds])
    ones = np.ones(2, np.int64)
    return Batch(x, x.shape[1] * ones, np.zeros((2, 1), np.int64), ones, sounds=sounds)


@pytest.mark.parametrize("n", [1, 255, 256, 5000, 5120])
def test_apart_and_together(n):
    """Perfect reconstruction in both: a mask of ones is under -90 dB (K228)."""
    sound = np.random.default_rng(0).standard_normal(n).astype(np.float32)
    spectrum = halves.analyse(sound)
    tensor = spectra.analyse(torch.from_numpy(sound))
    np.testing.assert_allclose(tensor.numpy(), spectrum, atol=1e-4)
    for back in (halves.synthesise(spectrum, n), spectra.synthesise(tensor[None], n)[0].numpy()):
        assert np.square(back - sound).sum() < 1e-9 * np.square(sound).sum()


def test_frames_are_those_of_librosa():
    librosa = pytest.importorskip("librosa")
    sound = np.random.default_rng(0).standard_normal(5120).astype(np.float32)
    window = np.sqrt(np.hanning(halves.WIN + 1)[:-1])
    wanted = librosa.stft(sound, n_fft=512, hop_length=256, window=window, center=True, pad_mode="constant").T
    np.testing.assert_allclose(halves.analyse(sound), wanted, atol=1e-3)


@pytest.mark.parametrize("domain", enhance.DOMAINS)
def test_numpy_and_torch_agree(domain):
    made = batch(domain)
    y = np.random.default_rng(1).standard_normal((2, made.x.shape[1], enhance.DOMAINS[domain])).astype(np.float32)
    found, _, gains = enhance.enhanced(domain, torch.from_numpy(y), made)
    for item in range(2):
        alone = enhance.apply(domain, y[item], made.sounds[item, 0])
        np.testing.assert_allclose(found[item].numpy(), alone, atol=1e-5)
    if gains is not None:
        np.testing.assert_allclose(gains[0].numpy(), enhance.mask(domain, y[0], made.x[0]), atol=1e-5)


@pytest.mark.parametrize("domain", enhance.DOMAINS)
def test_answers_that_change_nothing(domain):
    """A mask of ones, or the sound itself, gives the sound: error under -90 dB."""
    made = batch(domain)
    x, sound = made.x[0], made.sounds[0, 0]
    answers = {
        "magnitude": np.full((len(x), halves.BINS), 40.0),
        "complex": np.concatenate([np.ones((len(x), halves.BINS)), np.zeros((len(x), halves.BINS))], 1),
        "steered": np.concatenate([np.full((len(x), bands.COUNT), -1.5), np.full((len(x), bands.COUNT), 40.0)], 1),
        "wave": x,
    }
    back = enhance.apply(domain, answers[domain].astype(np.float32), sound)
    assert np.square(back - sound).sum() < 1e-9 * np.square(sound).sum()


def test_the_steered_mask_by_its_formula():
    rng = np.random.default_rng(0)
    a, b, above = rng.standard_normal((3, 4, bands.COUNT)).astype(np.float32)
    x = np.concatenate([np.zeros_like(above), above / enhance.NEPERS], 1)
    wanted = 1 / (1 + np.exp(-((1.5 + a) * above + b - 1))) @ bands.SPREAD
    np.testing.assert_allclose(enhance.mask("steered", np.concatenate([a, b], 1), x), wanted, atol=1e-5)


@pytest.mark.parametrize("domain", SPECTRAL)
def test_the_front_end_hears_what_frames_hear(domain):
    """The stage, in blocks, and what a denoiser makes of one spectrum after another."""
    from engine.floor import Floor

    sound = np.random.default_rng(0).standard_normal(5120).astype(np.float32)
    floor = Floor()
    rows = [enhance.heard(domain, each[None], floor)[0] for each in halves.analyse(sound)]
    np.testing.assert_allclose(enhance.frames(domain, sound), rows, atol=1e-4)


@pytest.mark.parametrize("domain", enhance.DOMAINS)
def test_the_task_fits_its_domain(domain):
    module = catalog.load("tasks", "denoise")
    task = module.build(module.Settings(domain=domain))
    assert len(task.vocabulary) == enhance.DOMAINS[domain] == len(set(task.vocabulary))
