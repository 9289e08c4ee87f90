"""No part of the program speaks to another machine by itself: what does the main jobs runs without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.hostile.trial import ROOT

if TYPE_CHECKING:
    from pathlib import Path

BLOCKED = """
import os, socket, sys

def refuse(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "urllib.Request"):
        name = arguments[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg") and arguments[0].family != socket.AF_UNIX:
        name = arguments[1]
    else:
        return
    with open(os.environ["OTOSCOPE_TEST_CALLS"], "a") as file:
        file.write(f"{event} {name} by {sys.argv[:1]}\\\\n")
    raise PermissionError(f"this test lets nobody speak to {name}")

sys.addaudithook(refuse)
""".replace("\\\\n", "\\n")
"""A sitecustomize, so that the processes which the program starts have it too. Sockets of this machine may be."""

SESSION = """
import sys, time
from pathlib import Path
from app.shot import Shown, pump, settle
from engine import catalog, checkpoint

with Shown() as window:
    path = Path(sys.argv[1]) / "a.oto"
    window.saving.save(path)
    settle(window)
    window.opening.open(path)
    settle(window)
    assert window.saving.path == path, window.session.state.notice
    little = catalog.load("tasks", "phonemes").Settings(clips=10)
    window.session.set("network", checkpoint.untrained("phonemes", task_settings=little))
    settle(window)
    window.actions_by_name["train"].trigger()
    end = time.monotonic() + 120
    while len(window.session.state.history.steps) < 3:
        pump(0.05)
        assert time.monotonic() < end, window.session.state
    window.wiring.stop()
    settle(window)
    window.saving.asks = False
"""
TRAIN = '[task]\nname = "phonemes"\nclips = 10\n[model]\nhidden = 32\n[train]\nsteps = 3\nevaluate_batches = 1\n'
ASK = "import socket; socket.create_connection(('example.org', 80))"


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run Python without a network: its exit code, its errors, and to whom it would have spoken."""
    (folder / "sitecustomize.py").write_text(BLOCKED)
    calls = folder / "calls"
    calls.write_text("")
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    environment |= {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "OTOSCOPE_TEST_CALLS": str(calls)}
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr, calls.read_text()


def test_the_block_blocks(tmp_path: Path) -> None:
    code, errors, calls = run(tmp_path, "-c", ASK)
    assert code == 1
    assert "lets nobody speak to" in errors
    assert "example.org" in calls
    process = "import multiprocessing as m; p = m.get_context('spawn').Process(target=exec, args=(%r,)); p.start()"
    _, _, calls = run(tmp_path, "-c", process % ASK + "; p.join()")
    assert "example.org" in calls, "a process of the program's own is not blocked"


@pytest.mark.parametrize("job", ["demo", "train", "window and session"])
def test_it_works_without(tmp_path: Path, job: str) -> None:
    (tmp_path / "r.toml").write_text(TRAIN)
    commands = {
        "demo": ("-m", "app", "demo", "--out", str(tmp_path / "out")),
        "train": ("-m", "app", "train", str(tmp_path / "r.toml"), "--out", str(tmp_path / "run")),
        "window and session": ("-c", SESSION, str(tmp_path)),
    }
    code, errors, calls = run(tmp_path, *commands[job])
    assert code == 0, errors
    assert calls == ""
