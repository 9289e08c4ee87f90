"""A sound card for tests: a private PulseAudio whose one sink, `loop`, is what its microphone hears.

Programs that get `Pulse.environment` play into the loop and record from it. Import the fixture `pulse` to use it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RATE = 48_000
"""The rate of the loop: sound at this rate goes through it unchanged."""

_MODULES = ["-L", "module-native-protocol-unix", "-L", f"module-null-sink sink_name=loop rate={RATE}"]
_ASOUNDRC = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"


@dataclass
class Pulse:
    """A running server. `environment` is for the programs that are to hear it."""

    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def python(self, script: str, *arguments: str, timeout: float = 60.0) -> str:
        """Run a Python script that hears the loop; its standard output. Fails with its errors."""
        command = [sys.executable, "-c", script, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
        return done.stdout

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a Python script that hears the loop, with pipes to its standard input and output."""
        command = [sys.executable, "-c", script, *arguments]
        pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(command, env=self.environment, stdin=pipe, stdout=pipe, stderr=quiet, text=True)

    def feed(self, path: Path) -> subprocess.Popen[bytes]:
        """Start playing a WAV file into the loop, as if somebody spoke at the microphone."""
        command = ["paplay", "--device=loop", "--latency-msec=20", str(path)]
        return self._start(command)

    def begin(self) -> None:
        """Start the server, for the first time or again, and wait until it can be heard."""
        folder = Path(self.environment["HOME"])
        shutil.rmtree(folder / "pulse", ignore_errors=True)
        server = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", *_MODULES]
        self._start(server)
        _wait_for(lambda: (folder / "pulse" / "native").exists())
        # A null sink that nobody listens to sleeps for up to two seconds at a time; one listener keeps it awake.
        heard = folder / "heard.raw"
        heard.unlink(missing_ok=True)
        few = ["--rate=8000", "--channels=1", "--format=u8"]
        self._start(["parec", "--device=loop.monitor", "--latency-msec=5", *few, str(heard)])
        _wait_for(lambda: heard.exists() and heard.stat().st_size > 0)

    def end(self) -> None:
        """Pull the plug: the server goes, and with it every device."""
        for process in reversed(self.processes):
            process.kill()
            process.wait(10)
        self.processes.clear()

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, env=self.environment, stdout=quiet, stderr=quiet)
        self.processes.append(process)
        return process


@contextlib.contextmanager
def running() -> Iterator[Pulse]:
    """A server of its own, with its own runtime folder and home. Skips the test where there is no PulseAudio."""
    for program in ("pulseaudio", "parec", "paplay"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian: apt install pulseaudio pulseaudio-utils)")
    folder = Path(tempfile.mkdtemp(prefix="otoscope-pulse-"))
    (folder / ".asoundrc").write_text(_ASOUNDRC)
    hidden = ("PULSE_", "DBUS_", "DISPLAY")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    environment.update(HOME=str(folder), XDG_RUNTIME_DIR=str(folder), PULSE_RUNTIME_PATH=str(folder / "pulse"))
    root = str(Path(__file__).parents[1])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH", "")]))
    pulse = Pulse(environment)
    try:
        pulse.begin()
        yield pulse
    finally:
        pulse.end()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not true():
        assert time.monotonic() < deadline, "PulseAudio did not start"
        time.sleep(0.02)


@pytest.fixture
def pulse() -> Iterator[Pulse]:
    with running() as server:
        yield server
