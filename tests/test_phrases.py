"""Phrases: long clips are cut where a pause and a mark agree, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from engine import phrases

RATE = 16000
SAID = ("the old man went home", "a boat lay by the shore", "nobody knew why he came", "ten men stood up")
"""Phrases of about the same length."""


def spoken(*parts: float) -> np.ndarray:
    """Seconds of noise and of silence in turn, noise first."""
    rng = np.random.default_rng(0)
    made = [
        (rng.normal(0, 0.1, round(seconds * RATE)) if place % 2 == 0 else np.zeros(round(seconds * RATE)))
        for place, seconds in enumerate(parts)
    ]
    return np.concatenate(made).astype(np.float32)


def test_every_phrase_is_a_piece_where_pauses_tell_it() -> None:
    found = phrases.cut(spoken(1.6, 0.5, 1.7, 0.4, 1.6, 0.6, 1.2), RATE, SAID, 2.2)
    assert [(each.first, each.last) for each in found] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    starts, stops = [0.0, 2.1, 4.2, 6.4], [1.6, 3.8, 5.8, 7.6]
    assert [each.start for each in found] == pytest.approx([max(0.0, each - 0.1) for each in starts], abs=0.05)
    assert [each.stop for each in found] == pytest.approx([min(7.6, each + 0.1) for each in stops], abs=0.05)


def test_phrases_are_joined_as_far_as_they_fit() -> None:
    found = phrases.cut(spoken(1.6, 0.5, 1.7, 0.4, 1.6, 0.6, 1.2), RATE, SAID, 4.2)
    assert [(each.first, each.last) for each in found] == [(0, 2), (2, 4)]


def test_silence_at_the_ends_makes_no_clip_long() -> None:
    sound = np.pad(spoken(2.0), (4 * RATE, 3 * RATE))
    (found,) = phrases.cut(sound, RATE, SAID[:1], 3.0)
    assert (found.first, found.last) == (0, 1)
    assert (found.start, found.stop) == pytest.approx((3.9, 6.1), abs=0.05)


@pytest.mark.parametrize(
    "parts",
    [
        (3.3, 0.1, 3.0),  # too short a pause
        (0.6, 0.5, 5.6),  # within the first phrase
        (1.3, 0.4, 0.3, 0.4, 4.0),  # two pauses, and which one parts them is not known
    ],
)
def test_what_is_not_sure_is_not_cut(parts: tuple[float, ...]) -> None:
    assert phrases.cut(spoken(*parts), RATE, SAID, 2.5) == ()


def test_nothing_is_cut_of_nothing() -> None:
    assert phrases.cut(np.zeros(0, np.float32), RATE, SAID, 2.0) == ()
    assert phrases.cut(spoken(1.0), RATE, (), 2.0) == ()
