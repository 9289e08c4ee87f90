"""The Train workspace with a real training in its process: steered, looked back at, forked, killed, resumed."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from app.window import Window
from engine import checkpoint, recipe, snapshots
from tests.waiting import analysed, pump
from widgets import theme

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def window(qapp, tmp_path_factory):
    theme.apply(qapp, "dark")
    made = Window(fresh=True)
    made.runs.folder = tmp_path_factory.mktemp("runs")
    made.show()
    pump(qapp, lambda: analysed(made))
    made.docks.arrange("Train")
    like = checkpoint.untrained("phonemes")  # which trains without recordings
    made.session.set("network", checkpoint.untrained(like, like.settings.but(hidden=32, layers=1)))
    made.runs.settings = made.runs.settings.but(steps=100_000, batch=1, evaluate_every=0, snapshot_every=1)
    yield made
    made.runs.asks = False
    made.close()


def reached(window):
    """The last step that was told."""
    steps = window.session.state.history.steps
    return steps[-1].step if len(steps) else 0


def running(app, window, count=4):
    """A training that has kept a few snapshots."""
    if not window.runs.training:
        window.actions_by_name["train"].trigger()
    pump(app, lambda: len(window.session.state.history.kept) >= count and window.runs.training)
    return window.session.state.history


def test_it_is_steered_paused_and_goes_step_by_step(qapp, window):
    running(qapp, window, 1)
    window.runs.set_training(window.runs.settings.but(lr=0.0007), "training.lr")
    pump(qapp, lambda: window.session.state.history.changes)
    (change,) = window.session.state.history.changes
    assert (change.key, change.after) == ("lr", 0.0007)
    pause, step = (window.actions_by_name[each] for each in ("pause_training", "step_training"))
    pause.trigger()
    pump(qapp, lambda: window.docks.training.head.words.text().startswith("Paused"))
    assert pause.text() == "&Go on training"
    for _ in range(250):  # what was told by then is read
        qapp.processEvents()
        time.sleep(0.002)
    before = reached(window)
    step.trigger()
    pump(qapp, lambda: reached(window) == before + 1)
    pause.trigger()
    pump(qapp, lambda: reached(window) > before + 3)


def test_the_past_is_seen_and_forked(qapp, window):
    first = running(qapp, window).kept[0]
    run = window.session.state.history.began
    window.timeline.looked.emit(first)
    wanted = snapshots.load(run.folder, first)
    pump(qapp, lambda: window.session.state.traced.network_id == wanted.id)
    assert f"step {first}" in window.timeline.badge.text()
    assert window.runs.training
    window.runs.set_training(window.runs.settings.but(batch=2), "training.batch")
    pump(qapp, lambda: window.docks.training.head.wait.isVisible())
    snapshots.path(run.folder, first).unlink()  # as most of them go when they age
    window.actions_by_name["fork"].trigger()
    pump(qapp, lambda: window.session.state.history.began.parent)
    forked = window.session.state.history.began
    assert (forked.parent, forked.step) == (run.name, first)
    assert recipe.parse(forked.recipe, "").train.batch == 2
    assert [each.began.name for each in window.session.state.compared] == [run.name]
    pump(qapp, lambda: not window.docks.training.head.wait.isVisible())
    running(qapp, window, 2)
    assert window.session.state.history.steps[0].step == first + 1


def test_it_is_killed_and_resumed(qapp, window):
    running(qapp, window)
    (process,) = multiprocessing.active_children()
    process.kill()
    pump(qapp, lambda: not window.runs.training)
    began, before = window.session.state.history.began, reached(window)
    assert "resume_here" in window.session.state.notice.actions
    window.actions_by_name["resume_parts"].trigger()
    pump(qapp, lambda: reached(window) > before)
    history = window.session.state.history
    assert history.began.folder == began.folder
    numbers = [each.step for each in history.steps]
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert window.runs.settings.accumulate == 2


@pytest.mark.parametrize("answer", ["Go on training", "Stop and keep what it learnt"])
def test_closing_asks(qapp, window, answer):
    asked = []

    def click():
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            asked.append(box.text())
            next(each for each in box.buttons() if each.text() == answer).click()
        else:
            QTimer.singleShot(20, click)

    running(qapp, window, 1)
    QTimer.singleShot(20, click)
    assert window.runs.may_leave(window) == answer.startswith("Stop")
    assert len(asked) == 1
    assert window.runs.training


@pytest.mark.parametrize("may", [True, False])
def test_another_session_is_restored_only_when_the_training_may_end(window, monkeypatch, may):
    restored = []
    monkeypatch.setattr(window.autosave, "offered", ["a session"])
    monkeypatch.setattr(window.autosave, "restore", lambda: restored.append(True))
    monkeypatch.setattr(window.runs, "may_leave", lambda _: may)
    window.actions_by_name.handlers.file.restore()
    assert restored == [True] * may


def test_a_run_of_elsewhere_is_opened_and_compared(qapp, window):
    place = window.session.state.history.began.folder
    window.runs.stop()
    pump(qapp, lambda: not window.runs.training)
    window.session.set("history", replace(window.session.state.history, began=None, steps=()))
    window.runs.follow(place)
    pump(
        qapp, lambda: window.session.state.history.began is not None and len(window.session.state.history.kept) > 1
    )
    assert window.session.state.history.began.folder == place
    pump(qapp, lambda: window.actions_by_name["train"].text() == "&Stop following")
    assert window.runs.may_leave(window), "nothing of it would end"
    window.actions_by_name["train"].trigger()
    pump(qapp, lambda: not window.runs.training)
    window.runs.past.alone()
    window.runs.past.compare(place)
    pump(qapp, lambda: window.session.state.compared)
    assert len(window.session.state.compared[0].steps) == len(window.session.state.history.steps)
