"""A window that the tests of a module share, put back for each."""

from __future__ import annotations

import pytest

from app.window import Window
from tests.waiting import analysed, pump
from widgets import theme


@pytest.fixture(scope="module")
def window(qapp):
    theme.apply(qapp, "dark")
    made = Window(fresh=True)
    made.show()
    pump(qapp, lambda: analysed(made))
    yield made
    made.close()


@pytest.fixture
def home(qapp, window):
    """The window as it was at its start, whatever the test before did to it."""
    clip = window.session.state.clip
    yield window
    if window.session.state.transport.live:
        window.listening.stop()
    window.session.set("clip", clip)
    window.session.set("notice", None)
    window.session.set("chain", window.default_chain())
    pump(qapp, lambda: analysed(window) and not window.wiring.workers["live"].busy)
