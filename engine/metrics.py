"""The lines of `metrics.jsonl`: what a run told, an event a line of JSON, and the events back from the lines."""

from __future__ import annotations

import json
import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine import errorname
from engine.events import MAGNITUDES, Began, Changed, Evaluated, Halted, Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "metrics.jsonl"
_SIZES = "magnitudes"


def line(event: Began | Step | Evaluated | Changed | Halted) -> bytes:
    """One event as a line. The recipe of a Began lies in a file of its own, and is not in it."""
    plain: dict[str, Any]
    match event:
        case Step():
            plain = {"step": event.step, "epoch": event.epoch, "loss": event.loss, **event.values}
            plain |= {} if event.magnitudes is None else {_SIZES: event.magnitudes}
        case Evaluated():
            plain = {"step": event.step, "split": event.split, "loss": event.loss, "edits": event.edits}
            plain |= {"length": event.length, "error": event.error, **event.values}
        case Changed():
            plain = {"step": event.step, "key": event.key, "before": event.before, "after": event.after}
        case Halted():
            plain = {"step": event.step, "halted": event.text, "back": event.back, "lr": event.lr}
        case Began():
            plain = {"step": event.step, "began": event.name, "total": event.total, "parent": event.parent}
            plain |= {"error is": errorname.of_recipe(event.recipe)}
    # JSON knows no NaN: what is no number is written as null.
    known = {key: None if isinstance(value, float) and not math.isfinite(value) else value
             for key, value in plain.items()}  # fmt: skip
    return json.dumps(known, ensure_ascii=False).encode() + b"\n"


def event(
    said: bytes, folder: Path | None = None, recipe: str = ""
) -> Began | Step | Evaluated | Changed | Halted | None:
    """The event of a line; None where it is damaged, or of a kind that a later program writes."""
    try:
        plain: Any = json.loads(said.decode())  # a third faster than from bytes
        if None in plain.values():
            plain = {key: math.nan if value is None else value for key, value in plain.items()}
        step = _count(plain.pop("step"))
        if "epoch" in plain:
            epoch, loss = _count(plain.pop("epoch")), float(plain.pop("loss"))
            sizes = _sizes(plain.pop(_SIZES)) if _SIZES in plain else None
            values = MappingProxyType({key: float(+value) for key, value in plain.items()})
            return Step(step, epoch, loss, values, sizes)
        if "split" in plain:
            split, loss, _ = str(plain.pop("split")), float(plain.pop("loss")), plain.pop("error", None)
            edits, length = _count(plain.pop("edits")), _count(plain.pop("length"))
            values = MappingProxyType({key: float(+value) for key, value in plain.items()})
            return Evaluated(step, split, loss, edits, length, values)
        if "key" in plain:
            return Changed(step, str(plain["key"]), plain["before"], plain["after"])
        if "halted" in plain:
            return Halted(step, str(plain["halted"]), _count(plain["back"]), float(plain["lr"]))
        if "began" in plain:
            words = str(plain["began"]), recipe, _count(plain["total"])
            return Began(*words, folder, step, str(plain["parent"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        pass
    return None


def _sizes(plain: Any) -> Mapping[str, tuple[int, ...]] | None:
    """Counts by layer; None where they are of other edges. Raises ValueError where they are no counts."""
    found = {str(name): tuple(_count(each) for each in counts) for name, counts in plain.items()}
    return found if all(len(counts) == len(MAGNITUDES) + 1 for counts in found.values()) else None


def _count(value: Any) -> int:
    """A number of steps, or the like. Raises ValueError for one that no training reaches."""
    if not 0 <= value < 1 << 53:
        raise ValueError(f"there is no step {value}")
    return int(value)
