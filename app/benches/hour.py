"""An hour of audio: from file to waveform, against librosa.load and a plot of it; and the memory it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from app import commands
from app.bench import Figure, environment, median

RATE, SECONDS = 16000, 3600
ROUNDS = 3
THEIRS = """
import sys, time
import librosa, pyqtgraph
import numpy as np
from PySide6.QtWidgets import QApplication
app = QApplication([])
plot = pyqtgraph.PlotWidget()
plot.resize(1280, 400)
plot.show()
app.processEvents()
librosa.load(sys.argv[2], sr=None)  # what is imported on the first call is not counted
began = time.monotonic()
samples, rate = librosa.load(sys.argv[1], sr=None)
blocks = samples[: len(samples) // 1280 * 1280].reshape(1280, -1)  # pyqtgraph's own way takes ten seconds
plot.plotItem.plot(np.stack([blocks.min(1), blocks.max(1)], 1).ravel())
plot.grab()
print(time.monotonic() - began)
"""
OURS = """
import sys, time
from pathlib import Path
from engine.audio.file import open_clip
from engine.audio.peaks import columns
open_clip(Path(sys.argv[2]))
began = time.monotonic()
clip = open_clip(Path(sys.argv[1]))
columns(clip, 0.0, clip.seconds, 1280)
print(time.monotonic() - began)
"""


def measure() -> list[Figure]:
    """An hour of 16-bit sound at 16 kHz; each way in processes of its own, in turns; medians."""
    with tempfile.TemporaryDirectory() as folder:
        path, short = Path(folder) / "hour.wav", Path(folder) / "second.wav"
        write(path, SECONDS)
        write(short, 1)
        theirs, ours = [], []
        for _ in range(ROUNDS):
            theirs.append(float(ran(THEIRS, str(path), str(short))))
            ours.append(float(ran(OURS, str(path), str(short))))
        shown = [json.loads(ran(_WINDOW, str(path))) for _ in range(ROUNDS)]
    load, first = median(theirs), median(ours)
    return [
        Figure("librosa.load and a plot", 1e3 * load),
        Figure("Otoscope: open and first columns", 1e3 * first),
        Figure("times faster", load / first, "x", 10.0, more=True),
        Figure(
            "open to the waveform in a full window",
            1e3 * median([each["seconds"] for each in shown]),
            target=225.0,
        ),
        Figure("memory, right after opening (USS)", median([each["opened"] for each in shown]), "MB", 30.0),
        Figure("memory, with the peak pyramid (USS)", median([each["settled"] for each in shown]), "MB", 30.0),
    ]


_WINDOW = "import sys; from app.benches import hour; hour.in_window(sys.argv[1])"


def in_window(path: str) -> None:
    """Open the file in a window that has been at rest; prints seconds to the waveform and megabytes of growth."""
    from app.benches._watch import Paints
    from app.shot import Shown, pump

    with Shown() as window:
        # Sixty seconds of states and gates are a network's memory, not the audio's.
        window.session.set("network", None)
        rest(window)
        before = unique()
        painted: list[float] = []

        def look(now: float) -> None:
            clip = window.session.state.clip
            if clip is not None and clip.path is not None and clip.path.name == Path(path).name:
                painted.append(now)

        paints = Paints(window.lanes.lanes["waveform"], look)
        began = time.monotonic()
        window.opening.open(Path(path))
        while not painted and time.monotonic() - began < 20:
            pump(0.002)
        opened = unique() - before
        paints.stop()
        rest(window)
        figures = {"seconds": painted[0] - began, "opened": opened / 1e6, "settled": (unique() - before) / 1e6}
        sys.stdout.write(json.dumps(figures) + "\n")


def rest(window: Any) -> None:
    """Until no worker has work for half a second."""
    from app.shot import pump

    quiet = 0
    while quiet < 25:
        pump(0.02)
        busy = any(worker.busy or worker.events for worker in window.wiring.workers.values())
        quiet = 0 if busy else quiet + 1


def unique() -> int:
    """Bytes that this process alone holds."""
    import psutil

    return int(psutil.Process().memory_full_info().uss)


def write(path: Path, seconds: int) -> None:
    """A WAV file of modulated noise, a minute at a time."""
    import soundfile

    rng = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for start in range(0, seconds, 60):
            n = RATE * min(60, seconds - start)
            swell = 0.2 + 0.2 * np.sin(np.arange(n) / RATE)
            file.write((swell * rng.standard_normal(n) * 0.3).astype(np.float32))


def ran(code: str, *arguments: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *arguments],
        env=environment() | {"PYTHONPATH": commands.headless()["PYTHONPATH"]},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-600:])
    return done.stdout.splitlines()[-1]
