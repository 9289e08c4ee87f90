"""Telemetry: percentiles as NumPy's, a bounded memory, and nothing told that was not measured."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest

from engine import telemetry
from engine.events import Step
from engine.telemetry import NOT_TOLD, Machine, Recent, Sample, Telemetry
from tests.example import frames, full


def test_percentiles_are_those_of_the_last_values():
    recent, values = Recent(), np.random.default_rng(0).exponential(5.0, 3 * telemetry.SIZE)
    assert np.isnan(recent.percentile(50))
    for value in values:
        recent.add(float(value))
    last = values[-telemetry.SIZE :]
    assert len(recent) == len(last)
    for percent in (0, 50, 95, 100):
        assert recent.percentile(percent) == np.percentile(last, percent)


def steps(told, count, seconds=0.02, each=0.05, size=800.0):
    for number in range(1, count + 1):
        values = MappingProxyType({"seconds": seconds, "frames": size})
        told.stepped(Step(number, 0, 1.0, values), number * each)


def test_throughput_is_what_came_lately():
    told = Telemetry()
    steps(told, 10_000)
    assert told.throughput(500.0) == pytest.approx(800 / 0.05, rel=0.01)
    assert len(told._frames) < 300, "only the last seconds are held"
    assert told.throughput(500.0 + telemetry.LATELY + 1) == 0.0
    told.began()
    assert told.throughput(500.0) == 0.0
    assert told.table(Sample(1), 500.0)["Training step"] == NOT_TOLD


def test_all_figures_in_words():
    told, session = Telemetry(), full()
    steps(told, 100)
    told.traced(session.state.traced, "DER")
    told.heard(frames(0.0))
    watts = MappingProxyType({"CPU": 12.34, "GPU": 80.0})
    found = Sample(412_000_000, 1_250_000_000, (3_000_000_000, 80_000_000_000), watts)
    table = told.table(found, 5.0)
    assert table["Inspection"] == "p50 6.9 ms, p95 6.9 ms, of the last 1"
    assert table["Training step"] == "p50 20.0 ms, p95 20.0 ms, of the last 100"
    assert table["Throughput"] == "16 k frames/s"
    assert table["Error of what is shown"] == "DER 25.0%"
    assert table["Memory, other processes"] == "1.25 GB"
    assert table["Memory, graphics cards"] == "3.00 GB of 80.00 GB"
    assert table["Power"] == "CPU 12.3 W, GPU 80.0 W"
    assert told.line(found, 5.0) == "step 20 ms · 16 k frames/s · 1.66 GB · 92 W"


def test_what_is_not_told_is_not_invented():
    told = Telemetry()
    table = told.table(Sample(412_000_000), 1.0)
    assert {words for name, words in table.items() if name != "Memory, window"} == {NOT_TOLD}
    assert told.line(Sample(412_000_000), 1.0) == "412 MB · power n/a"


def test_the_memory_is_that_of_this_process_and_of_those_it_started():
    code = "import time; held = b'x' * 100_000_000; print(len(held), flush=True); time.sleep(60)"
    machine = Machine()
    before = machine.sample()
    assert before.window == pytest.approx(psutil.Process().memory_info().rss, rel=0.05)
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdout=pipe) as child:
        assert child.stdout is not None
        child.stdout.readline()
        grown = machine.sample().others - before.others
        child.kill()
    assert 100e6 < grown < 150e6
    while multiprocessing.active_children():
        time.sleep(0.01)
    assert machine.sample().others <= before.others


def test_a_live_block_takes_what_its_event_says() -> None:
    found: Any = Telemetry()
    for took in (0.001, 0.004, 0.009):
        found.heard(SimpleNamespace(took=took))
    assert found.table(Sample(1), 0.0)["Live block"] == "p50 4.0 ms, p95 8.5 ms, of the last 3"
