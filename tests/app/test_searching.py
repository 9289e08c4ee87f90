"""The text searched in the window: while somebody looks, anew for another sound; a knob runs no network again."""

from __future__ import annotations

import time

import numpy as np
import pytest

from app.listening import Listening
from app.searching import Searching
from app.wiring import Wiring
from engine import asset, checkpoint, decoding, trellis
from engine.links import default_picture, default_sound_chain
from engine.session import Session
from engine.trace import Key


class Desk:
    """A session that is wired, without a window; `seen` says whether a view of the search can be seen."""

    def __init__(self, session: Session, wiring: Wiring) -> None:
        self.session, self.wiring, self.seen = session, wiring, False
        self.searching = Searching(session, wiring, lambda view: self.seen and view == "decoding")
        wiring.ready = True
        session.set("network", checkpoint.open_network("digits-lstm-128"))
        session.set("clip", asset.open_bundled("digits"))

    def pump(self, ready):
        end = time.monotonic() + 60
        while not ready():
            assert time.monotonic() < end, "it never happened"
            self.wiring.tick()
            self.wiring.painted()
            self.searching.tick()
            time.sleep(0.002)


@pytest.fixture
def desk():
    session = Session(picture=default_picture(), chain=default_sound_chain())
    wiring = Wiring(session)
    yield Desk(session, wiring)
    wiring.close()


def test_a_knob_searches_anew_what_the_network_answered(desk):
    session = desk.session
    desk.pump(lambda: session.state.traced is not None and not desk.wiring.workers["inspect"].busy)
    assert session.state.searched is None, "nobody looked"
    desk.seen = True
    desk.pump(lambda: session.state.searched is not None)
    first, traced = session.state.searched, session.state.traced
    assert [label.text for label in first.text] == list("73190428")
    assert (first.edits, first.length) == (0, 8)
    logs = np.log(np.maximum(traced.trace.series[Key("posterior")].values, 1e-30))
    best = first.beam.prefixes[0]
    # The score of the best is the exact likelihood of its labels, as the trellis tells it too.
    assert best.acoustic == pytest.approx(-trellis.loss(trellis.log_softmax(logs), best.labels), abs=1e-6)
    assert first.reference is not None
    assert first.reference.log_prob == pytest.approx(first.trellis.log_prob)
    for label, true in zip(
        first.text, (each for each in session.state.clip.labels if each.tier == "digit"), strict=True
    ):
        assert abs(label.start - true.start) < 0.4
    session.set("decoding", session.state.decoding.but(width=1))
    desk.pump(lambda: session.state.searched is not first)
    assert session.state.searched.beam.kept.max() == 1
    assert session.state.traced is traced, "the network has not run again"
    narrow = session.state.searched
    session.set("decoding", decoding.Settings(language="file", file="nowhere.arpa"))
    desk.pump(lambda: session.state.searched is not narrow)
    assert "nowhere.arpa" in session.state.searched.note
    assert session.state.searched.beam.prefixes[0].labels == best.labels
    session.set("clip", asset.open_bundled("digits-2"))
    assert session.state.searched is None
    desk.pump(lambda: session.state.searched is not None)
    assert session.state.searched.clip_id == session.state.clip.id


@pytest.mark.alone
def test_live_text_is_searched_where_its_knob_asks_for_that(desk):
    """From the clip, in real time: the beam begins where the knob is turned, and writes what is said."""
    session, listening = desk.session, Listening(desk.session, desk.wiring, lambda: None)
    desk.pump(lambda: session.state.traced is not None and not desk.wiring.workers["inspect"].busy)
    assert listening.live(session.state.clip)
    desk.pump(lambda: bool(session.state.live))
    assert session.state.decoding is not None
    session.set("decoding", session.state.decoding.but(live=True, language="file", file="nowhere.arpa"))
    desk.pump(lambda: session.state.notice is not None and "nowhere.arpa" in session.state.notice.text)
    session.set("decoding", session.state.decoding.but(language="none"))
    listening.stop()
    assert listening.live(session.state.clip)
    desk.pump(lambda: bool(session.state.live) and len(session.state.live[-1].text) >= 4)
    assert [label.text for label in session.state.live[-1].text][:4] == list("7319")
    listening.close()
