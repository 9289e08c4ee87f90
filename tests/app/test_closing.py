"""The window may be closed at any moment of any job: it ends at once, with no error and nothing left running."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.alone
ROOT = Path(__file__).parents[2]


def troubles(seed: int, folder: Path) -> list[str]:
    """What went wrong in one run of tests/closing.py, whose processes form a group of their own.

    Slow machines get two minutes.
    """
    command = [
        sys.executable,
        "-X",
        "faulthandler",
        "-P",
        str(ROOT / "tests" / "closing.py"),
        str(seed),
        str(folder),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            said, errors = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            raise
    found = [word for word in ("Traceback", "QThread") if word in errors]
    if process.returncode != 0 or not said.endswith(": closed\n"):
        found.append(f"ended with {process.returncode}")
    if not gone(process.pid):
        found.append("a process outlived the program that started it")
    return [*found, said, errors] if found else []


def gone(group: int, seconds: float = 5.0) -> bool:
    """Whether a group of processes ends within a few seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("seed", [3, 6])
def test_closing_in_the_middle_of_a_job(seed: int, tmp_path: Path) -> None:
    assert troubles(seed, tmp_path) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 200))
def test_closing_a_hundred_times(seed: int, tmp_path: Path) -> None:
    assert troubles(seed, tmp_path) == []
