"""The wiring: what is not seen is not computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.wiring import Wiring
from engine.clip import from_array
from engine.links import default_picture, default_sound_chain
from engine.session import Session


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
