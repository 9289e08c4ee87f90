"""Labels: what is wrong is told from what is right by its shape too, not by colour alone."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from engine.clip import Label
from widgets import labels
from widgets.axis import Axis


def painted(mark: labels.Mark, *more: Label) -> np.ndarray:
    """The pixels of one label, and of more beside it, [40, 120, 4]."""
    image = QImage(120, 40, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    several = sorted((Label(0.2, 0.8, "t", "phone"), *more), key=lambda each: each.start)
    row = [(each, mark) for each in several]
    axis = Axis(1.0, 3.0, 0.0, 120.0)  # of a sound at half its pace
    labels.paint_labels(painter, QRectF(0, 0, 120, 40), row, axis, lambda time: 1.0 + 2.0 * time)
    painter.end()
    return np.array(image.constBits(), np.uint8).reshape(40, 120, 4)


@pytest.mark.usefixtures("qapp")
def test_marks_differ_where_there_is_one_colour(monkeypatch: Any) -> None:
    monkeypatch.setattr(labels, "_INKS", dict.fromkeys(labels._INKS, "accent"))
    marks = [mark for mark in get_args(labels.Mark) if mark != "plain"]
    for one, other in itertools.combinations(marks, 2):
        assert (painted(one) != painted(other)).any(axis=2).sum() > 20, (one, other)


@pytest.mark.usefixtures("qapp")
def test_only_what_is_in_sight_is_painted() -> None:
    alone = painted("plain")
    np.testing.assert_array_equal(painted("plain", Label(-3.0, -0.1, "a", "phone"), Label(1.1, 9.0, "b")), alone)
    assert (painted("plain", Label(-3.0, 0.1, "a", "phone")) != alone).any()
    assert (painted("plain", Label(0.9, 9.0, "a", "phone")) != alone).any()


@pytest.mark.usefixtures("qapp")
def test_of_labels_over_each_other_none_is_written_over_another(monkeypatch: Any) -> None:
    written: list[tuple[str, QRectF]] = []

    class Noting(QPainter):
        def drawText(self, box: QRectF, _: Any, text: str) -> None:  # type: ignore[override]
            written.append((text, QRectF(box)))

    image = QImage(300, 20, QImage.Format.Format_RGB32)
    painter = Noting(image)
    tune = [Label(0.0, 1.0, "C4"), Label(0.0, 1.0, "E4"), Label(0.5, 1.5, "G4"), Label(2.0, 3.0, "A4")]
    row = [(each, "plain") for each in tune]
    labels.paint_labels(painter, QRectF(0, 0, 300, 20), row, Axis(0.0, 3.0, 0.0, 300.0), lambda time: time)  # type: ignore[arg-type]
    painter.end()
    assert [text for text, _ in written] == ["E4", "G4", "A4"]  # C4 lies behind E4
    for (_, one), (_, other) in itertools.combinations(written, 2):
        assert not one.intersects(other)
