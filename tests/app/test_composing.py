"""Melodies in the real window: notes are given, a network goes on, what comes is seen, kept and taken back."""

from __future__ import annotations

import mido
import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.window import Window
from engine import melody
from engine.trace import Key
from tests.waiting import analysed, pump
from widgets import files, theme

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def window(qapp):
    theme.apply(qapp, "dark")
    made = Window(fresh=True)
    made.show()
    pump(qapp, lambda: analysed(made))
    made.docks.arrange("Create")
    yield made
    made.close()


@pytest.fixture
def home(qapp, window):
    """The window without melodies, nothing given."""
    window.session.set("melodies", ())
    window.session.set("opening", ())
    window.session.set("composing", window.session.state.composing.but(bars=4, temperature=1.0, seed=0))
    yield window
    window.playing.pause()
    window.playing.close()


def made(qapp, window, count=1):
    """Wait for so many melodies, and for the newest to be analysed."""
    state = lambda: window.session.state  # noqa: E731 - read anew at each look
    pump(qapp, lambda: len(state().melodies) >= count)
    pump(qapp, lambda: analysed(window) and state().traced.trace.clip_id == state().clip.id)
    window.playing.pause()
    return state().melodies[-1]


def test_given_notes_are_gone_on_from_seen_and_taken_back(qapp, home):
    session, clip = home.session, home.session.state.clip
    for key in (7, 9):
        home.docks.melody.piano.pressed.emit(key)
    assert session.state.opening == (8, 10)
    home.actions_by_name["generate"].trigger()
    found = made(qapp, home)
    assert found.notes[:2] == (8, 10)
    assert len(found.notes) == 4 * melody.BAR
    assert session.state.clip is found.clip
    assert session.state.network.name == "melody-lstm-64"
    assert home.lanes.is_shown("melody")
    states = session.state.traced.trace.series[Key("h", 1)]
    assert len(states.values) == len(found.notes) + 1, "one state a note, and one before the first"
    assert not any(link.stage == "noise" and link.on for link in session.state.chain)
    assert session.undo()
    assert session.state.clip is clip, "one step back: the clip, and the network and the noise that were there"
    assert session.state.melody is None
    pump(qapp, lambda: not home.lanes.is_shown("melody"))
    assert session.undo()
    assert session.state.opening == (8,)
    assert session.redo()
    assert session.redo()
    assert session.state.melody is found


def test_by_keys_alone(qapp, home):
    """On the piano R is a note; elsewhere it records. Ctrl+G generates from anywhere, Ctrl+Z takes back."""
    piano = home.docks.melody.piano
    home.activateWindow()
    pump(qapp, home.isActiveWindow)
    piano.setFocus()
    for key in "QRT":
        QTest.keyClick(piano, key)
    assert [melody.NAMES[note - 1] for note in home.session.state.opening] == ["C5", "F5", "G5"]
    assert not home.session.state.transport.recording
    QTest.keyClick(piano, Qt.Key.Key_Backspace)
    assert home.session.state.opening == (8, 11)
    QTest.keyClick(piano, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    found = made(qapp, home)
    assert found.notes[:2] == (8, 11)
    QTest.keyClick(piano, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert home.session.state.melody is None
    QTest.keyClick(piano, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert home.session.state.opening == (8, 11, 12)


def test_an_lstm_ends_a_tune_that_an_rnn_has_forgotten(qapp, home):
    """Of a tune, the first three bars are given: only its question tells how it ends."""
    home.docks.melody.tune.click()
    assert len(home.session.state.opening) == 3 * melody.BAR
    home.actions_by_name["continue_both"].trigger()
    made(qapp, home, 2)
    rnn, lstm = home.session.state.melodies
    assert (rnn.network.name, lstm.network.name) == ("melody-rnn-64", "melody-lstm-64")
    assert rnn.notes[:24] == lstm.notes[:24] == home.session.state.opening
    assert lstm.right == (8, 8)
    assert rnn.right[1] == 8
    assert rnn.right[0] < 8
    home.docks.melody.chosen.emit(rnn)
    pump(qapp, lambda: home.session.state.melody is rnn and analysed(home))
    assert home.session.state.network is rnn.network
    assert home.session.state.cursor.time >= rnn.start(16) - 0.01, "heard from a bar before the first new note"


def test_what_is_shown_is_saved_as_midi_and_sound(qapp, home, tmp_path, monkeypatch):
    home.actions_by_name["generate"].trigger()
    found = made(qapp, home)
    target = tmp_path / "tune.mid"
    monkeypatch.setattr(files, "to_save", lambda *_: (str(target), "MIDI (*.mid)"))
    home.actions_by_name["save_melody"].trigger()
    pump(qapp, lambda: target.with_suffix(".wav").exists() and not home.wiring.workers["background"].busy)
    notes = [each.note for each in mido.MidiFile(target) if each.type == "note_on"]
    assert notes == [melody.SCALE[note - 1] for note in found.notes]
    assert mido.MidiFile(target).length == pytest.approx(len(notes) * found.beat, rel=1e-3)
    sound, rate = soundfile.read(target.with_suffix(".wav"))
    assert len(sound) / rate == pytest.approx(len(notes) * found.beat, rel=1e-3)
    assert np.abs(sound).max() > 0.05


def test_making_is_stopped_by_the_same_button(qapp, home):
    home.session.set("composing", home.session.state.composing.but(bars=100))
    home.actions_by_name["generate"].trigger()
    pump(qapp, lambda: home.session.state.jobs.get("melody") is not None)
    home.menus.mark()
    home.menus.tick()
    assert home.actions_by_name["generate"].text() == "&Stop"
    home.actions_by_name["generate"].trigger()
    pump(qapp, lambda: not home.composing.running)
    assert home.session.state.melodies == ()


def test_no_melody_can_be_saved_where_none_is(home):
    home.menus.mark()
    home.menus.tick()
    assert not home.actions_by_name["save_melody"].isEnabled()
