"""Overlapping frames: sound cut into them, each changed, and added up again where it was."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp
from engine.denoisers.denoiser import Mask

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_KEPT = 20_000  # gains of frames that nobody asks for: 20 MB of 257


class Overlap:
    """Sound [n, ...] in, as much sound out, in place, whatever the blocks.

    Frame k is the samples from k * hop - (size - hop) on, with silence around the sound. `change` maps a frame
    [size, ...] to what is added up from its beginning on: [size, ...], or fewer samples, but at least [hop, ...].
    A sample comes out with the last frame that it lies in: at most `size` samples after it.
    """

    def __init__(self, size: int, hop: int, change: Callable[[Array], Array], shape: tuple[int, ...] = ()) -> None:
        """`shape` is what follows the time axis; `hop` divides `size`."""
        self.size, self.hop, self._change, self._shape = size, hop, change, shape
        self.reset()

    def push(self, block: Array) -> Array:
        """What is complete, of any length. Never changes its argument."""
        out = self._run(block)
        self._missing += len(block) - len(out)
        return out

    def flush(self) -> Array:
        """The rest; then as newly built, but for what `change` remembers."""
        missing = self._missing
        rest = self._run(np.zeros((self.size, *self._shape), np.float32))[:missing] if missing else self._none()
        self.reset()
        return rest

    def reset(self) -> None:
        self._kept = np.zeros((self.size - self.hop, *self._shape), np.float32)
        self._sum = np.zeros((self.size, *self._shape), np.float32)
        self._skip = self.size - self.hop  # what lies before the sound
        self._missing = 0

    def _none(self) -> Array:
        return np.zeros((0, *self._shape), np.float32)

    def _run(self, block: Array) -> Array:
        sound = np.concatenate([self._kept, block])
        count = max(0, (len(sound) - self.size) // self.hop + 1)
        self._kept = sound[count * self.hop :]
        out = np.empty((count * self.hop, *self._shape), np.float32)
        for start in range(0, len(out), self.hop):
            added = self._change(sound[start : start + self.size])
            self._sum[: len(added)] += added
            out[start : start + self.hop] = self._sum[: self.hop]
            self._sum[: -self.hop] = self._sum[self.hop :]
            self._sum[-self.hop :] = 0
        skipped = min(self._skip, len(out))
        self._skip -= skipped
        return out[skipped:]


def spectral(
    size: int, alter: Callable[[NDArray[np.complex64]], NDArray[np.complex64]]
) -> Callable[[Array], Array]:
    """A change for `Overlap` of half-overlapping frames: `alter` maps the spectrum of each, [size / 2 + 1, ...].

    The root of a Hann window stands before and behind, so that what is not altered comes out as it went in.
    """
    root = np.sqrt(dsp.window("hann", size))

    def change(frame: Array) -> Array:
        shape = root.reshape(-1, *[1] * (frame.ndim - 1))
        spectrum = np.fft.rfft(frame * shape, axis=0).astype(np.complex64, copy=False)
        return np.fft.irfft(alter(spectrum), size, axis=0).astype(np.float32, copy=False) * shape

    return change


class Gains:
    """What a denoiser did to each frame, kept until it is asked for."""

    def __init__(self, rate: int, hop: int, centre: int, rows: tuple[float, ...]) -> None:
        """Frame k is centred on sample `k * hop + centre` of sound at `rate`."""
        self._rate, self._hop, self._centre, self._rows = rate, hop, centre, rows
        self.reset()

    def add(self, gain: Array) -> None:
        """The gains [F] of the next frame."""
        self._new.append(gain)
        self._count += 1

    def ratio(self, after: NDArray[np.complex64], before: NDArray[np.complex64]) -> None:
        """The same from a spectrum [F] before and after."""
        self.add((np.abs(after) / np.maximum(np.abs(before), 1e-8)).clip(0, 2).astype(np.float32))

    def take(self) -> Mask:
        """Those since the last time, at most the last few minutes of them."""
        begin = self._count - len(self._new)
        gains = np.stack(self._new) if self._new else np.zeros((0, len(self._rows)), np.float32)
        self._new.clear()
        return Mask(gains, self._rate / self._hop, (begin * self._hop + self._centre) / self._rate, self._rows)

    def reset(self) -> None:
        self._new: deque[Array] = deque(maxlen=_KEPT)
        self._count = 0
