"""Labels changed by hand in the ruler: boundaries keep their order, one drag is one step back, texts are typed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from engine import checkpoint, document
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


def test_a_double_click_on_the_seconds_shows_the_whole_clip(qtbot, lane):
    lane.zoom(0.5, 1.0)
    qtbot.mouseDClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 1.7, -1))
    assert lane.session.state.view.stop == lane.length()


def type_in(qtbot, lane, text: str, key=Qt.Key.Key_Return) -> None:
    line = lane.canvas.findChild(relabel.Line)
    line.setText(text)
    qtbot.keyClick(line, key)
    line.setParent(None)


def put_cursor(lane, time: float) -> None:
    lane.session.set("cursor", replace(lane.session.state.cursor, time=time))


def said(lane, tier: str = "digit"):
    found = [each for each in lane.session.state.clip.labels if each.tier == tier]
    return [(pytest.approx(each.start), pytest.approx(each.end), each.text) for each in found]


def test_a_double_click_beside_labels_makes_one_there(qtbot, lane):
    qtbot.mouseDClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 1.7))
    assert lane.canvas.findChild(relabel.Line).text() == ""
    type_in(qtbot, lane, "six")
    assert said(lane)[2] == (1.5, 2.0, "six")
    assert [each.tier for each in lane.session.state.clip.labels] == [*["digit"] * 4, "phone"]
    assert lane.session.undo()
    assert lane.session.state.clip.labels == LABELS
    assert not lane.session.undo()
    lane.renew()
    qtbot.mouseDClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 1.7))
    type_in(qtbot, lane, "  ")
    assert lane.session.state.clip.labels == LABELS, "a label without a text is none"


def test_what_is_selected_is_named_and_what_it_covers_gives_way(qtbot, lane):
    lane.session.set("selection", Span(0.7, 2.2))
    assert lane.labelling.name() == ""
    type_in(qtbot, lane, "long")
    assert said(lane) == [(0.5, 0.7, "one"), (0.7, 2.2, "long"), (2.2, 2.5, "three")]
    assert said(lane, "phone") == [(0.5, 1.0, "w")]
    # Named again, it is the same label.
    lane.renew()
    lane.labelling.name()
    assert lane.canvas.findChild(relabel.Line).text() == "long"
    type_in(qtbot, lane, "longer")
    assert said(lane)[1] == (0.7, 2.2, "longer")
    lane.session.undo()
    lane.session.undo()
    assert lane.session.state.clip.labels == LABELS


def test_a_label_inside_another_makes_that_two():
    label = Label(0.0, 3.0, "aaa")
    assert relabel.put((label,), Label(1.0, 2.0, "b")) == (
        Label(0.0, 1.0, "aaa"),
        Label(1.0, 2.0, "b"),
        Label(2.0, 3.0, "aaa"),
    )


def test_without_a_selection_what_is_at_the_cursor_is_named(qtbot, lane):
    put_cursor(lane, 1.2)
    lane.labelling.name()
    assert lane.canvas.findChild(relabel.Line).text() == "two"
    type_in(qtbot, lane, "2")
    assert said(lane)[1] == (1.0, 1.5, "2")
    put_cursor(lane, 3.0)
    lane.renew()
    lane.labelling.name()
    type_in(qtbot, lane, "end")
    assert said(lane)[3] == (2.5, lane.session.state.clip.seconds, "end")


def test_a_label_is_cut_in_two_or_ended_by_keys(qtbot, lane):
    put_cursor(lane, 1.2)
    lane.labelling.split()
    type_in(qtbot, lane, "too")
    assert said(lane)[1:3] == [(1.0, 1.2, "two"), (1.2, 1.5, "too")]
    lane.session.undo()
    assert lane.session.state.clip.labels == LABELS
    lane.renew()
    lane.labelling.split()
    type_in(qtbot, lane, "")
    assert said(lane)[1:3] == [(1.0, 1.2, "two"), (2.0, 2.5, "three")]
    lane.session.undo()
    lane.renew()
    lane.labelling.split()
    type_in(qtbot, lane, "too", Qt.Key.Key_Escape)
    assert lane.session.state.clip.labels == LABELS
    put_cursor(lane, 1.7)
    assert "no label at the cursor" in lane.labelling.split()


def test_the_nearest_boundary_comes_to_the_cursor(lane):
    put_cursor(lane, 1.1)
    assert lane.labelling.move() == ""
    assert said(lane)[:2] == [(0.5, 1.1, "one"), (1.1, 1.5, "two")]
    lane.session.undo()
    put_cursor(lane, 2.8)
    lane.labelling.move()
    assert said(lane)[2] == (2.0, 2.8, "three")
    assert lane.session.undo()
    assert lane.session.state.clip.labels == LABELS


def test_a_label_is_taken_away_by_a_key(qtbot, lane):
    put_cursor(lane, 1.2)
    assert lane.labelling.remove() == ""
    assert [text for *_, text in said(lane)] == ["one", "three"]
    assert "no label" in lane.labelling.remove()
    lane.session.undo()
    assert lane.session.state.clip.labels == LABELS
    # The tier that was clicked is the one that is worked in.
    lane.renew()
    qtbot.mouseClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 0.7, 1))
    lane.labelling.remove()
    assert said(lane, "phone") == []
    assert len(said(lane)) == 3


def test_a_clip_without_labels_gets_its_first(qtbot, lane):
    lane.session.set("clip", replace(lane.session.state.clip, labels=()))
    lane.renew()
    assert "no label" in lane.labelling.move()
    lane.session.set("selection", Span(0.25, 0.75))
    lane.labelling.name()
    type_in(qtbot, lane, "hello")
    (label,) = lane.session.state.clip.labels
    assert (label.start, label.end, label.text) == (0.25, 0.75, "hello")
    assert label.tier == lane.labelling.tier
    lane.session.set("transport", replace(lane.session.state.transport, live=True))
    assert "open a recording" in lane.labelling.name()


def test_the_tier_of_the_network_can_be_begun_and_a_third_one_is_seen(qtbot, lane):
    """Words alone, and a network that names phonemes."""
    words = (Label(0.5, 1.0, "one", "word"), Label(1.0, 2.0, "a b", "phrase"))
    lane.session.set("clip", replace(lane.session.state.clip, labels=words))
    lane.session.set("network", checkpoint.untrained("phonemes"))
    lane.renew()
    assert [name for name, _ in lane._tiers] == ["word", "phrase", "phone"]
    assert lane.height() >= 22 + 3 * 18
    put_cursor(lane, 0.7)
    lane.labelling.name()
    assert lane.canvas.findChild(relabel.Line).text() == "one", "what is named already is named anew"
    type_in(qtbot, lane, "1")
    qtbot.mouseClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 0.7, 2))
    lane.session.set("selection", Span(0.5, 0.75))
    lane.labelling.name()
    type_in(qtbot, lane, "w")
    assert said(lane, "phone") == [(0.5, 0.75, "w")]
    lane.renew()
    qtbot.mouseDClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 1.5, 2))
    type_in(qtbot, lane, "t")
    assert said(lane, "phone")[1] == (0.75, lane.session.state.clip.seconds, "t")
    assert (said(lane, "word"), said(lane, "phrase")) == ([(0.5, 1.0, "1")], [(1.0, 2.0, "a b")])


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
