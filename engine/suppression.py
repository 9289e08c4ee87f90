"""Noise taken out without a network: gains from a running estimate of the noise's power."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.overlap import Gains, Overlap, spectral

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Mask

    Array = NDArray[np.float32]

Method = Literal["wiener", "gate"]
REDUCTION, THRESHOLD = 20.0, 6.0
_LEAST = 1e-10


class Suppressor:
    """The gains of one spectrum after the other.

    The noise N follows |Y|^2 where speech is unlikely (Gerkmann and Hendriks 2012, Unbiased MMSE-based noise power
    estimation). The Wiener gain is xi / (1 + xi) with xi estimated from the frame before and this one ("decision
    directed": Ephraim and Malah 1984). The gate is open or shut, and closes slowly.
    """

    def __init__(
        self, method: Method, bins: tuple[int, ...], reduction: float = REDUCTION, threshold: float = THRESHOLD
    ) -> None:
        """`bins` is the shape of a spectrum; no gain is under `reduction` dB; `threshold` in dB opens the gate."""
        self._method, self._bins = method, bins
        self._floor, self._opens = 10.0 ** (-reduction / 20.0), 10.0 ** (threshold / 10.0)
        self.reset()

    def reset(self) -> None:
        self._noise, self._speech, self._gain = (np.zeros(self._bins, np.float32) for _ in range(3))
        self._likely = np.full(self._bins, 0.5, np.float32)
        self._count = 0

    def gains(self, power: Array) -> Array:
        """Gains for the power of the next frame, of its shape."""
        self._follow(power)
        noise = np.maximum(self._noise, _LEAST)
        after = power / noise
        if self._method == "gate":
            opened = (after > self._opens).astype(np.float32)
            near = opened.copy()  # a lone bin is more likely noise than speech
            near[1:-1] = (opened[:-2] + opened[1:-1] + opened[2:]) / 3
            self._gain = np.maximum(near, 0.5 * self._gain)
            return np.maximum(self._gain, self._floor)
        ratio = 0.98 * self._speech / noise + 0.02 * np.maximum(after - 1.0, 0.0)
        gain = np.maximum(ratio / (1.0 + ratio), self._floor)
        self._speech = np.square(gain) * power
        return gain

    def _follow(self, power: Array) -> None:
        self._count += 1
        if self._count <= 5:  # what comes first is taken for noise
            self._noise += (power - self._noise) / self._count
            return
        speech = 10.0**1.5  # 15 dB: what speech stands above the noise by, where there is any
        odds = np.exp(np.minimum(speech / (1 + speech) * power / np.maximum(self._noise, _LEAST), 50.0))
        likely = odds / (1 + speech) / (1 + odds / (1 + speech))
        self._likely = 0.9 * self._likely + 0.1 * likely
        likely = np.where(self._likely > 0.99, np.minimum(likely, 0.99), likely)
        self._noise = 0.8 * self._noise + 0.2 * (likely * self._noise + (1 - likely) * power)


class Suppressed:
    """A denoiser of 16 kHz sound by such gains on half-overlapping frames of 32 ms."""

    rate = 16_000
    latency: int | None = 512
    parameters = 0

    def __init__(self, method: Method) -> None:
        bins = 512 // 2 + 1
        self._suppressor = Suppressor(method, (bins,))
        self._overlap = Overlap(512, 256, spectral(512, self._alter))
        self._gains = Gains(self.rate, 256, 0, tuple(np.linspace(0, self.rate / 2, bins).tolist()))

    def push(self, block: Array) -> Array:
        return self._overlap.push(block)

    def flush(self) -> Array:
        rest = self._overlap.flush()
        self._suppressor.reset()
        return rest

    def reset(self) -> None:
        self._overlap.reset()
        self._suppressor.reset()
        self._gains.reset()

    def mask(self) -> Mask | None:
        return self._gains.take()

    def _alter(self, spectrum: NDArray[np.complex64]) -> NDArray[np.complex64]:
        gain = self._suppressor.gains(np.square(np.abs(spectrum)))
        self._gains.add(gain)
        return spectrum * gain
