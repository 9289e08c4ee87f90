"""Log-mel spectrogram: the loudness of mel bands, what most speech networks read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp, mel
from engine.blocks import Function, Whole
from engine.knob import knob
from engine.stages.stage import Format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.blocks import Spectral
    from engine.stages.stage import Role

ROLE: Role = "transform"
TWIN = ""


@dataclass(frozen=True)
class Settings(mel.MelSettings):
    log: str = knob(
        "ln",
        choices=("ln", "dB"),
        help="ln: the natural logarithm of power plus floor. dB: 10 log10 of power over ref, not below floor.",
    )
    floor: float = knob(
        1e-6, 1e-10, 1e-1, log=True, help="Power that counts as silence; it keeps the logarithm finite."
    )
    ref: float = knob(1.0, 1e-6, 1e6, log=True, help="Power that is 0 dB. Used with dB only.")
    top_db: float = knob(
        0.0,
        0.0,
        120.0,
        step=5.0,
        unit="dB",
        label="range",
        help="Nothing lies further than this below the loudest cell; 0 switches it off. Used with dB only.",
    )


def build(settings: Settings, source: Format) -> Spectral | Whole:
    finish, silence, unit = logarithm(settings)
    output = Format(source.rate, settings.n_mels, "mel", unit=unit, floor=silence)
    stage = mel.build(settings, source, output, finish)
    if settings.log != "dB" or settings.top_db == 0:
        return stage

    def clipped(sound: NDArray[np.float32]) -> NDArray[np.float32]:
        # The loudest cell is known only at the end.
        stage.reset()
        level = np.concatenate([stage.push(sound), stage.flush()])
        return np.maximum(level, level.max() - np.float32(settings.top_db))

    return Whole(source, stage.output, clipped)


def logarithm(settings: Settings) -> tuple[Function, float, str]:
    """The function from power to its logarithm, the value of silence, and the unit."""
    if settings.log == "ln":
        floor = np.float32(settings.floor)
        return (lambda power: np.log(power + floor)), float(np.log(floor)), "ln"
    ref = float(10.0 * np.log10(max(settings.ref, settings.floor)))
    silence = float(10.0 * np.log10(settings.floor)) - ref
    return (lambda power: dsp.decibels(power, settings.floor, ref)), silence, "dB"
