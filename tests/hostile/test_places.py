"""Places that take no file: a full disk, a folder that has gone, or that is none. Nothing there before is lost."""

from __future__ import annotations

import contextlib
import logging
import resource
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from app import log, pictures
from app.preferences import Preferences
from engine import catalog, checkpoint, document, export, recipe
from engine.audio.file import open_clip, write
from engine.audio.take import Take
from engine.chain import default_picture, default_sound_chain
from engine.clip import from_array
from engine.events import Notice, Step
from engine.recipe import TrainSettings
from engine.session import State
from engine.train import train
from tests import example
from tests.hostile import papers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SOUND = 0.3 * np.random.default_rng(0).standard_normal(50_000).astype(np.float32)
ROOM = 8_000
"""Bytes that a file may have on the full disk: no file of those below is as small."""


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """No file grows beyond ROOM: what is written then fails half way, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def session(path: Path) -> None:
    state = State(clip=from_array(SOUND, 16_000, "noise"), chain=default_sound_chain(), picture=default_picture())
    for _ in document.save(state, path):
        pass


def trace(path: Path) -> None:
    traced = example.full().state.traced
    assert traced is not None
    export.trace(traced.trace, path)


def long_recipe(path: Path) -> None:
    """One with a name that fills pages."""
    made = recipe.of("phonemes")
    written = recipe.text
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "text", lambda chosen: written(chosen) + "#" * 2 * ROOM)
        recipe.write(made, path)


WRITERS: dict[str, Callable[[Path], object]] = {
    "a.oto": session,
    "a.wav": lambda path: write(path, SOUND, 16_000),
    "a.flac": lambda path: write(path, SOUND, 16_000),
    "a.npz": trace,
    "a.csv": trace,
    "a.toml": long_recipe,
    "a.safetensors": lambda path: checkpoint.save(papers.network(), path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"old")
    with full_disk(), pytest.raises(Exception, match=r"a.*\.") as caught:
        WRITERS[name](path)
    words = str(caught.value)
    assert type(caught.value).__module__.startswith("engine."), repr(caught.value)
    assert str(tmp_path) in words
    assert "choose another place" in words or "disk full" in words or "make room" in words, words
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path], "half a file was left"


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("kind", ["gone", "a file", "a device"])
def test_a_folder_that_is_none_is_told(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / "a file").write_text("")
    (tmp_path / "a device").symlink_to("/dev/null")
    path = tmp_path / kind / name
    with pytest.raises(Exception, match=name.split(".")[0]) as caught:
        WRITERS[name](path)
    assert type(caught.value).__module__.startswith("engine."), repr(caught.value)
    assert str(path.parent) in str(caught.value)


def test_a_recording_goes_on_in_memory(tmp_path: Path) -> None:
    with full_disk():
        take = Take(tmp_path / "take.wav", 16_000)
        for start in range(0, len(SOUND), 1600):
            take.add(SOUND[start : start + 1600])
        clip = take.end()
    assert clip is not None
    np.testing.assert_array_equal(clip.read()[:, 0], SOUND)
    assert str(tmp_path) in take.error


def test_a_recording_whose_folder_goes_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    take = Take(folder / "take.wav", 16_000)
    take.add(SOUND[:20_000])
    take._drain()
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()
    take.add(SOUND[20_000:])
    clip = take.end()
    assert clip is not None, take.error
    np.testing.assert_array_equal(clip.read()[:, 0], SOUND)


def test_a_file_that_is_decoded_says_where_to_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.audio.cache._folder", lambda: tmp_path / "cache")
    monkeypatch.setattr("engine.audio.file._IN_MEMORY", 1)
    soundfile.write(tmp_path / "a.ogg", SOUND, 16_000)
    with full_disk(), pytest.raises(Exception, match=r"a\.ogg cannot be decoded into .*cache") as caught:
        open_clip(tmp_path / "a.ogg")
    assert "room" in str(caught.value)
    assert not list((tmp_path / "cache").iterdir())


def training(folder: Path) -> Any:
    settings = TrainSettings(steps=300, batch=2, evaluate_every=3, evaluate_batches=1)
    little = catalog.load("tasks", "phonemes").Settings(clips=10)
    chosen = recipe.of("phonemes", task_settings=little, model_settings=papers.network().settings, train=settings)
    return train(chosen, "cpu", folder)


@pytest.mark.parametrize("how", ["full", "gone"])
def test_a_run_folder_that_takes_no_more_is_told(tmp_path: Path, how: str) -> None:
    """The training goes on, and what was in the folder is whole still."""
    folder = tmp_path / "run"
    told: list[str] = []
    with contextlib.closing(training(folder)) as run, contextlib.ExitStack() as stack:
        while not (folder / "best.safetensors").exists():
            next(run)
        kept = folder.rename(tmp_path / "kept") if how == "gone" else folder
        if how == "full":
            stack.enter_context(full_disk())
        while not told:
            event = next(run)
            if isinstance(event, Notice) and event.level != "info":
                told.append(event.text)
        assert any(isinstance(next(run), Step) for _ in range(1000)), "the training stopped"
    assert str(folder) in told[0]
    checkpoint.load(kept / "best.safetensors")


def test_a_picture_says_so(qtbot: Any, tmp_path: Path) -> None:
    from PySide6.QtWidgets import QLabel

    label = QLabel("A")
    qtbot.addWidget(label)
    with pytest.raises(pictures.PictureError, match="gone"):
        pictures.save(label, tmp_path / "gone" / "a.png")
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    label.setFixedSize(900, 900)
    label.setStyleSheet("background: qlineargradient(x1:0, y1:0, x2:1, y2:1, stop:0 #123, stop:1 #fed)")
    with full_disk(), pytest.raises(pictures.PictureError, match=r"a\.png"):
        pictures.save(label, path)
    assert path.read_bytes() == b"old"


def test_preferences_that_cannot_be_kept_are_forgotten(
    qapp: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    made = Preferences()
    made.set("theme", "light")
    made.close()
    assert made.get("theme", "dark") in ("light", "dark")


def test_a_log_that_cannot_be_kept_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither from the beginning, nor later; and nothing is said of it on the terminal."""
    monkeypatch.setattr(log, "log_folder", lambda: tmp_path / "log")
    root, known = logging.getLogger(), list(logging.getLogger().handlers)
    told = logging.raiseExceptions
    try:
        log.keep_log()
        with full_disk():
            for _ in range(20):
                logging.getLogger("test").error("x" * 1000)
        assert capfd.readouterr().err == ""
    finally:
        logging.captureWarnings(False)
        logging.raiseExceptions = told
        for each in set(root.handlers) - set(known):
            root.removeHandler(each)
            each.close()
