"""Prosody in the window: measured while its lane can be seen, of the sound that is heard, and not before."""

from __future__ import annotations

import time

import numpy as np
import pytest

from app.prosody import Prosodies
from app.wiring import Wiring
from engine import asset
from engine.links import default_link, default_picture
from engine.session import Session
from engine.trace import Key


@pytest.fixture
def desk():
    """A session that is wired, without a window; `seen` says whether the lane can be seen."""
    session = Session(picture=default_picture())
    wiring = Wiring(session)
    made = Desk(session, wiring)
    yield made
    wiring.close()


class Desk:
    def __init__(self, session, wiring):
        self.session, self.wiring, self.seen = session, wiring, False
        self.prosodies = Prosodies(session, wiring, lambda view: self.seen and view == "prosody")
        wiring.ready = True
        session.set("clip", asset.open_bundled("cat"))

    def pump(self, ready):
        end = time.monotonic() + 60
        while not ready():
            assert time.monotonic() < end, "it never happened"
            self.wiring.tick()
            self.wiring.painted()
            self.prosodies.tick()
            time.sleep(0.002)

    @property
    def idle(self):
        return self.session.state.traced is not None and not self.wiring.workers["inspect"].busy


def test_it_is_measured_when_somebody_looks_and_anew_for_another_sound(desk):
    state = desk.session
    desk.pump(lambda: desk.idle)
    assert state.state.prosody is None, "nobody looked"
    desk.seen = True
    desk.pump(lambda: state.state.prosody is not None)
    found = state.state.prosody
    assert found.sound_id == state.state.traced.sound.id
    f0 = found.series[Key("prosody.f0")].values
    assert 100 < np.nanmedian(f0) < 140, "the plain voice of the synthesiser: 120 Hz"
    state.set("chain", (default_link("gain", gain=-12.0),))
    desk.pump(lambda: state.state.prosody is not found)
    quieter = [each.series[Key("prosody.energy")].values.max() for each in (state.state.prosody, found)]
    assert quieter[0] == pytest.approx(quieter[1] - 12.0, abs=0.1)
