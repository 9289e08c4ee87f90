"""The real window without a screen: from a turned knob to changed pixels, errors in words, and a clean end."""

from __future__ import annotations

import multiprocessing
import threading
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage, QKeyEvent, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)

from app.handlers.help import explained
from app.keylist import KeyList
from app.window import Window
from app.worker import Report
from engine import checkpoint, latency, page, recipe
from engine.events import Evaluated, Snapshot, Step
from engine.session import History, Span
from engine.trace import Key
from tests.waiting import analysed, pump
from widgets import files, theme

pytestmark = pytest.mark.alone


def pixels(app, window):
    for _ in range(5):
        app.processEvents()
        window.tick()
    image = window.lanes.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1).copy()


def grey(image):
    image = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].ravel().copy()


def texts(state):
    return [label.text for label in state.traced.trace.text]


def turn(window, stage, **knobs):
    chain = window.session.state.chain
    index = next(i for i, link in enumerate(chain) if link.stage == stage)
    link = replace(chain[index], settings=chain[index].settings.but(**knobs), on=True)
    window.session.set("chain", (*chain[:index], link, *chain[index + 1 :]))


@pytest.fixture(scope="module")
def window(qapp):
    theme.apply(qapp, "dark")
    made = Window(fresh=True)
    made.show()
    pump(qapp, lambda: analysed(made))
    yield made
    made.close()


@pytest.fixture
def home(qapp, window):
    """The window as it was at its start, whatever the test before did to it."""
    clip = window.session.state.clip
    yield window
    if window.session.state.transport.live:
        window.listening.stop()
    window.session.set("clip", clip)
    window.session.set("notice", None)
    window.session.set("chain", window.default_chain())
    pump(qapp, lambda: analysed(window) and not window.wiring.workers["live"].busy)


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


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"this is no sound at all, whatever its name says" * 9, "WAV")]
)
def test_a_bad_file_dropped_on_the_window_is_named_in_the_message_bar(qapp, home, tmp_path, content, words):
    path = tmp_path / "holiday.wav"
    path.write_bytes(content)
    clip, mime = home.session.state.clip, QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    drop = QDropEvent(
        QPointF(9, 9), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    home.dropEvent(drop)
    pump(qapp, lambda: home.session.state.notice is not None)
    assert home.message.isVisible()
    assert "holiday.wav" in home.message.label.text()
    assert words in home.message.label.text()
    assert "Traceback" not in home.message.label.text()
    assert home.session.state.clip is clip, "what was shown stays"
    home.message.button.click()
    assert not home.message.isVisible()


def test_what_could_not_be_opened_is_told_until_something_is(qapp, home, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    soundfile.write(tmp_path / "good.wav", 0.1 * np.sin(np.arange(1600)), 16000)
    home.opening.open(tmp_path / "bad.wav")
    pump(qapp, lambda: home.session.state.notice is not None)
    home.opening.open(tmp_path / "good.wav")
    pump(qapp, lambda: home.session.state.notice is None)
    assert home.session.state.clip.name == "good"


def test_of_several_files_dropped_the_first_opens_and_the_others_are_at_hand(qapp, home, tmp_path):
    names = [tmp_path / f"{name}.wav" for name in ("one", "two", "three")]
    for path in names:
        soundfile.write(path, 0.1 * np.sin(np.arange(1600)), 16000)
    before = home.session.state.clip
    home.opening.open_all(names)
    assert "one.wav is opened" in home.session.state.notice.text
    pump(qapp, lambda: home.session.state.clip is not before and analysed(home))
    assert home.session.state.clip.name == "one"
    assert home.preferences.recent[:3] == tuple(names)
    home.session.set("clip", before)


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


@pytest.mark.parametrize(
    ("odd", "why", "ways"),
    [
        ({"bidirectional": True}, "backwards", ("live_twin", "live_windows")),
        ({"readout": "last"}, "one answer", ("live_twin",)),
    ],
)
def test_live_refuses_a_network_that_needs_the_future_says_why_and_what_else_can(qapp, home, odd, why, ways):
    before = home.session.state.network
    home.models.change(before.settings.but(**odd, layers=1, hidden=32), "test")
    pump(qapp, lambda: home.session.state.network is not before)
    pump(qapp, lambda: "∞" in home.docks.model.future.text())
    home.actions_by_name["live_clip"].trigger()
    assert not home.session.state.transport.live
    pump(qapp, lambda: home.session.state.notice is not None)
    assert why in home.session.state.notice.text
    assert home.session.state.notice.actions == ways
    home.session.undo()
    pump(qapp, lambda: home.session.state.traced.network_id == before.id)


@pytest.fixture
def refused(qapp, home):
    """The window with a network that runs backwards too, which was asked to go live on the clip; the way back."""
    before, clip = home.session.state.network, home.session.state.clip
    home.models.open("digits-lstm-64-bidirectional")
    pump(qapp, lambda: home.session.state.network.name == "digits-lstm-64-bidirectional")
    home.actions_by_name["live_clip"].trigger()
    pump(qapp, lambda: home.session.state.notice is not None)
    yield home
    home.listening.stop()
    home.session.set("clip", clip)
    home.session.set("network", before)
    pump(qapp, lambda: analysed(home) and home.session.state.traced.network_id == before.id)


def test_the_button_goes_live_with_the_causal_network_that_was_named(qapp, refused):
    said = refused.session.state.notice.text
    name = next(each for each in checkpoint.causal() if f"{each} answers from the past alone, " in said)
    twin = checkpoint.open_network(name)
    late = latency.of(twin.task, twin.task_settings, twin.model, twin.settings).total
    assert f"{1000 * late:.0f} ms after" in said
    button = next(each for each in refused.message.findChildren(QPushButton) if "causal" in each.text())
    button.click()
    pump(qapp, lambda: refused.session.state.transport.live and refused.session.state.live)
    assert refused.session.state.network.name == name
    pump(qapp, lambda: any(key.name == "h" for frames in refused.session.state.live for key in frames.series))


def test_the_other_button_hears_it_in_windows(qapp, refused):
    button = next(each for each in refused.message.findChildren(QPushButton) if "windows" in each.text())
    button.click()
    assert refused.session.state.transport.live
    assert refused.session.state.network.name == "digits-lstm-64-bidirectional"
    seen = set()
    end = refused.session.on("live", lambda: seen.update(*(each.series for each in refused.session.state.live)))
    pump(qapp, lambda: Key("h", 1, "backward") in seen)
    end()


def test_live_from_a_clip_scrolls_freezes_and_is_kept(qapp, home):
    seen = []
    end = home.session.on("live", lambda: seen.extend(home.session.state.live))
    clip = home.session.state.clip
    both = "digits-lstm-64-bidirectional"
    assert both in offered(home)
    home.actions_by_name["live_clip"].trigger()
    assert home.session.state.transport.live
    pump(qapp, lambda: both not in offered(home) and not home.actions_by_name[f"network:{both}"].isVisible())
    assert set(offered(home)) == {name for name in checkpoint.causal() if name.startswith("digits")}
    pump(qapp, lambda: len(seen) > 5 and any(frames.series for frames in seen))
    assert not home.docks.model._forms[0].editors["bidirectional"].isEnabled()
    home.actions_by_name["freeze"].trigger()
    assert home.session.state.transport.frozen
    home.actions_by_name["keep"].trigger()
    end()
    kept = home.session.state.clip
    assert kept is not clip
    heard = kept.read()[:, 0]
    assert len(heard) > 1000
    np.testing.assert_allclose(heard, clip.read(0, len(heard))[:, 0], atol=2e-4)
    assert not home.session.state.transport.live
    pump(qapp, lambda: both in offered(home))
    home.session.set("clip", clip)


def offered(window):
    """The names of the networks in the Model panel."""
    box = window.docks.model.network
    return [box.itemText(index) for index in range(box.count())]


def test_without_a_microphone_recording_says_what_to_do(qapp, home, monkeypatch):
    from engine.audio import device

    monkeypatch.setattr(device, "_listed", lambda kind: ())
    home.actions_by_name["record"].trigger()
    pump(qapp, lambda: home.session.state.notice is not None and "microphone" in home.session.state.notice.text)
    assert "Live from the clip" in home.message.label.text()
    pump(qapp, lambda: not home.session.state.transport.live)
    assert not home.session.state.transport.recording
    assert not home.actions_by_name["record"].isChecked()


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


def test_a_session_is_saved_changed_and_opened_again(qapp, home, tmp_path, monkeypatch, request):
    request.addfinalizer(lambda: setattr(home.saving, "path", None))  # else closing would ask
    path = tmp_path / "mine.oto"
    before = home.session.state.traced
    turn(home, "noise", snr=8.0)
    home.session.set("sort", "peak")
    pump(qapp, lambda: home.session.state.traced is not before and analysed(home))
    kept = home.session.state
    monkeypatch.setattr(files, "to_save", lambda *_: (str(path.with_suffix("")), ""))
    home.actions_by_name["save"].trigger()
    pump(qapp, lambda: home.saving.path == path)
    assert path.is_file()
    assert "mine.oto" in home.windowTitle()
    assert not home.isWindowModified()
    turn(home, "noise", snr=30.0)
    home.session.set("sort", "index")
    assert home.isWindowModified()

    asked = []
    monkeypatch.setattr(
        QMessageBox, "question", lambda *words: asked.append(words) or QMessageBox.StandardButton.Cancel
    )
    home.close()
    assert asked, "a changed session is lost without a word"
    assert home.isVisible()
    home.opening.open(path)
    assert len(asked) == 2, "opening another one loses it as well"
    assert not home.wiring.workers["background"].has("open")

    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Discard)
    home.opening.open(path)
    pump(qapp, lambda: home.session.state.chain == kept.chain and analysed(home))
    assert home.session.state.sort == "peak"
    assert home.session.state.clip.labels == kept.clip.labels
    pump(qapp, lambda: texts(home.session.state) == texts(kept), 10)
    assert not home.isWindowModified()
    assert not home.session.undo(), "another document begins"


def test_pictures_and_states_are_written_and_copied(qapp, home, tmp_path, monkeypatch):
    home.actions_by_name.menus["picture"].aboutToShow.emit()
    lines = {action.text(): action for action in home.actions_by_name.menus["picture"].actions()}
    for title, name in (("Window…", "a.png"), ("Spectrogram…", "b.png"), ("Hidden state…", "c.svg")):
        monkeypatch.setattr(files, "to_save", lambda *_, name=name: (str(tmp_path / name), ""))
        lines[title].trigger()
    window, lane = QImage(str(tmp_path / "a.png")), QImage(str(tmp_path / "b.png"))
    assert (window.width(), window.height()) == (home.width(), home.height())
    spectrogram = home.lanes.lanes["spectrogram"]
    assert lane == spectrogram.grab().toImage().convertToFormat(lane.format())
    drawn = QSvgRenderer(str(tmp_path / "c.svg"))
    assert drawn.isValid()
    hidden = home.lanes.lanes["hidden"]
    assert drawn.viewBox().size() == hidden.size()
    vector = QImage(hidden.size(), QImage.Format.Format_RGB32)
    painter = QPainter(vector)
    drawn.render(painter)
    painter.end()
    assert np.corrcoef(grey(vector), grey(hidden.grab().toImage()))[0, 1] > 0.9

    monkeypatch.setattr(files, "to_save", lambda *_: (str(tmp_path / "no" / "d.png"), ""))
    lines["Window…"].trigger()
    assert "d.png cannot be written" in home.session.state.notice.text

    monkeypatch.setattr(files, "to_save", lambda *_: (str(tmp_path / "mine"), ""))
    home.actions_by_name["save_recipe"].trigger()
    pump(qapp, lambda: (tmp_path / "mine.toml").is_file())
    assert recipe.read(tmp_path / "mine.toml").model_settings == home.session.state.network.settings

    home.actions_by_name["copy_picture"].trigger()
    copied = qapp.clipboard().pixmap().toImage()
    np.testing.assert_array_equal(grey(copied), grey(home.lanes.grab().toImage()))

    home.actions_by_name.menus["copy"].aboutToShow.emit()
    copies = {action.text(): action for action in home.actions_by_name.menus["copy"].actions()}
    shown = [dock.windowTitle() for dock in home.docks.docks.values() if dock.widget().isVisible()]
    assert {"Window", "Lanes", "Time", "Waveform", *shown} <= set(copies)
    copies["Waveform"].trigger()
    waveform = home.lanes.lanes["waveform"].grab().toImage()
    np.testing.assert_array_equal(grey(qapp.clipboard().pixmap().toImage()), grey(waveform))

    monkeypatch.setattr(files, "to_save", lambda *_: (str(tmp_path / "states"), ""))
    home.actions_by_name["export_trace"].trigger()
    pump(qapp, lambda: (tmp_path / "states.npz").is_file())
    with np.load(tmp_path / "states.npz") as stored:
        traced = home.session.state.traced.trace
        np.testing.assert_array_equal(stored["layer1.forward.h"], traced.series[traced.find("h")[0]].values)


@pytest.mark.parametrize("kind", ["WAV, 16 bit (*.wav)", "FLAC, 24 bit (*.flac)", "WAV, floats (*.wav)"])
def test_the_processed_sound_is_written_as_it_is_heard(qapp, home, tmp_path, monkeypatch, kind):
    monkeypatch.setattr(files, "to_save", lambda *_: (str(tmp_path / "heard"), kind))
    home.actions_by_name["export"].trigger()
    target = tmp_path / f"heard.{'flac' if 'flac' in kind else 'wav'}"
    pump(qapp, target.is_file)
    found, rate = soundfile.read(target)
    heard = home.session.state.traced.sound
    assert rate == heard.rate
    step = 2**-15 if "16" in kind else 2**-23
    np.testing.assert_allclose(found, heard.read()[:, 0], atol=step)


def test_tables_replace_no_file_unasked(qapp, home, tmp_path, monkeypatch):
    asked, before = [], tmp_path / "a-layer1.forward.h.csv"
    before.write_text("mine")
    monkeypatch.setattr(files, "to_save", lambda *_: (str(tmp_path / "a.csv"), ""))
    monkeypatch.setattr(QMessageBox, "question", lambda *words: asked.append(words[-1]))
    home.actions_by_name["export_trace"].trigger()
    assert asked == [f"{before.name} is there already. Replace it?"]
    assert not home.wiring.workers["background"].busy
    assert before.read_text() == "mine"


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


def test_every_action_is_in_a_menu_is_explained_and_no_key_is_used_twice(home):
    keys = [
        action.shortcut().toString() for action in home.actions_by_name.values() if not action.shortcut().isEmpty()
    ]
    assert len(keys) == len(set(keys))
    reachable = {id(action) for menu in home.actions_by_name.menus.values() for action in menu.actions()}
    for name, action in home.actions_by_name.items():
        assert id(action) in reachable, name
        assert action.toolTip(), name
        assert ":" in name or not action.shortcut().isEmpty(), f"{name} has no key"
        assert action.objectName(), name


def test_every_control_has_a_name_for_those_who_cannot_see_it(home):
    kinds = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit)
    unnamed = [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for kind in kinds
        for widget in home.findChildren(kind)
        if not widget.isHidden() and not widget.accessibleName() and not _text(widget)
    ]
    assert not unnamed


def test_every_stop_of_the_tab_key_has_a_name(home):
    stops, widget = [], home.nextInFocusChain()
    while widget is not home:
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            stops.append(widget)
        widget = widget.nextInFocusChain()
    assert len(stops) > 40
    assert not [widget for widget in stops if not widget.accessibleName() and not _text(widget)]


def test_every_panel_and_every_order_has_a_key(home):
    menus = home.actions_by_name.menus
    chosen = [action for name in ("panels", "sort") for action in menus[name].actions()]
    assert len(chosen) == len(home.docks.docks) + 3
    keys = [action.shortcut().toString() for menu in menus.values() for action in menu.actions()]
    for action in chosen:
        assert keys.count(action.shortcut().toString()) == 1, action.text()


def test_a_panel_more_does_not_make_a_low_window_higher(qapp):
    # A window of its own: after a walk along another's chain of focus, PySide takes its menus for gone here.
    home = Window(fresh=True)
    home.show()
    pump(qapp, lambda: analysed(home))
    home.docks.arrange("Live")
    home.resize(1280, 720)
    try:
        pump(qapp, lambda: home.height() == 720)
        for name in ("diff", "quality", "stored"):
            home.docks.tick(False)
            if name != "quality":  # by the menu
                home.docks.docks[name].toggleViewAction().trigger()
            else:
                home.docks.show((name,))
            for _ in range(5):
                qapp.processEvents()
            pump(qapp, lambda: home.height() == 720)
            assert home.docks.docks[name].isVisible()
            assert not home.docks.docks[name].visibleRegion().isEmpty(), "it is the one in front"
            assert home.height() == 720, name
    finally:
        home.close()


def test_the_list_of_keys_fits_the_smallest_window(home):
    home.actions_by_name["keys"].trigger()
    box = home.findChild(KeyList)
    try:
        text = box.text.toPlainText()
        assert "Ctrl+Q" in text
        assert "F10" in text
        assert "Alt+1 … Alt+" in text
        assert box.height() <= 640
        assert box.width() <= 800
        box.text.document().setTextWidth(box.text.viewport().width())
        assert box.text.horizontalScrollBar().maximum() == 0
        assert box.text.document().size().height() / box.text.toHtml().count("<tr>") < 22  # no row is broken
    finally:
        box.close()
        box.deleteLater()


def _text(widget):
    inside = isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox)
    scroll = type(widget).__name__ == "QScrollBar"
    tab = type(widget).__name__ == "QToolButton" and type(widget.parentWidget()).__name__ in (
        "QTabBar",
        "QMenuBar",
    )
    dock = type(widget).__name__ == "QAbstractButton"
    return inside or scroll or tab or dock or (isinstance(widget, QAbstractButton) and widget.text())


def test_no_text_of_a_control_is_cut(home):
    for button in home.findChildren(QAbstractButton):
        words = (
            not isinstance(button, QToolButton)
            or button.toolButtonStyle() != Qt.ToolButtonStyle.ToolButtonIconOnly
        )
        if button.isVisible() and button.text() and (words or button.icon().isNull()):
            text = button.text().replace("&", "")
            assert button.width() >= button.fontMetrics().horizontalAdvance(text), text


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


def test_every_control_is_explained_by_f1_k350(home):
    """Each has words of its own or within what it stands; Qt's own buttons on frames, menus and tabs have none."""
    kinds = (QAbstractButton, QSlider, QComboBox, QLineEdit, QAbstractSpinBox)
    controls = [each for each in home.findChildren(QWidget) if isinstance(each, kinds)]
    ours = [each for each in controls if not each.objectName().startswith(("qt_", "Scroll"))]
    assert len(ours) > 100

    def words(widget):
        while widget is not None and widget is not home:
            if told := widget.whatsThis() or widget.toolTip():
                return told
            widget = widget.parentWidget()
        return ""

    assert [(type(each).__name__, each.accessibleName()) for each in ours if not words(each)] == []


def test_f1_adds_what_the_glossary_knows(home):
    button = QPushButton()
    button.setAccessibleName("Beam")
    told = explained("How wide the search is & how slow", button)
    assert told.startswith("<p>How wide the search is &amp; how slow</p>")
    assert "<b>beam</b>: The prefixes of the text" in told
    assert explained("Nothing of it", QPushButton()) == "Nothing of it"
    terms = [term.name for term in page.terms("SpecAugment, wav2vec and the WER by CTC; gated")]
    assert terms == ["SpecAugment", "wav2vec", "WER", "CTC"]


def test_a_recipe_brings_its_untrained_network_and_its_training(qapp, home, tmp_path):
    """Every architecture can be chosen in the window: seen, heard and trained there, and from a file as well."""
    menu = home.actions_by_name.menus["recipes"]
    menu.aboutToShow.emit()
    below = {action.text(): action.menu() for action in menu.actions() if action.menu() is not None}
    lines = {action.text(): action for each in below.values() for action in each.actions()}
    assert set(lines) == set(recipe.bundled())
    assert "CRNN" in lines["crnn"].toolTip()
    wanted, before = recipe.read("crnn"), home.session.state.network
    try:
        lines["crnn"].trigger()
        pump(qapp, lambda: home.session.state.network.model == "crnn" and analysed(home))
        state = home.session.state
        assert (state.network.task, state.network.settings) == (wanted.task, wanted.model_settings)
        assert not state.network.trained
        assert state.training == wanted.train
        assert state.clip.labels, "the example of its task"
        assert not home.runs.training
        pump(qapp, lambda: bool(home.session.state.traced.trace.find("conv")))
        home.tick()
        assert home.docks.model.field.text() == f"Convolutions see {state.network.receptive}."
        for name, pace in (
            ("activations", "20 ms"),
            ("hidden", "40 ms"),
            ("gates", "40 ms"),
            ("posteriors", "40 ms"),
        ):
            told = [each.text() for each in home.lanes.lanes[name].findChildren(QLabel)]
            assert any(f"{pace} a step" in each for each in told), f"{name} has a pace of its own: {told}"
        own = tmp_path / "own.toml"
        own.write_text('[task]\nname = "hello"\n[model]\nname = "conformer"\nlayers = 1\n[train]\nsteps = 7\n')
        home.opening.open(own)
        pump(qapp, lambda: home.session.state.network.model == "conformer" and analysed(home))
        assert home.session.state.network.settings.layers == 1
        assert home.runs.settings.steps == 7
        own.write_text('[task]\nname = "hello"\n[model]\nname = "conformist"\n')
        home.opening.open(own)
        pump(qapp, lambda: home.session.state.notice is not None)
        assert "conformist" in home.session.state.notice.text
        assert home.session.state.network.model == "conformer"
    finally:
        home.models.open(before.name)
        pump(qapp, lambda: home.session.state.network.name == before.name and analysed(home))


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
