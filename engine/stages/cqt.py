"""Constant-Q spectrogram: the same number of bands in every octave, as in music."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp
from engine.blocks import Framed, StageError
from engine.knob import Settings as Base
from engine.knob import knob
from engine.stages.stage import Format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Role

ROLE: Role = "transform"
TWIN = ""
_CHUNK = 16  # frames at once: their FFTs are long
_LEAST = 1e-4  # of a kernel's peak; smaller values are left out


@dataclass(frozen=True)
class Settings(Base):
    bins_per_octave: int = knob(
        24, 12, 48, step=12, label="bands per octave", help="12 bands an octave are semitones, 24 quarter tones."
    )
    octaves: int = knob(6, 1, 9, step=1, help="How many octaves are shown, as far as the sample rate reaches.")
    fmin: float = knob(
        65.406,
        27.5,
        440.0,
        log=True,
        unit="Hz",
        help="The lowest band; 65.4 Hz is the C two octaves below middle C.",
    )
    hop: int = knob(
        160, 64, 1024, step=8, unit="samples", help="Step from frame to frame; 160 samples are 10 ms at 16 kHz."
    )
    floor: float = knob(
        -80.0, -120.0, -20.0, step=5.0, unit="dB", help="What counts as silence; 0 dB is full scale."
    )


def build(settings: Settings, source: Format) -> Framed:
    """Raises StageError where no band lies below half the rate."""
    hertz = frequencies(settings, source.rate)
    if not len(hertz):
        raise StageError(f"no band lies below {source.rate / 2:g} Hz; lower fmin")
    n_fft, kernels = _kernels(source.rate, settings.bins_per_octave, tuple(hertz.tolist()))
    ones = np.ones(n_fft, np.float32)
    least = 10.0 ** (settings.floor / 10.0)

    def analyse(framed: NDArray[np.float32]) -> NDArray[np.float32]:
        out = np.empty((len(framed), len(kernels)), np.float32)
        for start in range(0, len(framed), _CHUNK):
            bins = dsp.spectrum(framed[start : start + _CHUNK], ones, n_fft)
            for k, (low, kernel) in enumerate(kernels):
                out[start : start + _CHUNK, k] = np.abs(bins[:, low : low + len(kernel)] @ kernel)
        return dsp.decibels(np.square(out), least)

    rows = tuple(float(each) for each in hertz)
    output = Format(source.rate / settings.hop, len(rows), "cqt", rows, unit="dB", floor=settings.floor)
    return Framed(source, output, n_fft, settings.hop, analyse)


def frequencies(settings: Settings, rate: float) -> NDArray[np.float64]:
    """The bands' centres in hertz: fmin * 2^(k / bins per octave), below half the rate."""
    steps = np.arange(settings.octaves * settings.bins_per_octave) / settings.bins_per_octave
    hertz = settings.fmin * 2.0**steps
    return hertz[hertz * 2 ** (0.5 / settings.bins_per_octave) < rate / 2]


@functools.lru_cache(maxsize=4)
def _kernels(
    rate: float, bins_per_octave: int, hertz: tuple[float, ...]
) -> tuple[int, tuple[tuple[int, NDArray[np.complex64]], ...]]:
    """The FFT's size, and for each band the first FFT bin and the conjugate spectrum of its windowed tone.

    Q = 1 / (2^(1/b) - 1) periods under a Hann window whose sum is 2, so that a sine of amplitude 1 gives 1
    (Brown and Puckette 1992, An efficient algorithm for the calculation of a constant Q transform).
    """
    quality = 1.0 / (2.0 ** (1.0 / bins_per_octave) - 1.0)
    n_fft = 1 << int(np.ceil(np.log2(quality * rate / hertz[0])))
    found = []
    for centre in hertz:
        n = min(n_fft, max(4, round(quality * rate / centre)))
        window = np.hanning(n + 1)[:n]
        time = np.arange(n) - n // 2
        tone = np.zeros(n_fft, np.complex128)
        begin = n_fft // 2 - n // 2
        tone[begin : begin + n] = window * np.exp(2j * np.pi * centre / rate * time) * (2.0 / window.sum())
        spectrum = np.conj(np.fft.fft(tone)[: n_fft // 2 + 1]) / n_fft
        strong = np.flatnonzero(np.abs(spectrum) >= _LEAST * np.abs(spectrum).max())
        low, high = int(strong[0]), int(strong[-1]) + 1
        found.append((low, spectrum[low:high].astype(np.complex64)))
    return n_fft, tuple(found)
