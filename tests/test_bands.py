"""Bands: whole frequencies below, wider ones above, nothing lost between them."""

from __future__ import annotations

import numpy as np

from engine import bands, halves


def test_each_frequency_is_shared_out_whole():
    np.testing.assert_allclose(bands.SPREAD.sum(0), 1, atol=1e-6)
    assert (bands.SPREAD >= 0).all()
    assert ((bands.SPREAD > 0).sum(0) <= 2).all()


def test_the_lower_ones_are_single_frequencies_and_the_upper_ones_widen():
    np.testing.assert_array_equal(bands.SPREAD[: bands.LINEAR, : bands.LINEAR], np.eye(bands.LINEAR))
    steps = np.diff(bands.HERTZ)
    np.testing.assert_allclose(steps[: bands.LINEAR], halves.RATE / halves.WIN)
    assert (np.diff(steps[bands.LINEAR :]) > 0).all()
    np.testing.assert_allclose(bands.HERTZ[-1], halves.RATE / 2)


def test_a_band_hears_the_mean_power():
    """White noise of one size is as loud in every band, and a tone is heard where it is."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((4000, halves.BINS)) + 1j * rng.standard_normal((4000, halves.BINS))
    power = np.square(bands.heard(noise.astype(np.complex64))).mean(0)
    np.testing.assert_allclose(power, 2, rtol=0.1)
    tone = np.zeros((1, halves.BINS), np.complex64)
    tone[0, 100] = 3j
    assert abs(bands.HERTZ[int(np.argmax(bands.heard(tone)))] - 3125) < 70
