"""The mix of what a denoiser gives and what it was given: aligned to the sample, and changed without a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine import pause
from engine.audio.wave import implausible, plausible
from engine.limits import Options
from engine.wetdry import GLIDE, Taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Denoiser
    from engine.ratio import Ratio

    Array = NDArray[np.float32]


class Glide:
    """A factor that follows its goal sample by sample, so that blocks of any size give the same."""

    def __init__(self, rate: float, value: float = 1.0) -> None:
        self.goal = value
        self._now = value
        self._slope = 1.0 / (GLIDE * rate)

    def next(self, count: int) -> Array | float:
        """The factors [count] of the next samples; one number where all are the same."""
        way = self.goal - self._now
        if way == 0.0:
            return self._now
        steps = np.arange(1, count + 1) * self._slope
        values = self._now + np.sign(way) * np.minimum(steps, abs(way))
        self._now = float(values[-1]) if count else self._now
        return values.astype(np.float32)


class Path:
    """A denoiser and the mix. What is mixed never touches what the denoiser remembers: no knob can reset it.

    Damaged samples (no numbers, or beyond any sound) are taken as 0 and counted in `damaged`. Where the denoiser
    itself gives no numbers, the sound as it came is heard, the denoiser begins anew, and `lost` counts that.

    The background is kept in pauses by what has been heard alone (engine/pause.py), without a further delay: it
    comes back later than in a file, and goes when speech has begun already.
    """

    def __init__(self, denoiser: Denoiser, options: Options | None = None) -> None:
        options = options or Options()
        self.denoiser = denoiser
        self.damaged = self.lost = 0
        self._taken = Taken(denoiser.rate, options)
        self._keep = Glide(denoiser.rate, options.keep)
        self._pauses: Ratio | None = None
        self._since = 0  # the sample from which on they are looked for
        self._dry = np.zeros(0, np.float32)
        self._gone = self._made = 0  # samples that came out, and that the denoiser has given

    @property
    def behind(self) -> int:
        """Samples that the mix is later than the denoiser."""
        return self._taken.behind

    def turn(self, options: Options) -> None:
        """From the next sample on, glide to these."""
        self._taken.turn(options)
        self._keep.goal = options.keep

    def push(self, block: Array) -> tuple[Array, Array]:
        """Samples [n] in; what went in and what is heard of the same moments, both [m]."""
        clean = plausible(np.asarray(block, np.float32))
        if clean is not block:
            self.damaged += implausible(block)
        self._dry = np.concatenate([self._dry, clean])
        return self._mixed(self.denoiser.push(clean))

    def flush(self) -> tuple[Array, Array]:
        """What is still inside, as if the sound ended here."""
        return self._mixed(self.denoiser.flush(), last=True)

    def _mixed(self, wet: Array, last: bool = False) -> tuple[Array, Array]:
        dry = self._dry[self._made - self._gone :]
        if not np.isfinite(wet).all():
            self.lost += 1
            self.denoiser.reset()
            wet = dry  # what was inside is gone with it
        dry = dry[: len(wet)]
        taken = self._taken.push(dry - wet, last)
        kept = self._kept(dry, wet, len(taken))
        self._made += len(wet)
        self._gone += len(taken)
        dry, self._dry = self._dry[: len(taken)], self._dry[len(taken) :]
        return dry, np.asarray(dry - (1.0 - kept) * taken, np.float32)

    def _kept(self, dry: Array, wet: Array, count: int) -> Array | float:
        """The share of what was taken that is kept, for the next `count` samples, told what came just now."""
        keep, rate = self._keep.next(count), self.denoiser.rate
        if isinstance(keep, float) and keep == 0.0:
            self._pauses = None
            return 0.0
        if self._pauses is None:
            self._pauses, self._since = pause.live(rate), self._made
        self._pauses.push(dry, wet)
        return keep * self._pauses.at(self._gone - self._since - pause.lag(rate), count, rate)
