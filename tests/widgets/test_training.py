"""The training panel: what it says of a run, which knobs act now, and which wait for a new run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton

from engine.events import Began, Changed, Evaluated, Halted, Progress, Step
from engine.knob import Settings, knob
from engine.session import Curve, History, Session
from widgets.panels.run import Pace, lasting, said, waiting
from widgets.panels.training import GROUPS, TrainingPanel

ACTIONS = ("train", "pause_training", "step_training", "fork", "train_anew", "find_rate", "use_rate", "estimate")
RECIPE = '[task]\nname = "digits"\n[model]\nhidden = 64\n[train]\nsteps = 100\nbatch = 16\nlr = 0.002\n'


@dataclass(frozen=True)
class Training(Settings):
    steps: int = knob(100, 1, 1000, effect="restart")
    batch: int = knob(16, 1, 512, effect="restart")
    lr: float = knob(0.002, 1e-6, 1.0, log=True, label="learning rate")
    optimiser: str = knob("adamw", choices=("adamw", "sgd"), effect="restart")
    momentum: float = knob(0.9, 0.0, 0.999)
    clip: float = knob(1.0, 0.0, 100.0)
    odd: int = knob(0, 0, 9, help="a knob that no group names")


def state(jobs=None, **kept):
    session = Session(training=Training(), jobs=MappingProxyType(jobs or {}), **kept)
    return session.state


def run(count=0, **kept):
    steps = tuple(Step(each, 0, 1.23456) for each in range(1, count + 1))
    return History(steps=steps, began=Began("a run", RECIPE, 100), **kept)


HELD = (Evaluated(10, "valid", 1.0, 12, 100), Evaluated(10, "train", 1.0, 1, 100))


@pytest.mark.parametrize(
    ("history", "doing", "left", "words"),
    [
        (History(), None, None, "Nothing is trained yet"),
        (History(), "preparing digits", None, "Preparing digits …"),
        (run(12, evaluated=HELD), "training", 200.0, "Step 12 of 100, loss 1.23, DER 12.0 %, 3 min left"),
        (run(12), "paused", None, "Paused: step 12 of 100, loss 1.23"),
        (run(12), None, None, "Stopped: step 12 of 100, loss 1.23"),
        (run(100), None, None, "Done: step 100 of 100, loss 1.23"),
        (run(12, halted=Halted(13, "", 12, 0.1)), "waiting", None, "Halted: step 12 of 100, loss 1.23"),
    ],
)
def test_how_it_goes_in_words(history, doing, left, words):
    jobs = {"train": Progress(0.1, doing)} if doing else {}
    assert said(state(jobs, history=history), left).startswith(words)


def test_the_time_left_is_by_the_pace_of_late():
    pace = Pace()
    assert pace.left(100) is None
    for second in range(60):  # a step a second, then two
        pace.note(second if second < 20 else 20 + 2 * (second - 20), float(second))
    assert pace.left(198) == pytest.approx(50.0)
    pace.forget()
    assert pace.left(100) is None
    pace.note(5, 100.0)
    pace.note(3, 101.0)  # another run
    assert pace.left(100) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (40, "40 s"), (200, "3 min"), (5400, "1 h 30 min"), (7260, "2 h 1 min")]
)
def test_times_in_words(seconds, words):
    assert lasting(seconds) == words


def test_only_what_cannot_act_on_the_run_waits():
    history = run(3)
    assert waiting(state(history=history)) == ()
    other = Session(training=Training(lr=0.1, clip=3.0), history=history).state
    assert waiting(other) == ()
    other = Session(training=Training(batch=3, steps=50), history=history).state
    assert waiting(other) == ("steps", "batch")
    other = Session(training=Training(batch=3), history=History()).state
    assert waiting(other) == ()
    turned = replace(history, changes=(Changed(2, "batch", 16, 3),))
    assert waiting(Session(training=Training(batch=3), history=turned).state) == ()


@pytest.fixture
def session():
    return Session(training=Training())


@pytest.fixture
def panel(qtbot, session):
    actions = {name: QAction(name) for name in ACTIONS}
    made = TrainingPanel(session, actions, Training())
    made.changed.connect(lambda settings, merge: session.set("training", settings, merge))
    qtbot.addWidget(made)
    made.resize(288, 700)
    made.show()
    return made


def test_every_knob_stands_in_one_group(panel):
    for group in panel.groups.values():
        group.open()
    shown = [name for form in panel.forms.values() for name in form.editors]
    assert sorted(shown) == sorted(Training().to_dict())
    assert list(panel.forms["Machine"].editors) == ["odd"]
    assert list(panel.forms["Learning"].editors) == [each for each in GROUPS["Learning"] if each in shown]


def test_knobs_of_several_groups_do_not_undo_each_other(panel, session):
    panel.groups["Gradients"].open()
    panel.forms["Gradients"].editors["clip"].number.setValue(5.0)
    panel.forms["Learning"].editors["lr"].number.setValue(0.5)
    assert (session.state.training.clip, session.state.training.lr) == (5.0, 0.5)
    session.undo()
    session.undo()
    panel.tick()
    assert panel.forms["Gradients"].editors["clip"].number.value() == 1.0
    assert session.state.training == Training()


def test_a_knob_that_would_do_nothing_is_grey(panel, session):
    editor = panel.forms["Learning"].editors["momentum"]
    assert not editor.isEnabled()
    assert "sgd" in editor.toolTip()
    session.set("training", Training(optimiser="sgd"))
    panel.tick()
    assert editor.isEnabled()


def test_what_takes_a_new_run_is_said_with_two_ways(panel, session):
    session.set("history", run(3))
    panel.tick()
    fork = next(each for each in panel.findChildren(QPushButton) if each.text() == "Fork")
    assert not fork.isVisible()
    session.set("training", Training(batch=4))
    panel.tick()
    assert panel.head.wait.text() == "Batch: a change takes a new run."
    assert fork.isVisible()


def test_folded_groups_name_what_is_turned(panel, session):
    session.set("training", Training(clip=3.0))
    panel.tick()
    assert panel.groups["Gradients"].word.text() == "clip"
    assert panel.groups["Machine"].word.text() == ""


@pytest.mark.parametrize("verdict", ["underfit", "ok", "overfit", ""])
def test_the_fit_is_a_badge(panel, session, verdict):
    session.set("status", MappingProxyType({"fit": verdict}))
    panel.tick()
    assert panel.head.fit.isVisible() == bool(verdict)


def test_the_preview_is_drawn_under_the_schedule(panel, session):
    session.set("status", MappingProxyType({"schedule": Curve(np.arange(5), np.arange(5) / 10)}))
    panel.groups["Schedule"].open()
    panel.tick()
    (line,) = panel.plots["schedule"].chart.lines
    np.testing.assert_array_equal(line.y, np.arange(5) / 10)
    assert not panel.plots["rates"].isVisible()
