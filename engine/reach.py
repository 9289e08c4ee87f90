"""Arithmetic of stacks of convolutions, without torch: lengths, receptive fields, weights and products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Step:
    """A convolution or pooling along one axis: so many values are seen, and the next time `stride` further on."""

    kernel: int
    stride: int = 1


QUARTERED = ((Step(3, 2), Step(3, 2)),) * 2
"""The two convolutions of engine/subsampling.py as they usually are, over frames and over bands."""


@dataclass(frozen=True)
class Conv:
    """A kind of convolution in a network, `times` times: kernel in frames and bands, channels, bands made.

    dense: k C_in C_out weights, k the frames times the bands of its kernel; depthwise, each channel by itself:
    k C_in; pointwise, with a kernel of 1: C_in C_out. Biases are left out.
    """

    name: str
    kernel: tuple[int, int]
    inputs: int
    outputs: int
    bands: int = 1
    depthwise: bool = False
    times: int = 1

    @property
    def kind(self) -> str:
        return "depthwise" if self.depthwise else "pointwise" if self.kernel == (1, 1) else "dense"

    @property
    def weights(self) -> int:
        count = self.kernel[0] * self.kernel[1] * self.outputs
        return count if self.depthwise else count * self.inputs

    @property
    def products(self) -> int:
        """For one step of what it makes: every weight once at each band."""
        return self.weights * self.bands


def quartered(
    inputs: int, channels: int, frames: int = 3, bands: int = 3, separable: bool = False
) -> tuple[Conv, ...]:
    """The two convolutions of engine/subsampling.py."""
    sizes, kernel = after(inputs, bands)[0], (frames, bands)
    first = Conv("front 1", kernel, 1, channels, sizes[1])
    if not separable:
        return first, Conv("front 2", kernel, channels, channels, sizes[2])
    deep = Conv("front 2", kernel, channels, channels, sizes[2], depthwise=True)
    return first, deep, Conv("front 2", (1, 1), channels, channels, sizes[2])


def span(steps: Sequence[Step]) -> tuple[int, int]:
    """How many input values the last step sees, 1 + sum of (k - 1) times the strides before; and its stride."""
    seen, pace = 1, 1
    for each in steps:
        seen += (each.kernel - 1) * pace
        pace *= each.stride
    return seen, pace


def milliseconds(steps: Sequence[Step], frame: float) -> float:
    """The receptive field in ms, where a frame comes every `frame` seconds: 1000 span hop / rate."""
    return 1000.0 * span(steps)[0] * frame


def hertz(steps: Sequence[Step], centres: Sequence[float]) -> tuple[float, float]:
    """From the narrowest to the widest receptive field along the frequencies, of bands with these centres in Hz.

    (0, 0) where the field is a single band; all bands where it is wider than they are.
    """
    seen = min(span(steps)[0], len(centres))
    widths = [centres[k + seen - 1] - centres[k] for k in range(len(centres) - seen + 1)]
    return (min(widths), max(widths)) if widths else (0.0, 0.0)


def weights(kernel: int, inputs: int, outputs: int, kind: str = "dense") -> int:
    """How many weights a square 2-D convolution has, biases left out.

    dense: k^2 C_in C_out; depthwise: k^2 C_in; separable: depthwise, then C_in C_out of the 1 x 1 (pointwise) one.
    """
    if kind == "dense":
        return kernel**2 * inputs * outputs
    return kernel**2 * inputs + (inputs * outputs if kind == "separable" else 0)


def after(inputs: int, bands: int = 3) -> tuple[list[int], int]:
    """Bands before, between and after both convolutions, and how many silent ones that takes beside the inputs."""
    fill = max(0, span([Step(bands, 2)] * 2)[0] - inputs)
    sizes = [inputs + fill]
    for _ in range(2):
        sizes.append((sizes[-1] - bands) // 2 + 1)
    return sizes, fill
