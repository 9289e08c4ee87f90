"""Brushing in the lanes of states and gates: what a hand draws and chooses becomes an edit of just that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QContextMenuEvent

from engine import catalog
from engine.events import Difference
from engine.session import Cursor, Span
from engine.surgery import Edit, Held, Memory
from engine.trace import Key
from tests import example
from widgets import theme
from widgets.brush import Brush

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
"""Said by the platform without a screen when a menu pops up."""
ALT, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier


def lane(qtbot, name="gates", **kept):
    session = example.full(**kept)
    session.set("edits", ())
    view = catalog.load("widgets.views", name).View(session)
    qtbot.addWidget(view)
    view.resize(900, 420)
    view.show()
    view.tick()
    return view


def at(view, strip, time, share):
    """The point of a strip at a time and a share of its height."""
    box = view.box(len(view.strips), strip)
    return QPointF(view.axis().x(time), box.top() + share * box.height()).toPoint()


def brush(qtbot, view, strip, times, shares, modifier=ALT):
    start, stop = (at(view, strip, *each) for each in zip(times, shares, strict=True))
    qtbot.mousePress(view.canvas, Qt.MouseButton.LeftButton, modifier, start)
    qtbot.mouseMove(view.canvas, (start + stop) / 2)
    qtbot.mouseMove(view.canvas, stop)
    qtbot.mouseRelease(view.canvas, Qt.MouseButton.LeftButton, modifier, stop)


def choose(view, words):
    """Trigger the line of the open menu that begins with `words`."""
    menu = view._menu
    assert menu.isVisible()
    action = next(each for each in menu.actions() if each.text().replace("&", "").startswith(words))
    action.trigger()
    menu.hide()


def test_a_brush_in_a_gate_becomes_an_edit_of_what_it_covers(qtbot):
    view = lane(qtbot)
    index = next(k for k, strip in enumerate(view.strips) if strip.key.name == "gate.i")
    brush(qtbot, view, index, (1.0, 2.0), (0.251, 0.499))
    assert view.session.state.edits == (), "nothing is done before it is chosen"
    choose(view, "Force shut")
    (edit,) = view.session.state.edits
    assert (edit.how, edit.name, edit.layer, edit.direction, edit.value) == ("set", "i", 1, "forward", 0.0)
    assert (edit.start, edit.stop) == pytest.approx((1.0, 2.0), abs=0.02)
    assert edit.units == tuple(range(32, 64))
    assert view.brush is None
    frames = (np.array([edit.start, edit.stop]) * example.FRAMES + 0.5) % 1
    assert np.minimum(frames, 1 - frames).max() < 1e-6, "it ends at the edge of a frame"


@pytest.mark.parametrize(
    ("name", "words", "how", "value"),
    [
        ("hidden", "Zero", "set", 0.0),
        ("hidden", "Freeze", "freeze", 0.0),
        ("cell", "Set a value", "set", 0.5),
        ("gates", "Force open", "set", 1.0),
        ("cell", "Reset", "reset", 0.0),
    ],
)
def test_what_is_chosen_is_done(qtbot, name, words, how, value):
    view = lane(qtbot, name)
    brush(qtbot, view, 0, (3.0, 1.0), (-0.01, 1.5))
    choose(view, words)
    (edit,) = view.session.state.edits
    assert (edit.how, edit.value, edit.units) == (how, value, ()), "beyond both edges means all units"
    assert edit.start == pytest.approx(1.0, abs=0.02)


def test_a_brush_follows_the_order_of_the_units(qtbot):
    view = lane(qtbot, "hidden")
    view.session.set("sort", "peak")
    view.tick()
    strip = view.strips[0]
    brush(qtbot, view, 0, (1.0, 2.0), (0.0, 0.1))
    choose(view, "Zero")
    (edit,) = view.session.state.edits
    assert edit.units == tuple(sorted(int(unit) for unit in strip.order[: len(edit.units)]))
    assert 10 < len(edit.units) < 16


def test_a_backward_layer_is_edited_where_it_was_brushed(qtbot):
    view = lane(qtbot, "hidden", both=True)
    assert view.strips[1].key.direction == "backward"
    brush(qtbot, view, 1, (1.0, 2.0), (0.2, 0.4))
    choose(view, "Freeze")
    assert view.session.state.edits[0].direction == "backward"


def test_the_halves_of_both_directions_are_told_apart_k219(qtbot):
    view = lane(qtbot, "hidden", both=True)
    assert [view.name_of(strip.key) for strip in view.strips] == ["→", "←"] * (len(view.strips) // 2)
    assert [strip.rows for strip in view.strips] == [128] * len(view.strips)


def test_without_alt_or_the_switch_a_drag_still_pans_and_a_click_sets_the_cursor(qtbot):
    view = lane(qtbot)
    view.session.set("view", Span(1.0, 3.0))
    view.tick()
    brush(qtbot, view, 0, (1.5, 2.0), (0.2, 0.8), NONE)
    assert view.session.state.view.start != 1.0
    assert view.brush is None
    point = at(view, 0, 1.5, 0.5)
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, ALT, point)
    assert view.session.state.cursor.time == pytest.approx(1.5, abs=0.02)
    view.brushing.setChecked(True)
    view.session.set("view", Span(1.0, 3.0))
    view.tick()
    brush(qtbot, view, 0, (1.5, 2.0), (0.2, 0.8), NONE)
    assert view.session.state.view.start == 1.0
    choose(view, "Force open")
    assert len(view.session.state.edits) == 1


def test_by_keys_alone(qtbot):
    view = lane(qtbot)
    view.session.set("cursor", Cursor(1.0, Key("gate.f", 1), 20))
    for key in (Qt.Key.Key_E, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(view.canvas, key)
    view.session.set("cursor", replace(view.session.state.cursor, time=1.5))
    view.canvas.grab()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Return)
    choose(view, "Force open")
    (edit,) = view.session.state.edits
    assert (edit.name, edit.units) == ("f", (19, 20, 21, 22))
    assert (edit.start, edit.stop) == pytest.approx((1.0, 1.5), abs=0.02)


def test_by_keys_over_the_selection(qtbot):
    view = lane(qtbot)
    view.session.set("selection", Span(2.0, 2.5))
    view.session.set("cursor", Cursor(1.0))
    qtbot.keyClick(view.canvas, Qt.Key.Key_E)
    choose(view, "Force open")
    (edit,) = view.session.state.edits
    assert edit.units == ()
    assert (edit.start, edit.stop) == pytest.approx((2.0, 2.5), abs=0.02)


def test_by_keys_and_given_up(qtbot):
    view = lane(qtbot)
    for _ in range(2):
        qtbot.keyClick(view.canvas, Qt.Key.Key_E)
    assert view.brush is None


def test_a_copied_state_is_offered(qtbot):
    view = lane(qtbot, "cell")
    zero = (0.0,) * 128
    view.session.set(
        "memory", Memory("cat at 1.00 s", (Held(1, "forward", zero, zero), Held(2, "forward", zero, zero)))
    )
    brush(qtbot, view, 0, (1.0, 2.0), (0.2, 0.4))
    choose(view, "Paste the state of cat at 1.00 s")
    (edit,) = view.session.state.edits
    assert (edit.how, edit.memory) == ("paste", view.session.state.memory)


def test_a_right_click_offers_the_moment_and_the_edit_there(qtbot):
    view = lane(qtbot)
    edit = Edit("set", 1.0, 2.0, "f", 1)
    view.session.set("edits", (edit, Edit("reset", 4.0)))
    action = QAction("Reset the state here", view)
    action.setObjectName("reset_state")
    point = view.canvas.mapTo(view, at(view, 0, 1.5, 0.5))
    view.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, view.mapToGlobal(point)))
    assert view.session.state.cursor.time == pytest.approx(1.5, abs=0.02)
    assert action in view._menu.actions()
    choose(view, "Switch off: forget gate f = 0 (shut)")
    assert view.session.state.edits == (replace(edit, on=False), Edit("reset", 4.0))
    view.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, view.mapToGlobal(point)))
    choose(view, "Remove: forget gate")
    assert view.session.state.edits == (Edit("reset", 4.0),)


def test_edits_and_differences_can_be_seen(qtbot):
    """The outline in the accent, what differs in red; of another layer nothing."""
    view = lane(qtbot)

    def inks(name):
        image = view.canvas.grab().toImage()
        colour = theme.current().colour(name).rgb()
        box = view.box(len(view.strips), 0)
        x, rows = round(view.axis().x(1.75)), range(int(box.top()), int(box.bottom()) + 1)
        return sum(image.pixel(x, y) == colour for y in rows)

    assert (inks("accent"), inks("bad")) == (0, 0)
    view.session.set("edits", (Edit("set", 1.5, 2.0, "f", 2),))
    assert inks("accent") == 0
    view.session.set("edits", (Edit("set", 1.5, 2.0, "f", 1, units=(3, 4, 60)),))
    assert inks("accent") >= 3
    spans = {view.strips[0].key: (Span(1.6, 1.9),)}
    view.session.set("traced", replace(view.session.state.traced, difference=Difference(spans=spans)))
    view.tick()
    assert inks("bad") >= 3


def test_the_half_life_of_the_unit_under_the_pointer(qtbot):
    from widgets.memory import half_life

    for name, gate in (("gates", "gate.f"), ("cell", "gate.f")):
        view = lane(qtbot, name)
        reading = view.read(QPointF(at(view, 0, 1.5, 0.5)))
        frames = half_life(view.source()[Key(gate, 1)].values)[reading.unit]
        assert f"half-life {frames:.1f} frames" in reading.text or f"half-life {frames:.0f} frames" in reading.text
    view = lane(qtbot, "hidden", cell="gru")
    assert "half-life" in view.read(QPointF(at(view, 0, 1.5, 0.5))).text
    reading, z = view.read(QPointF(at(view, 0, 1.5, 0.5))), view.source()[Key("gate.z", 1)].values
    seed = catalog.load("models", "scratch").Settings(cell="gru", variant="seed")
    view.session.set("network", replace(view.session.state.network, settings=seed))
    for kept in (z, 1 - z):
        assert f"half-life {half_life(kept)[reading.unit]:.1f} frames" in reading.text
        reading = view.read(QPointF(at(view, 0, 1.5, 0.5)))
    view = lane(qtbot, "hidden")
    assert "half-life" not in view.read(QPointF(at(view, 0, 1.5, 0.5))).text


def test_a_brush_stays_inside_the_clip():
    assert Brush(0, (-1.0, 9.0), (0, 0)).span(0.0, 100.0, 500) == (0.0, 4.995)


def test_live_nothing_is_brushed(qtbot):
    session = example.live()
    view = catalog.load("widgets.views", "gates").View(session)
    qtbot.addWidget(view)
    view.resize(900, 420)
    view.show()
    example.feed(session, 0, 0.5)
    view.tick()
    qtbot.mousePress(view.canvas, Qt.MouseButton.LeftButton, ALT, QPoint(300, 100))
    qtbot.mouseMove(view.canvas, QPoint(400, 200))
    assert view.brush is None
    assert not view.header.tool.isVisible()
