"""MFCC: the outline of the log-mel spectrum in a few cosines, compact and nearly uncorrelated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp, mel
from engine.cepstrum import Cepstrum
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
    output = Format(source.rate, kept, "mfcc", tuple(float(each) for each in range(kept)), unit="ln")
    return mel.build(settings, source, output, Cepstrum(settings.n_mels, kept, settings.floor))


def note(settings: Settings, sound: NDArray[np.float32], source: Format) -> str:
    """How many cosines are kept, and how far what they outline lies from the log-mel spectrum."""
    kept, bands = min(settings.n_mfcc, settings.n_mels), settings.n_mels
    return f"{kept} of {bands} coefficients<br>envelope ± {envelope_error(settings, sound, source):.1f} dB"


def envelope_error(settings: Settings, sound: NDArray[np.float32], source: Format) -> float:
    """RMS difference in dB, over frames and bands, of the log-mel spectrum and the inverse DCT of what is kept."""
    floor = np.float32(settings.floor)
    stage = mel.build(settings, source, Format(source.rate, settings.n_mels), lambda power: np.log(power + floor))
    outline = np.concatenate([stage.push(sound), stage.flush()])
    cosines = dsp.dct_matrix(settings.n_mels, min(settings.n_mfcc, settings.n_mels)).astype(np.float32)
    lost = outline - (outline @ cosines) @ cosines.T
    return float(10 / np.log(10) * np.sqrt(np.square(lost).mean())) if lost.size else 0.0
