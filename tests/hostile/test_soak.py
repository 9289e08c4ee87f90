"""The soak: the window listens at a microphone, at its pace, beside a training, for a minute or for an hour."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
import soxr

from engine import asset
from tests import pulse as loop
from tests.pulse import pulse

if TYPE_CHECKING:
    from tests.pulse import Pulse

__all__ = ["pulse"]
pytestmark = pytest.mark.alone
ROOT = Path(__file__).parents[2]
STALL, STARTING = 0.050, 0.250
"""Seconds that the window may stand still: in use, and while torch is first loaded. Judged over the hour."""
FROZEN = 1.0
"""Seconds after which the window stands still on any machine: a minute on a busy one tells no more."""
STARTS = 600.0
"""Seconds that the program may take to get there, on a machine with much else to do."""
GROWTH = 20.0
"""Megabytes between the beginning and the end, of the window and of the training each."""


def soak(pulse: Pulse, folder: Path, seconds: float) -> list[dict[str, Any]]:
    """What the program tells of itself, a line a second, while digits are spoken at its microphone."""
    said, lines = folder / "said.wav", folder / "lines.jsonl"
    clip = asset.open_bundled("digits")
    soundfile.write(said, soxr.resample(np.tile(clip.read()[:, 0], 6), clip.rate, loop.RATE), loop.RATE)
    environment = pulse.environment | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    errors = folder / "errors"
    with errors.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.hostile.soak", str(seconds), str(lines)],
            cwd=folder, env=environment, stderr=file,
        )  # fmt: skip
        speaker, end = pulse.feed(said), time.monotonic() + seconds + STARTS
        try:
            while process.poll() is None:
                assert time.monotonic() < end, f"it does not end: {lines.read_text()[-600:]}"
                if speaker.poll() is not None:
                    speaker = pulse.feed(said)
                time.sleep(0.2)
        finally:
            process.kill()
            process.wait(20)
    words = errors.read_text()
    assert process.returncode == 0, words
    assert "Traceback" not in words, words
    return [json.loads(line) for line in lines.read_text().splitlines()]


def grown(values: list[float]) -> float:
    """From the median of the first tenth to that of the last."""
    part = max(1, len(values) // 10)
    return float(np.median(values[-part:]) - np.median(values[:part]))


def check(told: list[dict[str, Any]], seconds: float, stall: float, starting: float) -> None:
    """Fails with the figures."""
    phases = {name: [each for each in told if each["phase"] == name] for name in ("start", "middle", "soak")}
    long = phases["soak"]
    figures = {
        "worst stall": max(each["stall"] for each in long),
        "worst gap": max(each["gap"] for each in long),
        "worst stall at the start": max((each["stall"] for each in phases["start"]), default=0.0),
        "worst stall in between": max(each["stall"] for each in phases["middle"]),
        "fullest ring": max(each["fill"] for each in long),
        "dropped": long[-1]["dropped"],
        "window grew by": grown([each["memory"] for each in long]),
        "training grew by": grown([each["training"] for each in long]),
        "window, at the end": long[-1]["memory"],
        "steps": long[-1]["steps"] - long[0]["steps"],
        "heard": long[-1]["heard"] - long[0]["heard"],
        "seconds": long[-1]["at"] - long[0]["at"],
    }
    words = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
    sys.stdout.write(f"soak: {words}\n")
    assert figures["seconds"] > 0.95 * seconds, words
    assert all(each["live"] for each in long), words
    assert figures["steps"] > seconds / 2, words
    assert figures["heard"] == pytest.approx(figures["seconds"], rel=0.02, abs=1), words
    assert figures["dropped"] == 0, words
    assert figures["fullest ring"] < 0.5, words
    assert figures["window grew by"] < GROWTH, words
    assert figures["training grew by"] < GROWTH, words
    assert figures["worst stall"] < stall, words
    assert figures["worst stall at the start"] < starting, words


@pytest.mark.timeout(900)
def test_a_minute_of_live_beside_training(pulse: Pulse, tmp_path: Path) -> None:
    check(soak(pulse, tmp_path, 60.0), 60.0, FROZEN, FROZEN)


@pytest.mark.long
@pytest.mark.timeout(4500)
def test_an_hour_of_live_beside_training(pulse: Pulse, tmp_path: Path) -> None:
    check(soak(pulse, tmp_path, 3600.0), 3600.0, STALL, STARTING)
