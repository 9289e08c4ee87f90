"""Terms: what drives one unit at one frame, from the input, from the state before, and from the bias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine import placing
from engine.trace import Direction, Key, Terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.network import Network
    from engine.placing import Placed
    from engine.trace import Trace

ORDER = {"rnn": ("h",), "lstm": ("i", "f", "g", "o"), "gru": ("r", "z", "n")}
"""The gates in the order in which torch stacks their weights."""


def terms(
    network: Network,
    trace: Trace,
    layer: int,
    direction: Direction,
    unit: int,
    frame: int,
    placed: Sequence[Placed] = (),
) -> Mapping[str, Terms]:
    """The terms of every gate of one unit; of h itself for a plain RNN.

    A GRU without biases is that of the learning plan, whose r stands inside the product: U (r h').

    `frame` counts the frames of h; `placed` are the edits of the run. Raises LookupError where trace or network
    lack what is needed.
    """
    settings: Any = network.settings
    if network.weights is None:
        raise LookupError("an untrained network has no weights to look at; train it first")
    way = "forwards" if direction == "forward" else "backwards"
    prefix = f"layers.{layer - 1}.{way}.core."
    w, u = (network.weights[f"{prefix}weight_{each}_l0"] for each in ("ih", "hh"))
    b, d = (network.weights.get(f"{prefix}bias_{each}_l0") for each in ("ih", "hh"))
    x = _input(settings, trace, layer, frame)
    before = frame - 1 if direction == "forward" else frame + 1
    states = trace.series[Key("h", layer, direction)].values
    h = states[before] if 0 <= before < len(states) else np.zeros(u.shape[1], np.float32)
    at = frame if direction == "forward" else len(states) - 1 - frame
    h = placing.entering(placed, layer, direction, at, "h", h)
    found = {}
    for index, name in enumerate(ORDER[settings.cell]):
        row = index * settings.hidden + unit
        recurrent, bias = float(u[row] @ h), 0.0 if b is None or d is None else float(b[row] + d[row])
        if name == "n":
            r = trace.series[Key("gate.r", layer, direction)].values[frame]
            if b is None or d is None:
                recurrent = float(u[row] @ (r * h))
            else:
                recurrent, bias = float(r[unit]) * (recurrent + float(d[row])), float(b[row])
        found[name] = Terms(float(w[row] @ x), recurrent, bias)
    return found


def _input(settings: Any, trace: Trace, layer: int, frame: int) -> NDArray[np.float32]:
    """What the layer reads at a frame: joined features, or the layer below with what residual paths add to it."""
    given = trace.series.get(Key("input", layer))
    if given is not None:  # more stands between the frames, or the layer below, and it
        return given.values[frame]
    features = trace.series[Key("features")].values
    joined = features[frame * settings.stack : (frame + 1) * settings.stack]
    joined = np.pad(joined, ((0, settings.stack - len(joined)), (0, 0)))
    x = joined.reshape(-1)
    ways: tuple[Direction, ...] = ("forward", "backward") if settings.bidirectional else ("forward",)
    for below in range(1, layer):
        h = np.concatenate([trace.series[Key("h", below, way)].values[frame] for way in ways])
        x = x + h if settings.residual and x.shape == h.shape else h
    return x
