"""The panel of live denoising: what can be chosen, what is turned, and how it goes (K231, K361)."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from engine import catalog
from engine.account import Account, Settings
from engine.denoising import Options
from engine.events import Frames, Offer
from engine.session import Session, Transport
from engine.trace import Key, Series
from widgets.panels.monitor import MonitorPanel

OFFERS = (
    Offer("wiener", "Wiener filter", 0.032, 0),
    Offer("whole", "Of the whole", None, 1000),
    Offer("absent", "Absent", trouble="pip install it"),
)
ACCOUNT = Account(0.021, 0.016, 0.4, 3, (0.021, 0.016), 1, 2, 0.1, 0.2, 0, 0, 12.0, 0.032, 0.02, 0.03, 0.04, 9.0)


@pytest.fixture
def panel(qtbot):
    session = Session(denoising=Options())
    session.set("monitoring", Settings())
    actions = {name: QAction(name) for name in ("monitor", "bypass", "record", "keep")}
    for each in ("monitor", "bypass"):
        actions[each].setCheckable(True)
    made = MonitorPanel(session, actions, {"input": QMenu(), "output": QMenu()})
    made.actions_kept = actions
    qtbot.addWidget(made)
    made.show()
    made.tick()
    return made


def words(panel):
    return [panel.choice.itemText(place) for place in range(panel.choice.count())]


def test_it_lists_what_runs_live_and_says_why_others_do_not(panel):
    panel.session.set("offers", OFFERS)
    panel.tick()
    assert words(panel) == [
        "The best that is here",
        "Wiener filter, 32 ms late",
        "Of the whole, in windows: 520 ms late",
    ]
    assert "Of the whole" in panel.why.text()
    assert "whole sound" in panel.why.text()
    panel.choice.activated.emit(2)
    asked = panel.session.state.monitoring
    assert (asked.denoiser, asked.windows) == ("whole", True)
    panel.tick()
    assert panel.choice.currentIndex() == 2


def test_its_knobs_turn_the_session_and_leave_the_rest(panel):
    panel.session.set("denoising", Options(keep=0.5))
    panel.tick()
    form = panel._forms["denoising"]
    form.all.editors["wet"].changed.emit(0.25)
    form.bands.editors["limit_500"].changed.emit(12.0)
    assert panel.session.state.denoising == Options(wet=0.25, keep=0.5, limit_500=12.0)
    panel._forms["monitoring"].editors["buffer"].changed.emit(60.0)
    assert panel.session.state.monitoring == Settings(buffer=60.0)


def test_keeping_in_pauses_says_that_it_is_late_live(panel):
    panel.session.set("denoising", Options())
    panel.tick()
    assert panel.late.isHidden()
    panel.session.set("denoising", Options(keep=0.5))
    panel.tick()
    assert not panel.late.isHidden()
    assert "0.9 s after" in panel.late.text()


def test_it_says_how_it_goes_and_that_it_is_off(panel):
    assert panel.told.text().startswith("<p")
    assert "Off." in panel.told.text()
    assert not panel.load.isVisible()
    panel.session.set("monitored", ACCOUNT)
    panel.tick()
    assert panel.load.value() == 40
    for part in ("122 ms", "32 denoiser, 90 buffers", "a step took 21 ms of 16 allowed", "3 steps too slow"):
        assert part in panel.told.text()
    panel.session.set("monitored", None)
    panel.tick()
    assert "Off." in panel.told.text()


def test_live_the_lanes_of_denoisers_draw_what_is_heard(qtbot):
    session = Session(transport=Transport(live=True))
    session.set("monitored", ACCOUNT)
    rng = np.random.default_rng(0)
    series = {
        Key(part): Series(rng.random((50, 40), np.float32), 100.0, 0.0, "mel", (), 0.0, 1.0)
        for part in ("picture", "enhanced", "residual", "mask")
    }
    lanes = {name: catalog.load("widgets.views", name).View(session) for name in ("enhanced", "residual", "mask")}
    for lane in (*lanes.values(), clean := catalog.load("widgets.views", "clean").View(session)):
        qtbot.addWidget(lane)
        lane.resize(600, 120)
        lane.show()
    session.set("live", (Frames(0.0, np.zeros(8000, np.float32), MappingProxyType(series)),))
    for name, lane in lanes.items():
        lane.tick()
        lane.grab()
        assert [each.key for each in lane.strips] == [Key(name)]
        assert lane.trouble == lane.broken == ""
    clean.tick()
    assert "not known" in clean._empty._label.text()
