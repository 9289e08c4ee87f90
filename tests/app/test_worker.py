"""The worker's rules: what replaces what, who may finish, and that nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

import pytest

from app import worker as module
from app.trouble import explain
from app.worker import Report, Worker
from engine.events import Ended, Failed, Notice, Progress, Set
from engine.knob import KnobError

pytestmark = pytest.mark.alone


@pytest.fixture
def worker():
    made = Worker("test")
    yield made
    made.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "otoscope-test"]


def until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)


def ended(worker, job):
    events = list(worker.events)  # at once: its thread adds to them
    return [event for name, event in events if name == job and isinstance(event, Ended)]


def counting(gate, count, word="n"):
    for index in range(count):
        gate.wait(10)
        yield Notice(f"{word}{index}")


def test_events_come_in_order_and_end_with_ended(worker):
    gate = threading.Event()
    gate.set()
    worker.submit("job", counting, gate, 3)
    until(lambda: ended(worker, "job"))
    expected = [Notice("n0"), Notice("n1"), Notice("n2"), Ended("job")]
    assert list(worker.events) == [Report("job", event) for event in expected]
    assert not worker.busy


def test_submitting_replaces_the_waiting_job_and_lets_the_running_one_finish(worker):
    gate = threading.Event()
    worker.submit("job", counting, gate, 2, "first")
    until(lambda: worker.job == "job")
    for word in ("second", "third", "fourth"):
        worker.submit("job", counting, gate, 1, word)
    gate.set()
    until(lambda: len(ended(worker, "job")) == 2)
    texts = [event.text for _, event in worker.events if isinstance(event, Notice)]
    assert texts == ["first0", "first1", "fourth0"]
    assert [event.stopped for event in ended(worker, "job")] == [False, False]


def test_a_running_job_over_its_age_gives_way_to_a_newer_one(worker, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.02)
    closed = threading.Event()

    def endless():
        try:
            while True:
                time.sleep(0.001)
                yield None
        finally:
            closed.set()

    gate = threading.Event()
    gate.set()
    worker.submit("job", endless)
    until(lambda: worker.job == "job")
    time.sleep(0.05)
    assert not closed.is_set(), "age alone closes nothing"
    worker.submit("other", counting, gate, 1)
    time.sleep(0.05)
    assert not closed.is_set(), "another name closes nothing"
    worker.submit("job", counting, gate, 1, "new")
    until(lambda: closed.is_set() and len(ended(worker, "job")) == 2)
    assert [event.stopped for event in ended(worker, "job")] == [True, False]


def test_names_wait_in_turn(worker):
    gate = threading.Event()
    worker.submit("a", counting, gate, 1)
    until(lambda: worker.job == "a")
    worker.submit("b", counting, gate, 1)
    worker.submit("c", counting, gate, 1)
    gate.set()
    until(lambda: ended(worker, "c"))
    assert [name for name, event in worker.events if isinstance(event, Ended)] == ["a", "b", "c"]


def test_stop_closes_the_running_job_between_steps_and_forgets_the_waiting(worker):
    gate, closed = threading.Event(), []

    def job():
        try:
            while True:
                yield Progress(0.5)
        except GeneratorExit:
            closed.append(threading.current_thread().name)
            raise

    worker.submit("job", job)
    worker.submit("later", counting, gate, 1)
    until(lambda: worker.events)
    worker.stop()
    until(lambda: ended(worker, "job"))
    until(lambda: not worker.busy)
    assert ended(worker, "job") == [Ended("job", stopped=True)]
    assert closed == ["otoscope-test"], "a generator is closed by the thread that runs it"
    assert [event for name, event in worker.events if name == "later"] == [Ended("later", stopped=True)]


def test_commands_reach_the_job_one_a_step(worker):
    heard = []
    go = threading.Event()

    def job():
        while len(heard) < 2:
            go.wait(10)
            command = yield None
            if command is not None:
                heard.append(command)

    worker.submit("job", job)
    until(lambda: worker.job == "job")
    worker.send(Set("rate", 1))
    worker.send(Set("rate", 2))
    go.set()
    until(lambda: ended(worker, "job"))
    assert heard == [Set("rate", 1), Set("rate", 2)]


def test_pause_step_and_resume(worker):
    def job():
        for index in range(6):
            yield Progress(index / 6)

    worker.pause()
    worker.submit("job", job)
    until(lambda: worker.job == "job")
    time.sleep(0.02)
    assert not worker.events
    worker.step()
    until(lambda: len(worker.events) == 1)
    worker.step()
    until(lambda: len(worker.events) == 2)
    time.sleep(0.02)
    assert len(worker.events) == 2
    worker.resume()
    until(lambda: ended(worker, "job"))
    assert len(worker.events) == 7


def test_a_failure_is_an_event_and_the_next_job_runs(worker):
    def broken():
        yield Progress(0.0)
        raise KnobError("snr must be a finite number, not 'loud'")

    gate = threading.Event()
    gate.set()
    worker.submit("broken", broken)
    worker.submit("next", counting, gate, 1)
    until(lambda: ended(worker, "next"))
    failed = [event for _, event in worker.events if isinstance(event, Failed)]
    assert [(event.job, event.text) for event in failed] == [("broken", "snr must be a finite number, not 'loud'")]
    assert isinstance(failed[0].error, KnobError)


def test_a_function_that_fails_before_its_first_step_is_an_event_too(worker):
    def wrong() -> None:
        raise ValueError("no")

    worker.submit("wrong", wrong)
    until(lambda: worker.events)
    assert isinstance(worker.events[0].event, Failed)


@pytest.mark.parametrize("error", [None, ValueError("no")])
def test_whoever_takes_the_end_finds_no_job_of_that_name(worker, error):
    """The thread may be kept waiting right after it told of the end."""
    told = threading.Event()

    class Slow(deque):
        def append(self, report):
            super().append(report)
            told.set()
            time.sleep(0.1)

    def job():
        if error is not None:
            raise error
        yield None

    worker.events = Slow()
    worker.submit("job", job)
    assert told.wait(10)
    assert not worker.has("job")


def test_closing_in_mid_job_joins_the_thread():
    for _ in range(20):
        made = Worker("short")
        made.submit("job", lambda: (Progress(0.0) for _ in iter(int, 1)))
        made.submit("waiting", lambda: iter(()))
        made.close()
        assert not made._thread.is_alive()


@pytest.mark.parametrize(
    ("error", "needle"),
    [
        (KnobError("gain is 99 dB; its range is -40 to 40 dB"), "gain is 99 dB; its range is -40 to 40 dB"),
        (FileNotFoundError(2, "No such file or directory", "x.wav"), "x.wav: No such file"),
        (OSError(28, "No space left on device"), "Reading a failed: the disk is full. Make room there"),
        (MemoryError(), "smaller network"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "smaller network"),
        (ModuleNotFoundError("No module named 'torch'"), "otoscope doctor"),
        (ValueError("shapes differ"), "Reading a failed: shapes differ"),
    ],
)
def test_words_for_people(error, needle):
    text = explain(error, "reading a")
    assert needle in text
    assert "Traceback" not in text


def test_a_program_that_ends_without_closing_is_not_held_up(tmp_path):
    script = tmp_path / "forgetful.py"
    script.write_text(
        "from app.worker import Worker\n"
        "worker = Worker('forgotten')\n"
        "worker.submit('endless', lambda: (None for _ in iter(int, 1)))\n"
        "raise SystemExit(3)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(module.__file__).parents[1])}
    ended = subprocess.run([sys.executable, str(script)], env=environment, timeout=30, check=False)
    assert ended.returncode == 3


def test_what_was_computed_is_shown_before_the_next_begins(worker, monkeypatch):
    """With `until_shown` the next job begins at `release`, with what was asked for last; or after a while."""
    began = []

    def job(number):
        began.append(number)
        yield Progress(1.0)

    monkeypatch.setattr(module, "HELD", 60.0)
    worker.until_shown, told = Progress, []
    worker.told = lambda: told.append(len(worker.events))
    worker.submit("look", job, 1)
    until(lambda: not worker.busy)
    assert told == [1]
    worker.submit("look", job, 2)
    worker.submit("look", job, 3)
    time.sleep(0.03)
    assert began == [1]
    assert worker.busy
    monkeypatch.setattr(module, "HELD", 0.1)
    worker.release()
    until(lambda: not worker.busy)
    assert began == [1, 3]
    worker.submit("look", job, 4)
    until(lambda: not worker.busy)
    assert began == [1, 3, 4]
