"""Files and the window: what is opened, dropped and saved, and what is said of files that are none."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QLabel, QMessageBox

from engine import recipe
from tests.turning import turn
from tests.waiting import analysed, pump
from widgets import files

pytestmark = pytest.mark.alone


def grey(image):
    image = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].ravel().copy()


def texts(state):
    return [label.text for label in state.traced.trace.text]


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
