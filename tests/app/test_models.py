"""Models: a training that was stopped is shown no more, while its process may still take a while to end."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from app.models import Models
from app.wiring import Wiring
from app.worker import Report
from engine import checkpoint
from engine.events import Ended, Restored, Snapshot, Step
from engine.session import Session


@pytest.fixture
def models():
    session = Session()
    made = Models(session, Wiring(session))
    yield made
    made.wiring.close()


def tell(models, *events):
    models.wiring.workers["train"].events.extend(Report("train", event) for event in events)
    models.wiring.tick()


@pytest.mark.parametrize("by", ["the user", "another session"])
def test_what_a_stopped_training_still_says_is_not_shown(models, by):
    models.training = True
    tell(models, Step(1, 0, 0.5))
    assert models.session.state.jobs["train"].doing == "training"
    if by == "the user":
        models.stop()
    else:
        tell(models, Restored(Path("a.oto"), MappingProxyType({})))
    tell(models, Step(2, 0, 0.5), Snapshot(2, checkpoint.untrained("phonemes")))
    assert models.session.state.jobs["train"].doing == "stopping the training"
    assert models.session.state.network is None
    tell(models, Ended("train", stopped=True))
    assert not models.training


def test_the_share_is_that_of_the_steps_that_were_asked_for(models):
    models.training = True
    models.settings = models.settings.but(steps=models.settings.steps // 10)
    tell(models, Step(500, 0, 0.5))
    assert models.session.state.jobs["train"].share == 0.25
