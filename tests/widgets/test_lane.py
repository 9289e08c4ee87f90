"""A lane under mouse and keys: zoom, pan, select, cursor, units, and time that stays aligned with speed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication

from engine.clip import from_array
from engine.knob import Settings, knob
from engine.session import Cursor, Session, Span, Walk
from engine.stages.stage import Link
from engine.trace import Key
from tests import example
from widgets.canvas import TICKS, paint_ticks
from widgets.lane import Tick
from widgets.memory import half_life
from widgets.views import attention, hidden, posteriors, ruler, spectrogram, waveform


@pytest.fixture
def lane(qtbot):
    made = hidden.View(example.full())
    qtbot.addWidget(made)
    made.resize(900, 160)
    made.show()
    made.tick()
    return made


def at(lane, time: float, y: float = 80) -> QPoint:
    return QPoint(round(lane.axis().x(time)), round(y))


def wheel(lane, time: float, steps: int, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    point = QPointF(at(lane, time))
    event = QWheelEvent(
        point, lane.canvas.mapToGlobal(point), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(lane.canvas, event)


def drag(qtbot, lane, start: float, stop: float, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    ends = at(lane, start), at(lane, stop)
    qtbot.mousePress(lane.canvas, Qt.MouseButton.LeftButton, modifier, ends[0])
    middle = (ends[0] + ends[1]) / 2
    for point in (middle, ends[1]):
        from PySide6.QtGui import QMouseEvent

        event = QMouseEvent(
            QMouseEvent.Type.MouseMove, QPointF(point), lane.canvas.mapToGlobal(QPointF(point)),
            Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, modifier,
        )  # fmt: skip
        QApplication.sendEvent(lane.canvas, event)
    qtbot.mouseRelease(lane.canvas, Qt.MouseButton.LeftButton, modifier, ends[1])


def test_the_wheel_zooms_at_the_pointer(lane):
    x = at(lane, 2.0).x()
    time = lane.axis().time(x)
    wheel(lane, 2.0, 2)
    view = lane.session.state.view
    assert view.seconds < 4
    assert lane.axis().time(x) == pytest.approx(time, abs=0.01)
    wheel(lane, 2.0, -30)
    assert lane.session.state.view == Span(0.0, 5.0), "all the clip, and no more"


def test_a_drag_pans_and_stops_at_the_end(qtbot, lane):
    lane.session.set("view", Span(1.0, 3.0))
    drag(qtbot, lane, 2.0, 1.5)
    assert lane.session.state.view.start == pytest.approx(1.5, abs=0.02)
    drag(qtbot, lane, 3.4, 1.6)
    assert lane.session.state.view.stop == pytest.approx(5.0, abs=0.5)
    assert lane.session.state.selection is None


def test_shift_drag_selects_and_a_click_lets_go(qtbot, lane):
    drag(qtbot, lane, 2.5, 1.0, Qt.KeyboardModifier.ShiftModifier)
    selection = lane.session.state.selection
    assert selection.start == pytest.approx(1.0, abs=0.02)
    assert selection.stop == pytest.approx(2.5, abs=0.02)
    assert lane.session.state.view == Span(0.0, 5.0)
    qtbot.mouseClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 4.0))
    assert lane.session.state.selection is None


def test_a_click_sets_time_and_unit(qtbot, lane):
    strip = lane.strips[0]
    y = lane.box(1, 0).top() + strip.share(100) * lane.box(1, 0).height()
    qtbot.mouseClick(lane.canvas, Qt.MouseButton.LeftButton, pos=at(lane, 3.0, y))
    cursor = lane.session.state.cursor
    assert cursor.time == pytest.approx(3.0, abs=0.01)
    assert cursor.key == Key("h", 1)
    assert abs(cursor.unit - 100) <= 1


def test_keys_move_the_cursor(qtbot, lane):
    lane.session.set("cursor", Cursor(2.0))
    canvas = lane.canvas
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert lane.session.state.cursor.time == pytest.approx(2.01)
    qtbot.keyClick(canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert lane.session.state.cursor.time == pytest.approx(1.01)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert lane.session.state.view.seconds == pytest.approx(3.5)
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert lane.session.state.view.seconds == pytest.approx(5.0)
    for _ in range(3):
        qtbot.keyClick(canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert lane.session.state.cursor.time == 0.0


def test_the_cursor_is_kept_in_sight(lane):
    lane.session.set("view", Span(0.0, 1.0))
    lane.move_cursor(3.0)
    view = lane.session.state.view
    assert view.start <= 3.0 <= view.stop
    assert view.seconds == pytest.approx(1.0)


@pytest.mark.parametrize(("start", "scale"), [(0.0, 1.0), (1.5, 1.0), (0.0, 0.5), (2.0, 2.0)])
def test_series_lie_on_the_clips_clock(qtbot, start, scale):
    """A recording of a range, at another speed: the middle of the processed sound is the middle of the range."""
    session = example.full()
    clean = example.sound()
    traced = example.traced(session.state.clip, clean, start, scale)
    session.set("traced", traced)
    view = hidden.View(session)
    qtbot.addWidget(view)
    series = traced.trace.series[Key("h", 1)]
    first, rate = view.clock(replace(series, first=start))
    assert first == pytest.approx(start)
    assert first + len(series.values) / rate == pytest.approx(start + example.SECONDS / scale)
    assert view.clip_time(start + example.SECONDS / 2) == pytest.approx(start + example.SECONDS / 2 / scale)


def test_a_lane_without_a_clip_bears_every_key(qtbot):
    view = waveform.View(Session())
    qtbot.addWidget(view)
    view.resize(400, 100)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Plus, Qt.Key.Key_End, Qt.Key.Key_0, Qt.Key.Key_Home):
        qtbot.keyClick(view.canvas, key)
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 50))
    wheel(view, 0.5, 3)
    assert view.trouble == ""


def test_clipped_samples_light_up(qtbot):
    session = example.full()
    session.set("traced", None)
    session.set("clip", from_array(example.sound() * 20, example.RATE, "loud"))
    view = waveform.View(session)
    qtbot.addWidget(view)
    view.resize(600, 100)
    view.tick()
    view.renew()
    assert not view._clips.all()
    assert view._clips.any()
    loudest = example.sound() / np.abs(example.sound()).max()
    session.set("clip", from_array(loudest, example.RATE, "as loud as can be"))
    view.renew()
    assert not view._clips.any(), "one sample at full scale is not cut off"
    session.set("clip", from_array(example.sound() * 0.5, example.RATE, "soft"))
    view.renew()
    assert not view._clips.any()


def test_a_drag_along_the_seconds_scrubs(qtbot):
    session = example.full()
    made = ruler.View(session)
    qtbot.addWidget(made)
    made.resize(900, 60)
    made.show()
    session.set("selection", Span(0.1, 0.2))
    view, seen = session.state.view, []
    session.on("cursor", lambda: seen.append((session.state.cursor.time, session.state.transport.scrubbing)))
    qtbot.mousePress(made.canvas, Qt.MouseButton.LeftButton, pos=at(made, 0.5, 8))
    qtbot.mouseMove(made.canvas, at(made, 0.8, 8))
    qtbot.mouseMove(made.canvas, at(made, 1e3, 8))
    qtbot.mouseRelease(made.canvas, Qt.MouseButton.LeftButton, pos=at(made, 1e3, 8))
    end = session.state.seconds
    assert [time for time, _ in seen] == pytest.approx([0.5, 0.8, end], abs=0.01)
    assert all(scrubbing for _, scrubbing in seen)
    assert not session.state.transport.scrubbing
    assert session.state.view == view
    assert session.state.selection is None
    qtbot.mousePress(
        made.canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, pos=at(made, 0.5, 8)
    )
    assert not session.state.transport.scrubbing  # that selects


def test_a_label_on_the_ruler_is_selected_by_a_click(qtbot):
    session = example.full()
    view = ruler.View(session)
    qtbot.addWidget(view)
    view.resize(900, 60)
    label = session.state.clip.labels[2]
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=at(view, (label.start + label.end) / 2, 32))
    assert session.state.selection == Span(label.start, label.end)


def test_wrong_words_are_marked(qtbot):
    view = posteriors.View(example.full())
    qtbot.addWidget(view)
    view.refresh()
    assert [mark for _, mark in view._found] == ["right", "right", "right", "wrong", "right", "right", "right"]
    assert [mark for _, mark in view._truth][-1] == "missing"
    assert "25.0 %" in view.badge()


def test_frozen_live_lanes_keep_still(qtbot):
    session = example.live()
    view = hidden.View(session)
    qtbot.addWidget(view)
    example.feed(session, 0, 1.0)
    assert view.now == pytest.approx(1.0)
    value = view.value(view._strip(Key("h", 1), view._latest[Key("h", 1)]), 5, 0.5)
    assert value == pytest.approx(float(example.series()[Key("h", 1)].values[50, 5]))
    session.set("transport", replace(session.state.transport, frozen=True))
    example.feed(session, 1.0, 1.5)
    assert view.now == pytest.approx(1.0)
    session.set("transport", replace(session.state.transport, frozen=False))
    example.feed(session, 1.5, 1.6)
    assert view.now == pytest.approx(1.6)
    assert view._rolls[Key("h", 1)].at(1.2) is None, "what passed while frozen is a gap"


def test_half_life_of_a_constant_gate():
    gates = np.full((300, 3), (0.5, 0.9, 0.99), np.float32)
    assert half_life(gates) == pytest.approx([1.0, 6.58, 68.97], rel=1e-3)


@pytest.mark.parametrize(("rate", "limit"), [(8000, 4000), (16000, 8000), (44100, 22050)])
def test_the_band_limit_is_drawn_where_the_sound_ends(qtbot, rate, limit):
    session = example.full()
    session.set("cursor", Cursor(9.0))
    view = spectrogram.View(session)
    qtbot.addWidget(view)
    view.resize(900, 300)
    view.renew()
    without = view.canvas.grab().toImage()
    clip = session.state.clip
    session.set("clip", replace(from_array(example.sound(), rate, "other"), id=clip.id))
    view.renew()
    assert view._limit() == limit
    assert (view.canvas.grab().toImage() != without) == (limit < 7760)


@pytest.mark.parametrize("rows", [1, 50])
def test_a_click_on_attention_plays_what_is_attended_to(qtbot, rows):
    """In a row of weights that is the frame itself; in a matrix of a causal network the top row is now."""
    session = example.full()
    session.set("network", replace(session.state.network, live=True))
    traced, key = session.state.traced, Key("attention")
    weights = replace(traced.trace.series[key], values=np.full((500, rows), 1 / rows, np.float32))
    trace = replace(traced.trace, series={**traced.trace.series, key: weights})
    session.set("traced", replace(traced, trace=trace))
    view = attention.View(session)
    qtbot.addWidget(view)
    view.resize(900, 202)
    view.show()
    view.tick()
    for share in (0.25, 0.75):
        y = view.area().top() + share * view.area().height()
        qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=at(view, 3.0, y))
        time, moment = session.state.cursor.time, session.state.moment
        assert time == pytest.approx(3.0, abs=0.01)
        away = share * 0.5 if rows > 1 else 0.0  # 50 frames of 10 ms
        assert (moment.start + moment.stop) / 2 == pytest.approx(time - away, abs=0.02)
        assert moment.seconds == pytest.approx(attention.HEARD)


@pytest.mark.parametrize("shift", [0.5, -0.5])
def test_an_arrow_shows_how_far_the_sound_is_moved(qtbot, shift):
    session = example.full()
    session.set("transport", replace(session.state.transport, live=False))
    view = waveform.View(session)
    qtbot.addWidget(view)
    view.resize(900, 160)

    def drawn() -> np.ndarray:
        view.renew()
        image = view.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()

    still = (Link("shift", Moved()),)
    session.set("chain", still)
    without = drawn()
    session.set("chain", (Link("shift", Moved(shift), on=False),))
    assert (drawn() == without).all()
    session.set("chain", (Link("shift", Moved(shift)),))
    row = int(view.area().top()) + 10
    columns = np.flatnonzero((drawn() != without)[row - 1 : row + 2].any(axis=0))
    left, right = (round(view.axis().x(each)) for each in (0.0, 0.5))
    assert columns[0] == pytest.approx(left, abs=2)
    assert set(range(left + 2, right - 1)) <= set(columns.tolist())
    heads = (drawn() != without)[row - 3, : right + 5]
    assert abs(np.flatnonzero(heads)[0] - (right if shift > 0 else left)) < 6


@dataclass(frozen=True)
class Moved(Settings):
    shift: float = knob(0.0, -1.0, 1.0)


def test_sorting_puts_like_units_together(qtbot):
    session = example.full()
    view = hidden.View(session)
    qtbot.addWidget(view)
    session.set("sort", "peak")
    view.renew()
    order, values = view.strips[0].order, view.strips[0].series.values
    peaks = np.abs(values).argmax(axis=0)[order]
    assert (np.diff(peaks) >= 0).all()
    session.set("sort", "correlation")
    view.renew()
    strip = view.strips[0]

    def likeness(rows: np.ndarray) -> float:
        found = np.corrcoef(values[:, rows].T)
        return float(np.diag(found, 1).mean())

    assert likeness(strip.order) > likeness(np.arange(128)) + 0.05
    assert sorted(strip.order) == list(range(128))
    assert [strip.unit(strip.share(unit)) for unit in (0, 17, 127)] == [0, 17, 127]


def lightness(lane) -> np.ndarray:
    image = lane.canvas.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return raw[:, : image.width()].astype(int)


def test_step_mode_hides_what_a_unit_will_be_and_not_what_it_is_called(lane):
    """With the cursor at the left edge, the name of a unit lies under the veil; beyond it nothing is read."""
    session = lane.session
    session.set("walk", Walk(0.0, example.FRAMES, 0, 500))
    bare = lightness(lane)
    session.set("cursor", Cursor(0.0, Key("h", 1), 3))
    named = lightness(lane)
    left = round(lane.frontier()) + 4
    assert (np.abs(named - bare)[:, left : left + 40] > 60).any()
    assert not (np.abs(named - bare)[:, left + 200 :] > 60).any()
    lane.canvas.pointer = QPointF(left + 200, 80)
    np.testing.assert_array_equal(lightness(lane), named)
    session.set("walk", None)
    read = lightness(lane)
    lane.canvas.pointer = None
    assert (lightness(lane) != read).any()


def test_padding_is_hatched_in_every_lane(qtbot):
    """From where the sound ends to where the chain's does, and nowhere else; what is seen reaches to its end."""
    session = example.full()
    made = replace(session.state.traced, padding=1.0)
    plain, padded = (
        [seen(qtbot, module, session, traced) for module in (waveform, spectrogram, hidden, ruler)]
        for traced in (session.state.traced, made)
    )
    for without, hatched in zip(plain, padded, strict=True):
        changed = (without[0] != hatched[0]).any(axis=0)
        begin, end = hatched[1].axis().x(4.0), hatched[1].axis().x(5.0)
        columns = np.flatnonzero(changed[: round(end)])
        assert columns[0] == pytest.approx(begin, abs=2)
        assert changed[round(begin) + 2 : round(end) - 2].all()
    assert padded[0][1].padding() == Span(4.0, 5.0)
    session.set("clip", replace(session.state.clip, id="another"))
    assert padded[0][1].padding() is None, "it is not that of another clip"


def seen(qtbot, module, session, traced):
    """What a lane shows of an inspection, as pixels [height, width], and the lane."""
    session.set("traced", traced)
    view = module.View(session)
    qtbot.addWidget(view)
    view.resize(900, 160)
    view.renew()
    image = view.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()
    return pixels, view


def test_the_ruler_is_painted_again_where_padding_comes_or_goes_and_only_then(qtbot, monkeypatch):
    session = example.full()
    view, asked = ruler.View(session), []
    qtbot.addWidget(view)
    monkeypatch.setattr(view.canvas, "update", lambda *_: asked.append(1))
    counts = []
    for padding in (0.0, 1.0, 1.0, 0.0):
        session.set("traced", replace(session.state.traced, padding=padding))
        counts.append(len(asked))
    assert counts == [0, 1, 1, 2]


def test_the_axis_follows_a_picture_that_a_paint_of_the_plot_alone_has_made(qtbot, monkeypatch):
    """A cursor that moved has the plot painted, not the axis: that may come before the window's timer does."""
    drawn = []
    monkeypatch.setattr("widgets.canvas.paint_ticks", lambda painter, area, ticks: drawn.append(ticks))
    session = example.full()
    view = posteriors.View(session)
    qtbot.addWidget(view)
    view.resize(900, 160)
    view.show()
    qtbot.waitUntil(lambda: bool(drawn))
    assert "truth" in [tick.text for tick in drawn[-1]]
    traced = session.state.traced
    session.set("traced", replace(traced, sound=replace(traced.sound, labels=())))
    view.canvas.repaint(view.area().toAlignedRect())
    view.tick()
    qtbot.waitUntil(lambda: "truth" not in [tick.text for tick in drawn[-1]], timeout=2000)


def test_a_name_that_is_too_long_for_the_axis_is_cut_at_its_end(qtbot):
    """And not at its beginning, where the canvas ends."""
    image = QImage(200, 40, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.translate(100, 0)
    paint_ticks(painter, QRectF(TICKS, 0, 40, 40), [Tick(0.5, "phones of another tool", mark=False)])
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(40, 200) & 0xFFFFFF
    assert pixels[:, 100 : 100 + TICKS].any()
    assert not pixels[:, :100].any()
