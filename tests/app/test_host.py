"""The host: a job in a process of its own says the same, obeys, ends when told, and leaves nothing behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from app import host
from app.host import HostError, hosted
from engine import standing, train
from engine.events import Notice, Set, Step
from engine.recipe import RecipeError
from engine.run import RunError
from tests import hosting, training

pytestmark = pytest.mark.alone
TREE = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _no_process_survives():
    yield
    assert multiprocessing.active_children() == []


def taken(steps, count):
    """The first `count` events that are one."""
    found = []
    while len(found) < count:
        if (event := next(steps)) is not None:
            found.append(event)
    return found


def test_it_yields_what_the_job_yields_from_another_process():
    found = [event for event in hosted(hosting.counting, 5) if event is not None]
    assert [step.step for step in found] == [1, 2, 3, 4, 5]
    for step in found:
        assert step.loss != os.getpid()
        weights = step.values["weights"]
        np.testing.assert_array_equal(weights, np.full((300, 400), step.step, np.float32))
        assert not weights.flags.writeable, "an event is frozen"


def test_a_command_reaches_the_job():
    steps = hosted(hosting.counting, 100_000)
    taken(steps, 1)
    event = steps.send(Set("lr", 0.5))
    for _ in range(3000):
        if event is not None and event.values["command"] is not None:
            break
        event = next(steps)
    assert event.values["command"] == Set("lr", 0.5)
    steps.close()


def test_closing_lets_the_job_end_by_itself(tmp_path):
    kept = tmp_path / "kept"
    steps = hosted(hosting.endless, kept)
    last = taken(steps, 20)[-1]
    steps.close()
    assert int(kept.read_text()) >= last.step
    assert not psutil.pid_exists(int(last.loss))


def test_closing_does_not_wait_for_what_a_thread_still_makes(tmp_path, monkeypatch):
    monkeypatch.setattr(host, "GRACE", 60.0)
    steps = hosted(hosting.leaving, tmp_path / "late")
    taken(steps, 1)
    next(steps)
    steps.close()
    assert not (tmp_path / "late").exists()


def test_closing_does_not_wait_for_a_process_that_still_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(host, "GRACE", 60.0)
    steps = hosted(hosting.idle, hosting.Slow(tmp_path / "late"))
    assert [next(steps) for _ in range(3)] == [None] * 3
    steps.close()
    assert not (tmp_path / "late").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl+C is heard until the job begins")
def test_what_begins_does_not_hear_ctrl_c(tmp_path):
    steps = hosted(hosting.patient, hosting.Slow(tmp_path / "late", 3.0), 2)
    assert next(steps) is None
    for process in multiprocessing.active_children():
        os.kill(process.pid, signal.SIGINT)
    assert [step.step for step in steps if step is not None] == [1, 2]


def test_a_job_that_is_not_taken_waits(tmp_path):
    kept = tmp_path / "kept"
    steps = hosted(hosting.endless, kept, 0.005)
    seen = taken(steps, 3)[-1].step
    time.sleep(1.0)  # 200 steps, if it did not wait
    steps.close()
    assert int(kept.read_text()) - seen < 30


@pytest.mark.parametrize(
    "error",
    [
        RecipeError("the recipe x.toml is wrong"),
        RunError("cannot write the run to x"),
        EOFError("the cache is cut short"),
        ConnectionResetError("the other machine"),
        MemoryError("no room"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_the_job_is_raised_here(error):
    steps = hosted(hosting.failing, error)
    assert taken(steps, 1) == [Notice("before")]
    with pytest.raises(type(error), match=str(error) or None):
        taken(steps, 1)


@pytest.mark.parametrize(
    ("counted", "said"),
    [((3, 3), "SIGKILL: it was killed from outside$"), ((3, 4), "SIGKILL: the machine was out of memory$"),
     ((None, None), "SIGKILL: it may have run out of memory, or was killed from outside$")],
)  # fmt: skip
def test_a_process_that_is_killed_is_told(monkeypatch, counted, said):
    counts = iter(counted)
    monkeypatch.setattr(host, "_starved", lambda: next(counts))
    steps = hosted(hosting.deaf)
    step = taken(steps, 1)[0]
    os.kill(int(step.loss), signal.SIGKILL)
    with pytest.raises(HostError, match=said):
        taken(steps, 1)


def test_what_the_system_has_ended_for_its_memory_is_counted():
    if not Path("/proc/vmstat").exists():
        assert host._starved() is None
    else:
        assert f"oom_kill {host._starved()}\n" in Path("/proc/vmstat").read_text() or host._starved() is None


def test_arrays_of_every_kind_arrive_as_they_were_sent():
    found = [event for event in hosted(hosting.mixed, 4) if event is not None]
    assert [type(event) for event in found] == [Step, Notice] * 4
    for event in found[::2]:
        for came, sent in zip(event.values["arrays"], hosting.arrays(), strict=True):
            assert (came.dtype, came.shape) == (sent.dtype, sent.shape)
            np.testing.assert_array_equal(came, sent)


def stands(run):
    place = run / standing.NAME
    return standing.load(place).step if place.exists() else 0


def test_a_training_that_is_killed_goes_on_where_it_stood(tmp_path):
    steps = hosted(train.train, training.small(steps=100_000, evaluate_every=5), "cpu", tmp_path)
    while not (isinstance(event := next(steps), Step) and event.step % 50 == 0 and stands(tmp_path) >= 5):
        pass
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(HostError, match="SIGKILL"):
        list(steps)
    stood = stands(tmp_path)
    chosen = training.small(steps=stood + 10, evaluate_every=5)
    again = [event for event in hosted(training.resumed, chosen, tmp_path) if event is not None]
    assert again[0].step == stood
    assert [event.step for event in again if isinstance(event, Step)] == list(range(stood + 1, stood + 11))


def test_a_job_that_does_not_end_is_killed(monkeypatch):
    monkeypatch.setattr(host, "GRACE", 0.3)
    steps = hosted(hosting.deaf)
    step = taken(steps, 1)[0]
    steps.close()
    assert not psutil.pid_exists(int(step.loss))


def test_one_that_has_nothing_to_save_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(host, "GRACE", 60.0)
    steps = hosted(hosting.deaf, grace=0.3)
    step = taken(steps, 1)[0]
    began = time.monotonic()
    steps.close()
    assert time.monotonic() - began < 30.0
    assert not psutil.pid_exists(int(step.loss))


def test_a_killed_program_leaves_no_process_behind(tmp_path):
    kept = tmp_path / "kept"
    text = (
        "from pathlib import Path\nfrom app.host import hosted\nfrom tests import hosting\n"
        "if __name__ == '__main__':\n"
        f"    for event in hosted(hosting.endless, Path({str(kept)!r})):\n"
        "        if event is not None: print(int(event.loss), flush=True)\n"
    )
    script = tmp_path / "program.py"
    script.write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(TREE)}
    program = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment)
    assert program.stdout is not None
    number = int(program.stdout.readline())
    program.kill()
    program.wait()
    program.stdout.close()
    end = time.monotonic() + 10
    while psutil.pid_exists(number) and psutil.Process(number).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end, "the process of the job lives on"
        time.sleep(0.05)
    assert kept.is_file(), "it ended without saving"


def test_an_event_that_cannot_be_sent_is_told_and_the_job_is_closed(tmp_path):
    kept = tmp_path / "kept"
    with pytest.raises(Exception, match="pickle"):
        taken(hosted(hosting.unsendable, kept), 1)
    assert kept.is_file()


def test_an_error_that_cannot_be_sent_is_told_in_words():
    steps = hosted(hosting.odd)
    with pytest.raises(RuntimeError, match="Odd: one and two"):
        taken(steps, 1)
