"""A mel picture of sound and the way back: log-mel on a network's clock, and Griffin-Lim for what has no phase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

BANDS = 80
FLOOR = 1e-6
"""The least power of a band, below that of a quiet room."""
ROUNDS, PART = 32, 4
"""Rounds of Griffin-Lim, and how many of them are one step of a job."""
_FITTED = 30  # rounds in which a spectrum is fitted to its mel bands


@dataclass(frozen=True)
class Picture:
    """ln of mel power, `hop` samples a frame at `rate` Hz; frame t is centred on sample t * hop."""

    rate: int
    hop: int

    @property
    def size(self) -> int:
        """Samples of a window: a power of two of about 64 ms, and at least four hops."""
        return 1 << (max(4 * self.hop, round(0.05 * self.rate)) - 1).bit_length()

    @property
    def bank(self) -> Array:
        """[size // 2 + 1, BANDS]."""
        return dsp.mel_bank(self.rate, self.size, BANDS, 0.0, self.rate / 2, "slaney", True).astype(np.float32)

    def of(self, sound: Array, count: int) -> Array:
        """The first `count` frames of sound [n], [count, BANDS]; behind the end there is silence."""
        half, end = self.size // 2, max(0, count * self.hop + self.size - len(sound))
        framed = dsp.frames(np.pad(sound, (half, end)), self.size, self.hop)[:count]
        power = dsp.power(framed, dsp.window("hann", self.size), self.size, self.bank)
        return np.log(np.maximum(power, np.float32(FLOOR)))

    def magnitudes(self, picture: Array) -> Array:
        """Spectrum magnitudes [T, size // 2 + 1] whose mel power is that of `picture` [T, BANDS], or near it.

        The power S >= 0 is the least-squares one of M S = P, by multiplicative steps S *= M'P / M'M S.
        """
        bank, power = self.bank, np.exp(np.minimum(picture, 20.0)).astype(np.float32)
        wanted = power @ bank.T
        found = wanted.copy()
        for _ in range(_FITTED):
            found *= wanted / np.maximum((found @ bank) @ bank.T, 1e-12)
        return np.sqrt(found)

    def sound(self, picture: Array, length: int) -> Generator[None, None, Array]:
        """Sound [length] of a picture [T, BANDS]. Yields between its parts.

        Griffin and Lim: a phase that the magnitudes allow is found by going to sound and back; the momentum of
        Perraudin, Balazs and Soendergaard makes it fast.
        """
        import torch

        shape = torch.hann_window(self.size)
        size = torch.from_numpy(self.magnitudes(picture).T.copy())
        angle = 2 * torch.pi * torch.rand(size.shape, generator=torch.Generator().manual_seed(0))
        phase, before = torch.polar(torch.ones_like(size), angle), torch.zeros_like(size, dtype=torch.complex64)
        total = self.hop * (size.shape[1] - 1)
        for turn in range(ROUNDS):
            back = torch.istft(size * phase, self.size, self.hop, window=shape, length=total)
            now = torch.stft(back, self.size, self.hop, window=shape, return_complex=True, pad_mode="constant")
            phase = now + 0.99 * (now - before)
            phase, before = phase / phase.abs().clamp(min=1e-9), now
            if turn % PART == PART - 1:
                yield None
        heard = torch.istft(size * phase, self.size, self.hop, window=shape, length=total).numpy()[:length]
        return np.pad(heard, (0, length - len(heard)))
