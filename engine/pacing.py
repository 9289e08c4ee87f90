"""Pacing: how often a network tells each of its series, and on which frame that it hears the first lies.

Most networks have one pace, their stride. One with `pace(key)` has a pace for each series, and None asks for that
of its answers: those come frame by frame too, though there may be fewer of them than strides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.trace import Key


def pace(module: Any, key: Key | None = None) -> tuple[float, float]:
    """Input frames per value, and the frame in which the first lies: of a step, usually its middle."""
    if hasattr(module, "pace"):
        stride, first = module.pace(key)
        return float(stride), float(first)
    return float(module.stride), (module.stride - 1) / 2


def steady(module: Any, frames: int, answers: int) -> bool:
    """Whether so many answers to so many frames come at the network's pace, and are not spread over the clip."""
    return hasattr(module, "pace") or answers >= -(-frames // module.stride)


def block(module: Any) -> int:
    """Input frames of which a stretch that is carried on with its state has to be a multiple."""
    return int(getattr(module, "block", module.stride))
