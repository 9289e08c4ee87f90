"""MFCC: the outline of the log-mel spectrum in a few cosines, compact and nearly uncorrelated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp, mel
from engine.knob import knob
from engine.stages.stage import Format

if TYPE_CHECKING:
    from engine.blocks import Spectral
    from engine.stages.stage import Role

ROLE: Role = "transform"
TWIN = ""


@dataclass(frozen=True)
class Settings(mel.MelSettings):
    n_mfcc: int = knob(
        13,
        8,
        40,
        step=1,
        label="coefficients",
        help="How many cosines are kept; 13 keep the vowel, 40 nearly all. Never more than there are bands.",
    )
    floor: float = knob(
        1e-6, 1e-10, 1e-1, log=True, help="Power that counts as silence; it keeps the logarithm finite."
    )


def build(settings: Settings, source: Format) -> Spectral:
    kept = min(settings.n_mfcc, settings.n_mels)
    # Orthonormal DCT-II of the natural logarithm of the mel bands.
    cosines = dsp.dct_matrix(settings.n_mels, kept).astype(np.float32)
    floor = np.float32(settings.floor)
    output = Format(source.rate, kept, "mfcc", tuple(float(each) for each in range(kept)), unit="ln")
    return mel.build(settings, source, output, lambda power: np.log(power + floor) @ cosines)
