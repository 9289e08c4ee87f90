"""A denoiser: takes noise out of sound, block by block, without moving it in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]


class DenoiserError(ValueError):
    """A denoiser that cannot be had or used; the message says why and what to do."""


@dataclass(frozen=True)
class Mask:
    """Gains [T, F], 0 to 1 or a little more: frame t is centred `first + t / rate` seconds after the beginning.

    Row f is a frequency of `rows`, in hertz.
    """

    gains: Array
    rate: float
    first: float
    rows: tuple[float, ...]


class Denoiser(Protocol):
    """Law: any blocks, then flush, give what one push of all, then flush, gives (within 1e-5); together as many
    samples as went in, and sample n of them is sample n of the input without its noise.
    """

    rate: int
    """Samples a second of the mono float32 sound that it takes and gives."""
    latency: int | None
    """Samples that must follow a sample before it comes out (algorithmic latency); None: the whole sound."""
    parameters: int

    def push(self, block: Array) -> Array:
        """Samples [n] in, [m] out; m may be 0. Never changes its argument."""

    def flush(self) -> Array:
        """What is still inside, as if the sound ended here; then as newly built."""

    def reset(self) -> None:
        """As newly built."""

    def mask(self) -> Mask | None:
        """The gains of the frames that came out since this was last asked; None for one that has none."""


class DenoiserModule(Protocol):
    """A leaf of engine/denoisers: one kind of denoiser. Heavy packages are imported in `build` alone."""

    TITLE: str

    def names(self) -> Sequence[str]:
        """Those of its kind that are there by name (bundled, or in an installed package); cheap."""

    def fits(self, path: Path) -> bool:
        """Whether a file is of this kind: by its names and shapes of inputs, never by its file name."""

    def build(self, source: str | Path) -> Denoiser:
        """From one of the names, or from a file that fits. Raises DenoiserError."""
