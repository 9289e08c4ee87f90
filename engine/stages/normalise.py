"""Normalise: features of mean 0 and deviation 1, by fixed statistics or over the whole utterance."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.blocks import Pointwise, StageError, Whole
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "feature"
TWIN = "normalise_running"
_LEAST = np.float32(1e-5)  # deviation of a column that never changes


@dataclass(frozen=True)
class Settings(Base):
    over: str = knob(
        "utterance",
        choices=("utterance", "global"),
        help="Utterance: mean and deviation of this clip. Global: those of the training data, kept with it.",
    )
    variance: bool = knob(True, help="Divide by the deviation as well as taking the mean away.")
    mean: tuple[float, ...] = knob((), hidden=True, help="Mean of each column in the training data.")
    std: tuple[float, ...] = knob((), hidden=True, help="Deviation of each column in the training data.")


def build(settings: Settings, source: Format) -> Pointwise | Whole:
    output = dataclasses.replace(source, unit="deviations", floor=0.0)
    if settings.over == "utterance":
        return Whole(source, output, lambda whole: _utterance(whole, settings.variance))
    if not settings.mean:
        stage = Pointwise(source)
        stage.badges = ("no training statistics: features are not normalised",)
        return stage
    if len(settings.mean) != source.width or len(settings.std) not in (0, source.width):
        raise StageError(
            f"the statistics are of {len(settings.mean)} columns, the features have {source.width}; "
            "use the front end that the network was trained with"
        )
    mean, scale = fixed(settings, source.width)
    return Pointwise(output, lambda block: (block - mean) * scale)


def fixed(settings: Settings, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """By global statistics, what is taken from each of `width` columns, and what it is then multiplied by."""
    mean, scale = np.zeros(width, np.float32), np.ones(width, np.float32)
    if settings.mean:
        mean = np.array(settings.mean, np.float32)
        if settings.variance and settings.std:
            scale /= np.maximum(np.array(settings.std, np.float32), _LEAST)
    return mean, scale


def _utterance(whole: NDArray[np.float32], variance: bool) -> NDArray[np.float32]:
    centred = whole - whole.mean(axis=0, dtype=np.float64).astype(np.float32)
    if not variance:
        return centred
    deviation = np.sqrt(np.square(centred).mean(axis=0, dtype=np.float64)).astype(np.float32)
    return centred / np.maximum(deviation, _LEAST)
