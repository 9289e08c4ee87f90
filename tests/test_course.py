"""The course of a training: it goes on where it was left, forks, waits where it explodes, and ends early."""

from __future__ import annotations

import dataclasses
import json
import math
import multiprocessing
import random
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app import chronicle
from engine import checkpoint, course, follow, recipe, standing, train
from engine.early import Early
from engine.events import Began, Changed, Evaluated, Halted, Notice, Set, Snapshot, Step
from engine.models.recurrent import Settings
from engine.run import Run
from engine.session import History
from engine.train import TrainingError
from engine.trainer import Trainer
from tests import training
from tests.training import small

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path


def told(steps: Any, *kinds: type) -> list[Any]:
    return [event for event in steps if isinstance(event, kinds)]


def stopped(chosen: recipe.Recipe, run: Path, after: int) -> None:
    job = train.train(chosen, "cpu", run)
    next(event for event in job if isinstance(event, Step) and event.step == after)
    job.close()


def numbers(run: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (run / "metrics.jsonl").read_text().splitlines()]


def turned(run: Path) -> tuple[Changed, ...]:
    """The knobs that were turned, as whoever opens the run sees them."""
    return chronicle.told(list(follow.past(run)), History())[0].changes


def test_a_state_is_written_however_often_evaluations_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "KEEP", 0.0)
    monkeypatch.setattr(course, "LATEST", 0.1)  # for a copy that takes long on a busy machine it would rest longer
    job, place = train.train(small(steps=400, evaluate_every=1), "cpu", tmp_path), tmp_path / standing.NAME
    for event in job:
        if isinstance(event, Step) and place.exists() and standing.load(place).step >= 3:
            break
        assert not isinstance(event, Step) or event.step < 399
    job.close()


def slowed(monkeypatch: pytest.MonkeyPatch, told: Callable[[float], object], **seconds: float) -> SimpleNamespace:
    """A course by a clock that moves while its trainer does what is named, and tells the time then."""
    clock = SimpleNamespace(now=0.0)

    def slow(name: str) -> None:
        own = getattr(Trainer, name)

        def call(*arguments: Any) -> Any:
            clock.now += seconds[name]
            told(clock.now)
            return own(*arguments)

        monkeypatch.setattr(Trainer, name, call)

    for name in seconds:
        slow(name)
    monkeypatch.setattr(course, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=time.sleep))
    return clock


@pytest.mark.parametrize(("every", "trying"), [(0, 0.0), (3, 0.1), (11, 6.0)])
def test_whenever_it_is_killed_no_more_than_ten_seconds_are_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int, trying: float
) -> None:
    """By a clock that moves while it steps, copies all that is to be kept, and tries held-out clips."""
    ages, stood = list[float](), [0.0]
    clock = slowed(monkeypatch, lambda now: ages.append(now - stood[-1]), step=0.5, state=0.2, evaluate=trying)
    monkeypatch.setattr(Run, "stand", lambda *_: stood.append(clock.now))
    list(train.train(small(steps=120, evaluate_every=every), "cpu", tmp_path))
    assert 8.0 < max(ages) < 9.0


@pytest.mark.parametrize(("optimiser", "bucket"), [("adamw", 1), ("sgd", 1), ("rmsprop", 1), ("adamw", 2)])
def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(tmp_path: Path, optimiser: str, bucket: int) -> None:
    knobs = {"optimiser": optimiser, "schedule": "cosine", "warmup": 3, "mixup": 0.3, "bucket": bucket}
    chosen = small(steps=12, evaluate_every=5, **knobs)
    list(train.train(chosen, "cpu", tmp_path / "whole"))
    for after in (5, 7):
        run = tmp_path / f"stopped at {after}"
        stopped(chosen, run, after)
        assert standing.load(run / "state.safetensors").step == after
        found = told(train.train(chosen, "cpu", run, resume=True), Began, Step)
        assert (found[0].step, found[0].total, found[0].name) == (after, 12, "small")
        assert [event.step for event in found[1:]] == list(range(after + 1, 13))
        assert training.arrays(run) == training.arrays(tmp_path / "whole")
        assert numbers(run) == numbers(tmp_path / "whole")
        assert (
            checkpoint.load(run / "best.safetensors").id == checkpoint.load(tmp_path / "whole/best.safetensors").id
        )


def killed(run: Path, times: int, longest: float) -> None:
    """Train in so many processes that are killed at random moments, then to the end."""
    chosen, context = small(steps=40, evaluate_every=7), multiprocessing.get_context("forkserver")
    # What takes long to import is imported once.
    context.set_forkserver_preload(["tests.training", "torch", "lightning_fabric", "tensorboardX.record_writer"])
    rng, state = random.Random(7), run / "state.safetensors"
    for kill in range(times + 1):
        before = state.stat().st_mtime_ns if state.exists() else 0
        process = context.Process(target=training.turning, args=(chosen, run, kill > 0, kill < times))
        process.start()
        if kill < times:
            while process.is_alive() and not (state.exists() and state.stat().st_mtime_ns > before):
                time.sleep(0.005)
            time.sleep(rng.uniform(0.0, longest))
            process.kill()
        process.join(120)
        assert process.exitcode == (-9 if kill < times else 0)
        for name in ("best", "last"):
            if (run / f"{name}.safetensors").exists():
                checkpoint.load(run / f"{name}.safetensors")


@pytest.mark.parametrize(("times", "longest"), [(4, 0.2), pytest.param(100, 0.1, marks=pytest.mark.long)])
def test_a_killed_run_goes_on_as_if_it_had_not_been_killed(tmp_path: Path, times: int, longest: float) -> None:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("no processes that start at once here")
    killed(tmp_path / "killed", times, longest)
    training.turning(small(steps=40, evaluate_every=7), tmp_path / "whole", False)
    assert training.arrays(tmp_path / "killed") == training.arrays(tmp_path / "whole")
    one, two = ((tmp_path / name / "metrics.jsonl").read_text().splitlines() for name in ("killed", "whole"))
    lines = [[json.loads(line) for line in each] for each in (one, two)]
    for line in (*lines[0], *lines[1]):
        for measured in ("seconds", "busy", "memory"):
            line.pop(measured, None)
    assert lines[0] == lines[1]


def test_a_run_that_has_ended_says_so_and_may_be_asked_for_more(tmp_path: Path) -> None:
    list(train.train(small(), "cpu", tmp_path))
    with pytest.raises(TrainingError, match=r"all its 4 steps: ask for more with train\.steps=8"):
        list(train.train(small(), "cpu", tmp_path, resume=True))
    assert numbers(tmp_path) == [0, 1, 2, 3, 4, 4]
    more = told(train.train(small(steps=6, lr=0.01), "cpu", tmp_path, resume=True), Step, Changed)
    assert [event.step for event in more] == [4, 5, 6]
    assert more[0] == Changed(4, "lr", 2e-3, 0.01)
    assert recipe.read(tmp_path / "recipe.toml").train.steps == 6
    assert train.recipe_of(tmp_path).name == "small"


def test_a_knob_that_is_turned_as_the_run_begins_acts_from_the_first_step(tmp_path: Path) -> None:
    job = train.train(small(steps=2), "cpu", tmp_path)
    next(event for event in job if isinstance(event, Began))
    events = [job.send(Set("lr", 1e-4)), *job]
    assert [(each.step, each.key, each.after) for each in told(events, Changed)] == [(0, "lr", 1e-4)]


def test_a_knob_that_was_turned_stays_so_unless_it_is_turned_again(tmp_path: Path) -> None:
    def goes_on(until: int, command: Set, **more: Any) -> Any:
        """Train up to a step, with a command after the first; the clip that was told at the beginning."""
        job: Any = train.train(small(steps=9), "cpu", tmp_path, **more)
        found, sent = [next(filter(None, job))], None
        while not (isinstance(found[-1], Step) and found[-1].step == until):
            found.append(job.send(sent))
            sent = command if isinstance(found[-1], Step) else None
        job.close()
        return recipe.parse(found[0].recipe, "").train.clip

    assert goes_on(2, Set("clip", 0.0)) == 1.0
    assert goes_on(4, train.GO_ON, resume=True) == 0.0
    assert goes_on(6, train.GO_ON, resume=True, turned=[Set("clip", 1.0)]) == 1.0
    assert turned(tmp_path) == (Changed(1, "clip", 1.0, 0.0), Changed(4, "clip", 0.0, 1.0))


def test_a_run_goes_on_by_its_own_recipe_alone(tmp_path: Path) -> None:
    stopped(small(), tmp_path, 2)
    with pytest.raises(TrainingError, match="was trained with batch = 4, and cannot go on with 8"):
        next(train.train(small(batch=8), "cpu", tmp_path, resume=True))


def test_a_damaged_state_is_said_with_what_there_is_instead(tmp_path: Path) -> None:
    stopped(small(), tmp_path, 2)
    state = tmp_path / "state.safetensors"
    whole = state.read_bytes()
    for damaged in (whole[:-100], b"", b"\x00" * 5000, whole[:200]):
        state.write_bytes(damaged)
        with pytest.raises(standing.StandingError, match=r"state\.safetensors is damaged.*from last\.safetensors"):
            next(train.train(small(), "cpu", tmp_path, resume=True))
    state.unlink()
    with pytest.raises(standing.StandingError, match="no training was left there"):
        next(train.train(small(), "cpu", tmp_path, resume=True))


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    stopped(small(), tmp_path, 2)
    with (tmp_path / "metrics.jsonl").open("ab") as file:
        file.write(b'{"step": 3, "epoch": 0, "loss": 1.0}\n{"step": 4, "ep')
    list(train.train(small(), "cpu", tmp_path, resume=True))
    assert numbers(tmp_path) == [0, 1, 2, 3, 4, 4]


def test_a_fork_begins_with_the_weights_it_is_given(tmp_path: Path) -> None:
    *_, last = told(train.train(small(), "cpu", tmp_path / "parent"), Snapshot)
    forked = told(
        train.train(small(steps=6, lr=1e-6), "cpu", tmp_path / "fork", start=last.network, parent="parent"),
        Began, Step, Snapshot,
    )  # fmt: skip
    assert (forked[0].step, forked[0].parent, forked[0].total) == (4, "parent", 6)
    assert [event.step for event in forked if isinstance(event, Step)] == [5, 6]
    first = forked[1]
    assert (first.step, first.kept) == (4, (4,))
    for name, value in (last.network.weights or {}).items():
        assert np.array_equal(value, first.network.weights[name])
        assert np.abs(forked[-1].network.weights[name] - value).max() < 1e-5
    # A network that has as many steps behind it as the recipe asks for gets so many more.
    assert next(filter(None, train.train(small(), "cpu", start=last.network))).total == 8


def test_a_fork_that_was_stopped_before_an_evaluation_makes_up_for_it(tmp_path: Path) -> None:
    *_, last = told(train.train(small(), "cpu"), Snapshot)
    chosen = small(steps=8, evaluate_every=2)
    list(train.train(chosen, "cpu", tmp_path / "whole", start=last.network))
    assert numbers(tmp_path / "whole") == [4, 5, 6, 6, 7, 8, 8]
    job = train.train(chosen, "cpu", tmp_path / "parts", start=last.network)
    next(event for event in job if isinstance(event, Step) and event.step == 6)
    job.close()
    list(train.train(chosen, "cpu", tmp_path / "parts", resume=True))
    assert numbers(tmp_path / "parts") == numbers(tmp_path / "whole")


@pytest.mark.parametrize(
    ("model", "said"),
    [(Settings(hidden=64, layers=1), r"hidden is 64, theirs is 32; set model\.hidden=32"),
     (Settings(hidden=32, layers=2), "layers is 2, theirs is 1"),
     (Settings(hidden=32, layers=1, cell="gru"), "cell is gru, theirs is lstm")],
)  # fmt: skip
def test_a_fork_of_another_shape_names_the_knob(model: Settings, said: str) -> None:
    network = Trainer(small(), "cpu").network(0)
    other = recipe.of("phonemes", "other", training.TASK, model_settings=model)
    with pytest.raises(TrainingError, match=said):
        next(train.train(other, "cpu", start=network))


def answering(steps: Generator[Any, Any, None], answer: Callable[[Halted], Set]) -> list[Any]:
    """What a training tells when each of its halts is answered; at most three."""
    found: list[Any] = []
    command = None
    while len(told(found, Halted)) < 4:
        try:
            event = steps.send(command)
        except StopIteration:
            return found
        command = answer(event) if isinstance(event, Halted) else None
        if event is not None:
            found.append(event)
    steps.close()
    return found


def explosive(monkeypatch: pytest.MonkeyPatch, at: float = 0.5) -> None:
    """A loss that is no number where the rate is at least `at`: it takes a while until real ones are not."""
    step = Trainer._backward

    def exploding(self: Trainer, number: int, batch: Any, rate: float) -> Any:
        found = step(self, number, batch, rate)
        if rate >= at and number > 3:
            for each in self.module.parameters():
                each.grad *= math.inf
        return found

    monkeypatch.setattr(Trainer, "_backward", exploding)


def test_a_run_that_explodes_waits_where_it_was_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    explosive(monkeypatch)
    steps = train.train(small(steps=6, lr=0.8), "cpu", tmp_path)
    found = answering(steps, lambda halted: Set("lr", halted.lr))
    (halted,) = told(found, Halted)
    assert (halted.step, halted.back, halted.lr) == (4, 0, 0.4)
    assert "a gradient is no number at step 4" in halted.text
    assert "gone back to step 0" in halted.text
    after = found[found.index(halted) + 1 :]
    assert [type(event) for event in after[:2]] == [Began, Changed]
    assert (after[0].step, after[1]) == (0, Changed(0, "lr", 0.8, 0.4))
    assert [event.step for event in told(after, Step)] == [1, 2, 3, 4, 5, 6]
    assert all(event.values["lr"] == 0.4 for event in told(after, Step))
    assert numbers(tmp_path) == [0, 4, 0, 1, 2, 3, 4, 5, 6, 6]
    # The way back is that of a run which had the lower rate from the beginning.
    list(train.train(small(steps=6, lr=0.4), "cpu", tmp_path / "low"))
    assert training.arrays(tmp_path) == training.arrays(tmp_path / "low")


def test_gradients_that_explode_raise_the_alarm_and_are_cured_by_clipping(tmp_path: Path) -> None:
    chosen = recipe.read("exploding-rnn")
    chosen = dataclasses.replace(chosen, train=chosen.train.but(steps=4, evaluate_every=0, evaluate_batches=1))
    found = answering(train.train(chosen, "cpu", tmp_path), lambda _: Set("clip", 1.0))
    (halted,) = told(found, Halted)
    assert (halted.step, halted.back) == (1, 0)
    assert "The gradient explodes: its norm is" in halted.text
    assert "above the alarm of 1000. It has gone back to step 0" in halted.text
    steps = told(found, Step)
    assert [event.step for event in steps] == [1, 2, 3, 4]
    assert steps[0].values["gradient"] > 1000
    assert all(event.values["clipped"] <= 1.001 for event in steps)
    # Weights that begin as usual explode as little as any.
    tame = dataclasses.replace(chosen, train=chosen.train.but(radius=1.0))
    assert not told(answering(train.train(tame, "cpu"), lambda _: train.GO_ON), Halted)


def test_a_halted_run_goes_on_when_it_is_told_to_and_halts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explosive(monkeypatch)
    found = answering(train.train(small(steps=6, lr=0.8), "cpu", tmp_path), lambda _: train.GO_ON)
    assert len(told(found, Halted)) == 4
    assert {event.step for event in told(found, Step)} == {1, 2, 3}


def turning_until_it_halts(steps: Generator[Any, Any, None], key: str, value: float) -> list[Any]:
    """What it tells until it halts; a knob is turned after its third step."""
    found = [next(steps)]
    while not isinstance(found[-1], Halted):
        third = isinstance(found[-1], Step) and found[-1].step == 3
        found.append(steps.send(Set(key, value) if third else None))
    return found


@pytest.mark.parametrize("recorded", [True, False])
def test_knobs_turned_since_the_step_it_goes_back_to_are_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: bool
) -> None:
    explosive(monkeypatch)
    steps = train.train(small(steps=6, lr=0.8), "cpu", tmp_path if recorded else None)
    found = turning_until_it_halts(steps, "clip", 0.0)
    assert told(found, Changed) == [Changed(3, "clip", 1.0, 0.0)]
    found += [steps.send(Set("lr", 0.4)), *steps]
    again = (Changed(0, "clip", 1.0, 0.0), Changed(0, "lr", 0.8, 0.4))
    assert chronicle.told([event for event in found if event is not None], History())[0].changes == again
    assert not recorded or turned(tmp_path) == again


def test_they_are_told_too_where_it_is_stopped_while_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explosive(monkeypatch)
    steps = train.train(small(steps=6, lr=0.8, evaluate_every=2), "cpu", tmp_path)
    assert turning_until_it_halts(steps, "clip", 0.0)[-1].back == 2
    steps.close()
    assert turned(tmp_path) == (Changed(2, "clip", 1.0, 0.0),)
    assert standing.load(tmp_path / standing.NAME).trainer["live"]["clip"] == 0.0


def test_a_rate_that_was_turned_up_is_advised_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    explosive(monkeypatch)
    steps, command, halted = train.train(small(steps=9), "cpu"), None, None
    while halted is None:
        event = steps.send(command)
        command = Set("lr", 1.0) if isinstance(event, Step) and event.step == 3 else None
        halted = event if isinstance(event, Halted) else None
    assert halted.lr == 2e-3
    steps.close()


def test_patience_counts_what_is_monitored() -> None:
    def evaluated(split: str, loss: float, edits: int) -> Evaluated:
        return Evaluated(1, split, loss, edits, 10)

    early = Early("held-out error")
    assert early.heard(evaluated("valid", 1.0, 5), None)
    assert early.heard(evaluated("valid", 0.9, 5), None), "of two equal errors the lesser loss is better"
    assert not early.heard(evaluated("valid", 0.5, 6), None)
    assert not early.heard(evaluated("valid", math.nan, 5), None)
    assert early.waited == 2
    early = Early("held-out loss")
    assert early.heard(evaluated("valid", 1.0, 5), None)
    assert not early.heard(evaluated("valid", 1.1, 1), evaluated("train", 0.1, 0))
    early = Early("training loss")
    assert early.heard(evaluated("valid", 1.0, 5), evaluated("train", 0.5, 5))
    assert early.heard(evaluated("valid", 2.0, 9), evaluated("train", 0.4, 5))
    again = Early("training loss")
    again.restore(json.loads(json.dumps(early.state())))
    assert vars(again) == vars(early)
    fresh = Early("held-out error")
    fresh.restore(json.loads(json.dumps(Early("held-out error").state())))
    assert fresh.best == (math.inf, math.inf)


def test_what_is_monitored_is_held_out_unless_it_is_asked_otherwise() -> None:
    assert recipe.TrainSettings().monitor.startswith("held-out")


def falling(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> None:
    """Evaluations that find these losses, one after another; errors are all equal."""

    def evaluate(self: Trainer, split: str, number: int, most: int = 0) -> Any:
        yield None
        return Evaluated(number, split, losses[number - 1], 1, 2)

    monkeypatch.setattr(Trainer, "evaluate", evaluate)


def test_it_ends_at_the_best_and_patience_with_the_best_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    falling(monkeypatch, [3.0, 2.0, 1.0, 1.5, 1.2, 1.0, 0.1, 0.1])
    chosen = small(steps=8, evaluate_every=1, patience=3)
    found = told(train.train(chosen, "cpu", tmp_path), Step, Snapshot, Notice)
    assert max(event.step for event in found if isinstance(event, Step)) == 3 + 3
    shown = {event.step: event.network for event in found if isinstance(event, Snapshot)}
    assert told(found, Snapshot)[-1].step == 3, "the last that is shown is the best"
    for name in ("best", "last"):
        kept = checkpoint.load(tmp_path / f"{name}.safetensors")
        assert kept.metrics["step"] == 3
        assert kept.id == checkpoint.load(tmp_path / "snapshots" / "0000003.safetensors").id
        assert all(
            np.array_equal(value, (shown[3].weights or {})[each]) for each, value in (kept.weights or {}).items()
        )
    assert any(
        "ended at step 6, as 3 evaluations brought nothing better" in event.text for event in told(found, Notice)
    )
    with pytest.raises(TrainingError, match=r"ended at step 6, as 3 evaluations .*train\.patience=6"):
        list(train.train(chosen, "cpu", tmp_path, resume=True))
    more = told(train.train(small(steps=8, evaluate_every=1, patience=9), "cpu", tmp_path, resume=True), Step)
    assert [event.step for event in more] == [7, 8]


def test_patience_is_as_long_for_a_run_that_was_stopped_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    falling(monkeypatch, [3.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0])
    chosen = small(steps=8, evaluate_every=1, patience=3)
    stopped(chosen, tmp_path, 4)
    found = told(train.train(chosen, "cpu", tmp_path, resume=True), Step, Snapshot)
    assert [event.step for event in found if isinstance(event, Step)] == [5]
    assert found[-1].step == 2


def test_a_run_that_was_killed_before_it_had_put_the_best_back_still_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    falling(monkeypatch, [3.0, 1.0, 2.0, 2.0])
    chosen = small(evaluate_every=1, patience=9)
    monkeypatch.setattr(course.Course, "_finish", lambda self: iter(()))
    list(train.train(chosen, "cpu", tmp_path))
    assert checkpoint.load(tmp_path / "last.safetensors").metrics["step"] == 4
    monkeypatch.undo()
    assert told(train.train(chosen, "cpu", tmp_path, resume=True), Step) == []
    assert checkpoint.load(tmp_path / "last.safetensors").metrics["step"] == 2


def test_training_batches_are_tried_beside_the_held_out_ones() -> None:
    found = told(train.train(small(train_batches=1, evaluate_every=2), "cpu"), Evaluated)
    assert [(event.step, event.split) for event in found] == [
        (2, "train"),
        (2, "valid"),
        (4, "train"),
        (4, "valid"),
    ]


def test_of_several_processes_the_first_one_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = Trainer.__init__

    def second(self: Trainer, *arguments: Any) -> None:
        build(self, *arguments)
        self.first = False

    monkeypatch.setattr(Trainer, "__init__", second)
    found = told(train.train(small(), "cpu", tmp_path / "run", attended=False), Step)
    assert [event.step for event in found] == [1, 2, 3, 4]
    assert not (tmp_path / "run").exists()


def test_no_snapshot_costs_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "PAUSE", 0.0)
    slowed(monkeypatch, lambda _: None, network=0.2, step=0.4)
    found = told(train.train(small(steps=30, snapshot_every=1), "cpu"), Snapshot)
    assert [event.step for event in found] == [1, 26, 30], "after the first it rests for ten seconds"
