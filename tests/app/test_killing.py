"""kill -9 in the midst of editing, recording and saving: at most ten seconds are lost, and no file is damaged."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app import recovering
from app.recovery import Recovery
from engine import asset, document
from engine.audio.take import UNFINISHED
from engine.events import Opened, Restored
from tests.pulse import RATE, pulse

__all__ = ["pulse"]
pytestmark = pytest.mark.alone
ROOT = Path(__file__).parents[2]
LOST = 10.0
"""Seconds of work that a crash may cost."""


class Program:
    """One that works in its own folders, and tells what it has done, line by line."""

    def __init__(self, doing, folder, environment=os.environ):
        self.environment = environment | {
            f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("DATA", "CONFIG", "CACHE", "STATE")
        }
        self.environment |= {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
        command = [sys.executable, str(ROOT / "tests" / "killing.py"), doing, str(folder / "a.oto")]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.told: list[tuple[float, float]] = []
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self):
        for line in self.process.stdout:
            value, at = line.split()
            self.told.append((float(value), float(at)))

    def kill(self, after):
        """End it so many seconds after its first line; the time."""
        end = time.monotonic() + 90
        while not self.told and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.01)
        time.sleep(after)
        self.process.kill()
        at = time.time()
        self.process.wait()
        self._listener.join()
        errors = self.process.stderr.read()
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()
        assert self.told, f"it never began:\n{errors[-3000:]}"
        assert "Traceback" not in errors, errors[-3000:]
        return at


def found(folder):
    """What the next program restores."""
    recovery = Recovery(folder / "data" / "otoscope" / "recovery")
    try:
        return [event for each in recovery.lost() for event in recovering.restore(each)]
    finally:
        recovery.release(*list(recovery._locks))


def killed_while_editing(folder, after):
    program = Program("edit", folder)
    at = program.kill(after)
    (restored,) = [each for each in found(folder) if isinstance(each, Restored)]
    (noise,) = [link for link in restored.values["chain"] if link.stage == "noise"]
    when = {round(value, 2): time for value, time in program.told}
    assert at - when[round(noise.settings.snr, 2)] < LOST
    np.testing.assert_array_equal(restored.values["clip"].read(), asset.open_bundled("digits").read())


def killed_while_recording(folder, after):
    program = Program("record", folder)
    program.kill(after)
    (opened,) = [each for each in found(folder) if isinstance(each, Opened)]
    assert opened.clip.seconds > program.told[-1][0] - LOST
    assert opened.clip.seconds > after / 2
    sound, heard = asset.open_bundled("digits").read()[:, 0], opened.clip.read()[:, 0]
    # It begins somewhere in the clip, which is heard again and again.
    begins = np.lib.stride_tricks.sliding_window_view(sound, 400)
    (first,) = np.flatnonzero(np.abs(begins - heard[:400]).max(axis=1) < 1e-6)
    np.testing.assert_allclose(heard, np.resize(np.roll(sound, -first), len(heard)), atol=1e-6)
    assert not list(folder.rglob(f"*{UNFINISHED}"))


def killed_while_saving(folder, after):
    path = folder / "a.oto"
    program = Program("save", folder)
    program.kill(after)
    (restored,) = [each for each in document.load(path) if isinstance(each, Restored)]
    clip = restored.values["clip"]
    assert clip.name in ("1.0", "0.5")
    np.testing.assert_allclose(
        clip.read(), asset.open_bundled("digits").read() * np.float32(clip.name), atol=2**-23
    )


def test_killed_while_editing(tmp_path):
    killed_while_editing(tmp_path, 6.0)


def test_killed_while_recording(tmp_path):
    killed_while_recording(tmp_path, 4.0)


@pytest.mark.parametrize("after", [0.05, 0.21])
def test_killed_while_saving(tmp_path, after):
    killed_while_saving(tmp_path, after)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
def test_killed_while_editing_at_any_moment(tmp_path, seed):
    killed_while_editing(tmp_path, random.Random(seed).uniform(4.5, 20.0))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
def test_killed_while_recording_at_any_moment(tmp_path, seed):
    killed_while_recording(tmp_path, random.Random(seed).uniform(1.0, 20.0))


@pytest.mark.long
@pytest.mark.parametrize("after", [3.0, 14.0])
def test_killed_while_a_microphone_is_recorded(tmp_path, pulse, after):
    times, sound = np.arange(90 * RATE) / RATE, tmp_path / "tone.wav"
    soundfile.write(sound, 0.5 * np.sin(2 * np.pi * 440 * times), RATE)
    pulse.feed(sound)
    program = Program("microphone", tmp_path, pulse.environment)
    program.kill(after)
    (opened,) = [each for each in found(tmp_path) if isinstance(each, Opened)]
    assert opened.clip.seconds > program.told[-1][0] - LOST
    assert opened.clip.seconds > after / 2
    heard = opened.clip.read()[-opened.clip.rate :, 0]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * opened.clip.rate / len(heard) == pytest.approx(440, abs=3)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(60))
def test_killed_while_saving_at_any_moment(tmp_path, seed):
    killed_while_saving(tmp_path, random.Random(seed).uniform(0.0, 0.5))
