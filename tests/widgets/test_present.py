"""Presentation mode: sizes, themes, keys, history, and what an audience never sees (K281, K282, K284)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from engine import catalog
from engine.correction import put
from engine.session import Session
from engine.trace import Key
from tests import example
from tests.captioned import COMBINING, LONG, RTL, said
from widgets import heat, present, presentlook
from widgets.canvas import RIGHT
from widgets.present import Presentation
from widgets.presentlook import LAYOUTS, THEMES, Settings

LINES = "Good evening and welcome to everybody who came tonight", "the ear turns pressure into sound"


@pytest.fixture
def shown(qtbot):
    session = Session(captions=said(*LINES, now="and now the hidden", tentative="states of"))
    made = Presentation(session, Settings())
    qtbot.addWidget(made)
    made.resize(1920, 1080)
    made.show()
    made.tick()
    return made


def pixels(widget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return raw[..., 2::-1].astype(int)


def rows_of(picture: np.ndarray, ink) -> np.ndarray:
    return np.flatnonzero((picture == [ink.red(), ink.green(), ink.blue()]).all(-1).any(1))


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_can_be_read(shown, theme):
    """Contrast by the formula of WCAG: text 7 : 1, tentative text 4.5 : 1, high contrast 7 : 1 for both."""
    settings = Settings(theme=theme)
    ground, ink, tentative = presentlook.colours(settings)
    assert presentlook.contrast(ink, ground) >= 7
    assert presentlook.contrast(tentative, ground) >= (7 if theme == "contrast" else 4.5)
    assert presentlook.contrast(tentative, ink) >= 1.3
    shown.turn(settings)
    shown.tick()
    shown.lectern.hide()
    picture = pixels(shown)
    assert tuple(picture[5, 5]) == (ground.red(), ground.green(), ground.blue())
    assert len(rows_of(picture, ink))
    assert len(rows_of(picture, tentative))


def test_own_colours_are_those_that_were_chosen(shown):
    shown.turn(Settings(theme="own", ink="#331100", ground="#ccffee"))
    shown.tick()
    shown.lectern.hide()
    ground, ink, tentative = presentlook.colours(shown.settings)
    assert (ground.name(), ink.name()) == ("#ccffee", "#331100")
    assert 0x33 < tentative.red() < 0xCC
    picture = pixels(shown)
    assert tuple(picture[5, 5]) == (0xCC, 0xFF, 0xEE)
    assert len(rows_of(picture, ink))


def test_contrast_is_that_of_the_guidelines():
    from PySide6.QtGui import QColor

    assert presentlook.contrast(QColor("#000"), QColor("#fff")) == pytest.approx(21)
    assert presentlook.contrast(QColor("#777"), QColor("#fff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("height", [1080, 2160])
@pytest.mark.parametrize("size", [24, 72, 160])
def test_letters_are_as_large_as_was_asked_and_rows_are_whole(shown, size, height):
    """A capital letter is about 0.73 of the size in DejaVu and its like; on a larger screen it is larger."""
    shown.resize(height * 16 // 9, height)
    shown.turn(Settings(size=size, theme="contrast"))
    shown.session.set("captions", said(*LINES, *RTL, COMBINING, LONG, "HHHHHH"))
    shown.tick()
    shown.lectern.hide()
    ground, ink, _ = presentlook.colours(shown.settings)
    picture = pixels(shown)
    rows = rows_of(picture, ink)
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    capital = runs[-1][-1] - runs[-1][0] + 1  # the last row is HHHHHH
    assert 0.6 < capital / (size * 96 / 72 * height / 1080) < 0.85
    # Nothing is cut off: there is free ground above the first row and at both sides.
    bare = (picture == [ground.red(), ground.green(), ground.blue()]).all(-1)
    assert bare[: round(0.01 * height)].all()
    assert bare[:, : round(0.02 * height)].all()
    assert bare[:, -round(0.02 * height) :].all()


@pytest.mark.parametrize("size", [40, 56, 72, 88, 104])
def test_no_row_is_cut(shown, size):
    shown.turn(Settings(size=size, theme="contrast"))
    shown.session.set("captions", said(*["HHH"] * 60))
    shown.tick()
    shown.lectern.hide()
    for back in (0, 333, 90, 17):
        shown.reader.scroll_back(back)
        shown.reader.now.hide()
        rows = rows_of(pixels(shown), presentlook.colours(shown.settings)[1])
        runs = [len(each) for each in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)]
        assert max(runs) - min(runs) <= 1
        assert len(runs) >= 3


def test_rows_are_no_longer_than_forty_letters(shown):
    shown.session.set("captions", said("letters " * 60))
    for size in range(52, 161, 12):
        shown.turn(Settings(size=size))
        shown.tick()
        layout = shown.reader.flow._lay(0).layout
        assert max(layout.lineAt(k).textLength() for k in range(layout.lineCount())) <= 44


def test_keys_turn_size_theme_and_layout_and_escape_leaves(shown, qtbot):
    told = []
    shown.turned.connect(told.append)
    qtbot.keyClick(shown, Qt.Key.Key_Plus)
    assert told[-1].size == 76
    qtbot.keyClick(shown.reader, Qt.Key.Key_Minus)
    qtbot.keyClick(shown.reader, Qt.Key.Key_Minus)
    assert told[-1].size == 68
    for _ in range(60):
        qtbot.keyClick(shown, Qt.Key.Key_Plus)
    assert shown.settings.size == 160
    for _ in range(60):
        qtbot.keyClick(shown, Qt.Key.Key_Minus)
    assert shown.settings.size == 24
    seen = [shown.settings.theme]
    for _ in THEMES:
        qtbot.keyClick(shown, Qt.Key.Key_T)
        seen.append(shown.settings.theme)
    assert set(seen) == set(THEMES)
    assert seen[0] == seen[-1]
    assert shown.settings.layout == LAYOUTS[0]
    with qtbot.waitSignal(shown.asked, timeout=1000):
        qtbot.keyClick(shown, Qt.Key.Key_S)
    with qtbot.waitSignal(shown.left, timeout=1000):
        qtbot.keyClick(shown.reader, Qt.Key.Key_Escape)
    assert not shown.isVisible()


def test_history_scrolls_back_while_it_runs_and_a_click_leads_to_now(shown, qtbot):
    lines = [f"line {k} of what was said here" for k in range(40)]
    shown.session.set("captions", said(*lines))
    shown.tick()
    qtbot.keyClick(shown, Qt.Key.Key_PageUp)
    assert shown.reader.now.isVisible()
    spots = shown.reader.spots()
    shown.session.set("captions", said(*lines, "more came"))
    shown.tick()
    assert shown.reader.spots() == spots
    qtbot.mouseClick(shown.reader, Qt.MouseButton.LeftButton, pos=QPoint(400, 400))
    assert not shown.reader.back
    assert shown.reader.spots()[0][0] == 40


def moved(widget, x, y):
    at = QPointF(x, y)
    buttons, held = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, at, widget.mapToGlobal(at), Qt.MouseButton.NoButton, buttons, held)
    QApplication.sendEvent(widget, event)


def test_pointer_and_controls_go_and_come_with_the_mouse(shown, qtbot, monkeypatch):
    shown._rest.setInterval(50)
    shown._rest.start()
    qtbot.waitUntil(lambda: not shown.lectern.isVisible(), timeout=3000)
    assert shown.cursor().shape() == Qt.CursorShape.BlankCursor
    moved(shown.reader, 500, 500)
    assert not shown.lectern.isVisible()  # that is where it was
    moved(shown.reader, 520, 500)
    assert shown.lectern.isVisible()
    assert shown.cursor().shape() != Qt.CursorShape.BlankCursor
    qtbot.waitUntil(lambda: not shown.lectern.isVisible(), timeout=3000)
    assert present.REST == 2000


@pytest.mark.parametrize("part", ["names", "lanes"])
def test_the_controls_come_where_the_mouse_is_over_pictures_too(shown, part):
    shown.turn(Settings(layout="pictures"))
    shown.tick()
    for widget in getattr(shown.pictures, part).values():
        shown._hide_controls()
        moved(widget, 10, 10)
        moved(widget, 30, 10)
        assert shown.lectern.isVisible()


def test_an_audience_sees_what_was_corrected_and_no_marks(shown):
    captions = said("the wether is fine", now="today")
    shown.session.set("captions", captions)
    shown.tick()
    shown.lectern.hide()
    before = pixels(shown)
    shown.session.set("corrections", put((), captions.lines[0].words[1], "weather"))
    shown.tick()
    assert (pixels(shown) != before).any(), "it is drawn"
    assert shown.reader.text() == "the weather is fine\ntoday"
    assert {piece.kind for k in range(2) for piece in shown.reader.flow.words(k)} == {"said"}


def test_it_says_how_to_begin_where_nothing_was_said(shown):
    shown.show_state(False, {"one": "One"}, "one")
    shown.session.set("captions", None)
    shown.tick()
    assert shown.hint.isVisible()
    assert "S begins" in shown.hint.text()
    shown.show_state(True, {"one": "One", "two": "Two"}, "two")
    assert "S begins" not in shown.hint.text()
    assert shown.lectern.display.isVisibleTo(shown.lectern)
    assert shown.lectern.display.currentData() == "two"
    assert abs(shown.lectern.geometry().center().x() - shown.rect().center().x()) <= 1
    shown.session.set("captions", said("hello"))
    shown.tick()
    assert not shown.hint.isVisible()


def test_pictures_beside_the_captions_wear_the_theme_of_the_presentation(shown):
    shown.turn(Settings(layout="pictures", theme="light"))
    shown.tick()
    shown.lectern.hide()
    area = shown.pictures.geometry()
    assert 0.2 < area.height() / shown.height() < 0.4
    light = pixels(shown)[area.top() : area.bottom()]
    shown.turn(Settings(layout="pictures", theme="dark"))
    shown.tick()
    shown.lectern.hide()
    dark = pixels(shown)[area.top() : area.bottom()]
    assert np.median(light) > 200
    assert np.median(dark) < 60
    shown.turn(Settings())
    shown.tick()
    assert not shown.pictures.isVisible()


@pytest.mark.parametrize("height", [1080, 2160])
def test_pictures_have_names_for_the_last_row_and_no_small_numbers(qtbot, height):
    made = Presentation(example.live(), Settings(layout="pictures", theme="light"))
    qtbot.addWidget(made)
    made.resize(height * 16 // 9, height)
    made.show()
    made.tick()
    made.lectern.hide()
    QApplication.processEvents()  # names get their places
    smallest = 24 * 96 / 72 * height / 1080
    for key, name in made.pictures.names.items():
        assert name.fontInfo().pixelSize() >= smallest - 1
        box = name.geometry().translated(made.pictures.pos())
        picture = pixels(made)[box.top() : box.bottom() + 1, box.left() : box.right() + 1]
        rows = np.flatnonzero((picture.min(-1) < 128).any(1))
        assert 0.6 * smallest < np.ptp(rows) < name.height() - 1, f"{key} is cut"
        canvas = made.pictures.lanes[key].canvas
        beside = pixels(canvas)[:, : canvas.left]
        assert np.ptp(beside.astype(int), axis=(0, 1)).max() == 0, f"something stands beside {key}"
        assert canvas.left == RIGHT


def test_a_chosen_unit_has_its_small_name_in_the_window_alone(qtbot, monkeypatch):
    """Its curve is drawn in both."""
    session = example.live()
    session.set("cursor", replace(session.state.cursor, key=Key("h", 1), unit=0))
    made = Presentation(session, Settings(layout="pictures"))
    lane = catalog.load("widgets.views", "hidden").View(session)
    named: list[str] = []
    monkeypatch.setattr(heat, "paint_name", lambda *given: named.append(given[-1]))
    for widget in (made, lane):
        qtbot.addWidget(widget)
        widget.resize(1920, 1080)
        widget.show()
        widget.tick()
        QApplication.processEvents()
        example.feed(session, 0.0, 2.0)
        widget.tick()
        pixels(widget)
        assert bool(named) == (widget is lane)


def live_pictures(qtbot) -> dict[str, np.ndarray]:
    """The lanes of a light presentation, to which sound comes before its first paint and between two others."""
    session = example.live()
    made = Presentation(session, Settings(layout="pictures", theme="light"))
    qtbot.addWidget(made)
    made.resize(1920, 1080)
    made.show()
    for begin in range(4):
        made.tick()
        QApplication.processEvents()
        example.feed(session, float(begin), begin + 1.0)
    made.tick()
    assert all(lane.isVisible() for lane in made.pictures.lanes.values())
    return {name: pixels(lane.canvas) for name, lane in made.pictures.lanes.items()}


def test_live_pictures_are_of_their_own_palette_whatever_the_window_wears(qtbot):
    """Sound comes while the window's palette is worn, not that of the presentation."""
    app, seen = QApplication.instance(), {}
    before = app.property("theme")
    for worn in ("light", "dark"):
        app.setProperty("theme", worn)
        seen[worn] = live_pictures(qtbot)
    app.setProperty("theme", before)
    for name, picture in seen["light"].items():
        np.testing.assert_array_equal(seen["dark"][name], picture, err_msg=name)
