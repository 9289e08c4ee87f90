"""The real window without a screen: from a turned knob to changed pixels, errors in words, and a clean end."""

from __future__ import annotations

import multiprocessing
import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtTest import QTest

from app.window import Window
from app.worker import Report
from engine import checkpoint
from engine.events import Evaluated, Snapshot, Step
from engine.session import History, Span
from tests.turning import turn
from tests.waiting import analysed, pump

pytestmark = pytest.mark.alone


def pixels(app, window):
    for _ in range(5):
        app.processEvents()
        window.tick()
    image = window.lanes.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1).copy()


def test_the_first_start_shows_a_clip_analysed_and_nothing_empty(home):
    state = home.session.state
    assert state.clip.name == "digits"
    assert state.clip.labels
    assert state.traced.trace.find("h")
    assert state.peaks[state.clip.id] is not None
    assert state.cursor.unit is not None, "the inspector has a unit to show"
    assert state.notice is None
    assert home.windowTitle().startswith("digits")


def test_another_snr_gives_another_trace_and_other_pixels_and_undo_gives_them_back(qapp, home):
    home.session.set("cursor", replace(home.session.state.cursor, time=0.0))
    before, first = pixels(qapp, home), home.session.state.traced
    form = next(iter(home.docks.sound.groups.values())).body
    form.editors["snr"].slider.setValue(form.editors["snr"].place(-5.0))
    pump(qapp, lambda: home.session.state.traced is not first and analysed(home))
    second = home.session.state.traced
    after = pixels(qapp, home)
    assert (before != after).mean() > 0.02
    noisy, quiet = (each.sound.read() - each.clean.read() for each in (second, first))
    assert np.square(noisy).mean() > 30 * np.square(quiet).mean()
    home.actions_by_name["undo"].trigger()
    pump(qapp, lambda: home.session.state.traced is not second and analysed(home))
    assert form.editors["snr"].number.value() == 20.0
    np.testing.assert_array_equal(pixels(qapp, home), before)


class Painted(QObject):
    """The names of the widgets that are painted."""

    def __init__(self):
        super().__init__()
        self.names = []

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.names.append(watched.accessibleName())
        return False


def test_a_picture_is_painted_in_the_tick_that_brings_it(qapp, home):
    qapp.processEvents()
    painted = Painted()
    for lane in home.lanes.lanes.values():
        lane.canvas.installEventFilter(painted)
    traced = replace(home.session.state.traced)
    home.wiring.workers["inspect"].events.append(Report("inspect", traced))
    home.tick()
    assert home.session.state.traced is traced
    assert "Gates over time" in painted.names
    assert "Time over time" not in painted.names, "the ruler shows the clip's own labels"


def test_a_slider_in_focus_keeps_its_arrows_and_leaves_the_space_bar_to_the_window(qapp, home):
    slider = next(iter(home.docks.sound.groups.values())).body.editors["snr"].slider
    home.activateWindow()
    slider.setFocus()
    pump(qapp, slider.hasFocus)
    kept = {}
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Space):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
        event.ignore()
        qapp.sendEvent(slider, event)
        kept[key] = event.isAccepted()
    assert kept == {Qt.Key.Key_Right: True, Qt.Key.Key_Space: False}


def test_zooming_to_an_instant_shows_a_hundredth_of_a_second_and_zooms_out_again(qapp, home):
    home.session.set("selection", Span(2.0, 2.0))
    home.tick()
    home.actions_by_name["zoom_selection"].trigger()
    assert home.session.state.view.seconds == pytest.approx(0.01)
    home.actions_by_name["zoom_out"].trigger()
    assert home.session.state.view.seconds == pytest.approx(0.02)
    home.actions_by_name["zoom_all"].trigger()
    home.session.set("selection", None)


def test_a_length_is_seen_and_reached_to_its_end_and_taken_back(qapp, home):
    clip = home.session.state.clip
    home.actions_by_name["zoom_all"].trigger()
    turn(home, "length", seconds=9.0)
    pump(qapp, lambda: home.session.state.traced.padding > 0)
    assert home.session.state.view == Span(0.0, 9.0), "all was seen, so all is seen"
    home.playing.seek(8.5)
    assert home.session.state.cursor.time == 8.5
    home.tick()
    assert "00:09.00" in home.transport.time.text()
    home.actions_by_name["undo"].trigger()
    pump(qapp, lambda: home.session.state.traced.padding == 0)
    assert home.session.state.view == Span(0.0, clip.seconds)
    assert home.session.state.cursor.time == clip.seconds, "and no cursor is left behind the end"
    home.session.set("view", Span(1.0, 2.0))
    turn(home, "length", seconds=9.0)
    pump(qapp, lambda: home.session.state.traced.padding > 0)
    assert home.session.state.view == Span(1.0, 2.0), "a part that is looked at stays"
    home.actions_by_name["undo"].trigger()
    home.playing.seek(0.0)
    home.actions_by_name["zoom_all"].trigger()


def test_a_mask_changes_what_the_network_hears(qapp, home):
    before = home.session.state.traced
    turn(home, "specaugment", drawn=((1.0, 2.0, 0.0, 8000.0),))
    pump(qapp, lambda: home.session.state.traced is not before and analysed(home))
    key = home.session.state.traced.trace.find("features")[0]
    masked, whole = home.session.state.traced.trace.series[key], before.trace.series[key]
    frames = slice(masked.frame(1.05), masked.frame(1.95))
    assert np.ptp(masked.values[frames]) < 0.5 * np.ptp(whole.values[frames])


def test_a_structural_knob_rebuilds_at_once_and_reset_returns(qapp, home):
    before = home.session.state.network
    home.models.change(before.settings.but(layers=3, hidden=32), "test")
    pump(qapp, lambda: home.session.state.network is not before and analysed(home))
    pump(qapp, lambda: home.session.state.traced.network_id == home.session.state.network.id)
    pump(qapp, lambda: home.docks.model.badge.text() == "untrained")
    assert len(home.session.state.traced.trace.find("h")) == 3
    home.session.undo()
    pump(qapp, lambda: home.session.state.traced.network_id == before.id)
    assert home.session.state.network is before


def test_a_dropout_too_large_shows_a_warning(qapp, home):
    before = home.session.state.network
    group = next(group for group in home.docks.model._groups if group.title == "Dropout")
    group.open()
    form = group.body
    assert "0.1 to 0.5" in form.editors["input_dropout"].toolTip()
    form.editors["input_dropout"].number.setValue(0.75)
    pump(qapp, lambda: home.session.state.network is not before)
    assert form._warnings["input_dropout"].isVisibleTo(group)
    home.session.undo()
    pump(qapp, lambda: analysed(home))
    assert home.session.state.network is before


PINNED = {"phonemes": "phonemes", "digits": "digits", "melody": "test 0"}
"""The name of the clip that a task is tried on."""


@pytest.mark.qt_log_ignore("This plugin does not support")  # a list that opens, where there is no screen
@pytest.mark.parametrize(("task", "other"), [("phonemes", "digits"), ("digits", "phonemes"), ("melody", "digits")])
def test_a_task_is_opened_trained_and_heard_in_three_clicks(qapp, home, task, other):
    before, clip, settings = home.session.state.network, home.session.state.clip, home.runs.settings
    there = lambda task: (  # noqa: E731
        home.session.state.network.task == task and home.session.state.clip.name == PINNED[task] and analysed(home)
    )
    home.models.choose_task(other)
    pump(qapp, lambda: there(other))
    home.runs.settings = settings.but(steps=2, batch=1, evaluate_batches=1)
    combo, train = home.docks.model.task, home.docks.model.train
    QTest.mouseClick(combo, Qt.MouseButton.LeftButton)  # one
    lines = combo.view()
    pump(qapp, lines.isVisible)
    QTest.qWait(qapp.doubleClickInterval() + 50)  # sooner, it would be the end of the first click
    qapp.processEvents()  # its timer is heard, though the machine stood still meanwhile
    place = lines.visualRect(combo.model().index(combo.findText(task), 0)).center()
    QTest.mouseClick(lines.viewport(), Qt.MouseButton.LeftButton, pos=place)  # two
    pump(qapp, lambda: there(task))
    QTest.mouseClick(train, Qt.MouseButton.LeftButton)  # three
    pump(qapp, lambda: len(home.session.state.history.steps) == 2 and not home.runs.training, 90)
    assert home.session.state.history.evaluated
    assert home.session.state.network.trained
    home.activateWindow()
    pump(qapp, home.isActiveWindow)
    QTest.keyClick(qapp.focusWidget() or home, Qt.Key.Key_Space)  # and no fourth one
    pump(qapp, lambda: home.session.state.transport.playing)
    assert not home.runs.training
    home.playing.pause()
    home.playing.close()
    home.runs.settings = settings
    home.session.set("clip", clip)
    home.session.set("network", before)


def test_a_training_that_is_killed_is_told_and_leaves_its_last_snapshot(qapp, home):
    before, clip, settings = home.session.state.network, home.session.state.clip, home.runs.settings
    home.runs.settings = settings.but(steps=100_000, batch=1, evaluate_every=0, snapshot_every=1)
    untrained = checkpoint.untrained("phonemes")  # which trains without recordings
    home.session.set("network", untrained)
    home.runs.toggle()
    pump(qapp, lambda: home.session.state.network is not untrained, 90)
    (process,) = multiprocessing.active_children()
    process.kill()
    pump(qapp, lambda: not home.runs.training)
    assert home.session.state.notice.level == "error"
    assert "killed" in home.session.state.notice.text
    assert home.session.state.network.metrics["step"] > 0, "the last snapshot is gone"
    turn(home, "noise", snr=1.0)
    snapshot = home.session.state.network.id
    pump(qapp, lambda: home.session.state.traced.network_id == snapshot)
    home.runs.settings = settings
    home.session.set("network", before)
    home.session.set("clip", clip)
    pump(qapp, lambda: analysed(home))


def test_what_the_training_yields_reaches_curves_and_pictures(qapp, home):
    """The events of a training run through the real worker, without its cost."""
    network = home.session.state.network
    snapshot = replace(network, id="after a step", name="in training")

    def few(*_):
        for number in (1, 2, 3):
            yield Step(number, 0, 1.0 / number)
        yield Evaluated(3, "valid", 0.5, 1, 10)
        yield Snapshot(3, snapshot)
        go_on.wait(60)

    go_on = threading.Event()
    home.session.set("history", History())
    home.wiring.submit("train", "train", few)
    pump(qapp, lambda: home.session.state.network is snapshot)
    history = home.session.state.history
    assert [step.step for step in history.steps] == [1, 2, 3]
    assert history.evaluated[0].error == 0.1
    pump(qapp, lambda: "loss 0.333" in home.docks.model.loss.text())
    pump(qapp, lambda: home.session.state.traced.network_id == "after a step")
    assert home.docks.model.badge.text() == "in training"
    go_on.set()
    pump(qapp, lambda: home.docks.model.badge.text() == "trained")
    home.session.undo()
    pump(qapp, lambda: home.session.state.traced.network_id == network.id)


def test_a_long_clip_is_inspected_where_it_is_seen(qapp, home):
    from engine.clip import from_array

    before = home.session.state.clip
    samples = np.sin(np.arange(16000 * 120) * 0.1).astype(np.float32) * 0.1
    home.session.set("clip", from_array(samples, 16000, "two minutes"))
    home.session.set("view", Span(100.0, 104.0))
    pump(qapp, lambda: analysed(home) and home.session.state.traced.trace.start > 90)
    trace = home.session.state.traced.trace
    assert trace.start <= 100.0
    assert trace.stop >= 104.0
    assert trace.stop - trace.start <= 60.0
    home.session.set("view", Span(0.0, 120.0))
    home.playing.seek(20.0)
    pump(qapp, lambda: analysed(home) and home.session.state.traced.trace.start <= 20.0)
    assert home.session.state.traced.trace.stop >= 24.0
    home.session.set("clip", before)


def test_playing_without_a_loudspeaker_moves_the_cursor_all_the_same(qapp, home):
    home.playing.seek(0.0)
    home.actions_by_name["play"].trigger()
    pump(qapp, lambda: home.session.state.cursor.time > 0.15)
    assert home.session.state.transport.playing
    home.playing.seek(3.0)
    pump(qapp, lambda: home.session.state.cursor.time > 3.1)
    home.actions_by_name["play"].trigger()
    assert not home.session.state.transport.playing
    home.playing.close()


def test_a_panel_more_does_not_make_a_low_window_higher(qapp):
    # A window of its own: after a walk along another's chain of focus, PySide takes its menus for gone here.
    home = Window(fresh=True)
    home.show()
    pump(qapp, lambda: analysed(home))
    home.docks.arrange("Live")
    home.resize(1280, 720)
    try:
        pump(qapp, lambda: home.height() == 720)
        for name in ("diff", "quality", "stored", "script"):
            home.docks.tick(False)
            if name in ("diff", "stored"):  # by the menu
                home.docks.docks[name].toggleViewAction().trigger()
            else:
                home.docks.show((name,))
            for _ in range(5):
                qapp.processEvents()
            pump(qapp, lambda: home.height() == 720)
            assert home.docks.docks[name].isVisible()
            assert not home.docks.docks[name].visibleRegion().isEmpty(), "it is the one in front"
            assert home.height() == 720, name
            assert home.minimumSizeHint().height() <= 720, name
    finally:
        home.close()


def test_themes_change_the_picture_and_back(qapp, home):
    dark = home.grab(home.rect().adjusted(0, 0, 0, 0)).toImage().pixelColor(QPoint(640, 30)).lightness()
    home.actions_by_name["light"].trigger()
    light = home.grab().toImage().pixelColor(QPoint(640, 30)).lightness()
    home.actions_by_name["light"].trigger()
    assert light > dark + 80


@pytest.mark.parametrize("moment", ["at once", "inspecting", "training", "live"])
def test_closing_in_mid_job_leaves_no_thread(qapp, moment):
    made = Window(fresh=True)
    made.show()
    if moment != "at once":
        pump(qapp, lambda: made.session.state.network is not None and made.wiring.ready)
    if moment == "inspecting":
        turn(made, "noise", snr=3.0)
    if moment == "training":
        made.runs.asks = False  # nobody is here to answer
        made.runs.settings = made.runs.settings.but(steps=3, batch=1)
        made.runs.toggle()
    if moment == "live":
        made.actions_by_name["live_clip"].trigger()
    made.close()
    assert not any(worker._thread.is_alive() for worker in made.wiring.workers.values())


def test_captions_come_before_a_script_unless_it_is_followed(qapp, home, monkeypatch):
    def silent(which, inlet, settings):
        while inlet.read() is not None:
            yield None

    monkeypatch.setattr("app.captioning.caption", silent)
    home.docks.arrange("Explore")
    home.docks.show(("captions", "script"))
    qapp.processEvents()
    assert home.docks.in_sight("script")
    assert not home.docks.in_sight("captions"), "they share a place"
    try:
        for text, before in (("", "captions"), ("It was the best of times.", "script")):
            home.docks.show(("script",))
            home.captioning.aloud.take(None)
            if text:
                assert home.captioning.aloud.load(text)
            pump(qapp, home.actions_by_name["captions_clip"].isEnabled)
            home.actions_by_name["captions_clip"].trigger()
            qapp.processEvents()
            assert home.docks.in_sight(before)
            home.captioning.stop()
            home.captioning.stop()
            pump(qapp, lambda: not home.captioning.running and not home.wiring.workers["captions"].busy)
    finally:
        home.captioning.aloud.take(None)
        home.docks.arrange("Explore")


def test_captions_come_into_sight_as_they_begin_and_stay_closed_where_they_are_closed(qapp, home, monkeypatch):
    def silent(which, inlet, settings):
        while inlet.read() is not None:
            yield None

    monkeypatch.setattr("app.captioning.caption", silent)
    dock, panel = home.docks.docks["captions"], home.docks.docks["captions"].widget()
    home.docks.arrange("Explore")
    assert not panel.isVisible()

    def turn():
        action = home.actions_by_name["captions_clip" if not home.captioning.running else "captions"]
        pump(qapp, action.isEnabled)
        action.trigger()
        running = home.captioning.running
        qapp.processEvents()
        return running

    def ended():
        pump(qapp, lambda: not home.captioning.running and not home.wiring.workers["captions"].busy)

    assert turn()
    assert panel.isVisible()
    pump(qapp, lambda: home.captioning._inlets)
    dock.close()
    home.tick()
    home.docks.tick(False)
    assert not panel.isVisible(), "it was closed by hand"
    turn()
    ended()
    assert not panel.isVisible()

    # Where a room sees them, the window stays as it is.
    home.presenting.toggle()
    assert turn()
    assert not panel.isVisible()
    home.presenting.close()
    turn()
    ended()
    home.docks.arrange("Explore")
