"""The wiring: what is not seen is not computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app import jobs
from app.wiring import Wiring
from app.worker import Report
from engine import asset, checkpoint
from engine.clip import from_array
from engine.links import default_picture, default_sound_chain
from engine.session import Session, Span
from engine.trace import Key
from tests.waiting import pump

pytestmark = pytest.mark.alone


@pytest.fixture
def wiring():
    session = Session(chain=default_sound_chain(), picture=default_picture())
    made = Wiring(session)
    yield made
    made.close()


def test_the_clip_waits_until_the_live_view_ends(wiring, monkeypatch):
    session, asked = wiring.session, []
    monkeypatch.setattr(wiring, "submit", lambda worker, name, *_, **__: asked.append(name))

    def came():
        names, asked[:] = list(asked), []
        return names.count("inspect")

    def live(on):
        session.set("transport", replace(session.state.transport, live=on))

    session.set("clip", from_array(np.zeros(16000, np.float32), 16000, "clip"))
    assert came() == 1
    live(True)
    live(False)
    assert came() == 0, "nothing has changed meanwhile"
    live(True)
    session.set("chain", session.state.chain[:-1])
    session.set("chain", session.state.chain[:-1])
    assert came() == 0
    live(False)
    assert came() == 1
    live(True)
    live(False)
    assert came() == 0


def test_other_labels_leave_view_and_cursor_and_run_no_network_again(qapp, wiring):
    session, clip = wiring.session, asset.open_bundled("digits")
    session.set("network", checkpoint.open_network("digits-lstm-128"))
    wiring.ready = True
    session.set("clip", clip)
    pump(qapp, lambda: wiring.tick() or wiring.painted() or session.state.traced is not None)
    first, runs = session.state.traced, dict(wiring.memo.runs)
    session.set("view", Span(0.2, 0.7))
    session.set("cursor", replace(session.state.cursor, time=0.3))
    ran, state = wiring.memo.get("ran"), session.state
    assert first.length == len(clip.text("digit"))
    session.set("clip", replace(clip, labels=(replace(clip.labels[0], text="other"), *clip.labels[1:-1])))
    assert (session.state.view, session.state.cursor) == (state.view, state.cursor)
    pump(qapp, lambda: wiring.tick() or wiring.painted() or session.state.traced is not first)
    now = session.state.traced
    assert (now.length, now.sound.labels[0].text) == (first.length - 1, "other"), "the error follows"
    assert wiring.memo.get("ran") is ran
    assert wiring.memo.runs == runs


def test_the_device_that_is_told_is_the_one_that_was_chosen(wiring):
    session = wiring.session
    session.set("device", "cpu")
    assert "device" not in session.state.status
    named = {"cuda": "CUDA: a card", "cpu": "CPU, 2 cores"}
    wiring.workers["background"].events.append(Report("warm", jobs.Ready(("cuda", "cpu"), named)))
    wiring.tick()
    told = [session.state.status["device"]]
    for device in ("auto", "cuda", "mps", "cpu"):
        session.set("device", device)
        told.append(session.state.status["device"])
    assert told == ["CPU, 2 cores", "CUDA: a card", "CUDA: a card", "no mps on this machine", "CPU, 2 cores"]


def test_what_the_pipeline_bypasses_is_not_run(qapp, wiring):
    session, clip = wiring.session, asset.open_bundled("digits")
    session.set("network", checkpoint.open_network("digits-lstm-128"))
    wiring.ready = True
    session.set("clip", clip)

    def inspected():
        before = session.state.traced
        pump(qapp, lambda: wiring.tick() or wiring.painted() or session.state.traced is not before)
        return session.state.traced

    decoded = inspected()
    session.set("bypassed", ("decode",))
    raw = inspected()
    assert [each.text for each in decoded.trace.text] == list(clip.text("digit"))
    assert len(raw.trace.text) == len(raw.trace.series[Key("posterior")].values)
    session.set("bypassed", ("network", "disturb"))
    assert inspected().network_id == ""
    np.testing.assert_array_equal(session.state.traced.sound.read(), clip.read())
    session.undo()
    session.undo()
    assert inspected().trace.text == decoded.trace.text
