"""Labels changed by hand in the ruler: boundaries keep their order, one drag is one step back, texts are typed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from engine import document
from engine.clip import Label
from engine.events import Restored
from engine.session import Span
from tests import example
from widgets import relabel
from widgets.views import ruler

LABELS = (
    Label(0.5, 1.0, "one", "digit"),
    Label(1.0, 1.5, "two", "digit"),
    Label(2.0, 2.5, "three", "digit"),
    Label(0.5, 1.0, "w", "phone"),
)


@pytest.fixture
def lane(qtbot):
    session = example.full()
    session.set("clip", replace(session.state.clip, labels=LABELS))
    session.forget()
    made = ruler.View(session)
    qtbot.addWidget(made)
    made.resize(1200, 80)
    made.show()
    made.tick()
    return made


def at(lane, time: float, row: int = 0) -> QPoint:
    return QPoint(round(lane.axis().x(time)), 22 + 18 * row + 9)


def times(lane):
    return [(each.start, each.end) for each in lane.session.state.clip.labels]


def move(lane, point: QPoint, held=Qt.MouseButton.LeftButton) -> None:
    place, none = QPointF(point), Qt.MouseButton.NoButton
    kind, modifier = QMouseEvent.Type.MouseMove, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(kind, place, lane.canvas.mapToGlobal(place), none, held, modifier)
    QApplication.sendEvent(lane.canvas, event)


def drag(qtbot, lane, *along: float, release: bool = True) -> None:
    qtbot.mousePress(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, along[0]))
    for time in along[1:]:
        move(lane, at(lane, time))
    if release:
        qtbot.mouseRelease(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, along[-1]))


def test_neighbours_that_touch_move_together_and_one_drag_is_one_step_back(qtbot, lane):
    cursor, view, clip = lane.session.state.cursor, lane.session.state.view, lane.session.state.clip
    drag(qtbot, lane, 1.0, 1.1, 1.2, 1.3)
    after = times(lane)
    assert after[0] == (0.5, pytest.approx(1.3, abs=0.01))
    assert after[1] == (after[0][1], 1.5)
    assert after[2:] == [(2.0, 2.5), (0.5, 1.0)], "other labels and the other tier stay"
    assert lane.session.state.clip.id == clip.id, "it sounds the same"
    assert (lane.session.state.cursor, lane.session.state.view) == (cursor, view)
    assert lane.session.undo()
    assert lane.session.state.clip is clip
    assert not lane.session.undo()
    assert lane.session.redo()
    assert times(lane) == after


def test_a_boundary_does_not_cross_the_next(qtbot, lane):
    drag(qtbot, lane, 1.0, 4.0)
    assert times(lane)[:2] == [(0.5, 1.499), (1.499, 1.5)]
    lane.session.undo()
    lane.renew()
    drag(qtbot, lane, 1.5, 4.0)
    assert times(lane)[1:3] == [(1.0, 2.0), (2.0, 2.5)], "it may touch the next label"
    lane.renew()
    drag(qtbot, lane, 0.5, 0.0, -1.0)
    assert times(lane)[0][0] == 0.0
    drag(qtbot, lane, 2.5, 1e3)
    assert times(lane)[2][1] == lane.session.state.clip.seconds


def test_a_click_near_a_boundary_selects_all_the_same(qtbot, lane):
    qtbot.mouseClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 1.0) + QPoint(2, 0))
    assert lane.session.state.selection == Span(1.0, 1.5)
    assert not lane.session.edited


def test_a_short_label_keeps_a_middle_to_click_on():
    labels = (Label(0.0, 0.3, "a"),)
    assert relabel.boundary(labels, "text", 0.15, 1.0) is None
    assert relabel.boundary(labels, "text", 0.21, 1.0) == 0.3
    assert relabel.boundary(labels, "other", 0.3, 1.0) is None


def test_labels_too_short_to_give_way_stay():
    labels = (Label(0.0, 0.0005, "a"), Label(0.0005, 0.001, "b"))
    assert relabel.moved(labels, "text", 0.0005, 0.0008, 1.0) == labels


def test_escape_takes_the_drag_back(qtbot, lane):
    clip = lane.session.state.clip
    drag(qtbot, lane, 1.0, 1.3, release=False)
    lane.renew()
    assert lane._tiers[0][1][0].end == pytest.approx(1.3, abs=0.01), "it is seen while it is dragged"
    asked = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    asked.ignore()
    QApplication.sendEvent(lane.canvas, asked)
    assert asked.isAccepted(), "the window's Escape would not let it through"
    qtbot.keyClick(lane.canvas, Qt.Key.Key_Escape)
    move(lane, at(lane, 1.4))
    qtbot.mouseRelease(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 1.4))
    lane.renew()
    assert lane.session.state.clip is clip
    assert lane._tiers[0][1][0].end == 1.0
    assert not lane.session.edited


def test_the_pointer_tells_where_a_boundary_is(lane):
    shapes = []
    for point in (at(lane, 1.0), at(lane, 1.0) + QPoint(3, 0), at(lane, 1.0) + QPoint(8, 0), at(lane, 1.0, -1)):
        move(lane, point, Qt.MouseButton.NoButton)
        shapes.append(lane.canvas.cursor().shape())
    split, arrow = Qt.CursorShape.SplitHCursor, Qt.CursorShape.ArrowCursor
    assert shapes == [split, split, arrow, arrow]


def test_live_there_is_nothing_to_change(qtbot, lane):
    lane.session.set("transport", replace(lane.session.state.transport, live=True))
    lane.tick()
    clip = lane.session.state.clip
    drag(qtbot, lane, 1.0, 1.3)
    qtbot.mouseDClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 0.7))
    assert lane.session.state.clip is clip
    assert lane.canvas.findChild(relabel.Line) is None


@pytest.mark.parametrize(
    ("text", "key", "texts"),
    [
        ("nine", Qt.Key.Key_Return, ["nine", "two", "three", "w"]),
        ("nine", Qt.Key.Key_Escape, ["one", "two", "three", "w"]),
        ("", Qt.Key.Key_Return, ["two", "three", "w"]),
    ],
)
def test_a_double_click_changes_the_text(qtbot, lane, text, key, texts):
    view = lane.session.state.view
    qtbot.mouseDClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 0.7))
    line = lane.canvas.findChild(relabel.Line)
    assert line.text() == "one"
    assert line.geometry().contains(at(lane, 0.55))
    line.setText(text)
    qtbot.keyClick(line, key)
    assert [each.text for each in lane.session.state.clip.labels] == texts
    assert not line.isVisible()
    assert lane.session.state.view == view
    assert lane.session.undo() == (key == Qt.Key.Key_Return)
    assert lane.session.state.clip.labels == LABELS


def test_a_double_click_beside_labels_shows_the_whole_clip(qtbot, lane):
    lane.zoom(0.5, 1.0)
    qtbot.mouseDClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 1.7))
    assert lane.session.state.view.stop == lane.length()


def test_a_session_file_keeps_changed_labels(qtbot, lane, tmp_path):
    drag(qtbot, lane, 1.0, 1.3)
    labels = lane.session.state.clip.labels
    relabel.rename(lane.session, labels[2], "größer")
    for _ in document.save(replace(lane.session.state, network=None), tmp_path / "a.oto"):
        pass
    values = next(each for each in document.load(tmp_path / "a.oto") if isinstance(each, Restored)).values
    assert values["clip"].labels == lane.session.state.clip.labels
    assert values["clip"].labels[:2] == labels[:2] != LABELS[:2]
    assert values["clip"].labels[2].text == "größer"
