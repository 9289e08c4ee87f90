"""The time line of a run: where snapshots lie, and what a hand on it asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt

from engine.events import Began, Changed, Evaluated, Step
from engine.session import ASIDE, History
from widgets.timeline import TimeLine, best


@pytest.fixture
def history():
    held = (
        Evaluated(100, "valid", 2.0, 3, 10),
        Evaluated(200, "train", 0.1, 0, 10),
        Evaluated(200, "valid", 1.0, 3, 10),
    )
    return History(
        steps=tuple(Step(each, 0, 1.0 / each) for each in range(1, 301)),
        evaluated=held,
        changes=(Changed(150, "lr", 0.1, 0.2),),
        kept=(1, 50, 100, 200, 300),
        began=Began("run", "", 1000),
    )


@pytest.fixture
def line(qtbot, history):
    made = TimeLine()
    qtbot.addWidget(made)
    made.resize(516, 24)
    made.show_history(history)
    made.show()
    return made


@pytest.fixture
def asked(line):
    steps = []
    line.looked.connect(steps.append)
    return steps


def test_best_is_the_least_error_on_held_out_data_then_the_least_loss(history):
    assert best(history) == 200
    assert best(History()) is None


def test_a_click_asks_for_the_nearest_snapshot(qtbot, line, asked):
    for step in (52, 190, 2, 299):
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(round(line.place(step)), 12))
    assert asked == [50, 200, 1, None]


def test_arrows_go_from_snapshot_to_snapshot(qtbot, line, asked):
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(line, key)
    assert asked == [200, 100, 200, 1, None]


def test_a_drag_asks_for_each_snapshot_once_and_says_when_it_is_over(qtbot, line, asked):
    ended = []
    line.ended.connect(lambda: ended.append(True))
    qtbot.mousePress(line, Qt.MouseButton.LeftButton, pos=QPoint(round(line.place(200)), 12))
    for step in range(200, 40, -5):
        qtbot.mouseMove(line, QPoint(round(line.place(step)), 12))
    assert not ended
    qtbot.mouseRelease(line, Qt.MouseButton.LeftButton)
    assert asked == [200, 100, 50]
    assert ended == [True]


def test_what_the_run_keeps_meanwhile_moves_nothing_under_the_hand(qtbot, line, asked, history):
    qtbot.mousePress(line, Qt.MouseButton.LeftButton, pos=QPoint(round(line.place(100)), 12))
    line.show_history(replace(history, kept=(1, 100, 200, 300, 310), at=100))
    assert line.steps[line.value()] == 100
    qtbot.mouseRelease(line, Qt.MouseButton.LeftButton)
    line.show_history(replace(history, kept=(1, 100, 200, 300, 310), at=100))
    assert line.steps[line.value()] == 100
    assert asked == [100]


@pytest.mark.parametrize("at", [None, ASIDE, 77])
def test_without_a_snapshot_of_it_the_newest_is_marked(line, history, at):
    line.show_history(replace(history, at=at))
    assert line.steps[line.value()] == 300


def test_the_pointer_is_told_what_is_known(line, history):
    assert line._words(200) == "step 200, loss 0.005, held-out error 30.0 %, the best on held-out data"
    line.show_history(replace(history, changes=(Changed(200, "lr", 0.1, 0.2),)))
    assert "lr from 0.1 to 0.2" in line._words(200)


def test_a_picture_without_a_run(qtbot):
    made = TimeLine()
    qtbot.addWidget(made)
    made.show_history(History())
    assert not made.grab().isNull()
