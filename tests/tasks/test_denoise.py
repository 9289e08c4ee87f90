"""The task denoise: what its terms and figures are, and that a network learns to take noise out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine import catalog, enhance, trainer
from engine.recipe import Recipe, TrainSettings

MODULE = catalog.load("tasks", "denoise")


@pytest.fixture(scope="module")
def task():
    return MODULE.build(MODULE.Settings(clips=20, seconds=1.0))


def answers(task, batch, slope: float, threshold: float) -> torch.Tensor:
    y = torch.full((*batch.x.shape[:2], len(task.vocabulary)), slope)
    y[..., len(task.vocabulary) // 2 :] = threshold
    return y


def test_what_is_left_of_the_noise(task):
    """A gain of one leaves all of it; nothing at all takes the speech too, so that more is wrong."""
    batch = task.batch("valid", 0, 2, 0)
    whole = answers(task, batch, -1.5, 60.0).numpy()
    shut = answers(task, batch, -1.5, -60.0).numpy()
    for item in range(2):
        noisy, clean = batch.sounds[item].astype(np.float64)
        assert task.wrong(whole[item], batch, item) == (1000, 1000)
        power = np.square(clean).sum() / np.square(noisy - clean).sum()
        assert task.wrong(shut[item], batch, item)[0] == pytest.approx(min(10_000, 1000 * power), rel=1e-3, abs=1)


def test_the_gain_in_si_sdr(task):
    """By the formula, in double precision; nothing is gained by a gain of one."""
    batch = task.batch("valid", 0, 2, 0)
    told = task.measure(answers(task, batch, -1.5, 60.0), None, batch)
    for item, found in enumerate(told["SI-SDR"]):
        x, s = (each - each.mean() for each in batch.sounds[item].astype(np.float64))
        target = s * (x @ s) / (s @ s)
        assert found == pytest.approx(10 * np.log10(target @ target / ((x - target) @ (x - target))), abs=1e-2)
    np.testing.assert_allclose(told["SI-SDR gain"], 0, atol=1e-3)


def test_terms_without_weight_are_left_out(task):
    batch = task.batch("valid", 0, 2, 0)
    y = answers(task, batch, 0.0, 0.0)
    assert set(task.loss(y, None, batch)) == {"distortion", "spectral"}
    other = MODULE.build(MODULE.Settings(clips=20, seconds=1.0, distortion=0.0, spectral=0.0, sparsity=2.0))
    (term,) = other.loss(y, None, batch).values()
    _, _, gains = enhance.enhanced("steered", y, batch)
    assert float(term) == pytest.approx(2 * float(gains.mean()), rel=1e-5)


def test_other_epochs_other_mixtures(task):
    first, again, later = (task.batch("train", 0, 2, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.sounds, again.sounds)
    assert not np.array_equal(first.sounds, later.sounds)
    valid, same = (task.batch("valid", 0, 2, seed) for seed in (0, 1))
    np.testing.assert_array_equal(valid.sounds, same.sounds)


def test_it_is_learnt_and_told():
    """A few steps take more noise out of mixtures than a gain that nobody taught, and the evaluation says so."""
    settings = catalog.load("models", "recurrent").Settings(hidden=48, layers=1)
    task_settings = MODULE.Settings(clips=16, seconds=1.0, snr_low=0.0)
    train = TrainSettings(steps=40, batch=8, lr=0.005, evaluate_batches=2)
    learner = trainer.Trainer(Recipe("tried", "denoise", task_settings, "recurrent", settings, train), "cpu")

    def gain() -> float:
        told = learner.evaluate("train", learner.done)
        while True:
            try:
                next(told)
            except StopIteration as ended:
                return ended.value.values["SI-SDR gain"]

    before = gain()
    for number in range(1, 41):
        learner.step(number, learner.task.batch("train", number % 2, 8, 0))
    assert gain() > before + 0.7
