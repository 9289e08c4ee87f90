"""Saving: what is still being written is not lost, and a file is never taken for that of another session."""

from __future__ import annotations

import threading
import time
from types import MappingProxyType

import pytest
from PySide6.QtWidgets import QMessageBox, QWidget

from app import jobs
from app.saving import Saving
from app.wiring import Wiring
from app.worker import Report
from engine.document import DocumentError
from engine.events import Restored
from engine.session import Cursor, Session
from tests.captioned import said
from tests.waiting import pump


class Slow:
    """Stands for the job that writes: it waits to be let through."""

    def __init__(self):
        self.through = threading.Event()
        self.error = None

    def __call__(self, state, path):
        while not self.through.wait(0.01):
            yield None
        if self.error is not None:
            raise self.error
        yield jobs.Saved(path, state)


@pytest.fixture
def slow(monkeypatch):
    made = Slow()
    monkeypatch.setattr(jobs, "save_session", made)
    return made


@pytest.fixture
def saving(qtbot):
    session = Session()
    wiring = Wiring(session)
    made = Saving(session, wiring, lambda: None)
    yield made
    wiring.close()


@pytest.fixture
def parent(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    return made


def settle(app, saving):
    end = time.monotonic() + 20
    while saving.wiring.workers["background"].busy:
        assert time.monotonic() < end
        time.sleep(0.005)
    saving.wiring.tick()
    app.processEvents()


def test_the_program_ends_when_what_is_being_written_is(qapp, saving, slow, parent, tmp_path):
    ended = []
    saving.save(tmp_path / "a.oto")
    assert not saving.may_leave(parent, lambda: ended.append(saving.path))
    assert not ended
    slow.through.set()
    settle(qapp, saving)
    assert ended == [tmp_path / "a.oto"]
    assert saving.may_leave(parent, pytest.fail)


def test_a_change_is_written_in_the_background_before_the_program_ends(
    qapp, saving, slow, parent, tmp_path, monkeypatch
):
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Save)
    ended = []
    slow.through.set()
    saving.save(tmp_path / "a.oto")
    settle(qapp, saving)
    saving.session.set("chain", ("changed",))
    assert not saving.may_leave(parent, lambda: ended.append(saving.changed))
    settle(qapp, saving)
    assert ended == [False]


def test_a_session_that_cannot_be_written_keeps_the_program_open(qapp, saving, slow, parent, tmp_path):
    slow.error = DocumentError("a.oto cannot be written")
    saving.save(tmp_path / "a.oto")
    assert not saving.may_leave(parent, lambda: pytest.fail("it closes"))
    slow.through.set()
    settle(qapp, saving)
    assert saving.path is None
    assert saving.session.state.notice.text == "a.oto cannot be written"
    assert saving.may_leave(parent, pytest.fail), "and it can be left"


def test_what_was_stopped_is_not_waited_for(qapp, saving, slow, parent, tmp_path):
    saving.save(tmp_path / "a.oto")
    saving.wiring.stop()
    settle(qapp, saving)
    assert saving.may_leave(parent, pytest.fail)


def test_a_file_written_late_is_not_that_of_the_session_opened_since(qapp, saving, slow, parent, tmp_path):
    saving.save(tmp_path / "old.oto")
    values = {"chain": ("new",), "cursor": Cursor(0.5), "heard": "clip"}
    opened = Restored(tmp_path / "new.oto", MappingProxyType(values))
    saving.wiring.workers["background"].events.append(Report("open", opened))
    saving.wiring.tick()
    slow.through.set()
    settle(qapp, saving)
    assert saving.path == tmp_path / "new.oto"
    assert not saving.changed


@pytest.mark.parametrize("place", ["said.srt", "no folder/said.srt", None])
def test_captions_go_once_they_are_written(qapp, home, monkeypatch, tmp_path, place):
    """Save in the question asks for a file; without one, or where it cannot be written, they stay."""
    buttons = QMessageBox.StandardButton
    monkeypatch.setattr(QMessageBox, "question", lambda *_: buttons.Save)
    monkeypatch.setattr("app.handlers.file.places.place", lambda *_: tmp_path / place if place else None)
    monkeypatch.setattr(home.saving, "asks", True)
    captions = said("one two", now="three")
    home.session.set("captions", captions)
    home.captioning.clear()
    assert home.session.state.captions is captions, "nothing is written yet"
    if place == "said.srt":
        pump(qapp, lambda: home.session.state.captions is None)
        assert "one two" in (tmp_path / place).read_text()
        return
    if place is not None:
        pump(qapp, lambda: home.session.state.notice is not None)
        assert "said.srt" in home.session.state.notice.text
    pump(qapp, lambda: not home.wiring.workers["background"].busy)
    assert home.session.state.captions is captions

    monkeypatch.setattr("app.handlers.file.places.place", lambda *_: tmp_path / "later.srt")
    home.actions_by_name["save_captions"].trigger()
    pump(qapp, lambda: not home.saving.changed)
    pump(qapp, lambda: not home.wiring.workers["background"].busy)
    assert home.session.state.captions is captions, "nobody asked to clear them this time"
