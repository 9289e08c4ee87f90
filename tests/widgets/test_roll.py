"""The piano roll: names, rows and pixels; a note is painted where its time and pitch lie, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from widgets import roll, theme
from widgets.roll import Keys, Note

BOX = QRectF(0, 0, 200, 120)
KEYS = Keys(60, 71)  # ten pixels a row


def painted(*notes: Note, look: roll.Look = "bar") -> np.ndarray:
    """Where notes have put ink, [height, width]; a second is a hundred pixels."""
    image = QImage(200, 120, QImage.Format.Format_RGB32)
    image.fill(theme.current().colour("ground"))
    raw = np.frombuffer(image.constBits(), np.uint32).reshape(120, 200)
    before = raw.copy()
    painter = QPainter(image)
    roll.paint_notes(painter, BOX, notes, KEYS, lambda time: 100 * time, look)
    painter.end()
    after = np.frombuffer(image.constBits(), np.uint32).reshape(120, 200)
    return np.asarray(after != before)


def test_names_are_read_as_midi_counts() -> None:
    assert [roll.pitch_of(each) for each in ("C4", "A4", "C♯4", "B3", "C-1", "rest", "H4", "")] == [
        60, 69, 61, 59, 0, None, None, None,
    ]  # fmt: skip
    assert all(roll.pitch_of(roll.name_of(pitch)) == pitch for pitch in range(128))


def test_a_row_is_where_its_share_says() -> None:
    for pitch in range(KEYS.low, KEYS.high + 1):
        assert KEYS.pitch(KEYS.share(pitch)) == pitch
    assert KEYS.share(71) < KEYS.share(60)
    assert (KEYS.pitch(-1.0), KEYS.pitch(2.0)) == (71, 60)
    assert KEYS.marks(120) == [(pytest.approx(11.5 / 12), "C4")]


def test_there_is_room_for_all_notes_and_at_least_an_octave() -> None:
    assert roll.keys_of([60]).count == 12
    wide = roll.keys_of([48, 83])
    assert (wide.low, wide.high) == (47, 84)
    assert roll.keys_of([]).count >= 12


@pytest.mark.parametrize("look", ["bar", "hatched", "frame", "dashed"])
def test_a_note_is_painted_at_its_time_and_pitch(look: roll.Look) -> None:
    ink = painted(Note(0.5, 1.5, 61), look=look)
    rows, columns = np.nonzero(ink)
    assert (columns.min(), columns.max()) == (50, 149)
    assert 100 <= rows.min() < 103
    assert 107 <= rows.max() < 110


def test_what_is_told_is_filled_and_what_is_true_is_hollow() -> None:
    middle = (slice(104, 106), slice(60, 140))
    assert painted(Note(0.5, 1.5, 61), look="bar")[middle].all()
    assert not painted(Note(0.5, 1.5, 61), look="frame")[middle].any()


def test_notes_beside_the_box_and_the_keys_are_left_out() -> None:
    assert not painted(Note(5.0, 6.0, 61), Note(-2.0, -1.0, 61), Note(0.5, 1.5, 40)).any()
