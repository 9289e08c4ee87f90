"""Autosave in the window: what is kept and when, what is offered after a crash, and what is not."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace

import numpy as np
import platformdirs
import pytest
from PySide6.QtWidgets import QMessageBox

from app import autosave as module
from app.autosave import Autosave
from app.recovery import Recovery
from app.saving import Saving
from app.wiring import Wiring
from engine.audio.take import Take
from engine.chain import default_sound_chain
from engine.clip import from_array
from engine.session import Session, Span

pytestmark = pytest.mark.alone
NOISE = from_array(np.random.default_rng(0).normal(0, 0.1, 8000), 16000, "mine")


class Program:
    """A session with what saves and keeps it, without a window."""

    def __init__(self, root):
        self.session = Session(chain=default_sound_chain(), clip=NOISE)
        self.wiring = Wiring(self.session)
        self.saving = Saving(self.session, self.wiring, lambda: None)
        self.recovery = Recovery(root)
        self.autosave = Autosave(self.session, self.wiring, self.saving, self.recovery)

    def turn(self, snr):
        chain = self.session.state.chain
        self.session.set(
            "chain",
            tuple(
                replace(link, settings=link.settings.but(snr=snr)) if link.stage == "noise" else link
                for link in chain
            ),
        )

    @property
    def snr(self):
        return next(link.settings.snr for link in self.session.state.chain if link.stage == "noise")

    def settle(self):
        """Let what is to be done be done."""
        end = time.monotonic() + 20
        while True:
            self.autosave.tick()
            self.wiring.tick()
            if not any(worker.busy or worker.events for worker in self.wiring.workers.values()):
                return
            assert time.monotonic() < end
            time.sleep(0.005)

    def texts(self):
        return list(self.recovery.root.glob("*/session.toml"))

    def die(self):
        self.wiring.close()
        self.recovery.release(*list(self.recovery._locks))

    def end(self):
        self.wiring.close()
        self.autosave.close()


@pytest.fixture
def start(tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr(module, "EVERY", 0.0)
    started = []

    def begin():
        started.append(Program(tmp_path))
        return started[-1]

    yield begin
    for each in started:
        each.die()


def test_nothing_is_written_before_anything_is_changed_nor_when_nothing_changes(start, tmp_path):
    program = start()
    program.settle()
    program.session.set("view", Span(0.0, 0.2))
    program.settle()
    assert not list(tmp_path.iterdir())
    program.turn(3.0)
    program.settle()
    (text,) = program.texts()
    before = text.stat().st_mtime_ns
    program.session.set("cursor", replace(program.session.state.cursor, time=0.3))
    program.settle()
    assert text.stat().st_mtime_ns == before
    program.end()
    assert not list(tmp_path.iterdir()), "it ended well"


def test_after_a_crash_it_is_offered_and_restored_as_an_unsaved_session(start):
    first = start()
    first.turn(3.0)
    first.settle()
    first.die()
    second = start()
    second.autosave.look()
    notice = second.session.state.notice
    assert "not ended properly" in notice.text
    assert notice.actions == ("restore", "discard")
    second.autosave.restore()
    second.settle()
    assert second.snr == 3.0
    assert second.saving.changed
    np.testing.assert_array_equal(second.session.state.clip.read(), NOISE.read())
    assert second.recovery.folder() == first.recovery._own, "it goes on where it was"
    second.turn(4.0)
    second.settle()
    second.die()
    third = start()
    third.autosave.look()
    third.autosave.restore()
    third.settle()
    assert third.snr == 4.0
    third.end()
    assert not third.texts()


def test_what_is_in_no_file_when_the_program_is_told_to_end_comes_back(start):
    first = start()
    first.saving._unsaved = True  # as after a crash
    first.turn(3.0)
    first.wiring.close()
    first.autosave.close(unsaved=first.saving.changed)
    second = start()
    second.autosave.look()
    second.autosave.restore()
    second.settle()
    assert second.snr == 3.0


def test_a_question_that_another_message_covers_comes_back_and_one_that_is_closed_does_not(start):
    first = start()
    first.turn(3.0)
    first.settle()
    first.die()
    second = start()
    second.autosave.look()
    asked = second.session.state.notice
    second.settle()
    second.wiring.tell("Something else.")
    second.settle()
    assert second.session.state.notice != asked
    second.session.set("notice", None)
    second.settle()
    assert second.session.state.notice == asked
    second.session.set("notice", None)
    second.settle()
    assert second.session.state.notice is None
    assert second.autosave.offered, "the menu still has it"


def test_what_is_discarded_is_gone_and_the_next_is_offered(start):
    for snr in (1.0, 2.0):
        each = start()
        each.turn(snr)
        each.settle()
        each.die()
        time.sleep(0.02)
    last = start()
    last.autosave.look()
    assert len(last.autosave.offered) == 2
    last.autosave.discard()
    assert last.session.state.notice.actions
    last.autosave.restore()
    last.settle()
    assert last.snr == 1.0, "the newest was offered first"


def test_what_is_not_decided_is_offered_again(start):
    first = start()
    first.turn(3.0)
    first.settle()
    first.die()
    second = start()
    second.autosave.look()
    second.turn(5.0)
    second.settle()
    second.end()
    third = start()
    third.autosave.look()
    (lost,) = third.autosave.offered
    assert lost.path == first.recovery._own


def test_what_is_saved_is_not_offered(start, tmp_path):
    program = start()
    program.turn(3.0)
    program.settle()
    assert program.texts()
    program.saving.save(tmp_path / "a.oto")
    program.settle()
    program.session.set("view", Span(0.0, 0.2))
    program.settle()
    assert not program.texts()
    program.turn(4.0)
    program.settle()
    assert program.texts()
    program.die()
    following = start()
    following.autosave.look()
    following.autosave.restore()
    following.settle()
    assert following.saving.path == tmp_path / "a.oto"
    assert following.snr == 4.0


def test_what_was_stopped_is_done_at_the_next_occasion(start):
    program = start()
    program.turn(3.0)
    program.autosave.tick()
    program.wiring.stop()
    program.settle()
    assert program.texts()


def test_switched_off_it_writes_nothing(start, tmp_path):
    program = start()
    program.autosave.on = False
    program.turn(3.0)
    program.settle()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_once_and_tried_again(start, monkeypatch):
    monkeypatch.setattr(module, "AGAIN", 0.0)
    program, told = start(), []
    program.session.on("notice", lambda: told.append(program.session.state.notice))
    write = Recovery.write

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Recovery, "write", full)
    for snr in (1.0, 2.0):
        program.turn(snr)
        for _ in range(3):
            program.autosave.tick()
            while any(worker.busy or worker.events for worker in program.wiring.workers.values()):
                program.wiring.tick()
                time.sleep(0.005)
    (notice,) = told
    assert "No space left" in notice.text
    assert "Ctrl+S" in notice.text
    monkeypatch.setattr(Recovery, "write", write)
    program.settle()
    assert program.texts()


def test_damaged_it_is_told_and_stays(start):
    first = start()
    first.turn(3.0)
    first.settle()
    first.die()
    (text,) = first.texts()
    text.write_text("format = ")
    second = start()
    second.autosave.look()
    second.autosave.restore()
    second.settle()
    assert str(text.parent) in second.session.state.notice.text
    second.end()
    assert text.exists()


def test_a_recording_that_was_cut_off_is_asked_for_before_it_goes(start, monkeypatch, tmp_path):
    first = start()
    take = Take(first.recovery.recording(), 16000)
    take.add(np.ones(16000, np.float32))
    take._drain()
    first.die()
    second = start()
    second.autosave.look()
    assert "recording of 0:01" in second.session.state.notice.text
    second.autosave.restore()
    second.settle()
    take.end()
    assert second.session.state.clip.frames == 16000
    asked = []
    monkeypatch.setattr(
        QMessageBox, "question", lambda *words: asked.append(words[2]) or QMessageBox.StandardButton.Cancel
    )
    assert not second.saving.may_leave(None, pytest.fail)
    assert "recording" in asked[0]
    second.saving.place = lambda: tmp_path / "kept.oto"
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Save)
    left = []
    assert not second.saving.may_leave(None, lambda: left.append(1))
    second.settle()
    assert second.saving.path == tmp_path / "kept.oto"
    assert second.saving.may_leave(None, pytest.fail)


def test_the_window_looks_after_its_first_paint_and_its_menu_has_both(qapp, tmp_path, monkeypatch):
    from app.window import Window

    shutil.rmtree(platformdirs.user_data_dir("otoscope", appauthor=False), ignore_errors=True)
    first = Recovery()
    first.write(Session(clip=NOISE, chain=default_sound_chain()).state, None)
    first.release(first.folder())
    window = Window()
    try:
        assert not window.actions_by_name["restore"].isVisible()
        window.show()
        end = time.monotonic() + 20
        while not window.actions_by_name["restore"].isVisible():
            assert time.monotonic() < end
            qapp.processEvents()
        assert window.actions_by_name["discard"].isVisible()
        window.actions_by_name["discard"].trigger()
        window.menus.tick()
        assert not window.actions_by_name["restore"].isVisible()
        assert not list(first.root.glob("*/session.toml"))
    finally:
        window.close()
