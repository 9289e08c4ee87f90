"""Running noise: added at a signal-to-noise ratio to the sound of the seconds before, so that it works live."""

from __future__ import annotations

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
_STEP = 0.01  # seconds between two values of the noise's level


@dataclass(frozen=True)
class Settings(Base):
    kind: str = knob(
        "white",
        choices=noises.KINDS,
        help="White, pink, brown fall by 0, 3 and 6 dB an octave; babble is eight voices; the rest is recorded.",
    )
    snr: float = knob(
        20.0,
        -20.0,
        40.0,
        step=0.5,
        unit="dB",
        label="SNR",
        help="Power of the sound so far over power of the noise. At 0 dB both are equally strong.",
    )
    seconds: float = knob(
        3.0,
        0.2,
        30.0,
        step=0.1,
        unit="s",
        help="How far back the power of the sound is measured, as a time constant.",
    )
    file: str = knob("", file=True, help="Your own noise, used where kind is file; it is repeated as needed.")
    seed: int = knob(0, 0, 9999, step=1, help="Another number, another piece of noise; the same, the same bytes.")


class Running:
    """Sound [n, width] plus noise whose level follows the mean power of all steps before, 10 ms each.

    Step k's power p is weighed w = max(1 / (k + 1), step / time constant): P += w (p - P).
    """

    def __init__(self, settings: Settings, source: Format) -> None:
        self.lookahead = 0
        self.output = source
        self._settings = settings
        self._rate = round(source.rate)
        self._size = max(1, round(_STEP * source.rate))
        self._least = _STEP / settings.seconds
        self._unavailable: tuple[str, ...] = ()
        try:
            noises.loop(settings.kind, settings.file, settings.seed, self._rate)
        except StageError as error:
            self._unavailable = (str(error),)
        self.reset()

    def reset(self) -> None:
        self._at = 0  # samples so far
        self._sum = 0.0  # of squares, of the step that is not yet full
        self._power = 0.0
        self._clipped = False

    @property
    def badges(self) -> tuple[str, ...]:
        return self._unavailable + (("mix clips: lower the gain",) if self._clipped else ())

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._unavailable or not len(block):
            return block
        given = self._settings
        noise = noises.segment(given.kind, given.file, given.seed, self._rate, len(block), self._at)
        mix = block + (noise * self._levels(block))[:, None]
        self._clipped |= bool(np.abs(mix).max() > 1.0)
        return np.clip(mix, -1.0, 1.0)

    def flush(self) -> NDArray[np.float32]:
        self.reset()
        return np.zeros((0, self.output.width), np.float32)

    def _levels(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """The noise's amplitude for every sample [n], and on with the clock."""
        levels = np.empty(len(block), np.float32)
        ratio = 10.0 ** (-self._settings.snr / 10.0)
        begin = 0
        while begin < len(block):
            end = min(len(block), begin + self._size - self._at % self._size)
            levels[begin:end] = np.sqrt(self._power * ratio)
            self._sum += float(np.square(block[begin:end], dtype=np.float64).mean(axis=1).sum())
            self._at += end - begin
            if self._at % self._size == 0:
                weight = max(self._size / self._at, self._least)
                self._power += weight * (self._sum / self._size - self._power)
                self._sum = 0.0
            begin = end
        return levels


def build(settings: Settings, source: Format) -> Running:
    return Running(settings, source)
