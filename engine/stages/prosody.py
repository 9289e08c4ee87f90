"""Prosody beside MFCC: the outline of the spectrum, and with it pitch, voicing and loudness of every frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp, mel, prosody
from engine.blocks import Framed
from engine.cepstrum import Cepstrum
from engine.knob import knob
from engine.stages.stage import Format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Role

ROLE: Role = "transform"
TWIN = ""
EXTRA = 3
"""Columns after the coefficients: octaves above 100 Hz where voiced, or 0; voicing from 0 to 1; decibels / 10."""
_MIDDLE = 100.0


@dataclass(frozen=True)
class Settings(mel.MelSettings):
    n_mfcc: int = knob(
        13, 8, 40, step=1, label="coefficients", help="How many cosines of the spectrum's outline are kept."
    )
    floor: float = knob(
        1e-6, 1e-10, 1e-1, log=True, help="Power that counts as silence; it keeps the logarithm finite."
    )


def build(settings: Settings, source: Format) -> Framed:
    kept = min(settings.n_mfcc, settings.n_mels)
    output = Format(source.rate / settings.hop, kept + EXTRA, "feature")
    spectral = mel.build(settings, source, output, Cepstrum(settings.n_mels, kept, settings.floor))
    # A period of the lowest voice needs a longer frame than the spectrum, whose window lies in the middle of it.
    wide = max(settings.win, round(prosody.WINDOW * source.rate))
    begin = wide // 2 - settings.win // 2

    def analyse(framed: NDArray[np.float32]) -> NDArray[np.float32]:
        middle = framed[:, begin : begin + settings.win]
        outline = spectral.finish(dsp.power(middle, spectral.shape, spectral.n_fft, spectral.bank))
        hertz, sure = prosody.periods(framed, source.rate)
        level = prosody.levels(middle)
        voiced = prosody.voiced(sure, level)
        octaves = np.where(voiced, np.log2(np.maximum(hertz, 1.0) / _MIDDLE), 0.0)
        told = np.stack([octaves, np.where(voiced, sure, 0.0), level / 10], axis=1)
        return np.concatenate([outline, told.astype(np.float32)], axis=1)

    stage = Framed(source, output, wide, settings.hop, analyse)
    stage.badges = spectral.badges
    return stage
