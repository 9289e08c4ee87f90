"""What a denoiser made and removed, written to files; and denoisers that lie in files, added by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from PySide6.QtWidgets import QMenu

from app import denoiserfiles, places
from app.denoiserfiles import DenoiserFiles, write
from engine.events import Notice
from tests import example


@pytest.fixture
def window(qtbot, tmp_path):
    """As much of a window as the files need; `written` are the jobs that were asked for, `added` the files."""
    menu = QMenu()
    qtbot.addWidget(menu)
    written, added = [], []
    return SimpleNamespace(
        session=example.full(),
        actions_by_name=SimpleNamespace(menus={"save_enhanced": menu}),
        wiring=SimpleNamespace(submit=lambda *asked, doing="": written.append(asked)),
        enhancing=SimpleNamespace(add=added.append),
        docks=SimpleNamespace(show=lambda _names: None, workspace="Explore"),
        preferences=SimpleNamespace(get=lambda _key, usual: usual, set=lambda *_: None),
        written=written,
        added=added,
    )


@pytest.mark.parametrize(("removed", "kind"), [(False, "PCM_24"), (True, "FLOAT")])
def test_what_a_menu_line_names_is_written_as_it_is_heard(window, tmp_path, monkeypatch, removed, kind):
    path, words = tmp_path / "out.wav", next(each for each, to in denoiserfiles.SOUNDS.items() if to == kind)
    monkeypatch.setattr(places, "named", lambda *_: (path, words))
    files, made = DenoiserFiles(window), window.session.state.enhanced[1]
    files.fill()
    lines = {each.text(): each for each in window.actions_by_name.menus["save_enhanced"].actions()}
    lines[f"{'Removed' if removed else 'Enhanced'} by Spectral gate…"].trigger()
    (_, _, job, *asked) = window.written[0]
    told = [each for each in job(*asked) if isinstance(each, Notice)]
    assert told[-1].text == f"Saved {path}"
    found, rate = soundfile.read(path, dtype="float32", always_2d=True)
    sound = made.residual if removed else made.sound
    assert rate == sound.rate
    assert soundfile.info(path).subtype == kind
    np.testing.assert_allclose(found, sound.read(), atol=2**-23)


def test_of_a_long_recording_it_is_said_which_part_was_written(tmp_path):
    sound = example.full().state.enhanced[0].sound
    notice = list(write(sound, "PCM_16", ", of 3.0 to 8.0 s alone", tmp_path / "part.wav"))[-1]
    assert "3.0 to 8.0 s" in notice.text
    assert notice.level == "warning"


def test_without_a_denoiser_the_menu_says_what_to_do(window):
    window.session.set("enhanced", ())
    DenoiserFiles(window).fill()
    (line,) = window.actions_by_name.menus["save_enhanced"].actions()
    assert "choose a denoiser" in line.text()
    assert not line.isEnabled()


def test_a_file_is_added_from_a_dialog(window, monkeypatch, tmp_path):
    monkeypatch.setattr(denoiserfiles.files, "to_open", lambda *_: str(tmp_path / "mine.onnx"))
    DenoiserFiles(window).add()
    assert window.added == [tmp_path / "mine.onnx"]


def test_what_is_dropped_is_a_denoiser_by_what_it_is(window, tmp_path):
    files, folder = DenoiserFiles(window), tmp_path / "dtln"
    folder.mkdir()
    assert not files.takes(folder)
    (folder / "model_1.onnx").touch()
    for path, taken in ((folder, True), (tmp_path / "a.ONNX", True), (tmp_path / "a.wav", False)):
        assert files.takes(path) == taken
    checkpoint = tmp_path / "own.safetensors"
    assert not files.takes(checkpoint), "elsewhere it is a network to be looked at"
    window.docks.workspace = "Denoise"
    assert files.takes(checkpoint)
    assert window.added == [folder, tmp_path / "a.ONNX", checkpoint]
