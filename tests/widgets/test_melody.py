"""A melody that is looked at: the roll, the chances of every note at the cursor, and the panel with its piano."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from engine import generate, melody
from engine.session import Cursor, Span
from tests import example
from widgets import keys
from widgets.panels.melody import MelodyPanel
from widgets.piano import LETTERS, Piano
from widgets.roll import pitch_of
from widgets.views import chances
from widgets.views import melody as roll


def shown(qtbot, view, size=(300, 500)):
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    view.tick()
    return view


def at(session, place):
    made = session.state.melody
    session.set("cursor", Cursor(made.start(place) + made.beat / 2))


def softmax(logits):
    odds = np.exp(logits - logits.max())
    return odds / odds.sum()


def test_the_chances_are_those_of_the_note_at_the_cursor(qtbot):
    session = example.full()
    view, made = shown(qtbot, chances.View(session)), session.state.melody
    for place in (0, 5, 15):
        at(session, place)
        view.tick()
        names = list(reversed(made.names[1:]))
        assert view.bars.names == tuple(names), "a row for each note that can be drawn, the highest at the top"
        np.testing.assert_allclose(view.bars.told, softmax(made.logits[place])[:0:-1])
        assert names[view.bars.chosen] == made.names[made.notes[place]]
        assert f"Note {place + 1} of 16: {names[view.bars.chosen]}" in view.head.text()
        assert ("given" in view.head.text()) == (place < 3)


@pytest.mark.parametrize(
    "knobs", [{"temperature": 0.5}, {"temperature": 0.0}, {"top_k": 3}, {"top_p": 0.6}, {"scale": "C chord"}]
)
def test_the_bars_follow_a_knob_at_once(qtbot, knobs):
    session = example.full()
    view, made = shown(qtbot, chances.View(session)), session.state.melody
    at(session, 7)
    view.tick()
    told, before = view.bars.told.copy(), view.bars.grab().toImage()
    np.testing.assert_allclose(view.bars.drawn, told)
    settings = generate.Settings(**{"top_p": 1.0, **knobs})
    session.set("composing", settings)
    view.tick()
    np.testing.assert_allclose(view.bars.drawn, settings.chances(made.logits[7])[:0:-1])
    np.testing.assert_allclose(view.bars.told, told, err_msg="what the network tells is no matter of drawing")
    assert view.bars.grab().toImage() != before


def test_hovering_tells_both_numbers(qtbot):
    session = example.full()
    view = shown(qtbot, chances.View(session))
    session.set("composing", generate.Settings(top_k=1))
    view.tick()
    bars = view.bars
    best = int(np.argmax(bars.told))
    assert bars.words(best) == f"{bars.names[best]}: told {100 * bars.told[best]:.1f} %, drawn 100.0 %"
    assert bars.words((best + 1) % 15).endswith("never drawn")
    before = bars.grab().toImage()
    QTest.mouseMove(bars, QPoint(60, 10))
    assert bars.row_at(QPointF(60, 10)) == 0
    assert bars.grab().toImage() != before


def test_a_click_gives_the_notes_up_to_here_with_another_one(qtbot):
    session = example.full()
    view, made = shown(qtbot, chances.View(session)), session.state.melody
    at(session, 4)
    view.tick()
    row = 2
    place = QPoint(60, round((row + 0.5) * view.bars.height() / len(view.bars.names)))
    QTest.mouseClick(view.bars, Qt.MouseButton.LeftButton, pos=place)
    assert session.state.opening == (*made.notes[:4], made.names.index(view.bars.names[row]))
    assert session.undo()
    assert session.state.opening == ()


def test_the_roll_tells_what_lies_under_the_pointer(qtbot):
    session = example.full()
    lane, made = shown(qtbot, roll.View(session), (900, 300)), session.state.melody
    area = lane.area()
    for place, note in enumerate(made.notes):
        share = lane.keys.share(pitch_of(made.names[note]))
        point = QPointF(lane.axis().x(made.start(place) + 0.5 * made.beat), area.top() + share * area.height())
        found = lane.read(point)
        told = softmax(made.logits[place])[note]
        assert found.value == pytest.approx(told)
        assert f"note {place + 1}   {made.names[note]}   {100 * told:.1f} %" in found.text
        assert ("given" if place < 3 else "drawn") in found.text


def test_the_roll_marks_answers_that_are_wrong(qtbot):
    session = example.full()
    lane, made = shown(qtbot, roll.View(session), (900, 300)), session.state.melody
    assert made.right == (2, 4)
    assert any("answers 2 of 4" in label.text() for label in lane.header.findChildren(QLabel))
    known = {place: made.notes[place] for place in made.answers}

    def column(place):
        lane.tick()
        image = lane.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
        left, right = (round(lane.axis().x(made.start(place) + edge * made.beat)) for edge in (0.1, 0.9))
        return raw[:, left:right].copy()

    before = {place: column(place) for place in (12, 13)}
    session.set("melodies", (replace(made, answers=MappingProxyType(known)),))
    assert (column(12) != before[12]).any(), "a wrong note looks otherwise"
    assert (column(13) == before[13]).all(), "a right one does not"


def test_roll_and_states_share_one_axis(qtbot):
    from widgets.views import hidden

    session = example.full()
    session.set("view", Span(1.0, 3.0))
    lanes = [shown(qtbot, kind(session), (900, 200)) for kind in (roll.View, hidden.View)]
    times = (1.2, 2.0, 2.9)
    assert len({tuple(lane.axis().x(time) + lane.canvas.x() for time in times) for lane in lanes}) == 1


@pytest.fixture
def piano(qtbot):
    made = Piano(melody.NAMES)
    qtbot.addWidget(made)
    made.resize(300, 80)
    made.show()
    made.heard = []
    made.pressed.connect(made.heard.append)
    return made


def test_white_keys_are_pressed_and_black_ones_are_not(piano):
    for key in (0, 7, 14):
        QTest.mouseClick(piano, Qt.MouseButton.LeftButton, pos=piano.box(key).center().toPoint() + QPoint(0, 20))
    assert piano.heard == [0, 7, 14]
    edge = piano.box(1).left()
    assert piano.key_at(QPointF(edge, 10)) is None, "between C and D there is a black key"
    assert piano.key_at(QPointF(edge + 2, 70)) == 1
    edge = piano.box(3).left()
    assert piano.key_at(QPointF(edge + 1, 10)) == 3, "between E and F there is none"


def test_letters_press_keys_and_backspace_takes_back(piano):
    taken = []
    piano.taken_back.connect(lambda: taken.append(1))
    for letter in "ZQI":
        QTest.keyClick(piano, letter)
    assert piano.heard == [0, 7, 14]
    assert LETTERS[7] == "Q"
    QTest.keyClick(piano, Qt.Key.Key_Left)
    QTest.keyClick(piano, Qt.Key.Key_Space)
    assert piano.heard[-1] == 13
    QTest.keyClick(piano, Qt.Key.Key_Backspace)
    assert taken == [1]


def test_the_piano_keeps_its_letters_from_the_shortcuts(piano):
    """R records and B is a sound to hear, but not while the piano has the focus."""
    for key, wanted in (
        (Qt.Key.Key_R, True),
        (Qt.Key.Key_Space, True),
        (Qt.Key.Key_F1, False),
        (Qt.Key.Key_L, False),
    ):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
        assert keys.wanted(piano, event) is wanted
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert keys.wanted(piano, event) is False, "Ctrl+Z undoes"


def test_the_panel_shows_notes_knobs_and_melodies(qtbot):
    session = example.full()
    session.set("opening", (8, 10))
    names = ("generate", "continue_both", "save_melody")
    actions = {name: QAction(name) for name in names}
    panel = MelodyPanel(session, actions, melody.NAMES, generate.Settings())
    qtbot.addWidget(panel)
    panel.resize(300, 700)
    panel.show()
    assert panel.opening.text() == "C5 E5"
    assert panel.list.topLevelItemCount() == 1
    row, made = panel.list.topLevelItem(0), session.state.melody
    assert row.text(2) == "2 of 4"
    assert panel.list.currentItem() is row, "what is shown is marked"
    chosen = []
    panel.chosen.connect(chosen.append)
    panel.list.itemClicked.emit(row, 0)
    assert chosen == [made]
    slider = panel.form.editors["temperature"].slider
    slider.setValue(panel.form.editors["temperature"].place(0.5))
    assert session.state.composing.temperature == pytest.approx(0.5)
    session.undo()
    panel.tick()
    assert session.state.composing.temperature == 1.0
    assert panel.form.settings.temperature == 1.0
    assert all(each.toolTip() for each in panel.findChildren(QPushButton))
    assert "Backspace" in panel.piano.whatsThis()
