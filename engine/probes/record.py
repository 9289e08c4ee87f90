"""Recording: every array that a model tells its probe, as series with their natural ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.trace import Key, Series

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIMIT = 128 << 20
"""Bytes that one trace may hold."""

RANGES: dict[str, tuple[float | None, float | None]] = {
    "h": (-1.0, 1.0),
    "c": (None, None),
    "gate.g": (-1.0, 1.0),
    "gate.n": (-1.0, 1.0),
    "gate": (0.0, 1.0),
    "attention": (0.0, 1.0),
    "selfattention": (0.0, 1.0),
    "alignment": (0.0, 1.0),
    "posterior": (0.0, 1.0),
    "mask": (0.0, 1.0),
}

AXES = {
    "attention": "frame",
    "selfattention": "frame",
    "alignment": "output",
    "posterior": "class",
    "evidence": "class",
    "mask": "frequency",
}


class Recorder:
    """A probe that keeps the first item of each batch, as float32 [T, N], up to a limit in bytes."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.values: dict[Key, NDArray[np.float32]] = {}
        self.left_out: list[Key] = []

    def __call__(self, key: Key, value: Any) -> None:
        """`value` [B, T, N], a torch tensor on any device."""
        size = value[0].numel() * 4
        if size > self.limit:
            self.left_out.append(key)
            return
        self.limit -= size
        self.values[key] = value[0].detach().float().cpu().numpy()

    @property
    def note(self) -> str:
        """What did not fit, in words; empty where everything did."""
        names = sorted({str(key) for key in self.left_out})
        return f"too much for this range, so left out: {', '.join(names)}" if names else ""

    def series(self, rate: float, first: float) -> dict[Key, Series]:
        """Everything recorded, `rate` frames a second, the first of them at `first` seconds."""
        return {key: of(key, value, rate, first) for key, value in self.values.items()}


def of(
    key: Key,
    values: NDArray[np.float32],
    rate: float,
    first: float,
    rows: tuple[str, ...] | tuple[float, ...] = (),
    recurrent: bool = True,
) -> Series:
    """One series with the range and axis that belong to its name. `values` [T, N] become read-only.

    h is from -1 to 1 where it is of a `recurrent` layer.
    """
    low, high = RANGES.get(key.name, RANGES.get(key.name.partition(".")[0], (None, None)))
    if key.name == "h" and not recurrent:
        low, high = None, None
    axis = AXES.get(key.name.partition(".")[0], "unit")
    values.setflags(write=False)
    return Series(values, rate, first, axis, rows, low, high)


def posterior(logits: NDArray[np.floating], apart: bool = False) -> NDArray[np.float32]:
    """softmax of logits [T, C], stable for any size: every row sums to 1. Of classes `apart`, their sigmoids."""
    if apart:
        return (0.5 + 0.5 * np.tanh(0.5 * logits)).astype(np.float32)
    if logits.size == 0:
        return np.zeros(logits.shape, np.float32)
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return (shifted / shifted.sum(axis=-1, keepdims=True)).astype(np.float32)
