"""Ctrl+C and `kill` end the program as its button does, whenever they come."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from app import program

pytestmark = pytest.mark.alone


@pytest.fixture
def guarded(monkeypatch):
    """A window whose signals are caught, and handlers put back after the test."""
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    window = program.Window(fresh=True)
    program.guard(window)
    yield window
    for name, handler in before.items():
        signal.signal(name, handler)
    window.close()


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_window_is_shown_closes_it_too(qapp, guarded, name):
    signal.raise_signal(name)
    guarded.show()
    end = time.monotonic() + 10
    while guarded.timer.isActive():
        assert time.monotonic() < end, "the signal was forgotten"
        qapp.processEvents()
        time.sleep(0.002)
    assert not guarded.isVisible()


def test_a_signal_in_the_middle_of_a_paint_waits_for_its_end(qapp, guarded):
    guarded.show()
    signal.raise_signal(signal.SIGTERM)
    assert guarded.isVisible(), "it is closed by the loop of events, not wherever Python happens to be"
