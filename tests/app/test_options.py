"""Preferences: each acts at once and is remembered, all can be reset, and what is stored may be anything."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton, QToolButton

from app.options import Dialog
from app.preferences import Options, Preferences
from widgets import files


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *_, **__: str(tmp_path / "config"))


@pytest.fixture
def window(qapp):
    from app.window import Window

    made = Window()
    yield made
    made.close()


@pytest.fixture
def dialog(window, monkeypatch):
    from engine.audio import device

    monkeypatch.setattr(device, "inputs", lambda: ())
    monkeypatch.setattr(device, "outputs", lambda: ())
    made = Dialog(window)
    yield made
    made.close()


def test_each_acts_at_once_and_is_remembered(window, dialog, tmp_path):
    dialog.form.editors["theme"].changed.emit("light")
    dialog.form.editors["autosave"].changed.emit(False)
    dialog.form.editors["ask"].changed.emit(False)
    dialog.form.editors["runs"].changed.emit(str(tmp_path / "runs"))
    assert window.theme_name == "light"
    assert not window.autosave.on
    assert not window.saving.asks
    assert window.runs.folder == tmp_path / "runs"
    window.preferences.close()
    assert Preferences().options == Options(theme="light", autosave=False, ask=False, runs=str(tmp_path / "runs"))
    dialog.form.editors["theme"].changed.emit("dark")


def test_the_return_key_resets_nothing(dialog):
    assert [each.text() for each in dialog.findChildren(QPushButton) if each.isDefault()] == ["Close"]
    assert not next(each for each in dialog.findChildren(QPushButton) if "Reset" in each.text()).autoDefault()


def test_all_is_reset_if_that_is_meant(window, dialog, monkeypatch, tmp_path):
    dialog.form.editors["autosave"].changed.emit(False)
    window.preferences.opened(Path(__file__))
    window.playing.set_volume(0.2)
    window.listening.set_device("Desk mic")
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    dialog.reset()
    assert not window.autosave.on, "no was said"
    dialog.reset()
    assert window.autosave.on
    assert window.preferences.recent == ()
    assert window.session.state.transport.volume == 1.0
    assert window.listening.device is None
    assert dialog.form.editors["autosave"].box.isChecked()


def test_what_is_stored_may_be_anything(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "window.ini").write_text(
        "[General]\ntheme=7\nautosave=perhaps\nask=false\nruns=@Nonsense("
    )
    found = Preferences().options
    assert (found.theme, found.autosave, found.ask) == ("dark", True, False)


def test_a_folder_that_cannot_be_written_is_no_hindrance(tmp_path, qapp):
    from app.window import Window

    (tmp_path / "config").write_text("a file where the folder should be")
    window = Window()
    window.preferences.options = Options(ask=False)
    window.close()
    assert (tmp_path / "config").is_file()


def test_the_buttons_of_the_file_dialog_are_drawn_for_the_theme(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "exec", lambda dialog: dialog.show() or QApplication.processEvents() or 0)
    seen = []
    monkeypatch.setattr(files, "dress", lambda dialog, dress=files.dress: (dress(dialog), seen.append(dialog)))
    assert files.to_save(None, "Save", str(tmp_path / "a.oto"), "Session (*.oto)") == ("", "")
    (dialog,) = seen
    button = dialog.findChild(QToolButton, "toParentButton")
    assert button.icon().pixmap(16).toImage().pixelColor(8, 10).lightness() > 128
