"""How long a unit remembers: the half-life of what it holds, from the gate that lets it fade."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from widgets.anatomy import keeps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.trace import Key, Series

_GATES = {"c": "gate.f", "gate.f": "gate.f", "h": "gate.z", "gate.z": "gate.z"}
"""The gate that says what share of a state is kept at every step: f of the c of an LSTM, z of the h of a GRU."""


def half_life(kept: np.ndarray) -> np.ndarray:
    """Frames after which half of a unit's memory is left, ln 0.5 / ln mean, from shares that are kept [T, N]."""
    mean = np.clip(kept.mean(axis=0), 1e-6, 1 - 1e-6)
    return np.log(0.5) / np.log(mean)


def told(source: Mapping[Key, Series], key: Key, unit: int, kind: str) -> str:
    """The half-life of one unit of a state or of its gate in words, where the recording has that gate.

    `kind` is that of the network.
    """
    gate = source.get(replace(key, name=_GATES.get(key.name, "")))
    if gate is None or not len(gate.values) or unit >= gate.values.shape[1]:
        return ""
    values = gate.values[:, unit : unit + 1]
    turned = _GATES[key.name] == "gate.z" and not keeps(kind)
    frames = float(half_life(1 - values if turned else values)[0])
    figure = f"{frames:.1f}" if frames < 10 else f"{frames:.0f}"
    return f"half-life {figure} frames, {1e3 * frames / gate.rate:.0f} ms"
