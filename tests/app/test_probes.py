"""Probes beside an inspection: asked for, asked anew when a knob rests, and never while nobody looks."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from app import probes
from app.probes import Probes
from app.wiring import Wiring
from engine import asset, checkpoint
from engine.events import Match
from engine.links import default_link, default_picture
from engine.session import Depth, Session, Span
from engine.surgery import Edit


@pytest.fixture
def desk(monkeypatch):
    """A session that is wired, without a window. `desk.open` keeps what was asked to be opened."""
    monkeypatch.setattr(probes, "REST", 0.02)
    session = Session(picture=default_picture())
    wiring = Wiring(session)
    made = Desk(session, wiring)
    yield made
    wiring.close()


class Desk:
    def __init__(self, session, wiring):
        self.session, self.wiring, self.opened = session, wiring, []
        self.probes = Probes(session, wiring, self.opened.append)
        wiring.ready = True
        session.set("network", checkpoint.open_network("phonemes-lstm-32"))
        session.set("clip", asset.open_bundled("digits"))
        self.pump(lambda: session.state.traced is not None)

    def pump(self, ready):
        end = time.monotonic() + 60
        while not ready():
            assert time.monotonic() < end, "it never happened"
            self.wiring.tick()
            self.wiring.painted()
            self.probes.tick()
            time.sleep(0.002)

    @property
    def idle(self):
        return not self.wiring.workers["inspect"].busy


def test_while_nobody_asks_nothing_is_computed(desk):
    desk.session.set("selection", Span(0.9, 1.1))
    desk.session.set("chain", (default_link("mix"),))
    desk.pump(lambda: desk.idle)
    state = desk.session.state
    assert (state.decoded, state.seam, state.recalled) == (None, None, None)
    assert not desk.probes._due


def test_a_depth_is_heard_and_heard_anew_after_a_knob(desk):
    session = desk.session
    session.set("depth", Depth(1))
    desk.pump(lambda: session.state.decoded is not None)
    first = session.state.decoded
    assert first.sound.frames == session.state.traced.sound.frames
    session.set("depth", Depth(2, (1, 2), without=True))
    desk.pump(lambda: session.state.decoded is not first)
    second = session.state.decoded
    assert second.depth == Depth(2, (1, 2), without=True)
    session.set("chain", (default_link("mix"),))
    desk.pump(lambda: session.state.decoded is not second)
    session.set("depth", None)
    session.set("clip", asset.open_bundled("cat"))
    desk.pump(lambda: session.state.decoded is None)


def test_an_edit_is_not_kept_waiting_and_is_heard_too(desk):
    session = desk.session
    session.set("depth", Depth(1))
    desk.pump(lambda: session.state.decoded is not None)
    first = session.state.decoded
    session.set("depth", Depth(1, (1,)))
    session.set("edits", (Edit("reset", 0.5),))
    assert not desk.probes._due, "it comes after the inspection"
    desk.pump(lambda: session.state.decoded is not first)
    assert session.state.decoded.depth == Depth(1, (1,))


def test_the_seam_test_says_that_there_is_none_and_refuses_what_cannot_stream(desk):
    session = desk.session
    session.set("seaming", True)
    desk.pump(lambda: session.state.seam is not None)
    assert not session.state.seam.spans
    assert "no difference (max" in session.state.notice.text
    session.set("network", checkpoint.open_network("digits-lstm-64-bidirectional"))
    desk.pump(lambda: not session.state.seaming)
    assert "whole future" in session.state.notice.text
    assert session.state.seam is None


def test_an_edit_is_no_seam(desk):
    session = desk.session
    session.set("edits", (Edit("set", 0.8, 1.2, "f", 1),))
    desk.pump(lambda: session.state.traced.difference is not None)
    session.set("seaming", True)
    desk.pump(lambda: session.state.seam is not None)
    assert not session.state.seam.spans
    assert "no difference (max" in session.state.notice.text
    assert session.state.notice.text.endswith("The edits are left out.")


def test_the_seam_goes_with_its_switch(desk):
    session = desk.session
    session.set("seaming", True)
    desk.pump(lambda: session.state.seam is not None)
    session.set("seaming", False)
    assert session.state.seam is None


def test_a_selection_is_searched_and_its_moments_are_gone_to(desk, tmp_path):
    session = desk.session
    session.set("recalling", True)
    session.set("selection", Span(0.9, 1.1))
    desk.pump(lambda: session.state.recalled is not None)
    best = session.state.recalled.matches[0]
    session.set("visit", best)
    desk.pump(lambda: session.state.visit is None)
    assert session.state.moment == Span(best.start, best.stop)
    assert session.state.cursor.time == best.start
    other = replace(session.state.clip, labels=session.state.clip.labels[:1])
    session.set("clip", other)
    session.set("visit", best)
    desk.pump(lambda: session.state.visit is None)
    assert session.state.clip is other, "labels that were edited since stay"
    there = replace(best, path=tmp_path / "other.wav", name="other.wav", start=0.2, stop=0.4)
    session.set("visit", there)
    for _ in range(3):
        desk.probes.tick()
    assert desk.opened == [there.path]
    session.set("clip", replace(asset.open_bundled("cat"), path=there.path))
    desk.pump(lambda: session.state.visit is None)
    assert session.state.moment == Span(0.2, 0.4)
    assert session.state.recalled is not None, "the playlist stays"
    session.set("visit", best)  # it has no file
    desk.pump(lambda: session.state.visit is None)
    assert session.state.clip.name == "digits"


def test_a_folder_is_indexed_and_that_can_be_stopped(desk):
    desk.probes.index(asset.path("clips"))
    assert desk.probes.stop(probes.INDEX)
    desk.pump(lambda: not desk.wiring.workers["background"].busy)
    assert desk.session.state.index is None
    desk.probes.index(asset.path("clips"))
    desk.pump(lambda: desk.session.state.index is not None)
    assert len(desk.session.state.index.places) == len(asset.clips())
    assert not desk.probes.stop(probes.INDEX)


def test_a_file_that_cannot_be_opened_is_not_waited_for(desk, tmp_path):
    gone = Match(1.0, "gone.wav", tmp_path / "gone.wav", 0.0, 0.2)
    desk.probes.open = lambda path: desk.wiring.submit("background", "open", failing, path)
    desk.session.set("visit", gone)
    desk.pump(lambda: desk.session.state.visit is None)


def failing(path):
    raise OSError(2, "no such file", str(path))
    yield
