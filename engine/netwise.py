"""A denoiser made of a network of the task denoise that is stepped: its frames, its answers, and sound again.

Blocks of any size give what `enhance.apply` gives of the whole sound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine import dsp, enhance, halves
from engine.floor import Floor
from engine.overlap import Gains

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Denoiser, Mask

    Array = NDArray[np.float32]


class Step(Protocol):
    """A network with its state."""

    def push(self, frames: Array) -> Array:
        """Frames [n, F] -> answers [n, C], going on from the last."""

    def reset(self) -> None:
        """As before the first frame."""


def of(domain: str, step: Step, parameters: int) -> Denoiser:
    """The denoiser of a domain of engine/enhance.py."""
    return Waves(step, parameters) if domain == "wave" else Spectral(domain, step, parameters)


class _Aligned:
    """Lets as many samples out as went in, from sample `skip` of what is made on."""

    def __init__(self, skip: int) -> None:
        self._skip, self.missing, self._heard, self.frames = skip, 0, 0, 0

    @property
    def left(self) -> int:
        """Frames whose middle lies in the sound or at its end, and which were not made."""
        return self._heard // halves.HOP + 1 - self.frames if self._heard else 0

    def hear(self, n: int) -> None:
        self.missing += n
        self._heard += n

    def let(self, made: Array) -> Array:
        skipped = min(self._skip, len(made))
        self._skip -= skipped
        out = made[skipped : skipped + self.missing]
        self.missing -= len(out)
        return out


class Spectral:
    """By gains on half-overlapping frames: 32 ms after a sample it comes out."""

    rate = halves.RATE
    latency: int | None = halves.WIN

    def __init__(self, domain: str, step: Step, parameters: int) -> None:
        self.parameters, self._domain, self._step, self._floor = parameters, domain, step, Floor()
        self._kept: Array
        self._gains = Gains(halves.RATE, halves.HOP, 0, halves.HERTZ)
        self._begin()

    def push(self, block: Array) -> Array:
        self._aligned.hear(len(block))
        self._kept = np.concatenate([self._kept, np.asarray(block, np.float32)])
        return self._aligned.let(self._made(max(0, (len(self._kept) - halves.HOP) // halves.HOP)))

    def flush(self) -> Array:
        self._kept = np.concatenate([self._kept, np.zeros(halves.WIN, np.float32)])
        out = self._made(self._aligned.left)
        if self._aligned.missing:  # the last frame ends beyond the sound, and has the gains of the one before
            out = np.concatenate([out, self._sounding(self._spectra(1) * self._last)])
        out = self._aligned.let(out)
        self._forget()
        return out

    def reset(self) -> None:
        self._gains.reset()
        self._forget()

    def mask(self) -> Mask | None:
        return self._gains.take()

    def _forget(self) -> None:
        self._step.reset()
        self._floor.reset()
        self._begin()

    def _begin(self) -> None:
        self._aligned = _Aligned(halves.HOP)
        self._kept = np.zeros(halves.HOP, np.float32)
        self._tail = np.zeros(halves.HOP, np.float32)
        self._last: NDArray[np.inexact] = np.zeros((1, halves.BINS), np.float32)

    def _made(self, count: int) -> Array:
        """The samples [count HOP] that are complete with the next frames."""
        if not count:
            return np.zeros(0, np.float32)
        spectrum = self._spectra(count)
        x = enhance.heard(self._domain, spectrum, self._floor)
        gains = enhance.mask(self._domain, self._step.push(x), x)
        self._aligned.frames += count
        self._last = gains[-1:]
        for each in np.abs(gains) if np.iscomplexobj(gains) else gains:
            self._gains.add(each)
        return self._sounding(spectrum * gains)

    def _spectra(self, count: int) -> NDArray[np.complex64]:
        """Of the next frames of the kept sound [count, BINS]; they are taken off it."""
        whole = self._kept[: (count - 1) * halves.HOP + halves.WIN]
        self._kept = self._kept[count * halves.HOP :]
        return halves.spectrum(whole[None] if count == 1 else dsp.frames(whole, halves.WIN, halves.HOP))

    def _sounding(self, spectrum: NDArray[np.complexfloating]) -> Array:
        import scipy.fft

        framed = scipy.fft.irfft(spectrum.astype(np.complex64, copy=False), halves.WIN, axis=-1) * halves.SHAPE
        framed[0, : halves.HOP] += self._tail
        if len(framed) > 1:
            framed[1:, : halves.HOP] += framed[:-1, halves.HOP :]
        self._tail = framed[-1, halves.HOP :].copy()
        return framed[:, : halves.HOP].reshape(-1)


class Waves:
    """By making the sound itself, frame by frame."""

    rate = halves.RATE
    latency: int | None = halves.HOP

    def __init__(self, step: Step, parameters: int) -> None:
        self.parameters, self._step = parameters, step
        self._kept: Array
        self._begin()

    def push(self, block: Array) -> Array:
        self._aligned.hear(len(block))
        self._kept = np.concatenate([self._kept, np.asarray(block, np.float32)])
        return self._aligned.let(self._made(len(self._kept) // halves.HOP))

    def flush(self) -> Array:
        self._kept = np.concatenate([self._kept, np.zeros(halves.HOP, np.float32)])
        made = self._made(self._aligned.left)
        out = self._aligned.let(np.concatenate([made, np.zeros(halves.HOP, np.float32)]))
        self.reset()
        return out

    def reset(self) -> None:
        self._step.reset()
        self._begin()

    def mask(self) -> Mask | None:
        return None

    def _begin(self) -> None:
        self._aligned = _Aligned(halves.HOP // 2)
        self._kept = np.zeros(halves.HOP // 2, np.float32)

    def _made(self, count: int) -> Array:
        """The samples [count HOP] of the next frames."""
        self._aligned.frames += count
        frames, self._kept = np.split(self._kept, [count * halves.HOP])
        return self._step.push(frames.reshape(count, halves.HOP)).reshape(-1) if count else frames
