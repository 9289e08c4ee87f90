"""The estimate before a run: against a made-up machine with its own clock, and in `long` against real runs."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest

from engine import catalog, device, estimate, recipe, train
from engine.events import Estimated, Progress, Step
from engine.models.recurrent import Settings
from engine.recipe import TrainSettings
from engine.tasks import phonemes
from tests.trainers import small

ROOT = Path(__file__).parents[1]
PREPARING, STEP, TRIAL, NEW, OLD = 7.0, 0.25, 0.5, 2.0, 0.125


class Machine:
    """A task and a trainer that take what they say: a batch is made in 2 s, and again in an eighth."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.made: set[tuple[Any, ...]] = set()
        self.cache: list[Any] = []
        monkeypatch.setattr(estimate, "time", SimpleNamespace(perf_counter=lambda: self.now))
        monkeypatch.setattr(estimate, "Trainer", lambda *asked: self.trainer())
        monkeypatch.setattr(estimate.device, "peak", lambda: 10_000_000)

    def batch(self, split: str, index: int, size: int, seed: int) -> Any:
        new = (split, index) not in self.made
        self.made.add((split, index))
        if new:
            self.cache.append(np.zeros(100_000, np.uint8))
        self.now += NEW if new else OLD
        return SimpleNamespace(lengths=np.array([200, 100 + index]))

    def trainer(self) -> Any:
        self.now += PREPARING
        made = SimpleNamespace(size=8, device="cpu", done=0, seconds=0.01)
        made.task = SimpleNamespace(batch=self.batch, batches=lambda split, size: 5)
        made.state = lambda: ({"w": np.zeros(1000)}, {})

        def step(number: int, batch: Any) -> Step:
            took = 40 * STEP if number == 1 else STEP
            self.now, made.done = self.now + took, number
            return Step(number, 0, 1.0, {"seconds": took})

        def tried(batch: Any) -> None:
            self.now += TRIAL

        made.step, made.tried = step, tried
        return made


@pytest.mark.parametrize(
    "knobs",
    [
        {"steps": 5},
        {"steps": 100},
        {"steps": 100, "evaluate_every": 30, "train_batches": 0},
        {"steps": 90, "evaluate_every": 30, "evaluate_batches": 3},
    ],
)
def test_it_is_the_sum_of_what_a_run_does(knobs: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    settings = TrainSettings(**({"evaluate_every": 0} | knobs))
    *_, found = estimate.estimate(recipe.of("phonemes", train=settings), "cpu")
    assert isinstance(found, Estimated)
    wanted, kept = PREPARING, 0
    fresh = Machine(monkeypatch)
    for number in range(1, settings.steps + 1):
        fresh.batch("train", (number - 1) % 8, 4, 0)
        fresh.now += STEP
        every = settings.evaluate_every
        if number == settings.steps or (every and number % every == 0):
            for split, count in (("train", settings.train_batches), ("valid", settings.evaluate_batches or 5)):
                for index in range(count):
                    fresh.batch(split, index, 4, 0)
                    fresh.now += TRIAL
    wanted += fresh.now
    assert found.seconds == pytest.approx(wanted)
    assert found.step_seconds == pytest.approx(STEP + OLD)
    assert found.length == "sequences of up to 2.0 s, 200 frames"
    kept = max(0, len(fresh.cache) - estimate.TRIES) * 100_000
    assert found.memory == pytest.approx(10_000_000 + kept + estimate.STATES * 8000, abs=20_000 * len(fresh.cache))
    assert machine.now < 60


def test_batches_made_meanwhile_cost_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(monkeypatch)
    chosen = recipe.of("phonemes", train=TrainSettings(steps=1000, workers=4))
    *_, found = estimate.estimate(chosen, "cpu")
    assert found.step_seconds == STEP, "four processes make a batch in less time than a step takes"


def test_recordings_are_kept_up_to_a_limit_in_each_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a batch reads is not read again for every batch: ten times the memory was told once."""
    machine = Machine(monkeypatch)
    monkeypatch.setattr(estimate.recordings, "held", lambda: 100_000 * len(machine.cache))
    monkeypatch.setattr(estimate.recordings, "KEPT", 250_000)

    def told(**knobs: Any) -> float:
        machine.made.clear()
        chosen = recipe.of("phonemes", train=TrainSettings(steps=8, evaluate_every=0, **knobs))
        *_, found = estimate.estimate(chosen, "cpu")
        assert isinstance(found, Estimated)
        return found.memory - 10_000_000 - estimate.STATES * 8000

    assert told() == pytest.approx(250_000, abs=50_000), "7 batches of 100 kB, of which 250 kB are kept"
    assert told(workers=2) == pytest.approx(3 * 250_000 + 2 * estimate.WORKER, abs=50_000)


def test_a_real_task_is_tried_and_told() -> None:
    chosen = small(steps=1000)
    *others, found = estimate.estimate(chosen, "cpu")
    assert isinstance(found, Estimated)
    assert 1 < found.seconds < 10_000
    assert 1e8 < found.memory < 1e10
    task = catalog.load("tasks", "phonemes").build(chosen.task_settings)
    longest = max(task.batch("train", number, 4, 0).lengths.max() for number in range(3))
    assert (found.frames, found.frame) == (longest, 0.01)
    shares = [event.share for event in others if isinstance(event, Progress)]
    assert shares == sorted(shares)
    assert {type(event) for event in others} <= {Progress, type(None)}


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("which", ["phonemes", "small"])
def test_it_is_near_to_what_a_run_takes(which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In seconds of this process, so that the machine's other work counts for neither."""
    monkeypatch.setattr(time, "perf_counter", time.process_time)
    if which == "phonemes":
        chosen = recipe.read("phonemes-lstm-128")
        chosen = dataclasses.replace(chosen, train=chosen.train.but(steps=150, evaluate_every=75))
    else:
        task, train_ = phonemes.Settings(clips=60), TrainSettings(steps=400, batch=4, evaluate_every=200)
        chosen = recipe.of("phonemes", "small", task, model_settings=Settings(hidden=32, layers=1), train=train_)
    *_, found = estimate.estimate(chosen, "cpu")
    began = time.process_time()
    list(train.train(chosen, "cpu", tmp_path))
    assert found.seconds == pytest.approx(time.process_time() - began, rel=0.3)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", ["ains_causal", "denoiser", "unet_denoise", "convtasnet_mini"])
def test_memory_is_what_a_run_takes_within_a_factor_of_two(name: str, tmp_path: Path) -> None:
    """Of all processes of the run at their peak, as the system tells it."""
    knobs = ("steps=12", "evaluate_every=0", "evaluate_batches=2", "snapshot_every=5")
    asked = [sys.executable, "-m", "app", "train", name]
    asked += [part for each in knobs for part in ("--set", f"train.{each}")]
    said = subprocess.run([*asked, "--estimate"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = re.search(r"([\d,]+) MB of memory", said)
    assert found is not None, said
    peaks: dict[int, int] = {}
    with subprocess.Popen([*asked, "--out", str(tmp_path / "run")], cwd=ROOT, stdout=subprocess.DEVNULL) as run:
        parent = psutil.Process(run.pid)
        while run.poll() is None:
            with contextlib.suppress(psutil.Error):
                for each in (parent, *parent.children(recursive=True)):
                    peaks[each.pid] = max(peaks.get(each.pid, 0), device.peak(each.pid))
            time.sleep(0.05)
    assert run.returncode == 0
    told, took = float(found[1].replace(",", "")), sum(peaks.values()) / 1e6
    assert took / 2 < told < took * 2
