"""Runs: a training that was stopped is shown no more, while its process may still take a while to end."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from app.runs import Runs
from app.wiring import Wiring
from app.worker import Report
from engine import checkpoint
from engine.events import Ended, Restored, Snapshot, Step
from engine.session import Session


@pytest.fixture
def runs():
    session = Session()
    made = Runs(session, Wiring(session))
    yield made
    made.wiring.close()


def tell(runs, *events):
    runs.wiring.workers["train"].events.extend(Report("train", event) for event in events)
    runs.wiring.tick()


@pytest.mark.parametrize("by", ["the user", "another session"])
def test_what_a_stopped_training_still_says_is_not_shown(runs, by):
    runs.training = True
    tell(runs, Step(1, 0, 0.5))
    assert runs.session.state.jobs["train"].doing == "training"
    if by == "the user":
        runs.stop()
    else:
        tell(runs, Restored(Path("a.oto"), MappingProxyType({})))
    tell(runs, Step(2, 0, 0.5), Snapshot(2, checkpoint.untrained("phonemes")))
    assert runs.session.state.jobs["train"].doing == "stopping the training"
    assert runs.session.state.network is None
    tell(runs, Ended("train", stopped=True))
    assert not runs.training


def test_the_share_is_that_of_the_steps_that_were_asked_for(runs):
    runs.training = True
    runs.settings = runs.settings.but(steps=runs.settings.steps // 10)
    tell(runs, Step(500, 0, 0.5))
    assert runs.session.state.jobs["train"].share == 0.25
