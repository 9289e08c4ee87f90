"""A headset for tests, on the loop of tests/pulse.py: `mic` hears its left channel, `ears` is its right one.

So one stereo recording of the loop holds what was said and what was heard, aligned to the sample.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from tests import pulse as loop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.pulse import Pulse

_MODULES = (
    "module-remap-source source_name=mic master=loop.monitor channels=1 channel_map=mono "
    "master_channel_map=front-left remix=no",
    "module-remap-sink sink_name=ears master=loop channels=1 channel_map=mono "
    "master_channel_map=front-right remix=no",
)


def plug(pulse: Pulse) -> None:
    """Make the two devices."""
    named = "".join(f'pcm.{name} {{ type pulse device "{name}" }}\n' for name in ("mic", "ears"))
    rates = Path(pulse.environment["HOME"]) / ".asoundrc"
    rates.write_text(rates.read_text() + named)
    for module in _MODULES:
        subprocess.run(
            ["pactl", "load-module", *module.split()], env=pulse.environment, check=True, capture_output=True
        )


def say(pulse: Pulse, sound: NDArray[np.float32], path: Path) -> None:
    """Play samples [n] at the loop's rate to the microphone alone."""
    soundfile.write(path, np.stack([sound, np.zeros_like(sound)], 1), loop.RATE)
    pulse.feed(path)


def listen(pulse: Pulse, path: Path) -> subprocess.Popen[bytes]:
    """Record both channels into a raw file of floats, until it is killed."""
    shape = [f"--rate={loop.RATE}", "--channels=2", "--format=float32le", "--latency-msec=20"]
    return pulse._start(["parec", "--device=loop.monitor", *shape, str(path)])


def read(path: Path) -> NDArray[np.float32]:
    """What was recorded, [n, 2]."""
    raw = np.fromfile(path, "<f4")
    return raw[: len(raw) // 2 * 2].reshape(-1, 2)
