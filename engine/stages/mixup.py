"""Mixup: another clip in the sound, at the shares in which training mixes two examples."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine import asset, noises
from engine.blocks import StageError
from engine.dsp import mixed_sound
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.stages.stage import Format, Role

ROLE: Role = "sound"
TWIN = ""


@dataclass(frozen=True)
class Settings(Base):
    share: float = knob(
        0.5,
        0.0,
        1.0,
        step=0.01,
        help="Lambda: this clip, with 1 - lambda of the other. Training draws it from Beta(alpha, alpha) "
        "and weighs the two losses by it. Zhang et al. 2018, arXiv 1710.09412.",
    )
    partner: str = knob("speech-1", choices=(*asset.clips(), "file"), help="The other clip, from its beginning.")
    file: str = knob("", file=True, help="Your own clip, used where partner is file; of a long one, a minute.")
    start: float = knob(0.0, 0.0, 1e6, hidden=True, unit="s", help="Where in the other clip the sound begins.")


class Mixup:
    """y[n] = λ x[n] + (1 - λ) b[n], as long as the sound itself; b is silent when it is over."""

    def __init__(self, settings: Settings, source: Format) -> None:
        self.lookahead = 0
        self.output = source
        self.badges: tuple[str, ...] = ()
        self._share = settings.share
        rate = round(source.rate)
        self._begin = self._at = round(settings.start * rate)
        try:
            self._other = other(settings.partner, settings.file, rate)
        except StageError as error:
            self._other, self._share, self.badges = np.zeros(0, np.float32), 1.0, (str(error),)

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        part = self._other[self._at : self._at + len(block)]
        self._at += len(block)
        return np.stack([mixed_sound(channel, part, self._share) for channel in block.T], axis=1)

    def flush(self) -> NDArray[np.float32]:
        self.reset()
        return np.zeros((0, self.output.width), np.float32)

    def reset(self) -> None:
        self._at = self._begin


def build(settings: Settings, source: Format) -> Mixup:
    return Mixup(settings, source)


def moved(settings: Settings, start: float) -> Settings:
    """The same mix for a sound that begins `start` seconds later."""
    return settings.but(start=settings.start + start)


@functools.lru_cache(maxsize=4)
def other(partner: str, file: str, rate: int) -> NDArray[np.float32]:
    """The other clip as mono [n] at `rate`. Raises StageError that names a file which cannot be read."""
    import soxr

    if partner == "file":
        samples, source = noises.read_file(file)
    else:
        clip = asset.open_bundled(partner)
        samples, source = clip.read().mean(axis=1), clip.rate
    found = samples if source == rate else soxr.resample(samples, source, rate, quality="HQ")
    return np.asarray(found, np.float32)
