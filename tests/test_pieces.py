"""Pieces of one length, against what is known of their lengths and sums."""

from __future__ import annotations

import numpy as np
import pytest

from engine.pieces import RATE, pieces


@pytest.mark.parametrize(("seconds", "count"), [(0.5, 1), (5.0, 1), (7.0, 2), (0.0, 1), (10.0, 2), (10.1, 3)])
def test_a_call_gives_pieces_of_exactly_five_seconds_at_16_khz(seconds: float, count: int) -> None:
    sound = np.sin(np.arange(round(seconds * 44100)) * 0.05).astype(np.float32)
    found = pieces(sound, 44100)
    assert found.shape == (count, 80_000)
    assert found.dtype == np.float32


def test_nothing_is_lost_and_the_rest_is_silent() -> None:
    sound = np.random.default_rng(0).normal(size=7 * RATE).astype(np.float32)
    found = pieces(sound, RATE)
    assert np.array_equal(found.reshape(-1)[: len(sound)], sound)
    assert not found[1, 2 * RATE :].any()


def test_a_tone_keeps_its_pitch_when_it_is_resampled() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(44100 * 5) / 44100).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(pieces(tone, 44100)[0]))
    assert np.argmax(spectrum) * RATE / 80_000 == pytest.approx(1000, abs=0.5)


def test_channels_are_mixed() -> None:
    found = pieces(np.array([[1.0, 0.0], [0.0, 0.5]], np.float32), RATE, 0.001)
    assert found[0, :3].tolist() == [0.5, 0.25, 0.0]


@pytest.mark.parametrize(("rate", "seconds"), [(0, 5.0), (16000, 0.0)])
def test_a_length_of_nothing_is_refused(rate: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="no piece"):
        pieces(np.zeros(10, np.float32), rate, seconds)


def test_samples_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="no numbers"):
        pieces(np.array([0.0, np.nan], np.float32), RATE)
