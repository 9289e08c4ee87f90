"""States: what a network makes of a whole clip, and the states of one depth of it as one array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.events import Traced
from engine.trace import Key

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.memo import Memo
    from engine.network import Network
    from engine.stages.stage import Link
    from engine.trace import Series, Trace


class StateError(ValueError):
    """A depth or unit that a network does not have, or nothing to learn from; the message says what there is."""


def traced(
    network: Network,
    clip: Clip,
    memo: Memo | None = None,
    start: float = 0.0,
    stop: float | None = None,
    chain: tuple[Link, ...] = (),
) -> Traced:
    """One run over a range of a clip, through a chain if there is one. Raises StageError, WeightsError."""
    from engine.infer import Inspection, run

    end = clip.seconds if stop is None else stop
    for event in run(Inspection(clip, chain, None, network, start, end, "cpu"), memo):
        if isinstance(event, Traced):
            return event
    raise RuntimeError("the network gave no trace")


def layers(trace: Trace) -> int:
    """How many recurrent layers a trace holds."""
    return max((key.layer for key in trace.find("h")), default=0)


def at(trace: Trace, layer: int) -> tuple[NDArray[np.float32], Series]:
    """Values [T, N] of a depth, and the series whose clock they are on. Raises StateError.

    Depth 0 is what the network hears; a layer in both directions gives the forward units, then the backward ones.
    """
    keys = [Key("features")] if layer == 0 else [key for key in trace.find("h") if key.layer == layer]
    found = [trace.series[key] for key in keys if key in trace.series]
    if not found or not found[0].values.size:
        raise StateError(f"there is no layer {layer}; this network has 0 (what it hears) to {layers(trace)}")
    values = found[0].values if len(found) == 1 else np.concatenate([each.values for each in found], 1)
    return values, found[0]
