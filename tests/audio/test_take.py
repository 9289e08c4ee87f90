"""A take: all that was heard, from its file; and what there is when the program dies or the disk is full."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from engine.audio import take as module
from engine.audio.file import open_clip
from engine.audio.take import UNFINISHED, Take, seconds

pytestmark = pytest.mark.alone
RATE = 16_000


def blocks(count, size=160):
    return np.random.default_rng(0).uniform(-1, 1, (count, size)).astype(np.float32)


def recorded(path, sound):
    take = Take(path, RATE)
    for block in sound:
        take.add(block)
    return take


def test_a_take_is_read_from_its_file_sample_for_sample(tmp_path):
    sound = blocks(250)
    clip = recorded(tmp_path / "a.wav", sound).end()
    np.testing.assert_array_equal(clip.read()[:, 0], sound.ravel())
    assert (clip.rate, clip.source.path, clip.path) == (RATE, tmp_path / "a.wav", None)
    assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]


def test_nothing_recorded_is_no_clip(tmp_path):
    assert Take(tmp_path / "a.wav", RATE).end() is None
    assert list(tmp_path.iterdir()) == []
    assert Take(None, RATE).end() is None


def test_without_a_place_it_is_kept_in_memory():
    sound = blocks(10)
    np.testing.assert_array_equal(recorded(None, sound).end().read()[:, 0], sound.ravel())


def test_a_folder_that_is_not_there_costs_nothing_but_a_message(tmp_path):
    take = recorded(tmp_path / "no" / "a.wav", blocks(10))
    np.testing.assert_array_equal(take.end().read()[:, 0], blocks(10).ravel())
    assert str(tmp_path / "no") in take.error


def test_a_disk_that_becomes_full_keeps_what_came_before_and_after(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PERIOD", 0.01)
    put, room = module._put, [3]

    def limited(file, samples):
        room[0] -= 1
        if room[0] < 0:
            file.write(samples.tobytes()[:101])  # a part of it, not even whole samples
            raise OSError(28, "No space left on device")
        put(file, samples)

    monkeypatch.setattr(module, "_put", limited)
    sound, take = blocks(40), Take(tmp_path / "a.wav", RATE)
    for block in sound:
        take.add(block)
        time.sleep(0.005)
    clip = take.end()
    np.testing.assert_array_equal(clip.read()[:, 0], sound.ravel())
    assert "No space left" in take.error
    assert "Ctrl+S" in take.error


SCRIPT = """
import sys, time
import numpy as np
from engine.audio.take import Take
from pathlib import Path
take, began = Take(Path(sys.argv[1]), 16000), time.monotonic()
done = 0
while True:
    due = int((time.monotonic() - began) * 16000)
    take.add(np.arange(done, due, dtype=np.float32) / 2**24)
    done = due
    print(done, flush=True)
    time.sleep(0.01)
"""


@pytest.mark.parametrize("moment", [0.9, 1.7])
def test_of_a_take_whose_program_is_killed_less_than_two_seconds_are_lost(moment, tmp_path):
    program = subprocess.Popen([sys.executable, "-c", SCRIPT, tmp_path / "a.wav"], stdout=subprocess.PIPE)
    program.stdout.readline()
    time.sleep(moment)
    os.kill(program.pid, signal.SIGKILL)
    told = [int(line) for line in program.communicate()[0].split()]
    path = (tmp_path / "a.wav").with_suffix(UNFINISHED)
    found = open_clip(path).read()[:, 0]
    np.testing.assert_array_equal(found, np.arange(len(found), dtype=np.float32) / 2**24)
    assert len(found) == round(seconds(path) * RATE)
    assert told[-1] - len(found) < 2 * RATE
