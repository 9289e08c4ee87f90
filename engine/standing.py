"""Where a training stands: everything it needs to go on exactly, as one safetensors file. Never a pickle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT = 1
COURSE = {"name": str, "parent": str, "total": int, "end": int, "tried": int, "finished": bool, "early": dict}
"""What is known of the course of a training, whatever it learns."""
NAME = "state.safetensors"
_KEY = "otoscope training"


class StandingError(ValueError):
    """A file from which no training can go on; the message names it, what is wrong and what to do."""


@dataclass(frozen=True, eq=False)
class Standing:
    """After a step: the trainer's arrays and plain values, and the plain values of the course of the training."""

    step: int
    arrays: Mapping[str, NDArray[Any]]
    trainer: Mapping[str, Any]
    course: Mapping[str, Any]


def save(standing: Standing, path: Path) -> None:
    """Write it so that neither a kill nor a cut of power leaves a damaged one. Raises OSError."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    plain: dict[str, Any] = {"format": FORMAT, "step": standing.step}
    plain |= {"trainer": dict(standing.trainer), "course": dict(standing.course)}
    arrays = {name: np.asarray(value, order="C") for name, value in standing.arrays.items()}
    with replacing(path, durable=True) as part:
        try:
            save_file(arrays, part, {_KEY: json.dumps(plain)})
        except SafetensorError as error:
            raise OSError(str(error)) from error


def load(path: Path) -> Standing:
    """Where the training stood that wrote this file. Raises StandingError."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            plain = json.loads((file.metadata() or {})[_KEY])
            arrays = {name: file.get_tensor(name) for name in file.keys()}
        version = int(plain["format"])
        standing = Standing(int(plain["step"]), arrays, dict(plain["trainer"]), dict(plain["course"]))
        _check(standing.course)
    except FileNotFoundError as error:
        raise StandingError(f"there is no {path}: no training was left there to go on with") from error
    except (OSError, SafetensorError, ValueError, TypeError, LookupError) as error:
        others = [name for name in ("best", "last") if (path.parent / f"{name}.safetensors").is_file()]
        way = f"begin a new run from {' or '.join(f'{name}.safetensors' for name in others)} beside it"
        raise StandingError(
            f"{path} is damaged ({error}): the training cannot go on from it; {way if others else 'train anew'}"
        ) from error
    if version > FORMAT:
        raise StandingError(f"{path} is in format {version}, newer than this program; install a newer Otoscope")
    return standing


def _check(course: Mapping[str, Any]) -> None:
    """Raises KeyError, ValueError or TypeError where something is missing or of another kind."""
    for key, kind in COURSE.items():
        if not isinstance(course[key], kind):
            raise ValueError(f"its {key} is {course[key]!r}")
    numbers = (*course["early"]["best"], course["early"]["step"], course["early"]["waited"])
    if not all(isinstance(each, int | float) for each in numbers):
        raise ValueError("its best evaluation is no number")
