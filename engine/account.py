"""What is asked of a live denoiser, and its account: what its steps took, what was lost, how late it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.knob import Settings as Knobs
from engine.knob import knob
from engine.limits import Options


@dataclass(frozen=True)
class Settings(Knobs):
    """What can be turned while it runs."""

    denoiser: str = knob("", hidden=True)
    windows: bool = knob(False, hidden=True)
    """Whether one that needs the whole sound is heard in windows of the last seconds, and late."""
    mix: Options = field(default_factory=Options)
    bypass: bool = knob(False, help="Hear the microphone as it is, as late as through the denoiser")
    buffer: float = knob(
        0.0, 0.0, 250.0, step=5, unit="ms", help="Sound kept ready for the headphones; 0: as much as is needed"
    )
    volume: float = knob(1.0, 0.0, 1.0, hidden=True)

    @property
    def heard(self) -> Options:
        """How it is mixed: bypassed, it is the microphone."""
        return self.mix.but(wet=0.0) if self.bypass else self.mix


@dataclass(frozen=True)
class Account:
    """How it goes. Of a denoiser that works in frames, a step is what lies between two outputs of it.

    `took` of `allowed` seconds was the slowest step since the last Account, `load` the share of the time that all
    of them took. The rest counts from the beginning. Latencies are in seconds: `algorithmic` of the denoiser,
    `input` and `output` of the devices by their own numbers, `ready` what waits for the loudspeaker.
    """

    took: float
    allowed: float
    load: float
    overruns: int
    worst: tuple[float, float]
    dropped: int
    """Blocks that the microphone lost, and stretches that a denoiser which is too slow had to leave out."""
    underruns: int
    cut: float
    filled: float
    damaged: int
    lost: int
    drift: float
    """How much faster than it comes the sound is played, in millionths."""
    algorithmic: float
    input: float
    ready: float
    output: float
    seconds: float
    howls: bool = False
    """Whether it has been loud and nearly one tone for some time: the microphone hears the loudspeaker."""

    @property
    def buffers(self) -> float:
        return self.input + self.ready + self.output

    @property
    def latency(self) -> float:
        """Seconds from the air to the ear."""
        return self.algorithmic + self.buffers

    def said(self) -> str:
        """The slowest step that was too slow, in words; empty where all were in time."""
        took, allowed = self.worst
        return f"a step took {1e3 * took:.0f} ms of {1e3 * allowed:.0f} allowed" if self.overruns else ""


class Clock:
    """Counts what steps took, and what they were allowed: as long as the sound lasts that came out of them."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self.overruns = 0
        self.worst = 0.0, 0.0
        self._waiting = 0.0
        self._begun = False
        self._slowest = 0.0, 0.0
        self._took = self._allowed = 0.0

    def add(self, took: float, came: int) -> None:
        """A push took so many seconds, and gave so many samples."""
        self._waiting += took
        if not came:
            return
        step, self._waiting = (self._waiting, came / self._rate), 0.0
        if not self._begun:  # what came before has filled the denoiser, and warmed it up
            self._begun = True
            return
        self._took, self._allowed = self._took + step[0], self._allowed + step[1]
        self._slowest = max(self._slowest, step, key=_share)
        if step[0] > step[1]:
            self.overruns += 1
            self.worst = max(self.worst, step, key=_share)

    def take(self) -> tuple[float, float, float]:
        """Seconds taken and allowed of the slowest step since the last call, and the share of all."""
        found = *self._slowest, self._took / self._allowed if self._allowed else 0.0
        self._slowest, self._took, self._allowed = (0.0, 0.0), 0.0, 0.0
        return found


def _share(step: tuple[float, float]) -> float:
    return step[0] / step[1] if step[1] else 0.0
