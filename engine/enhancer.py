"""A denoiser on sound of any rate and channels: its answer mixed as asked, and the bands that it does not know."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from engine import limits, pause, resampling
from engine.audio.wave import plausible
from engine.ratio import Ratio
from engine.wetdry import Taken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Denoiser, Mask
    from engine.limits import Options

    Array = NDArray[np.float32]

_QUICK = 3
"""Hundredths of a second to either side over which the gain of the high bands is smoothed."""
_TOP = (0.68, 0.9)
"""The topmost band that a denoiser knows, as shares of half its rate: above, the resampling filter begins."""


class Enhancer:
    """Blocks [n, channels] in, [m, channels] out; all in all as many, sample n in place of sample n.

    Each channel has a denoiser of its own. Where the sound has a higher rate than the denoiser, the bands above
    what it knows pass with the gain of its topmost band (5.4 to 7.2 kHz for one of 16 kHz), followed over time:
    they fall silent where that does, and no further than the limit lets it. Samples that are no numbers are 0.
    """

    def __init__(self, denoisers: Sequence[Denoiser], rate: float, options: Options) -> None:
        self._channels = [_Channel(each, rate, options) for each in denoisers]
        self._ready = [_Queue() for _ in denoisers]
        self.latency = self._channels[0].latency
        """Samples that must follow one before it comes out; None: all."""

    def push(self, block: Array) -> Array:
        """Never changes its argument."""
        clean = plausible(np.asarray(block, np.float32))
        return self._together([channel.push(clean[:, n]) for n, channel in enumerate(self._channels)])

    def flush(self) -> Array:
        """The rest; then as newly built."""
        return self._together([channel.flush() for channel in self._channels])

    def reset(self) -> None:
        for channel in self._channels:
            channel.reset()
        self._ready = [_Queue() for _ in self._channels]

    def mask(self) -> Mask | None:
        """That of the first channel since this was last asked."""
        masks = [channel.denoiser.mask() for channel in self._channels]
        return masks[0]

    def _together(self, parts: list[Array]) -> Array:
        for queue, part in zip(self._ready, parts, strict=True):
            queue.put(part)
        count = min(queue.count for queue in self._ready)
        return np.stack([queue.take(count) for queue in self._ready], axis=1)


class _Channel:
    """One channel. With d the noisy sound at the denoiser's rate and m the mix, both [n] and aligned:

        out = sound + up(m - d) - (1 - g) (sound - up(d))

    so that a mix without change is the sound itself, and g is the gain of what lies above the denoiser's bands.
    """

    def __init__(self, denoiser: Denoiser, rate: float, options: Options) -> None:
        self.denoiser, self._rate, self._options = denoiser, rate, options
        self._own = denoiser.rate
        self.reset()

    def reset(self) -> None:
        self.denoiser.reset()
        self._renew()

    def _renew(self) -> None:
        """As newly built, but for the denoiser, whose gains may not have been asked for yet."""
        self._dry, self._taken, self._sound = _Queue(), _Queue(), _Queue()
        self._filter, self._made = Taken(self._own, self._options), 0
        self._changed, self._low = _Queue(), _Queue()
        self._pauses = pause.curve(self._own) if self._options.keep else None
        self._top: Ratio | None = None
        self._down = self._up = self._up_low = None
        if self._rate != self._own:
            self._down = resampling.stream(self._rate, self._own, 1)
            self._up = resampling.stream(self._own, self._rate, 1)
        if self._rate > self._own:
            self._up_low = resampling.stream(self._own, self._rate, 1)
            half = self._own / 2
            self._top = Ratio(self._own, _QUICK, _gain, low=_TOP[0] * half, high=_TOP[1] * half)

    @property
    def latency(self) -> int | None:
        """In samples of the sound: the mix waits for the curve of pauses, the bands above for their gain."""
        if self.denoiser.latency is None:
            return None
        late = (self.denoiser.latency + self._filter.behind) / self._own
        late += self._pauses.behind if self._pauses else 0.0
        if self._rate != self._own:
            up = resampling.delay(self._own, self._rate) / self._own
            late += resampling.delay(self._rate, self._own) / self._rate
            late += max(up, self._top.behind if self._top else 0.0)
        return math.ceil(late * self._rate)

    def push(self, sound: Array) -> Array:
        if self._down is not None:
            self._sound.put(sound)
            sound = self._down.resample_chunk(sound)
        self._dry.put(sound)
        return self._heard(self.denoiser.push(sound))

    def flush(self) -> Array:
        parts = []
        if self._down is not None:
            rest = self._down.resample_chunk(np.zeros(0, np.float32), last=True)
            self._dry.put(rest)
            parts.append(self._heard(self.denoiser.push(rest)))
        parts.append(self._heard(self.denoiser.flush(), last=True))
        self._renew()
        return np.concatenate(parts)

    def _heard(self, wet: Array, last: bool = False) -> Array:
        """What can go out once the denoiser has given `wet`."""
        dry = self._dry.peek()[self._made - self._dry.gone :]
        if not np.isfinite(wet).all():  # lost: the sound as it came, and a new beginning
            wet = dry
            self.denoiser.reset()
        dry = dry[: len(wet)]
        if self._pauses is not None:
            self._pauses.push(dry, wet)
        self._taken.put(self._filter.push(dry - wet, last))
        self._made += len(wet)
        dry, mixed = self._mixed(last)
        if self._up is None:
            return mixed
        if self._top is not None:
            self._top.push(dry, mixed)
        self._changed.put(self._up.resample_chunk(mixed - dry, last=last))
        if self._up_low is not None:
            self._low.put(self._up_low.resample_chunk(dry, last=last))
        return self._full(last)

    def _mixed(self, last: bool) -> tuple[Array, Array]:
        """The noisy sound and the mix of the same moments, of all moments for which it can be told."""
        count, first = self._taken.count, self._taken.gone
        share: Array | float = 1.0
        if self._pauses is not None:
            if last:
                self._pauses.flush()
            count = _known(self._pauses, first, count, self._own)
            share = 1.0 - self._options.keep * self._pauses.at(first, count, self._own)
        dry, taken = self._dry.take(count), self._taken.take(count)
        return dry, np.asarray(dry - share * taken, np.float32)

    def _full(self, last: bool) -> Array:
        """The sound at its own rate, as far as all of its parts are there."""
        count, first = self._sound.count, self._sound.gone
        if last:  # resampling there and back may miss the last sample
            self._changed.put(np.zeros(max(0, count - self._changed.count), np.float32))
            self._low.put(np.zeros(max(0, count - self._low.count), np.float32))
        count = min(count, self._changed.count)
        if self._top is None:
            return self._sound.take(count) + self._changed.take(count)
        if last:
            self._top.flush()
        count = _known(self._top, first, min(count, self._low.count), self._rate)
        least = 1.0 - limits.depth(self._options, np.array([self._own / 2]))
        gain = np.maximum(self._top.at(first, count, self._rate), least.astype(np.float32))
        sound = self._sound.take(count)
        return sound + self._changed.take(count) - (1.0 - gain) * (sound - self._low.take(count))


class _Queue:
    """Samples that wait."""

    def __init__(self) -> None:
        self._samples = np.zeros(0, np.float32)
        self.gone = 0
        """How many were taken."""

    @property
    def count(self) -> int:
        return len(self._samples)

    def put(self, samples: Array) -> None:
        self._samples = np.concatenate([self._samples, samples])

    def peek(self) -> Array:
        return self._samples

    def take(self, count: int) -> Array:
        taken, self._samples = self._samples[:count], self._samples[count:]
        self.gone += len(taken)
        return taken


def _known(curve: Ratio, first: int, count: int, rate: float) -> int:
    """How many of `count` samples from `first` on lie where a curve is known."""
    return count if math.isinf(curve.known) else max(0, min(count, int(curve.known * rate) - first))


def _gain(ratio: Array) -> Array:
    return np.sqrt(np.minimum(ratio, 1.0))
