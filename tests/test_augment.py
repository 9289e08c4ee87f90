"""Augmentation and buckets: lengths, ratios and shares are as they say."""

from __future__ import annotations

import numpy as np
import pytest

from engine import augment, bucket, dsp
from engine.stages.specaugment import Settings


def sound(n: int = 8000, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(n)).astype(np.float32)


def test_three_speeds_triple_the_set() -> None:
    slow, same, fast = augment.tripled(sound())
    assert abs(len(slow) - 8000 / 0.9) <= 1
    assert abs(len(fast) - 8000 / 1.1) <= 1
    assert same is not None
    np.testing.assert_array_equal(same, sound())


def test_shift_keeps_the_length_and_rolling_the_energy() -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        moved = augment.shifted(sound(), 10, rng)
        assert len(moved) == 8000
        assert (moved == 0).sum() <= 800
        rolled = augment.shifted(sound(), 10, np.random.default_rng(seed), roll=True)
        assert np.sum(rolled**2) == pytest.approx(np.sum(sound() ** 2))
        np.testing.assert_array_equal(moved[moved != 0], rolled[moved != 0])


def test_noise_at_a_ratio() -> None:
    for snr in (-10.0, 0.0, 20.0):
        noise = augment.noised(sound(), sound(seed=1), snr) - sound()
        assert 10 * np.log10(np.mean(sound() ** 2) / np.mean(noise**2)) == pytest.approx(snr, abs=0.01)
    np.testing.assert_array_equal(augment.noised(sound(), np.zeros(8000, np.float32), 0.0), sound())


def test_noise_and_rooms_are_drawn_by_the_generator() -> None:
    for make in (
        lambda rng: augment.in_noise(sound(), 16000, rng, ("white", "pink"), (5.0, 10.0)),
        lambda rng: augment.in_room(sound(), 16000, rng),
    ):
        first, again, other = (make(np.random.default_rng(seed)) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)
        assert first.shape == (8000,)
        assert first.dtype == np.float32


def test_masks_of_a_batch_spare_the_padding_and_differ_from_item_to_item() -> None:
    x = np.ones((4, 100, 20), np.float32)
    out = augment.masked(x, [100, 50, 100, 10], Settings(freq_width=5), np.random.default_rng(0))
    assert (x == 1).all()
    assert (out[1, 50:] == 1).all()
    assert (out[3, 10:] == 1).all()
    assert (out[0] == 0).any()
    assert not np.array_equal(out[0], out[2])


def test_masks_never_act_without_being_called() -> None:
    """The random policy is for training: its settings alone change nothing (see test_specaugment)."""
    x = np.ones((1, 50, 20), np.float32)
    np.testing.assert_array_equal(augment.masked(x, [50], Settings(policy="off"), np.random.default_rng(0)), x)


def test_mixup_mixes_inputs_and_losses_by_one_share() -> None:
    rng = np.random.default_rng(0)
    x, lengths = rng.standard_normal((6, 10, 3)).astype(np.float32), np.array([10, 9, 8, 7, 6, 5])
    mixed = augment.mixup(x, lengths, np.random.default_rng(1), alpha=0.4)
    np.testing.assert_allclose(mixed.x, mixed.share * x + (1 - mixed.share) * x[mixed.partner], atol=1e-6)
    np.testing.assert_array_equal(mixed.lengths, np.maximum(lengths, lengths[mixed.partner]))
    assert mixed.loss(2.0, 4.0) == pytest.approx(mixed.share * 2 + (1 - mixed.share) * 4)


def test_the_share_of_mixup_is_beta_distributed() -> None:
    from scipy.stats import beta, kstest

    x = np.zeros((2, 1, 1), np.float32)
    rng = np.random.default_rng(0)
    shares = [augment.mixup(x, np.ones(2, np.int64), rng, alpha=0.4).share for _ in range(500)]
    assert kstest(shares, beta(0.4, 0.4).cdf).pvalue > 0.01


def test_a_mix_can_be_heard() -> None:
    heard = dsp.mixed_sound(sound(100), sound(60, 1), 0.7)
    np.testing.assert_allclose(heard[:60], 0.7 * sound(100)[:60] + 0.3 * sound(60, 1), atol=1e-6)
    np.testing.assert_allclose(heard[60:], 0.7 * sound(100)[60:], atol=1e-6)


def test_buckets_pad_little() -> None:
    lengths = np.random.default_rng(0).integers(10, 400, 200).tolist()
    found = bucket.buckets(lengths, 16)
    assert sorted(np.concatenate(found).tolist()) == list(range(200))
    assert bucket.padding(lengths, found) < 0.1
    plain = [np.arange(start, min(start + 16, 200)) for start in range(0, 200, 16)]
    assert bucket.padding(lengths, plain) > 0.3
