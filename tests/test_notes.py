"""Notes: their names, note F1 against a hand count and the best of all assignments, and runs of frames."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from engine import notes
from engine.clip import Label


def label(start: float, text: str = "C4", seconds: float = 0.3) -> Label:
    return Label(start, start + seconds, text, "note")


def test_names_are_those_of_midi() -> None:
    assert [notes.name(each) for each in (60, 61, 69, 48, 83)] == ["C4", "C♯4", "A4", "C3", "B5"]


def test_f1_of_an_example_counted_by_hand() -> None:
    truth = [label(0.10), label(0.50, "E4"), label(1.00), label(1.50, "G4")]
    found = [
        label(0.14),  # right: 40 ms late
        label(0.50, "D4"),  # of another pitch
        label(1.08),  # 80 ms late
        label(1.47, "G4"),  # right: 30 ms early
        label(1.52, "G4"),  # the same note once more
    ]
    assert notes.matches(found, truth) == [(0, 0), (3, 3)]
    wrong, among = notes.miscounted(found, truth)
    precision, recall = 2 / 5, 2 / 4
    assert 1 - wrong / among == pytest.approx(2 * precision * recall / (precision + recall))


def test_nothing_found_and_nothing_true() -> None:
    assert notes.miscounted([], []) == (0, 0)
    assert notes.miscounted([label(0.0)], []) == (1, 1)
    assert notes.miscounted([], [label(0.0)]) == (1, 1)


def test_as_many_pairs_as_the_best_assignment_finds() -> None:
    rng = np.random.default_rng(0)
    several = 0
    for _ in range(300):
        found, truth = (
            [label(float(time), str(rng.choice(["C4", "E4"]))) for time in rng.uniform(0, 0.6, rng.integers(9))]
            for _ in range(2)
        )
        pairs = notes.matches(found, truth)
        fits = np.array(
            [[f.text == t.text and abs(f.start - t.start) <= notes.WITHIN for t in truth] for f in found]
        ).reshape(len(found), len(truth))
        assert all(fits[pair] for pair in pairs)
        assert len({f for f, _ in pairs}) == len({t for _, t in pairs}) == len(pairs)
        rows, columns = linear_sum_assignment(fits, maximize=True)
        assert len(pairs) == fits[rows, columns].sum()
        several += len(pairs) > 2
    assert several > 10


def test_played_closes_gaps_and_leaves_out_what_is_short() -> None:
    active = np.zeros((20, 2), bool)
    active[[1, 2, 3, 5, 6, 7], 0] = True  # a gap of one frame
    active[12:14, 0] = True  # too short
    active[[0, 1, 2, 17, 18, 19], 1] = True  # reaches both ends
    assert notes.played(active, least=3, gap=2) == [(0, 3, 1), (1, 8, 0), (17, 20, 1)]
    assert notes.played(active, least=3, gap=1) == [(0, 3, 1), (1, 4, 0), (5, 8, 0), (17, 20, 1)]


def test_frames_of_notes_that_sound_together() -> None:
    found = notes.framed(
        [label(0.1), label(0.2, "E4"), label(0.0, "B9")], np.array([0.0, 0.1, 0.3, 0.4]), ("C4", "E4")
    )
    assert found.tolist() == [[0, 0], [1, 0], [1, 1], [0, 1]]
