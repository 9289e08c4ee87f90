"""Two voices at once: the best order against brute force, and what a perfect or a lazy answer counts as (K292)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from engine import enhance, pit
from engine.tasks import separate

SETTINGS = separate.Settings(clips=10, seconds=0.5)


def si_sdr(x: np.ndarray, s: np.ndarray) -> float:
    x, s = x - x.mean(), s - s.mean()
    target = s * (x @ s) / (s @ s)
    return float(10 * np.log10((target @ target) / ((x - target) @ (x - target))))


@pytest.mark.parametrize("count", [2, 3])
def test_the_best_order_is_that_of_brute_force(count) -> None:
    rng = np.random.default_rng(count)
    wanted = rng.standard_normal((5, count, 300))
    mixed = [rng.permutation(count) for _ in wanted]
    found = np.stack([voices[order] for voices, order in zip(wanted, mixed, strict=True)])
    found += rng.standard_normal(found.shape) * rng.uniform(0.2, 2.0, (5, count, 1))
    value, order = pit.best(torch.from_numpy(found), torch.from_numpy(wanted))
    for item in range(5):
        tried = {
            each: np.mean([si_sdr(found[item, one], wanted[item, k]) for k, one in enumerate(each)])
            for each in itertools.permutations(range(count))
        }
        right = max(tried, key=lambda each: tried[each])
        assert float(value[item]) == pytest.approx(tried[right], abs=1e-3)
        assert tuple(order[item].tolist()) == right


def test_voices_get_back_the_loudness_they_have_in_the_mix() -> None:
    rng = np.random.default_rng(0)
    voices = rng.standard_normal((2, 500)).astype(np.float32)
    found = pit.fitted(voices * np.array([[-3.0], [0.2]], np.float32), voices.sum(0))
    np.testing.assert_allclose(found, voices, atol=1e-5)


@pytest.fixture
def bundled(monkeypatch) -> separate.Separate:
    monkeypatch.delenv("OTOSCOPE_DATA", raising=False)
    return separate.build(SETTINGS)


def answers(batch, item: int) -> np.ndarray:
    """The logits [T, 2 HOP] that say the voices of an item, the second first."""
    half = enhance.DOMAINS["wave"] // 2
    voices = np.pad(batch.sounds[item, :0:-1], ((0, 0), (half, half)))
    return np.concatenate([each.reshape(-1, 2 * half) for each in voices], 1)


def test_a_perfect_answer_has_nothing_wrong_in_either_order(bundled) -> None:
    batch = bundled.batch("train", 0, 2, 0)
    np.testing.assert_allclose(batch.sounds[:, 0], batch.sounds[:, 1:].sum(1), atol=1e-6)
    logits = answers(batch, 1)
    assert bundled.wrong(logits, batch, 1)[0] == 0
    np.testing.assert_allclose(bundled.voices(logits, batch.sounds[1, 0]), batch.sounds[1, :0:-1], atol=1e-4)
    y = torch.from_numpy(np.stack([answers(batch, item) for item in range(2)]))
    assert float(bundled.loss(y, None, batch)["distortion"]) == pytest.approx(-30.0)
    assert min(bundled.measure(y, None, batch)["SI-SDR gain"]) > 30


def test_who_answers_with_the_mixture_has_won_nothing(bundled) -> None:
    batch = bundled.batch("train", 0, 2, 0)
    half = enhance.DOMAINS["wave"] // 2
    mix = np.stack([np.pad(each, half).reshape(-1, 2 * half) for each in batch.sounds[:, 0]])
    y = torch.from_numpy(np.concatenate([mix, mix], -1))
    assert bundled.measure(y, None, batch)["SI-SDR gain"] == pytest.approx([0.0, 0.0], abs=1e-3)
    assert 300 < bundled.wrong(y[0].numpy(), batch, 0)[0] < 1000
