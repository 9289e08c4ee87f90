"""Runs: what the window asks of a training, and what it shows of one, by trainings that only talk."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from app import chronicle, trainings
from app.runs import Runs
from app.trials import Trials
from app.wiring import Wiring
from app.worker import Report
from engine import checkpoint, optim, recipe, train
from engine.events import Began, Changed, Ended, Estimated, Evaluated, Found, Halted, Restored, Set, Snapshot, Step
from engine.recipe import TrainSettings
from engine.session import ASIDE, Session
from tests.trainers import small

pytestmark = pytest.mark.alone
PLACE = Path("/runs/one")


@pytest.fixture
def runs(monkeypatch):
    monkeypatch.setattr(chronicle, "EVERY", 0.0)  # what was told lies in the history at the next tick
    session = Session(training=TrainSettings(steps=1000), network=checkpoint.untrained("phonemes"))
    made = Runs(session, Wiring(session))
    yield made
    made.wiring.close()


def tell(runs, *events):
    runs.wiring.workers["train"].events.extend(Report("train", event) for event in events)
    pump(runs, lambda: True)


def pump(runs, until, seconds=20.0):
    """Tick until it has happened, and stays so."""
    end, quiet = time.monotonic() + seconds, 0
    while quiet < 15:
        assert time.monotonic() < end, "it never happened"
        runs.wiring.tick()
        quiet = quiet + 1 if until() else 0
        time.sleep(0.01)


def network(step, trained=True):
    weights = MappingProxyType({"w": np.full(3, step, np.float32)}) if trained else None
    like = checkpoint.untrained("phonemes")
    return replace(like, id=f"of step {step}", weights=weights, metrics=MappingProxyType({"step": step}))


def began(**train):
    text = recipe.text(recipe.of("phonemes", train=TrainSettings(steps=1000, **train)))
    return Began("one", text, 1000, PLACE)


def snapshots(*steps):
    return [Snapshot(step, network(step), steps[: place + 1]) for place, step in enumerate(steps)]


@pytest.fixture
def trials(runs):
    return Trials(runs.session, runs.wiring)


@pytest.fixture
def hosted(monkeypatch):
    """A training that waits for commands: what it was asked with, and what it was told."""
    seen = []

    def train(*asked):
        seen.append(asked)
        yield began()
        number = 0
        while True:
            number += 1
            command = yield Step(number, 0, 1.0)
            if command is not None:
                seen.append(command)
            time.sleep(0.005)

    for name in ("train", "fork", "resume", "follow"):
        monkeypatch.setattr(trainings, name, train)
    return seen


@pytest.mark.parametrize("by", ["the user", "another session"])
def test_what_a_stopped_training_still_says_is_not_shown(runs, by):
    runs.training = True
    runs.session.set("network", None)
    tell(runs, Step(1, 0, 0.5))
    assert runs.session.state.jobs["train"].doing == "training"
    if by == "the user":
        runs.stop()
    else:
        tell(runs, Restored(Path("a.oto"), MappingProxyType({})))
    tell(runs, Step(2, 0, 0.5), Snapshot(2, network(2)))
    assert runs.session.state.jobs["train"].doing == "stopping the training"
    assert runs.session.state.network is None
    runs.stop()
    tell(runs, Ended("train", stopped=True))
    assert not runs.training


def test_the_share_is_that_of_the_steps_that_were_asked_for(runs):
    tell(runs, began(), Step(1, 0, 1.0))
    runs.settings = runs.settings.but(steps=10)
    tell(runs, Step(500, 0, 0.5))
    assert runs.session.state.jobs["train"].share == 0.5


def test_one_step_at_a_time(runs, hosted):
    runs.start()
    pump(runs, lambda: len(runs.session.state.history.steps) > 2)
    runs.pause()
    pump(runs, lambda: runs.session.state.jobs["train"].doing == "paused")
    before = runs.session.state.history.steps[-1].step
    for number in (1, 2):
        runs.step()
        pump(runs, lambda number=number: runs.session.state.history.steps[-1].step == before + number)
        for _ in range(20):
            runs.wiring.tick()
            time.sleep(0.01)
        assert runs.session.state.history.steps[-1].step == before + number, "it went on by itself"
    runs.pause()
    pump(runs, lambda: runs.session.state.history.steps[-1].step > before + 3)


def test_live_knobs_are_sent_and_others_are_not(runs, hosted):
    runs.start()
    pump(runs, lambda: len(runs.session.state.history.steps) > 1)
    runs.set_training(runs.settings.but(lr=0.01), "training.lr")
    runs.set_training(runs.settings.but(batch=3), "training.batch")
    pump(runs, lambda: Set("lr", 0.01) in hosted)
    runs.session.undo()
    runs.session.undo()
    pump(runs, lambda: Set("lr", TrainSettings().lr) in hosted)
    assert len(hosted) == 3


def test_a_knob_that_is_turned_before_a_run_begins_is_trained_with(runs, monkeypatch):
    heard, goes = [], []

    def train(*_):
        while not goes:  # prepares, and hears nothing
            time.sleep(0.005)
            yield None
        yield began()
        for number in range(1, 10_000):
            heard.append((yield Step(number, 0, 1.0)))
            time.sleep(0.005)

    monkeypatch.setattr(trainings, "train", train)
    runs.start()
    pump(runs, lambda: runs.training)
    runs.set_training(runs.settings.but(lr=0.01), "training.lr")
    pump(runs, lambda: True)
    goes.append(True)
    pump(runs, lambda: Set("lr", 0.01) in heard)
    assert runs.settings.lr == 0.01


def test_a_run_that_is_followed_hears_no_knob_and_asks_nothing(runs, hosted):
    runs.follow(PLACE)
    pump(runs, lambda: len(runs.session.state.history.steps) > 1)
    runs.set_training(runs.settings.but(lr=0.01), "training.lr")
    tell(runs, Halted(3, "the loss is no number", 1, 0.1), Step(2, 0, 1.0), Step(3, 0, 1.0))
    before = runs.session.state.history.steps[-1].step
    pump(runs, lambda: runs.session.state.history.steps[-1].step > before + 5)
    assert runs.session.state.notice is None, "it is long over"
    assert Set("lr", 0.01) not in hosted
    assert runs.settings.lr == 0.01, "the next run has it"


def test_a_run_that_starts_ends_the_one_before_it_and_is_no_older_one(runs, hosted):
    runs.start()
    pump(runs, lambda: len(runs.session.state.history.steps) > 2)
    runs.start()
    assert runs.training
    pump(runs, lambda: len(hosted) == 2 and runs.session.state.jobs["train"].doing == "training")
    assert runs.training
    runs.stop()
    runs.stop()
    pump(runs, lambda: not runs.training)
    assert "train" not in runs.session.state.jobs


def test_the_knobs_show_what_an_opened_run_was_trained_with(runs):
    tell(runs, began(lr=0.03, batch=5), Step(1, 0, 1.0), Changed(1, "clip", 1.0, 7.0))
    tell(runs, Began("one", began(lr=0.03, batch=5).recipe, 1000, PLACE, 1))
    assert (runs.settings.lr, runs.settings.batch, runs.settings.clip) == (0.03, 5, 7.0)


def test_while_the_past_is_looked_at_nothing_new_is_shown(runs, monkeypatch):
    def look(place, step):
        yield trainings.Looked(step, network(step))

    monkeypatch.setattr(trainings, "look", look)
    tell(runs, began(), Step(1, 0, 1.0), *snapshots(10, 20))
    assert runs.session.state.network.id == "of step 20"
    runs.past.look(10)
    pump(runs, lambda: runs.session.state.network.id == "of step 10")
    tell(runs, *snapshots(10, 20, 30))
    assert runs.session.state.network.id == "of step 10"
    assert (runs.session.state.history.at, runs.past.at) == (10, 10)
    runs.past.look(None)
    assert runs.session.state.network.id == "of step 30"
    tell(runs, *snapshots(10, 20, 30, 40))
    assert runs.session.state.network.id == "of step 40"
    runs.session.undo()
    assert not runs.session.state.network.trained, "all of it is one change"
    assert runs.session.state.history.at == ASIDE


def test_undo_and_redo_go_by_what_the_user_did_while_networks_come(runs, hosted):
    before, runs.session.state = runs.session.state.network, replace(runs.session.state, chain=("quiet",))
    runs.start()
    pump(runs, lambda: len(runs.session.state.history.steps) > 2)
    session, rate = runs.session, runs.settings.lr
    session.set("chain", ("loud",))  # before the first network came
    tell(runs, *snapshots(10))
    runs.set_training(runs.settings.but(lr=0.01), "training.lr")
    tell(runs, *snapshots(10, 20))
    session.undo()
    assert (runs.settings.lr, session.state.network.id) == (rate, "of step 20")
    tell(runs, *snapshots(10, 20, 30))
    session.redo()
    assert (runs.settings.lr, session.state.network.id) == (0.01, "of step 30")
    session.undo()
    session.undo()
    assert (session.state.chain, session.state.network.id) == (("quiet",), "of step 30")
    assert session.state.history.at is None, "it is still followed"
    session.undo()
    assert (session.state.network, session.state.history.at) == (before, ASIDE)
    session.redo()
    assert (session.state.network.id, session.state.history.at) == ("of step 30", None)
    tell(runs, *snapshots(10, 20, 30, 40))
    assert session.state.network.id == "of step 40"


def test_another_network_stays_while_the_training_goes_on(runs):
    tell(runs, began(), Step(1, 0, 1.0), *snapshots(10))
    other = replace(network(5), id="another")
    runs.session.set("network", other)
    tell(runs, *snapshots(10, 20))
    assert runs.session.state.network is other
    assert (runs.session.state.history.at, runs.past.at) == (ASIDE, 20)
    runs.past.look(None)
    assert runs.session.state.network.id == "of step 20"


def test_what_only_training_heeds_is_turned_on_the_step_that_is_shown(runs, hosted):
    tell(runs, began(), Step(1, 0, 1.0), *snapshots(10))
    shown = runs.session.state.network
    changed = replace(shown, settings=shown.settings.but(output_dropout=0.4))
    runs.session.set("network", changed)
    tell(runs, *snapshots(10, 20))
    assert runs.session.state.network is changed
    runs.fork()
    pump(runs, lambda: hosted)
    place, step, shape, settings, *_, start = hosted[0]
    assert (place, step, shape.output_dropout, settings) == (PLACE, 10, 0.4, runs.settings)
    assert start is changed, "the file of a step may be gone"


def test_a_fork_of_what_is_no_more_on_the_screen_is_read_from_the_run(runs, hosted):
    tell(runs, began(), Step(1, 0, 1.0), *snapshots(10, 20))
    runs.session.set("network", replace(network(20), id="another"))
    runs.fork()
    pump(runs, lambda: hosted)
    _, step, shape, *_, start = hosted[0]
    assert (step, shape, start) == (20, None, None)


def test_after_a_halt_the_advised_rate_is_sent(runs, hosted):
    runs.start()
    pump(runs, lambda: len(runs.session.state.history.steps) > 2)
    halted = Halted(3, "the loss is no number", 1, 0.0005)
    tell(runs, halted)
    assert runs.session.state.notice.actions == ("clip_here", "halve_rate", "train")
    runs.session.set("history", replace(runs.session.state.history, halted=halted))
    runs.halve()
    pump(runs, lambda: Set("lr", 0.0005) in hosted)
    assert runs.settings.lr == 0.0005
    assert len(hosted) == 2, "told once"


@pytest.mark.parametrize(
    ("error", "ways"),
    [(MemoryError(), ("resume_parts", "resume_here")), (RuntimeError("odd"), ("resume_here",))],
)
def test_a_run_that_broke_off_offers_ways_on(runs, monkeypatch, error, ways):
    def breaking(*_):
        yield began()
        yield Step(1, 0, 1.0)
        raise error

    monkeypatch.setattr(trainings, "train", breaking)
    monkeypatch.setattr(trainings, "can_resume", lambda place: place == PLACE)
    runs.start()
    pump(runs, lambda: not runs.training)
    assert runs.broken
    assert runs.session.state.notice.level == "error"
    assert runs.session.state.notice.actions == ways


def test_the_preview_is_what_the_steps_will_be_learnt_with(runs, trials):
    runs.settings = TrainSettings(steps=5000, schedule="cosine", warmup=40)
    curve = runs.session.state.status["schedule"]
    assert (curve.x[0], curve.x[-1]) == (1, 5000)
    wanted = [runs.settings.lr * optim.schedule(runs.settings, int(step)) for step in curve.x]
    np.testing.assert_allclose(curve.y, wanted, rtol=1e-12)


def test_the_fit_is_judged_after_every_evaluation(runs):
    steps = [Step(number, 0, 2.4 / number) for number in range(1, 301)]
    tried = [Evaluated(number, "valid", 0.5 + number / 100, 1, 10) for number in (100, 200, 300)]
    tell(runs, began(), *steps, *tried)
    assert runs.session.state.status["fit"] == "overfit"
    tell(runs, began())
    assert runs.session.state.status["fit"] == ""


def test_a_rate_that_was_found_is_shown_and_used(runs, trials, monkeypatch):
    def find(*_):
        yield Found((1e-4, 1e-3, 1e-2), (2.0, 1.0, 3.0), 0.000456789)

    monkeypatch.setattr(trainings, "find_rate", find)
    trials.use_rate()
    trials.find_rate()
    pump(runs, lambda: "rates" in runs.session.state.status)
    curve = runs.session.state.status["rates"]
    assert (list(curve.x), list(curve.y), curve.mark) == ([1e-4, 1e-3, 1e-2], [2.0, 1.0, 3.0], 0.00046)
    trials.use_rate()
    assert runs.settings.lr == 0.00046
    assert not runs.training


def test_the_estimate_is_told_until_the_settings_are_others(runs, trials, monkeypatch):
    def estimate(*_):
        yield Estimated(200.0, 420e6, 0.2, 230, 0.01)

    monkeypatch.setattr(trainings, "estimate", estimate)
    trials.estimate()
    pump(runs, lambda: runs.session.state.status.get("estimate"))
    assert runs.session.state.status["estimate"] == (
        "1000 steps: about 3 min, 420 MB; sequences of up to 2.3 s, 230 frames"
    )
    runs.settings = runs.settings.but(batch=4)
    assert runs.session.state.status["estimate"] == ""


def test_trying_rates_ends_when_it_is_asked_again_or_a_training_starts(runs, trials, hosted, monkeypatch):
    def find(*_):
        while True:
            yield None

    monkeypatch.setattr(trainings, "find_rate", find)
    worker = runs.wiring.workers["train"]
    for end in (trials.find_rate, runs.start):
        trials.find_rate()
        pump(runs, lambda: worker.job == "rates")
        end()
        pump(runs, lambda: not worker.has("rates"))
    pump(runs, lambda: hosted)
    trials.find_rate()
    assert "stop the training" in runs.session.state.notice.text


def test_a_recipe_that_cannot_be_read_is_told(runs):
    tell(runs, Began("odd", "[train]\nlr = 5000.0\n", 10, PLACE), Step(1, 0, 1.0))
    assert runs.session.state.notice.level == "warning"
    assert "odd" in runs.session.state.notice.text
    assert len(runs.session.state.history.steps) == 1


def test_a_swapped_cell_learns_the_same_beside_its_curves(runs, monkeypatch):
    asked = []

    def training(network, settings, *more):
        asked.append((network, settings))
        yield Began("two", recipe.text(recipe.of("phonemes")), 1000, Path("/runs/two"))

    monkeypatch.setattr(trainings, "train", training)
    tell(runs, began(seed=3), Step(1, 0, 2.0), Step(2, 0, 1.0))
    before, settings = runs.session.state.network, runs.settings
    runs.swap()
    pump(runs, lambda: bool(asked))
    network, used = asked[0]
    assert (network.settings.cell, network.weights) == ("gru", None)
    assert network.settings.but(cell="lstm") == before.settings
    assert (network.task_settings, used) == (before.task_settings, settings)
    assert used.seed == 3
    assert [len(each.steps) for each in runs.session.state.compared] == [2]


def test_without_a_cell_nothing_is_swapped(runs):
    from engine.models import dense

    runs.session.set("network", checkpoint.untrained("phonemes", dense.Settings(), model="dense"))
    runs.swap()
    assert "no cell to swap" in runs.session.state.notice.text


def test_a_run_that_has_ended_goes_on_with_the_steps_and_the_patience_that_are_asked_for(tmp_path):
    chosen = small(steps=2, evaluate_every=1, patience=4, lr=1e-6)
    list(train.train(chosen, "cpu", tmp_path))
    with pytest.raises(train.TrainingError, match="has learnt all its 2 steps"):
        list(trainings.resume(tmp_path, 1, "cpu", True))
    asked = chosen.train.but(steps=4, patience=9)
    came = list(trainings.resume(tmp_path, 1, "cpu", True, asked))
    assert [each.step for each in came if isinstance(each, Step)] == [1, 2, 3, 4]
    assert [each.after for each in came if isinstance(each, Changed)] == [9]


def test_the_knobs_are_those_of_the_run_that_is_shown_and_of_no_other(runs, hosted):
    tell(runs, began(), Step(1, 0, 1.0))
    for number, place in enumerate((None, PLACE, Path("/runs/two")), 1):
        runs.settings = runs.settings.but(steps=3000)
        runs.resume(place)
        pump(runs, lambda number=number: len(hosted) == number)
    assert [each[-1] and each[-1].steps for each in hosted] == [3000, 3000, None]
