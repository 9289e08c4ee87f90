"""Telemetry: how long things take, and the memory and power they need. Kept in memory, and sent nowhere."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.power import Nvml, Powercap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events import Frames, Step, Traced

SIZE = 512
"""The last values of which percentiles are told."""
LATELY = 10.0
"""Seconds over which the throughput is counted."""
NOT_TOLD = "n/a"


class Recent:
    """The last SIZE values of one kind."""

    def __init__(self) -> None:
        self._values: deque[float] = deque(maxlen=SIZE)

    def __len__(self) -> int:
        return len(self._values)

    def add(self, value: float) -> None:
        self._values.append(value)

    def percentile(self, percent: float) -> float:
        """The value below which `percent` of them lie, between the nearest two in proportion. NaN of none."""
        return float(np.percentile(self._values, percent)) if self._values else float("nan")


@dataclass(frozen=True)
class Sample:
    """What the machine tells at one moment: bytes resident, and watts by what draws them.

    `others` are the processes that the program has started, as those of the training. `device` are the bytes used
    and there on the graphics cards, by anyone. What the machine does not tell is not here: nothing is guessed.
    """

    window: int
    others: int = 0
    device: tuple[int, int] | None = None
    watts: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


class Machine:
    """This process, those that it has started, the processors and the cards; looked for at the first sample."""

    def sample(self) -> Sample:
        found = {"CPU": self._powercap.watts(), "GPU": self._nvml.watts()}
        watts = MappingProxyType({name: each for name, each in found.items() if each is not None})
        return Sample(self._process.memory_info().rss, self._others(), self._nvml.memory(), watts)

    @cached_property
    def _process(self) -> Any:
        import psutil

        return psutil.Process()

    @cached_property
    def _powercap(self) -> Powercap:
        return Powercap()

    @cached_property
    def _nvml(self) -> Nvml:
        return Nvml()

    def _others(self) -> int:
        import psutil

        total = 0
        for each in self._process.children(recursive=True):
            try:
                total += each.memory_info().rss
            except psutil.Error:  # it has just ended
                continue
        return total


class Telemetry:
    """Gathers what events say of their own cost, and puts it in words with a Sample."""

    def __init__(self) -> None:
        self.inspections, self.blocks, self.steps = Recent(), Recent(), Recent()
        self._frames: deque[tuple[float, float]] = deque()  # when a step came, and its frames
        self._error = ""

    def traced(self, event: Traced, name: str = "error") -> None:
        """An inspection, and what its error is called."""
        if "total" in event.timings:
            self.inspections.add(event.timings["total"])
        self._error = f"{name} {event.edits / event.length:.1%}" if event.length else ""

    def heard(self, event: Frames) -> None:
        self.blocks.add(1e3 * event.took)

    def stepped(self, event: Step, now: float) -> None:
        """A step of training, that came at the second `now`."""
        if "seconds" in event.values:
            self.steps.add(1e3 * event.values["seconds"])
        self._frames.append((now, event.values.get("frames", 0.0)))
        while now - self._frames[0][0] > LATELY:
            self._frames.popleft()

    def began(self) -> None:
        """Another training: the figures of the last one are not its own."""
        self.steps = Recent()
        self._frames.clear()

    def throughput(self, now: float) -> float:
        """Frames of training a second, lately; 0 where nothing is trained."""
        lately = [each for each in self._frames if now - each[0] <= LATELY]
        seconds = now - lately[0][0] if lately else 0.0
        return sum(frames for _, frames in lately[1:]) / seconds if seconds > 0 else 0.0

    def line(self, found: Sample, now: float) -> str:
        """The shortest that is of use, for the status bar."""
        rate = self.throughput(now)
        power = f"{sum(found.watts.values()):.0f} W" if found.watts else f"power {NOT_TOLD}"
        steps = [f"step {self.steps.percentile(50):.0f} ms", f"{_thousands(rate)} frames/s"] if rate else []
        return " · ".join((*steps, amount(found.window + found.others), power))

    def table(self, found: Sample, now: float) -> dict[str, str]:
        """All figures in words, by name."""
        power = ", ".join(f"{name} {watts:.1f} W" for name, watts in found.watts.items())
        used = f"{amount(found.device[0])} of {amount(found.device[1])}" if found.device else NOT_TOLD
        return {
            "Inspection": _latency(self.inspections),
            "Live block": _latency(self.blocks),
            "Training step": _latency(self.steps),
            "Throughput": f"{_thousands(rate)} frames/s" if (rate := self.throughput(now)) else NOT_TOLD,
            "Error of what is shown": self._error or NOT_TOLD,
            "Memory, window": amount(found.window),
            "Memory, other processes": amount(found.others) if found.others else NOT_TOLD,
            "Memory, graphics cards": used,
            "Power": power or NOT_TOLD,
        }


def amount(size: float) -> str:
    """Bytes in words: 612 MB, 1.25 GB."""
    return f"{size / 1e6:.0f} MB" if size < 1e9 else f"{size / 1e9:.2f} GB"


def _latency(recent: Recent) -> str:
    if not len(recent):
        return NOT_TOLD
    return f"p50 {recent.percentile(50):.1f} ms, p95 {recent.percentile(95):.1f} ms, of the last {len(recent)}"


def _thousands(value: float) -> str:
    return f"{value:.0f}" if value < 1e4 else f"{value / 1e3:.0f} k"
