"""The front end that mel, log-mel and MFCC share: its knobs, its filter bank and its clock."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp
from engine.blocks import Function, Spectral, StageError
from engine.knob import Settings, knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format

FFTS = (128, 256, 512, 1024, 2048, 4096)
WINDOWS = ("hann", "hamming", "blackman", "boxcar")


@dataclass(frozen=True)
class MelSettings(Settings):
    """The knobs of a mel spectrogram. The three stages that have them add their own after these."""

    n_mels: int = knob(80, 8, 160, step=1, label="mel bands", help="Number of mel bands; 80 is usual for speech.")
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
    n_fft: int = knob(512, choices=FFTS, label="FFT size", help="Points of the FFT; never less than the window.")
    window: str = knob("hann", choices=WINDOWS, help="Shape of the window that each frame is multiplied by.")
    fmin: float = knob(0.0, 0.0, 4000.0, step=10.0, unit="Hz", help="Lower edge of the lowest band.")
    fmax: float = knob(
        8000.0,
        500.0,
        24000.0,
        step=100.0,
        unit="Hz",
        help="Upper edge of the highest band, at most half the rate.",
    )
    scale: str = knob("slaney", choices=("slaney", "htk"), help="The mel formula: Slaney's, or HTK's.")
    norm: str = knob(
        "slaney",
        choices=("slaney", "none"),
        help="Slaney divides each band by its width, so that white noise is level; none keeps heights of 1.",
    )


def bank(settings: MelSettings, rate: float) -> NDArray[np.float64]:
    """The filters [n_fft // 2 + 1, n_mels] over power. Raises StageError where no frequencies are left."""
    top = min(settings.fmax, rate / 2)
    if settings.fmin >= top:
        raise StageError(f"the mel bands begin at {settings.fmin:g} Hz but end at {top:g} Hz; lower fmin")
    n_fft = fft_size(settings.n_fft, settings.win)
    area = settings.norm == "slaney"
    return dsp.mel_bank(rate, n_fft, settings.n_mels, settings.fmin, top, settings.scale, area)


def fft_size(n_fft: int, win: int) -> int:
    """The FFT that is used: as asked for, or the next power of two that holds the window."""
    return max(n_fft, 1 << (win - 1).bit_length())


def build(settings: MelSettings, source: Format, output: Format, finish: Function) -> Spectral:
    """The stage: mel power of every frame, then `finish`. `output` is completed with the clock."""
    filters = bank(settings, source.rate)
    top = min(settings.fmax, source.rate / 2)
    centres = dsp.mel_edges(settings.n_mels, settings.fmin, top, settings.scale)[1:-1]
    rows = output.rows or tuple(float(each) for each in centres)
    output = dataclasses.replace(output, rate=source.rate / settings.hop, rows=rows)
    shape = dsp.window(settings.window, settings.win)
    n_fft = fft_size(settings.n_fft, settings.win)
    stage = Spectral(source, output, shape, n_fft, settings.hop, filters.astype(np.float32), finish)
    stage.badges = _badges(settings, source.rate, filters)
    return stage


def _badges(settings: MelSettings, rate: float, filters: NDArray[np.float64]) -> tuple[str, ...]:
    badges = []
    if settings.fmax > rate / 2:
        badges.append(f"mel bands end at {rate / 2000:g} kHz, half the rate")
    empty = int((filters.max(axis=0) <= 0).sum())
    if empty:
        badges.append(f"{empty} mel bands are empty: use fewer, or a larger FFT")
    return (*badges, *invertible(settings.window, settings.win, settings.hop))


def invertible(window: str, win: int, hop: int) -> tuple[str, ...]:
    """A badge where window and hop do not cover the sound evenly, so that it cannot be rebuilt well."""
    lost = dsp.overlap_error(window, win, hop)
    return (f"window and hop lose sound ({lost:.0%} uneven): use a smaller hop",) if lost > 0.5 else ()
