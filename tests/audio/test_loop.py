"""The real path: what the player plays into PulseAudio's loop is what the recorder hears from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from tests.pulse import RATE, pulse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pulse import Pulse

__all__ = ["pulse"]

SECONDS = 3.0

COMMON = """
import json, sys, time
import numpy as np
from engine.audio.device import inputs, outputs
from engine.audio.play import Player
from engine.audio.record import Recorder
from engine.clip import from_array

def wait(true, seconds=15):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)

def noise(seed):
    return np.random.default_rng(seed).uniform(-0.3, 0.3, 48_000 * 3).astype(np.float32)
"""

SWITCH = (
    COMMON
    + """
recorder, player = Recorder(rate=48_000), Player(rate=48_000)
recorder.start()
wait(lambda: recorder.seconds > 0.1)
player.load({"a": from_array(noise(1), 48_000, "a"), "b": from_array(noise(2), 48_000, "b")})
player.play()
wait(lambda: player.position > 1.0)
player.choose("b")
wait(lambda: player.position > 2.0)
player.choose("a")
wait(lambda: not player.playing)
heard_at = player.position
time.sleep(0.3)
np.save(sys.argv[1], recorder.keep().read()[:, 0])
print(json.dumps([recorder.error, player.error, recorder.dropped, player.underruns, heard_at]))
player.close()
recorder.stop()
"""
)

FALLBACK = (
    COMMON
    + """
sys.modules["rtmixer"] = None  # as where it has no wheel
recorder, player = Recorder(rate=48_000), Player(rate=48_000)
recorder.start()
wait(lambda: recorder.seconds > 0.1)
player.load({"a": from_array(noise(1), 48_000, "a")})
player.play()
wait(lambda: not player.playing)
time.sleep(0.3)
np.save(sys.argv[1], recorder.keep().read()[:, 0])
print(json.dumps([type(recorder._port).__name__, recorder.error, player.error, player.position]))
player.close()
recorder.stop()
"""
)

UNPLUGGED = (
    COMMON
    + """
import subprocess
recorder, player = Recorder(), Player()
recorder.start()
player.load({"a": from_array(noise(1), 48_000, "a")})
player.play()
wait(lambda: recorder.level[0] > -40 and player.position > 0.2)
print("playing", flush=True)
sys.stdin.readline()
wait(lambda: recorder.error and player.error)
told, kept, place = (recorder.error, player.error), recorder.keep().seconds, player.position
wait(lambda: player.position > place + 0.1)
try:
    recorder.start()
except Exception as error:
    again = str(error)
print(json.dumps([*told, kept, again]), flush=True)
player.close()
recorder.stop()
"""
)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, round(RATE * SECONDS)).astype(np.float32)


TRIES = 3
"""A machine that stands still for a moment leaves the loudspeaker without sound, and that is counted."""


def lag(heard: np.ndarray, piece: np.ndarray) -> int:
    """Where in `heard` the piece begins, by cross-correlation."""
    size = len(heard) + len(piece)
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(piece, size))
    return int(np.argmax(np.fft.irfft(product, size)[: len(heard)]))


def test_what_is_played_is_heard_aligned_to_the_sample_across_switches(pulse: Pulse, tmp_path: Path) -> None:
    for _ in range(TRIES):
        out = pulse.python(SWITCH, str(tmp_path / "heard.npy"))
        recorded_error, played_error, dropped, underruns, position = json.loads(out.splitlines()[-1])
        if underruns == 0:
            break
    assert (recorded_error, played_error, dropped, underruns) == (None, None, 0, 0)
    assert position == SECONDS
    heard, a, b = np.load(tmp_path / "heard.npy"), noise(1), noise(2)
    half = RATE // 2
    begin = lag(heard, a[:half])
    assert begin == lag(heard, b[3 * half : 4 * half - half // 2]) - 3 * half
    assert begin == lag(heard, a[5 * half :]) - 5 * half
    # The loop has 16 bits, and the second lane was made as loud as the first: apart from the fades nothing else
    # may have happened to the sound. Its first hundredths are lost, for the sink had already filled them.
    there = heard[begin : begin + len(a)]
    gain = b[3 * half : 4 * half - half // 2] @ there[3 * half : 4 * half - half // 2]
    gain /= np.square(b[3 * half : 4 * half - half // 2]).sum()
    is_a, is_b = np.abs(there - a) < 1e-4, np.abs(there - gain * b) < 1e-3
    settled = (is_a | is_b)[RATE // 10 :]
    assert len(settled) - settled.sum() <= 2 * (RATE // 200 + 1)
    assert is_a[RATE // 10 : RATE].all()
    assert is_a[-half // 2 :].all()


def test_it_also_works_without_rtmixer(pulse: Pulse, tmp_path: Path) -> None:
    out = pulse.python(FALLBACK, str(tmp_path / "heard.npy"))
    assert json.loads(out.splitlines()[-1]) == ["SdInput", None, None, SECONDS]
    # A callback in Python may miss a block on a busy machine: most pieces must be there, in the order played.
    heard, a, size = np.load(tmp_path / "heard.npy"), noise(1), RATE // 5
    pieces = [a[start : start + size] for start in range(size, len(a) - size, size)]
    places = [lag(heard, piece) for piece in pieces]
    found = [heard[place : place + size] @ piece for place, piece in zip(places, pieces, strict=True)]
    whole = [value > 0.9 * piece @ piece for value, piece in zip(found, pieces, strict=True)]
    assert sum(whole) > len(pieces) / 2
    assert (np.diff(np.array(places)[whole]) > 0).all()


def test_a_sound_server_that_goes_is_told_by_name_and_stops_nothing(pulse: Pulse) -> None:
    program = pulse.start(UNPLUGGED)
    assert program.stdout is not None
    assert program.stdin is not None
    assert program.stdout.readline().strip() == "playing"
    pulse.end()
    program.stdin.write("\n")
    program.stdin.flush()
    recorded, played, kept, again = json.loads(program.stdout.readline())
    program.communicate(timeout=20)
    assert program.returncode == 0
    assert "gives no more sound" in recorded
    assert "takes no more sound" in played
    assert "default" in recorded
    assert kept > 0.1
    assert again.endswith(".")
