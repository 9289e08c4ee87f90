"""Denoisers compared by ear, from outside: keys are pressed while it plays, and what was to be heard is looked at.

The program runs on a screen in memory and plays into a loop, which is recorded. Every stretch of the recording has
to be the lane whose key was pressed, sample for sample, and no switch may make a jump that is not in the sounds.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from engine import asset
from tests.heard import smooth, stretches
from tests.program import Program
from tests.pulse import RATE, pulse
from tests.screen import screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tests.pulse import Pulse
    from tests.screen import Screen

__all__ = ["pulse", "screen"]
ROOT = Path(__file__).parents[2]
FADE = RATE // 200
"""Samples of a crossfade: 5 ms."""
TRIES = 4
NEAR = 3e-4
"""As near as the 16 bits of the loop, and rounding, leave a sample."""
PROGRAM = """
import json, sys
from pathlib import Path
import numpy as np
from app import program
from engine.audio import feeder, port_rtmixer
from engine.audio.lane import Lane
from engine.audio.play import Player

# Filled so far ahead, a machine that does other things at once makes no gap.
feeder._AHEAD = 1.0
port_rtmixer.RtOutput.__init__.__defaults__ = (1.0,)

class Told(program.Window):
    # Writes down what is heard and what could be, and keeps the lanes as the loudspeaker is to give them.
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.lines, self.last = open(sys.argv[1], "w", buffering=1), {}
        self.playing._player, self.playing._sampled = Player(None, 48_000), True

    def tick(self):
        super().tick()
        state, player = self.session.state, self.playing._player
        made = {each.sound_id for each in state.enhanced}
        facts = {
            "workspace": self.docks.workspace, "heard": state.transport.heard, "playing": state.transport.playing,
            "keys": {each.key: each.name for each in state.audible}, "began": state.cursor.time > 0.05,
            "there": state.traced is not None and made == {state.traced.sound.id} and self.wiring.ready,
            "drawn": state.pictured is not None, "underruns": player.underruns, "error": player.error or "",
        }
        if facts != self.last:
            if self.last and self.last["playing"] and not facts["playing"]:
                self.keep()
            self.last = facts
            self.lines.write(json.dumps(facts) + "\\n")

    def keep(self):
        lanes = self.playing._player._feeder._mixer.lanes
        anew = {name: Lane(each.clip, each.rate, each.channels, each.gain) for name, each in lanes.items()}
        np.savez(sys.argv[2], **{name: lane.read(0, lane.end)[:, 0] for name, lane in anew.items()})

    def closeEvent(self, event):
        self.keep()
        super().closeEvent(event)

program.Window = Told
sys.exit(program.main((Path(sys.argv[3]),), False, True, ""))
"""


def spoken(folder: Path) -> Path:
    """Ten seconds of digits as a file."""
    clip = asset.open_bundled("digits")
    path = folder / "digits.wav"
    soundfile.write(path, np.tile(clip.read()[:, 0], 3)[: 10 * clip.rate], clip.rate)
    return path


class Audition(Program):
    """It opens ten seconds of digits, and keeps what its lanes play."""

    def __init__(self, screen: Screen, pulse: Pulse, folder: Path) -> None:
        self.lanes = folder / "lanes.npz"
        super().__init__(
            screen, pulse, folder, PROGRAM, self.lanes, spoken(folder),
            ready=lambda now: now["workspace"] == "Explore", patience=120,
        )  # fmt: skip

    def hears(self, name: str) -> None:
        """Wait until this sound is the one that is heard."""
        self.wait(lambda now: now["heard"] == name)


@pytest.fixture
def program(screen: Screen, pulse: Pulse, tmp_path: Path) -> Iterator[Audition]:
    started = Audition(screen, pulse, tmp_path)
    yield started
    started.end()


class Tape:
    """Records the loop, at its own rate, into a file."""

    def __init__(self, pulse: Pulse, path: Path) -> None:
        shape = [f"--rate={RATE}", "--channels=1", "--format=s16le", "--latency-msec=500", str(path)]
        command = ["parec", "--device=loop.monitor", *shape]
        self.path, self._process = path, subprocess.Popen(command, env=pulse.environment)

    def end(self) -> NDArray[np.float32]:
        self._process.terminate()
        self._process.wait(10)
        raw = self.path.read_bytes()
        return np.frombuffer(raw[: len(raw) // 2 * 2], np.int16).astype(np.float32) / np.float32(32768)


def begin(heard: NDArray[np.float32], lane: NDArray[np.float32]) -> int:
    """Where in `heard` the time line has its 0, by what is heard of the first lane."""
    piece = lane[RATE // 4 : RATE * 3 // 4]
    size = len(heard) + len(piece)
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(piece, size))
    return int(np.argmax(np.fft.irfft(product, size)[: len(heard)])) - RATE // 4


def played(program: Audition, pulse: Pulse, path: Path) -> tuple[NDArray[np.float32], list[str]]:
    """The recording of one play with keys pressed, and what was asked for; anew where the machine was too late."""
    for _ in range(TRIES):
        tape, before = Tape(pulse, path), program.look()["underruns"]
        time.sleep(0.5)
        program.key("1")
        program.key("Home")
        program.key("space")
        now = program.wait(lambda now: now["playing"] and now["began"])
        time.sleep(0.8)
        order = ["processed"]
        for key in ("3", "1", "4", "2", "3"):
            program.key(key)
            order.append(now["keys"][key])
            program.hears(order[-1])
            time.sleep(0.35)
        now = program.wait(lambda now: not now["playing"])
        time.sleep(3)
        heard = tape.end()
        assert now["error"] == ""
        if now["underruns"] == before and whole(heard, np.load(program.lanes)["processed"]):
            return heard, order
    pytest.skip("this machine is too busy to play a sound without a gap")


def whole(heard: NDArray[np.float32], lane: NDArray[np.float32]) -> bool:
    """Whether what was heard is as long as what was played: else the sound server was kept from working."""
    loud = np.flatnonzero(np.abs(heard) > 4e-3)
    return len(loud) > 0 and loud[-1] - loud[0] < len(lane) + RATE // 10


def test_keys_switch_between_denoisers_while_it_plays_without_a_click(
    program, pulse, screen, tmp_path, screenshots
):
    """K228 and the audition of issue 5: gapless, aligned to the sample, each as loud as the clean sound."""
    program.key("ctrl+3")
    now = program.wait(lambda now: now["workspace"] == "Denoise" and now["there"] and now["drawn"])
    names = now["keys"]
    assert (names["1"], names["2"]) == ("processed", "clean")
    made, taken = names["3"], names["4"]
    assert made.startswith("enhanced:")
    assert taken.startswith("residual:")
    screen.keep(screenshots / "denoise.png")

    heard, order = played(program, pulse, tmp_path / "tape.raw")
    program.end()

    lanes = np.load(program.lanes)
    start = begin(heard, lanes["processed"])
    length = len(lanes["processed"])
    there = np.pad(heard, (0, length))[start : start + length - RATE // 20]  # it fades where it ends
    found = stretches(there, [lanes[name] for name in order], RATE // 10, FADE, NEAR)
    assert min(np.diff([*found, length])) > RATE // 10, f"each is heard for a while: {found}"
    skip = RATE // 10  # the sink had filled its first hundredths before
    assert smooth(there[skip:], [lanes[name][skip:] for name in set(order)], FADE, NEAR)

    # The residual is what the noisy sound and the enhanced one differ by, at its own level.
    loud = {name: np.sqrt(np.mean(np.square(lanes[name]))) for name in order}
    assert 0.7 < loud[made] / loud["clean"] < 1.4
    assert loud[taken] < 0.5 * loud["clean"]
