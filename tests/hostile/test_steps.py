"""A job that fails at any of its steps is told in words, leaves nothing half done, and the worker goes on."""

from __future__ import annotations

import itertools
import random
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from app import hearing, jobs
from app.worker import Worker
from engine import asset, checkpoint, recipe
from engine.events import Ended, Failed, Notice, Traced
from engine.links import default_picture, default_sound_chain
from engine.memo import Memo
from engine.recipe import TrainSettings
from engine.session import State
from engine.train import train
from tests import example

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    Job = tuple[Any, ...]


class Fault(Exception):
    """What is thrown into a job."""


def hurt(step: int, function: Any, *arguments: Any) -> Generator[Any, Any, None]:
    """The job, into which a Fault is thrown at its step number `step`, if it gets there."""
    steps, command = function(*arguments), None
    for number in itertools.count():
        try:
            event = steps.throw(Fault("the wheel came off")) if number == step else steps.send(command)
        except StopIteration:
            return
        command = yield event


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("test")
    yield made
    made.close()


def run(worker: Worker, name: str, *job: Any) -> list[Any]:
    """The events of a job, up to its end."""
    worker.events.clear()
    worker.submit(name, *job, doing=f"doing {name}")
    end = time.monotonic() + 60
    while not any(isinstance(event, Ended | Failed) for _, event in list(worker.events)):
        assert time.monotonic() < end, f"{name} does not end: {worker.events}"
        time.sleep(0.002)
    return [event for _, event in worker.events]


def trained(chosen: recipe.Recipe, made: Path) -> Generator[Any, Any, None]:
    """A training in a new folder, as each has one."""
    yield from train(chosen, "cpu", made / f"run-{len(list(made.iterdir()))}")


def every(folder: Path) -> dict[str, Job]:
    """The jobs of the window: name -> function and arguments. What they write lies in `folder`."""
    (folder / "made").mkdir()
    made, clip = folder / "made", asset.open_bundled("digits")
    network = checkpoint.untrained("phonemes")
    state = State(clip=clip, chain=default_sound_chain(), picture=default_picture(), network=network)
    traced = example.full().state.traced
    assert traced is not None
    soundfile.write(folder / "long.ogg", 0.1 * np.random.default_rng(0).standard_normal(90_000), 16_000)
    soundfile.write(folder / "a.wav", np.zeros(20_000), 16_000)
    list(jobs.save_session(state, folder / "a.oto"))
    asked = (clip, state.chain, state.picture, None, 0.0, 0.5, "cpu")
    few = TrainSettings(steps=4, batch=2, evaluate_batches=1)
    chosen = recipe.of("phonemes", train=few)
    live = (("clip", clip, 16_000), (state.chain, None, state.picture, "cpu", False))
    return {
        "list": (jobs.list_networks,),
        "open": (jobs.open_file, folder / "a.wav"),
        "decode": (jobs.open_file, folder / "long.ogg"),
        "session": (jobs.open_file, folder / "a.oto"),
        "save": (jobs.save_session, state, made / "b.oto"),
        "peaks": (jobs.peaks, clip),
        "inspect": (jobs.inspect, asked, Memo()),
        "network": (jobs.open_network, checkpoint.bundled()[0]),
        "example": (jobs.example_of, "phonemes"),
        "write": (jobs.export, clip, state.chain, None, "PCM_16", made / "b.wav"),
        "trace": (jobs.export_trace, traced.trace, made / "b.npz"),
        "live": (hearing.hear, *live),
        "train": (trained, chosen, made),
    }


NAMES = (
    *("list", "open", "decode", "session", "save", "peaks", "inspect", "network", "example", "write", "trace"),
    *("live", "train"),
)
LONGEST = 12
"""Steps at which a job is hurt at the most: those that go on for long are hurt at some of their first."""


def going_on(number: int = 2) -> Generator[Notice, None, None]:
    for _ in range(number):
        yield Notice("going on")


@pytest.mark.parametrize("name", NAMES)
def test_any_step_may_fail(worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("engine.audio.cache._folder", lambda: tmp_path / "cache")
    monkeypatch.setattr("engine.audio.file._IN_MEMORY", 1.0)
    known = every(tmp_path)
    assert set(known) == set(NAMES)
    fell = 0
    for step in (0, random.Random(1).randrange(1, LONGEST)) if name == "train" else range(LONGEST):
        events = run(worker, name, hurt, step, *known[name])
        if isinstance(events[-1], Ended):
            break  # it had fewer steps
        assert isinstance(events[-1].error, Fault)
        assert events[-1].text.startswith(f"Doing {name} failed: the wheel came off"), "it is not told what failed"
        fell += 1
        left = [each for each in tmp_path.rglob("*") if ".part" in each.name]
        assert not left, f"after step {step} something half done is left"
        assert isinstance(run(worker, "next", going_on)[-1], Ended)
    assert fell
    if name != "live":  # that has no end
        assert isinstance(run(worker, name, *known[name])[-1], Ended), "what failed before works no more"


def test_a_failed_inspection_leaves_nothing_wrong_in_the_memo(worker: Worker, tmp_path: Path) -> None:
    function, asked, memo = every(tmp_path)["inspect"]
    for step in range(4):
        run(worker, "inspect", hurt, step, function, asked, memo)
    (found,) = (each for each in run(worker, "inspect", function, asked, memo) if isinstance(each, Traced))
    (wanted,) = (each for each in run(worker, "inspect", function, asked, Memo()) if isinstance(each, Traced))
    for key, series in wanted.trace.series.items():
        np.testing.assert_array_equal(found.trace.series[key].values, series.values, err_msg=str(key))
