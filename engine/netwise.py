"""A denoiser made of a network of the task denoise that is stepped: its frames, its answers, and sound again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine import dsp, enhance, halves
from engine.links import Chain
from engine.overlap import Gains
from engine.stages.stage import Format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Mask

    Array = NDArray[np.float32]


class Step(Protocol):
    """A network with its state."""

    def push(self, frames: Array) -> Array:
        """Frames [n, F] -> answers [n, C], going on from the last."""

    def reset(self) -> None:
        """As before the first frame."""


class Netwise:
    """A Denoiser (engine/denoisers/denoiser.py). Blocks give what `enhance.apply` gives of the whole sound."""

    rate = halves.RATE

    def __init__(self, domain: str, step: Step, parameters: int) -> None:
        self.parameters, self._domain, self._step = parameters, domain, step
        self._chain = Chain(enhance.frontend(domain), Format(float(halves.RATE)))
        self._wave = domain == "wave"
        self.latency: int | None = halves.HOP if self._wave else halves.WIN
        self._gains = Gains(halves.RATE, halves.HOP, 0, halves.HERTZ)
        self.reset()

    def reset(self) -> None:
        self._chain.reset()
        self._step.reset()
        self._gains.reset()
        self._begin()

    def push(self, block: Array) -> Array:
        block = np.asarray(block, np.float32)
        self._missing += len(block)
        self._keep(block)
        return self._given(self._made(self._chain.push(block[:, None])))

    def flush(self) -> Array:
        self._keep(np.zeros(halves.WIN, np.float32))
        rest = [self._made(self._chain.flush())]
        if self._missing:  # the last frame ends beyond the sound, and has the gains of the one before
            rest.append(np.zeros(halves.HOP, np.float32) if self._wave else self._sounding(self._last))
        out = self._given(np.concatenate(rest))
        self._chain.reset()
        self._step.reset()
        self._begin()
        return out

    def mask(self) -> Mask | None:
        return None if self._wave else self._gains.take()

    def _begin(self) -> None:
        self._missing = 0  # samples that went in and did not come out
        self._skip = halves.HOP // 2 if self._wave else halves.HOP  # that come out, but lie before the sound
        self._kept = np.zeros(halves.HOP, np.float32)
        self._tail = np.zeros(halves.HOP, np.float32)
        self._last: NDArray[np.inexact] = np.zeros((0, halves.BINS), np.float32)

    def _keep(self, block: Array) -> None:
        if not self._wave:
            self._kept = np.concatenate([self._kept, block])

    def _made(self, x: Array) -> Array:
        """Frames [n, F] -> the samples [n HOP] that are complete with them."""
        if not len(x):
            return np.zeros(0, np.float32)
        y = self._step.push(x)
        if self._wave:
            return y.reshape(-1)
        gains = enhance.mask(self._domain, y, x)
        self._last = gains[-1:]
        for each in np.abs(gains):
            self._gains.add(each)
        return self._sounding(gains)

    def _sounding(self, gains: NDArray[np.inexact]) -> Array:
        """The kept sound with these gains [n, BINS] of its next frames."""
        import scipy.fft

        count = len(gains)
        size = (count - 1) * halves.HOP + halves.WIN
        spectrum = halves.spectrum(dsp.frames(self._kept[:size], halves.WIN, halves.HOP))
        self._kept = self._kept[count * halves.HOP :]
        framed = scipy.fft.irfft((spectrum * gains).astype(np.complex64), halves.WIN, axis=-1) * halves.SHAPE
        framed[0, : halves.HOP] += self._tail
        framed[1:, : halves.HOP] += framed[:-1, halves.HOP :]
        self._tail = framed[-1, halves.HOP :].copy()
        return framed[:, : halves.HOP].reshape(-1)

    def _given(self, out: Array) -> Array:
        skipped = min(self._skip, len(out))
        self._skip -= skipped
        out = out[skipped : skipped + self._missing]
        self._missing -= len(out)
        return out
