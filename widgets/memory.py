"""How long a unit remembers: the half-life of what it holds, from the gate that lets it fade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.trace import Key, Series

FADING = {"gate.f", "gate.z"}
"""The gates by which a state is multiplied at every step: f for the c of an LSTM, z for the h of a GRU."""


def half_life(forget: np.ndarray) -> np.ndarray:
    """Frames after which half of a unit's memory is left, ln 0.5 / ln mean f, from gates [T, N]."""
    mean = np.clip(forget.mean(axis=0), 1e-6, 1 - 1e-6)
    return np.log(0.5) / np.log(mean)


def told(source: Mapping[Key, Series], key: Key, unit: int) -> str:
    """The half-life of one unit in words, where the recording has the gate named by `key`."""
    gate = source.get(key)
    if gate is None or not len(gate.values) or unit >= gate.values.shape[1]:
        return ""
    frames = float(half_life(gate.values[:, unit : unit + 1])[0])
    figure = f"{frames:.1f}" if frames < 10 else f"{frames:.0f}"
    return f"half-life {figure} frames, {1e3 * frames / gate.rate:.0f} ms"
