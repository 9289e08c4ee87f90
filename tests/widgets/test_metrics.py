"""Metrics: while it trains, and live, only what has changed is laid out anew."""

from __future__ import annotations

import dataclasses
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction

from engine import catalog, checkpoint
from engine.clip import Label
from engine.events import Progress
from engine.session import ASIDE, History, Session
from tests import example
from widgets.panels.model import ModelPanel
from widgets.views import metrics

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication


class Layouts(QObject):
    """Counts the requests for a layout that reach a widget."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.fixture
def view(qapp: QApplication) -> metrics.View:
    session = Session()
    session.set("network", checkpoint.untrained("digits", catalog.load("models", "recurrent").Settings(hidden=8)))
    made = metrics.View(session)
    made.resize(300, 400)
    made.show()
    made.tick()
    qapp.processEvents()
    return made


def test_a_snapshot_changes_its_figures_alone(view: metrics.View, monkeypatch: pytest.MonkeyPatch) -> None:
    network, written = view.session.state.network, []
    assert network is not None
    for label in (view._known, view._figures, view._facts):
        monkeypatch.setattr(label, "setText", lambda text, label=label: written.append(label))
    view.session.set("network", dataclasses.replace(network, metrics=MappingProxyType({"step": 77})))
    view.tick()
    assert written == [view._figures]
    view.close()


def test_live_anew_begins_with_nothing_heard(view: metrics.View) -> None:
    session = view.session
    for live, frames, shown in (
        (True, (example.frames(0.0, 0.5),), "seven"), (False, (), None), (True, (), "…")
    ):  # fmt: skip
        session.set("transport", dataclasses.replace(session.state.transport, live=live))
        said = (Label(0.1, 0.4, "seven", "digit"),)
        session.set("live", tuple(dataclasses.replace(each, text=said) for each in frames))
        view.tick()
        assert not live or view.tail.text == shown
    view.close()


@pytest.mark.parametrize("name", ["phonemes", "digits-lstm-32"])
@pytest.mark.parametrize("jobs", [{}, {"train": Progress(0.1, "training")}])
@pytest.mark.parametrize("at", [None, ASIDE, 3])
def test_the_panel_model_and_metrics_tell_one_truth(
    view: metrics.View, name: str, jobs: Any, at: int | None
) -> None:
    """Of a network in training, one chosen beside it, and one of a step of the past."""
    actions = {each: QAction(each) for each in ("train", "reset_network", "shrink")}
    panel, session = ModelPanel(view.session, actions, ("cpu",)), view.session
    trained = name in checkpoint.bundled()
    session.set("network", checkpoint.open_network(name) if trained else checkpoint.untrained(name))
    session.set("jobs", MappingProxyType(jobs))
    view.tick()
    session.set("history", History(at=at))
    for each in (view, panel):
        each.tick()
    stands = "in training" if jobs and at is None else "trained" if trained else "untrained"
    assert panel.badge.text() == ("of step 3" if at == 3 else stands)
    assert re.findall("[●○] ([^<]*)", view._known.text().lower()) == [panel.badge.text()]
    view.close()


def test_words_that_are_heard_lay_nothing_out(view: metrics.View, qapp: QApplication) -> None:
    inside, layouts = view.tail.parentWidget(), Layouts()
    view.tail.show()
    qapp.processEvents()
    assert inside is not None
    inside.installEventFilter(layouts)
    blank = view.tail.grab().toImage()
    view.tail.show_text("seven " * 100 + "three")
    qapp.processEvents()
    assert layouts.count == 0
    assert view.tail.grab().toImage() != blank
    assert view.tail.accessibleDescription().endswith("three")
    view.close()


def test_counts_and_one_answer_a_clip_are_said_in_words(view: metrics.View) -> None:
    network = checkpoint.untrained("many2one")
    told = MappingProxyType({"step": 500, "clips right, clean": [94, 96], "valid mAP": 0.8771})
    view.session.set("network", dataclasses.replace(network, metrics=told))
    view.tick()
    assert "94 of 96 (97.9%)" in view._figures.text()
    assert "0.877" in view._figures.text()
    assert "1 \N{MULTIPLICATION SIGN} 32 LSTM, one answer a clip" in view._known.text()
    view.close()


def test_a_network_that_takes_noise_out_says_nothing_but_lets_through(view: metrics.View) -> None:
    from engine.events import Traced
    from engine.trace import Key, Series, Trace
    from tests import example

    gains = np.full((10, 257), 0.25, np.float32)
    trace = Trace("clip", 0.0, 1.0, MappingProxyType({Key("mask"): Series(gains, 62.5, axis="frequency")}))
    clip = example.full().state.clip
    assert clip is not None
    view.session.set("traced", Traced(trace, clip, clip, "any"))
    view.tick()
    assert "25 %" in view._said.text()
    assert "Heard" not in view._said.text()
    view.close()


def test_a_network_that_answers_with_sound_says_nothing_and_has_no_classes(view: metrics.View) -> None:
    from engine.events import Traced
    from engine.trace import Key, Series, Trace
    from tests import example
    from widgets.views import posteriors

    samples = Series(np.full((10, 512), 0.25, np.float32), 62.5)
    trace = Trace("clip", 0.0, 1.0, MappingProxyType({Key("posterior"): samples}))
    clip = example.full().state.clip
    assert clip is not None
    lane = posteriors.View(view.session)
    for cleaned, classes in ((None, 1), (clip, 0)):
        view.session.set("traced", Traced(trace, clip, clip, "any", cleaned=cleaned))
        view.tick()
        lane.tick()
        assert len(lane.keys()) == classes
        assert ("Heard" in view._said.text()) == (cleaned is None)
    lane.close()
    view.close()
