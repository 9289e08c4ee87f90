"""K224: the products of both streams at the cursor are the outer product of that frame."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor

from engine.clip import from_array
from engine.events import Traced
from engine.session import Session
from engine.trace import Key, Series, Trace
from widgets.views import products, skips

RATE = 62.5


def session_with(**arrays: np.ndarray) -> Session:
    session, clip = Session(), from_array(np.zeros(16000, np.float32), 16000, "clip")
    series = {
        Key(name, 1 if name == "skip" else 0): Series(each, RATE, 0.0, "unit") for name, each in arrays.items()
    }
    session.set("clip", clip)
    session.set("traced", Traced(Trace(clip.id, 0.0, 1.0, MappingProxyType(series)), clip, clip, ""))
    return session


def test_the_matrix_is_the_outer_product_at_the_cursor(qtbot) -> None:
    rng = np.random.default_rng(0)
    f1, f2 = (rng.standard_normal((62, size)).astype(np.float32) for size in (5, 7))
    session = session_with(f1=f1, f2=f2)
    view = products.View(session)
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.show()
    for frame in (0, 20, 61):
        session.set("cursor", replace(session.state.cursor, time=frame / RATE))
        view.tick()
        wanted = np.einsum("i,j->ij", f1[frame], f2[frame])
        np.testing.assert_allclose(view.products, wanted, atol=1e-6)
    drawn, box = view.grab().toImage(), view.box()
    row, column = np.unravel_index(np.abs(wanted).argmax(), wanted.shape)
    place = QPointF(box.left() + (column + 0.5) / 7 * box.width(), box.top() + (row + 0.5) / 5 * box.height())
    strongest = QColor(drawn.pixel(place.toPoint()))
    faint = np.unravel_index(np.abs(wanted).argmin(), wanted.shape)
    other = QPointF(
        box.left() + (faint[1] + 0.5) / 7 * box.width(), box.top() + (faint[0] + 0.5) / 5 * box.height()
    )
    assert strongest != QColor(drawn.pixel(other.toPoint()))
    qtbot.mouseMove(view, place.toPoint())
    assert view._words.endswith(f"{wanted[row, column]:+.3f}")


def test_without_two_streams_it_says_what_would_fill_it(qtbot) -> None:
    view = products.View(session_with(h=np.zeros((62, 4), np.float32)))
    qtbot.addWidget(view)
    view.show()
    view.tick()
    assert view.pair is None
    view.grab()


def test_skips_are_drawn_by_level(qtbot) -> None:
    view = skips.View(session_with(skip=np.random.default_rng(0).random((62, 9)).astype(np.float32)))
    qtbot.addWidget(view)
    view.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    view.resize(400, 120)
    view.show()
    view.tick()
    assert [strip.key for strip in view.strips] == [Key("skip", 1)]
    assert view.strips[0].rows == 9
