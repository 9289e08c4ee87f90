"""Spectrogram: power at evenly spaced frequencies, by a short-time Fourier transform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp, mel
from engine.blocks import Function, Spectral
from engine.knob import Settings as Base
from engine.knob import knob
from engine.stages.stage import Format

if TYPE_CHECKING:
    from engine.stages.stage import Role

ROLE: Role = "transform"
TWIN = ""


@dataclass(frozen=True)
class Settings(Base):
    hop: int = knob(
        160, 32, 1024, step=8, unit="samples", help="Step from frame to frame; 160 samples are 10 ms at 16 kHz."
    )
    win: int = knob(
        400,
        64,
        4096,
        step=8,
        unit="samples",
        label="window length",
        help="Length of the window; 400 samples are 25 ms at 16 kHz. Longer separates pitch; shorter, onsets.",
    )
    n_fft: int = knob(
        512, choices=mel.FFTS, label="FFT size", help="Points of the FFT; never less than the window."
    )
    window: str = knob("hann", choices=mel.WINDOWS, help="Shape of the window that each frame is multiplied by.")
    unit: str = knob(
        "dB", choices=("dB", "power", "magnitude"), help="What a cell is: decibels, power or its root."
    )
    floor: float = knob(1e-4, 1e-10, 1e-1, log=True, help="Power that counts as silence. Used with dB only.")


def build(settings: Settings, source: Format) -> Spectral:
    n_fft = mel.fft_size(settings.n_fft, settings.win)
    rows = tuple(float(each) for each in np.fft.rfftfreq(n_fft, 1 / source.rate))
    finish, floor = _unit(settings)
    output = Format(source.rate / settings.hop, len(rows), "frequency", rows, unit=settings.unit, floor=floor)
    shape = dsp.window(settings.window, settings.win)
    stage = Spectral(source, output, shape, n_fft, settings.hop, None, finish)
    stage.badges = mel.invertible(settings.window, settings.win, settings.hop)
    return stage


def _unit(settings: Settings) -> tuple[Function, float]:
    if settings.unit == "power":
        return (lambda power: power), 0.0
    if settings.unit == "magnitude":
        return np.sqrt, 0.0
    return (lambda power: dsp.decibels(power, settings.floor)), float(10 * np.log10(settings.floor))
