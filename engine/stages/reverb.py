"""Reverberation: the sound in a room, by the room's impulse response."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import noises
from engine.blocks import StageError
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "sound"
TWIN = ""
_CHUNK = 65536  # samples at once
_DIRECT = 0.0025  # seconds after the peak that count as direct sound


@dataclass(frozen=True)
class Settings(Base):
    rt60: float = knob(
        0.5, 0.05, 3.0, step=0.05, unit="s", label="RT60", help="Time in which the echo falls by 60 dB."
    )
    amount: float = knob(
        0.5, 0.0, 1.0, step=0.01, help="Strength of the echo: 0 leaves the sound dry, 1 is the room itself."
    )
    file: str = knob(
        "", file=True, help="A recorded impulse response to use instead; its longest tail is 5 seconds."
    )
    seed: int = knob(0, 0, 9999, step=1, help="Another number, another room of the same RT60.")


class Reverb:
    """Convolution with an impulse response [n] that begins with the direct sound: no delay; the tail is cut."""

    def __init__(self, response: NDArray[np.float32], source: Format, badges: tuple[str, ...]) -> None:
        self.lookahead = 0
        self.output = source
        self.badges = badges
        self._response = response
        self._size, self._spectrum = 0, np.zeros((0, 1), np.complex64)
        self.reset()

    def reset(self) -> None:
        self._tail = np.zeros((len(self._response) - 1, self.output.width), np.float32)

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = [self._convolved(block[start : start + _CHUNK]) for start in range(0, len(block), _CHUNK)]
        return block if not parts else parts[0] if len(parts) == 1 else np.concatenate(parts)

    def flush(self) -> NDArray[np.float32]:
        self.reset()
        return np.zeros((0, self.output.width), np.float32)

    def _convolved(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        import scipy.fft

        n = len(block) + len(self._response) - 1
        size = scipy.fft.next_fast_len(n, True)
        if size != self._size:  # live blocks are mostly of one length
            self._size, self._spectrum = size, scipy.fft.rfft(self._response, size)[:, None]
        spectrum = scipy.fft.rfft(block, size, axis=0) * self._spectrum
        total = scipy.fft.irfft(spectrum, size, axis=0)[:n]
        total[: len(self._tail)] += self._tail
        self._tail = total[len(block) :]
        return total[: len(block)]


def build(settings: Settings, source: Format) -> Reverb:
    badges: tuple[str, ...] = ()
    try:
        response = impulse(settings.rt60, settings.amount, settings.file, settings.seed, round(source.rate))
    except StageError as error:
        response, badges = np.ones(1, np.float32), (f"no reverberation: {error}",)
    return Reverb(response, source, badges)


@functools.lru_cache(maxsize=16)
def impulse(rt60: float, amount: float, file: str, seed: int, rate: int) -> NDArray[np.float32]:
    """The response [n], its direct sound first, of energy 1. Raises StageError for a bad file."""
    response = _recorded(file, rate) if file else _made(rt60, seed, rate)
    direct = max(1, round(_DIRECT * rate)) if file else 1
    response[direct:] *= amount
    response = (response / np.sqrt(np.square(response).sum())).astype(np.float32)
    response.setflags(write=False)
    return response


def linear(settings: Settings) -> bool:
    return True


def _made(rt60: float, seed: int, rate: int) -> NDArray[np.float64]:
    """Noise that falls by 60 dB in `rt60`: energy e^(-13.8 t / RT60), as strong in all as the direct sound."""
    time = np.arange(max(2, round(rt60 * rate))) / rate
    tail = np.random.default_rng(seed).standard_normal(len(time)) * 10.0 ** (-3.0 * time / rt60)
    tail[0] = 0.0
    tail /= np.sqrt(np.square(tail).sum())
    tail[0] = 1.0
    return tail


def _recorded(file: str, rate: int) -> NDArray[np.float64]:
    import soxr

    samples, source = noises.read_file(file, 5.0)
    if not np.any(samples):
        raise StageError(f"{file} is silent; choose an impulse response")
    response = samples if source == rate else soxr.resample(samples, source, rate, quality="HQ")
    return response[int(np.argmax(np.abs(response))) :].astype(np.float64)
