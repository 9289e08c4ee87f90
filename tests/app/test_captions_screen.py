"""Captions, from outside: what is spoken is read back from the window's own text (K282, K284, K331).

The program runs on a screen in memory and hears a loop device, into which recordings are played.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
import soxr

from engine import asset, recognising
from engine.wer import align, rate
from tests import pulse as loop
from tests.program import Program
from tests.pulse import pulse
from tests.screen import HEIGHT, WIDTH, Screen, screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pulse import Pulse

__all__ = ["pulse", "screen"]
pytestmark = pytest.mark.alone
ROOT = Path(__file__).parents[2]
CLIPS = "speech-1", "speech-2", "speech-3"
PROGRAM = """
import json, sys, time
from app import program

class Told(program.Window):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.lines, self.last = open(sys.argv[1], "w", buffering=1), {}

    def tick(self):
        super().tick()
        if not self.docks._filled:
            return
        state, shown = self.session.state, self.presenting.shown
        captions = state.captions
        words = [w.text for line in captions.lines for w in line.words] if captions else []
        facts = {
            "ready": self.wiring.ready, "captioning": state.transport.captioning,
            "live": state.transport.live, "settled": words + [w.text for w in captions.words] if captions else [],
            "panel": self.docks.captions.reader.text(), "gauges": self.docks.captions.told.text(),
            "room": shown.reader.text() if shown else None,
            "size": [shown.width(), shown.height()] if shown else [],
            "frames": sum(len(each.samples) for each in state.live),
            "late": captions.late if captions else None, "heard": captions.heard if captions else 0.0,
        }
        if facts != self.last:
            self.last = facts
            self.lines.write(json.dumps(facts | {"at": time.monotonic()}) + "\\n")

program.Window = Told
sys.exit(program.main((), False, True, ""))
"""


@pytest.fixture
def program(screen: Screen, pulse: Pulse, tmp_path: Path) -> Iterator[Program]:
    if "moonshine" not in recognising.names():
        pytest.skip("the recogniser of any word is not installed")
    started = Program(screen, pulse, tmp_path, PROGRAM, ready=lambda now: now["ready"], patience=60)
    yield started
    started.end()


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The bundled recordings one after the other, and what is said in them."""
    parts, texts = [np.zeros(loop.RATE, np.float32)], []
    for name in CLIPS:
        clip = asset.open_bundled(name)
        parts += [soxr.resample(clip.read()[:, 0], clip.rate, loop.RATE), np.zeros(loop.RATE, np.float32)]
        texts.append(" ".join(clip.text("text")))
    path = tmp_path_factory.mktemp("spoken") / "read.wav"
    soundfile.write(path, np.concatenate(parts), loop.RATE)
    return path, " ".join(texts)


def test_what_is_spoken_is_read_in_the_window_and_in_the_room(program, pulse, screen, spoken, screenshots):
    path, truth = spoken
    program.key("ctrl+4")
    program.key("c")
    program.wait(lambda now: now["captioning"] and now["live"])
    program.wait(lambda now: now["heard"] > 0.5)
    program.key("shift+F11")
    room = program.wait(lambda now: now["room"] is not None and now["size"] == [WIDTH, HEIGHT])
    shown = screen.do("search", "--onlyvisible", "--name", "Captions - Otoscope").split()[0]
    screen.do("windowfocus", "--sync", shown)  # there is no window manager that would do it
    pulse.feed(path).wait(60)
    program.wait(lambda now: len(now["settled"]) >= 12, 90)
    time.sleep(0.3)
    screen.keep(screenshots / "captions-room.png")
    now = program.look()
    assert now["room"]
    assert now["frames"], "live pictures run on beside the captions"
    program.key("s")  # in the presentation: what was spoken is drained
    program.wait(lambda now: not now["captioning"], 90)
    program.key("Escape")
    done = program.wait(lambda now: now["room"] is None)
    time.sleep(0.5)
    screen.keep(screenshots / "captions-panel.png")
    done = program.look()

    told = rate(align(truth, done["panel"]))
    # Where others have the machine, sound is torn and readings are few: that it came is all that can be told.
    busy = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
    assert told.error <= (0.5 if busy else 0.2), f"said {truth!r}, read {done['panel']!r}"
    assert done["panel"].split() == done["settled"], "nothing is left tentative"
    for before, after in zip(program.facts, program.facts[1:], strict=False):
        if after.get("settled") and before.get("settled"):
            assert after["settled"][: len(before["settled"])] == before["settled"], "a settled word changed"
    assert "shown after" in done["gauges"]
    assert "settled after" in done["gauges"]
    assert room["at"] < done["at"]
