"""Denoise: steady noise taken out by classical means, a spectral gate or a Wiener filter, without any network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import dsp
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "sound"
TWIN = ""
_SECONDS = 0.032  # of a frame
_LEAST = 1e-10


@dataclass(frozen=True)
class Settings(Base):
    method: str = knob(
        "wiener",
        choices=("wiener", "gate"),
        help="Wiener weighs each frequency by its share of speech; the gate shuts those not above the noise.",
    )
    reduction: float = knob(
        20.0,
        0.0,
        40.0,
        step=1.0,
        unit="dB",
        help="How much noise is taken away at most; more leaves more artefacts.",
    )
    threshold: float = knob(
        6.0, 0.0, 20.0, step=0.5, unit="dB", help="How far above the noise a frequency opens the gate. Gate only."
    )


class Denoise:
    """Gains on a short-time spectrum of half-overlapping frames, from a running estimate of the noise's power.

    The noise N follows |Y|^2 where speech is unlikely (Gerkmann and Hendriks 2012, Unbiased MMSE-based noise power
    estimation). The Wiener gain is xi / (1 + xi) with xi estimated from the frame before and this one ("decision
    directed": Ephraim and Malah 1984).
    """

    badges: tuple[str, ...] = ()

    def __init__(self, settings: Settings, source: Format) -> None:
        self.output = source
        self._settings = settings
        self._size = 1 << max(4, round(np.log2(_SECONDS * source.rate)))
        self._hop = self._size // 2
        self._shape = np.sqrt(dsp.window("hann", self._size))[:, None]
        self._floor = 10.0 ** (-settings.reduction / 20.0)
        self.lookahead: int | None = self._size
        self.reset()

    def reset(self) -> None:
        width = self.output.width
        self._kept = np.zeros((self._hop, width), np.float32)
        self._overlap = np.zeros((self._hop, width), np.float32)
        self._skip = self._hop  # the first half frame lies before the sound
        self._missing = 0
        bins = (self._size // 2 + 1, width)
        self._noise, self._speech, self._gain = (np.zeros(bins, np.float32) for _ in range(3))
        self._likely = np.full(bins, 0.5, np.float32)
        self._count = 0

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        out = self._run(block)
        self._missing += len(block) - len(out)
        return out

    def flush(self) -> NDArray[np.float32]:
        missing = self._missing
        rest = self._run(np.zeros((2 * self._size, self.output.width), np.float32))[:missing]
        self.reset()
        return rest

    def _run(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        import scipy.fft

        sound = np.concatenate([self._kept, block])
        count = max(0, (len(sound) - self._size) // self._hop + 1)
        self._kept = sound[count * self._hop :]
        outs = []
        for start in range(0, count * self._hop, self._hop):
            spectrum = scipy.fft.rfft(sound[start : start + self._size] * self._shape, axis=0)
            spectrum *= self._gains(np.square(np.abs(spectrum)))
            frame = scipy.fft.irfft(spectrum, self._size, axis=0) * self._shape
            outs.append(self._overlap + frame[: self._hop])
            self._overlap = frame[self._hop :]
        out = np.concatenate(outs) if outs else np.zeros((0, self.output.width), np.float32)
        skipped = min(self._skip, len(out))
        self._skip -= skipped
        return out[skipped:]

    def _gains(self, power: NDArray[np.float32]) -> NDArray[np.float32]:
        """Gains [bins, width] for one frame's power."""
        self._follow(power)
        noise = np.maximum(self._noise, _LEAST)
        after = power / noise
        if self._settings.method == "gate":
            opened = (after > 10.0 ** (self._settings.threshold / 10.0)).astype(np.float32)
            near = opened.copy()  # a lone bin is more likely noise than speech
            near[1:-1] = (opened[:-2] + opened[1:-1] + opened[2:]) / 3
            self._gain = np.maximum(near, 0.5 * self._gain)
            return np.maximum(self._gain, self._floor)
        ratio = 0.98 * self._speech / noise + 0.02 * np.maximum(after - 1.0, 0.0)
        gain = np.maximum(ratio / (1.0 + ratio), self._floor)
        self._speech = np.square(gain) * power
        return gain

    def _follow(self, power: NDArray[np.float32]) -> None:
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


def build(settings: Settings, source: Format) -> Denoise:
    return Denoise(settings, source)
