"""What training tells of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.network import Network


@dataclass(frozen=True)
class Began:
    """A run begins, or is opened: its folder, its recipe as TOML, and the step before its first.

    `parent` names the run it was forked from, at that step; `total` is the steps it is to have.
    """

    name: str
    recipe: str
    total: int
    folder: Path | None = None
    step: int = 0
    parent: str = ""


@dataclass(frozen=True)
class Changed:
    """A live knob of training was turned: it acts from the step after `step` on."""

    step: int
    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Halted:
    """Training waits: the loss or a gradient was no number, or too large, at `step`; no weight was changed by it.

    It has gone back to the weights of step `back`; `Set("lr", value)` lets it go on from there, `lr` is advised.
    """

    step: int
    text: str
    back: int
    lr: float


MAGNITUDES = tuple(10.0 ** (third / 3) for third in range(-30, 7))
"""Edges between which gradients are counted, from 1e-10 to 100, three to a decade."""


@dataclass(frozen=True)
class Step:
    """One step of training: the loss, its terms, and what was measured with them.

    `values` holds the terms by name, and: lr; gradient and clipped, the norm before and after clipping; angle, the
    degrees by which cutting its values turned it, where they are cut; weights, their norm; seconds, the time of
    the step without making its batch; busy, as much of it as this thread had a processor, where there is no other
    device; frames, the input frames that were no padding; memory in bytes.

    At the first step and the last of an epoch `magnitudes` tells by layer how many weights had a gradient, before
    it was clipped, below the first of MAGNITUDES, between each two, and from the last on: all weights, in sum.
    """

    step: int
    epoch: int
    loss: float
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    magnitudes: Mapping[str, tuple[int, ...]] | None = None


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The weights after a step, copied out and read-only. `kept`: the steps whose snapshots lie in the run."""

    step: int
    network: Network
    kept: tuple[int, ...] = ()


@dataclass(frozen=True)
class Found:
    """What trying learning rates has found: the loss at each of them, and the rate that is advised."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    advised: float


@dataclass(frozen=True)
class Evaluated:
    """Error on a split: edit operations over length, and the loss. `valid` is held out; `train` is learnt from.

    `values` are further figures of the whole split, by name.
    """

    step: int
    split: str
    loss: float
    edits: int
    length: int
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def error(self) -> float:
        return self.edits / max(self.length, 1)


@dataclass(frozen=True)
class Estimated:
    """What a run will take: seconds in all, bytes of memory at the most, and seconds a step; and how long the
    longest sequence of what was tried is, in frames of `frame` seconds."""

    seconds: float
    memory: float
    step_seconds: float
    frames: int = 0
    frame: float = 0.0

    @property
    def length(self) -> str:
        """The longest sequence in words."""
        return f"sequences of up to {self.frames * self.frame:.1f} s, {self.frames} frames"
