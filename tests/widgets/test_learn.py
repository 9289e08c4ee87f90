"""The Learn panel: the page, its equations in both themes, the cards of its steps, and the map."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QRadioButton

from engine import formula
from engine.clip import from_array
from engine.lessons.lesson import Guess, Learning, Lesson, Outcome, Page, Pair, Place, Setup, Step, Text
from engine.session import Session
from widgets import theme
from widgets.panels.learn import LearnPanel
from widgets.panels.lessonmap import LessonRow
from widgets.prose import Prose

TONE = from_array(np.sin(np.arange(8000) / 10), 8000, "a tone")
GOOD = Outcome(True, "it was measured", (("left", "4"),), "4", (TONE,))
STEPS = (
    Step("first", "Measure it", lambda: GOOD, Setup(clip="digits"), Guess("How many?", unit="s", near=0.2)),
    Step("second", "Choose", lambda: GOOD, None, Guess("Which?", ("a", "b"))),
)
LESSONS = (
    Lesson(1, "1_One", "the first", (), STEPS),
    Lesson(2, "2_Two", "the second", (1,), STEPS[:1]),
)
MARK = "\ue0000\ue001"


def test_numpy_stands_beside_torch_with_what_was_measured_below(qtbot):
    page = Page(LESSONS[0], (text("# One"), PAIR, replace(PAIR, name="other", told="Not equal.", equal=False)))
    panel = LearnPanel(Session(learning=Learning(LESSONS, page)))
    qtbot.addWidget(panel)
    panel.resize(520, 640)
    panel.show()
    panel.tick()
    QApplication.processEvents()
    shown = panel.pairs["half"]
    left, right = shown.sides
    assert [left.toPlainText().strip(), right.toPlainText().strip()] == [PAIR.numpy, PAIR.torch]
    assert {"Half of it.", "NumPy", "torch", PAIR.told} <= set(labels(shown))
    corner = lambda part: part.mapTo(shown, QPoint(0, 0))  # noqa: E731
    assert corner(left).y() == corner(right).y()
    assert corner(left).x() + left.width() <= corner(right).x()
    assert corner(shown.told).y() >= corner(left).y() + left.height()
    assert shown.told.property("role") == "good"
    assert panel.pairs["other"].told.property("role") == "bad"
    panel.resize(380, 640)
    qtbot.waitUntil(lambda: corner(right).y() >= corner(left).y() + left.height())  # too narrow for both


def text(markdown="Let $x$.", *latex):
    return Text(markdown, tuple(formula.draw(each) for each in latex))


PAIR = Pair(
    "half", "Half of it", "y = x / 2\nreturn y", "return torch.div(x, 2)", "Equal: of 4 numbers none.", True
)


@pytest.fixture
def panel(qtbot):
    page = Page(LESSONS[0], (text("# One\n\nSee [gates](view:gates)."), Place("first"), Place("second")))
    session = Session(learning=Learning(LESSONS, page))
    made = LearnPanel(session)
    qtbot.addWidget(made)
    made.resize(480, 640)
    made.show()
    made.tick()
    return made


def change(panel, **changes):
    panel.session.set("learning", replace(panel.session.state.learning, **changes))
    panel.tick()
    QApplication.processEvents()


def button(widget, words):
    return next(each for each in widget.findChildren(QPushButton) if each.text() == words)


def labels(widget):
    return [each.text() for each in widget.findChildren(QLabel) if not each.isHidden()]


def test_the_page_has_its_prose_and_a_card_for_each_step(panel):
    assert list(panel.cards) == ["first", "second"]
    assert "Lesson 1 of 2" in labels(panel)
    assert not button(panel, "Previous").isEnabled()
    assert button(panel, "Next").isEnabled()


def test_the_buttons_of_a_card_tell_which_step_is_meant(panel):
    told = []
    panel.arranged.connect(lambda name: told.append(("set up", name)))
    panel.checked.connect(lambda name: told.append(("measure", name)))
    button(panel.cards["first"], "Set up").click()
    button(panel.cards["second"], "Measure").click()
    assert told == [("set up", "first"), ("measure", "second")]
    assert not [each for each in panel.cards["second"].findChildren(QPushButton) if each.text() == "Set up"]


def test_a_guess_is_compared_with_what_was_measured(panel):
    panel.cards["first"]._field.setText("4.4")
    change(panel, outcomes=MappingProxyType({"first": GOOD}), done=frozenset({(1, "first")}))
    words = labels(panel.cards["first"])
    assert "You said 4.4 s: right. Measured: 4 s." in words
    assert {"left", "4", "done", "It was measured."} <= set(words)
    assert button(panel.cards["first"], "Measure again")
    assert "done" not in labels(panel.cards["second"])


def test_a_wrong_guess_and_a_failed_check_are_told_apart(panel):
    panel.cards["second"].findChildren(QRadioButton)[1].setChecked(True)
    change(panel, outcomes=MappingProxyType({"second": Outcome(True, "so", (), "a")}))
    assert "You said b. Measured: a." in labels(panel.cards["second"])
    change(panel, outcomes=MappingProxyType({"second": Outcome(False, "so", (), "a")}))
    assert any("failed" in each for each in labels(panel.cards["second"]))


def test_a_sound_of_the_outcome_can_be_played(panel):
    change(panel, outcomes=MappingProxyType({"first": GOOD}))
    heard = []
    panel.heard.connect(heard.append)
    button(panel.cards["first"], "a tone").click()
    assert heard == [TONE]


def test_while_a_step_is_measured_it_cannot_be_asked_for_again(panel):
    change(panel, running="first")
    assert not button(panel.cards["first"], "Measuring…").isEnabled()
    assert button(panel.cards["second"], "Measure").isEnabled()


def test_links_are_followed_by_the_keyboard(panel):
    told = []
    panel.linked.connect(lambda *link: told.append(link))
    prose = panel._prose[0]
    prose.setFocus()
    QTest.keyClick(prose, Qt.Key.Key_Tab)
    QTest.keyClick(prose, Qt.Key.Key_Return)
    assert told == [("view", "gates")]


def test_a_note_opens_below_the_page_and_goes_with_escape(panel):
    change(panel, note=text("**gate**: it lets through"))
    assert panel._box.isVisible()
    told = []
    panel.closed.connect(lambda: told.append("closed"))
    QTest.keyClick(panel, Qt.Key.Key_Escape)
    assert told == ["closed"]
    change(panel, note=None)
    assert not panel._box.isVisible()


def test_the_map_says_how_far_each_lesson_is_and_opens_it(panel):
    change(panel, done=frozenset({(1, "first"), (1, "second")}))
    panel.show_map()
    rows = panel.map.findChildren(LessonRow)
    assert [row.accessibleName() for row in rows] == ["Lesson 1, One: done", "Lesson 2, Two: 0 of 1, after 1"]
    opened = []
    panel.opened.connect(opened.append)
    rows[1].setFocus()
    QTest.keyClick(rows[1], Qt.Key.Key_Space)
    assert opened == [2]
    panel.show_map()
    assert "Lesson 1 of 2" in labels(panel)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_an_equation_is_painted_in_the_ink_of_the_theme(qtbot, qapp, name):
    theme.apply(qapp, name)
    try:
        prose = Prose(text(f"{MARK}", "W_{hh}"))
        qtbot.addWidget(prose)
        prose.resize(300, 60)
        image = QImage(300, 60, QImage.Format.Format_RGB32)
        image.fill(theme.current().colour("panel"))
        prose.viewport().setAutoFillBackground(False)
        prose.render(image)
        ink, ground = (theme.current().colour(each).lightness() for each in ("text", "panel"))
        found = {image.pixelColor(x, y).lightness() for x in range(60) for y in range(30)}
        assert (max(found) if ink > ground else min(found)) == pytest.approx(ink, abs=12)
    finally:
        theme.apply(qapp, "dark")


def test_a_wide_equation_is_made_to_fit_and_text_is_as_high_as_its_words(qtbot):
    long = r"a_1 + a_2 + a_3 + a_4 + a_5 + a_6 + a_7 + a_8 + a_9 + a_{10} + a_{11} + a_{12} + a_{13} + a_{14}"
    prose = Prose(text(f"{MARK}\ue000\ue001", long))
    qtbot.addWidget(prose)
    prose.resize(220, 50)
    prose.show()
    assert prose.document().idealWidth() <= prose.viewport().width()
    few = Prose(text("one line"))
    many = Prose(text("one line " * 80))
    for each in (few, many):
        qtbot.addWidget(each)
        each.resize(300, 10)
        each.show()
    assert many.height() > 4 * few.height()
