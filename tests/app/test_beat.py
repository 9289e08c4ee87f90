"""The window's own beat never stops while it trains: nothing in its thread waits for the training.

Here only for a second, whatever the machine does beside it; `otoscope bench ui` measures how even the beat is.
"""

from __future__ import annotations

import time

import pytest

from app.benches import ui
from app.benches._training import Training, live, speech
from app.shot import Shown, pump

pytestmark = pytest.mark.alone
LONGEST = 1000.0
"""Milliseconds."""


@pytest.fixture
def training(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(ui, "EACH", 2.0)
    with Shown() as window:
        made = Training(window, "torch", "small", tmp_path)
        made.start()
        live(window, speech(60.0))
        yield made
        window.listening.stop()
        made.stop()


def longest(window):
    return max(ui.gaps(window)).length


def test_nothing_blocks_the_window_while_it_trains(training, monkeypatch):
    window, before = training.window, len(training.steps)
    assert longest(window) < LONGEST
    assert len(training.steps) > before, "it trained all the while"
    assert window.session.state.live, "and was seen"
    tick = window.status.tick
    monkeypatch.setattr(window.status, "tick", lambda: time.sleep(1.2) or tick())
    assert longest(window) > LONGEST, "a call that blocks is noticed"
    monkeypatch.undo()
    pump(0.1)
