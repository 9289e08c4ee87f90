"""The losses of denoisers against their formulas in NumPy, and what their weights do to a mask (K241, K364)."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from engine import losses, recipe, spectra
from engine.events import Notice, Step
from engine.models import recurrent
from engine.recipe import TrainSettings
from engine.tasks import denoise
from engine.train import train


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(2)
    clean = rng.standard_normal((3, 4000)).astype(np.float32)
    return torch.from_numpy(clean + 0.3 * rng.standard_normal(clean.shape).astype(np.float32)), torch.from_numpy(
        clean
    )


def test_si_sdr_is_its_formula_and_knows_no_scale(pair) -> None:
    found, clean = pair
    x, s = ((each - each.mean(-1, keepdims=True)).astype(float) for each in (found.numpy(), clean.numpy()))
    scale = (x * s).sum(-1) / (s * s).sum(-1)
    target = scale[:, None] * s
    wanted = 10 * np.log10((target**2).sum(-1) / ((x - target) ** 2).sum(-1))
    np.testing.assert_allclose(losses.si_sdr(found, clean).numpy(), wanted, atol=1e-3)
    torch.testing.assert_close(
        losses.si_sdr(3 * found + 0.1, clean), losses.si_sdr(found, clean), atol=1e-3, rtol=0
    )
    assert float(losses.distortion(found, clean)) == pytest.approx(-wanted.mean(), abs=1e-3)


def test_the_perceptual_term_is_multi_resolution_stft(pair) -> None:
    """K241: spectral convergence and log magnitudes, here by SciPy's STFT."""
    from scipy import signal

    found, clean = (each.numpy().astype(float) for each in pair)
    total = 0.0
    for size in losses.SIZES:
        shape = signal.get_window("hann", size)
        one, other = (
            np.stack([_stft(row, shape) for row in np.pad(each, ((0, 0), (size // 2, size // 2)))])
            for each in (found, clean)
        )
        one, other = (np.maximum(np.abs(each), 1e-5) for each in (one, other))
        total += np.linalg.norm(other - one) / np.linalg.norm(other) + np.abs(np.log(one) - np.log(other)).mean()
    assert float(losses.perceptual(*pair)) == pytest.approx(total / len(losses.SIZES), rel=1e-4)
    assert float(losses.perceptual(pair[1], pair[1])) == 0.0


def _stft(x: np.ndarray, shape: np.ndarray) -> np.ndarray:
    size = len(shape)
    starts = range(0, len(x) - size + 1, size // 4)
    return np.array([np.fft.rfft(shape * x[start : start + size]) for start in starts])


def test_the_error_of_magnitudes_is_that_of_compressed_ones(pair) -> None:
    one, other = (np.abs(spectra.analyse(each).numpy()) ** 0.3 for each in pair)
    found = losses.magnitude(*map(spectra.analyse, pair))
    assert float(found) == pytest.approx(((one - other) ** 2).mean(), rel=1e-3)


def test_the_terms_are_weighed_and_told_apart() -> None:
    """K241: three terms, each by its knob; one whose weight is 0 is not there."""
    weights = denoise.Settings(
        domain="magnitude", distortion=0, spectral=0, mse=1, sparsity=0.1, perceptual=0.5, seconds=0.5, clips=10
    )
    batch, y = _batch(weights), torch.randn(2, 33, 257)
    terms = denoise.build(weights).loss(y, None, batch)
    assert set(terms) == {"mse", "sparsity", "perceptual"}
    assert float(terms["sparsity"]) == pytest.approx(0.1 * float(y.sigmoid().mean()))
    twice = denoise.build(weights.but(perceptual=1.0)).loss(y, None, batch)
    assert float(twice["perceptual"]) == pytest.approx(2 * float(terms["perceptual"]))


def _batch(weights: denoise.Settings) -> Any:
    from engine.tasks.task import Batch

    sounds = np.random.default_rng(0).standard_normal((2, 2, 8192)).astype(np.float32)
    nothing = np.zeros((2, 1), np.int64)
    x = np.zeros((2, 33, 257), np.float32)
    return Batch(x, np.full(2, 33), nothing, np.ones(2, np.int64), sounds=sounds)


@pytest.mark.parametrize(("sparsity", "collapses"), [(10.0, True), (0.1, False)])
def test_a_collapsed_mask_is_told(monkeypatch, sparsity, collapses) -> None:
    """K364: with a weight of 10 the alarm comes before the third epoch, with the plan's weights never."""
    monkeypatch.delenv("OTOSCOPE_DATA", raising=False)
    told = denoise.Settings(
        domain="magnitude",
        distortion=0,
        spectral=0,
        mse=1,
        sparsity=sparsity,
        perceptual=0.5,
        seconds=0.5,
        clips=80,
    )
    small = recurrent.Settings(hidden=64, layers=1)
    steps = TrainSettings(steps=40, batch=4, lr=0.05, evaluate_every=0, evaluate_batches=1, train_batches=0)
    made = dataclasses.replace(recipe.of("denoise", task_settings=told), model_settings=small, train=steps)
    events = list(train(made, "cpu"))
    alarms = [each for each in events if isinstance(each, Notice) and "collapsed" in each.text]
    assert len(alarms) == collapses
    least = min(each.values["mask"] for each in events if isinstance(each, Step))
    assert (least < denoise.COLLAPSED) == collapses
    if collapses:
        before = events[: events.index(alarms[0])]
        assert max(each.epoch for each in before if isinstance(each, Step)) < 3
        assert "sparsity, which is 10" in alarms[0].text
