"""What the status bar is told of live work."""

from __future__ import annotations

from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

from app import listening as module
from app.listening import Listening
from app.wiring import Wiring
from engine.events import Frames
from engine.session import Session, Transport


@pytest.mark.alone
def test_pictures_that_lag_so_that_it_is_seen_are_told_and_no_longer_than_they_do(qapp, monkeypatch):
    session, now = Session(), [0.0]
    session.set("transport", Transport(live=True))
    wiring = Wiring(session)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    listening = Listening(session, wiring, lambda: None)
    told = []
    for behind in (0.0, 0.02, 0.31, 0.02, 0.09, 0.0, 0.0, 0.0):  # 0.1 s each; it is told every 0.25 s
        now[0] += 0.1
        listening._told(Frames(now[0], np.zeros(160, np.float32), MappingProxyType({}), behind=behind))
        told.append(session.state.status.get("late"))
    for job, behind in ((print, 0.9), (None, 0.0)):  # another one that gives an account of its own, and back
        now[0] += 1.0
        listening.through = job
        listening._told(Frames(now[0], np.zeros(160, np.float32), MappingProxyType({}), behind=behind))
    assert session.state.status.get("late") == ""
    session.set("transport", Transport())
    session.set("status", {})
    now[0] += 1.0
    listening._told(Frames(1.8, np.zeros(160, np.float32), MappingProxyType({})))  # that was still on its way
    wiring.close()
    assert not session.state.status
    assert told == [None, None, "0.3 s behind", "0.3 s behind", "0.3 s behind", "", "", ""]
