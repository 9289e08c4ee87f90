"""Monitoring: a microphone through a denoiser to headphones, a step at a time, with an account of the time."""

from __future__ import annotations

import time
from collections import deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import numpy as np

from engine.account import Account, Clock, Settings
from engine.audio.jitter import Jitter
from engine.audio.ring import Ring
from engine.audio.splice import FADE, without
from engine.blend import Glide, Path
from engine.events import Frames
from engine.running import PICTURE, Running
from engine.stages.stage import Format
from engine.trace import Key, Series

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engine.audio.port import Output
    from engine.denoisers.denoiser import Denoiser
    from engine.stages.stage import Link

    Array = NDArray[np.float32]

MOST = 0.02
"""Seconds of sound that one step takes on: commands and pictures wait for no longer one."""
BEHIND = 0.5
"""Seconds of sound that may wait for a denoiser which is too slow; beyond, the oldest is left out."""
LEFT = 0.1
"""Seconds that are then still there."""
KEPT = 30.0
"""Seconds of what was heard that can be kept."""
LOOK, LOOKS = 0.25, 6
"""Seconds that are looked at for a howl, and how many times in a row it is one."""
NOISY, ENHANCED, RESIDUAL, MASK = (Key(each) for each in ("picture", "enhanced", "residual", "mask"))
SHOWN = NOISY, ENHANCED, RESIDUAL


class Source(Protocol):
    """What hears: engine.audio.record.Recorder, or engine.audio.feed.Feed."""

    rate: int
    error: str | None

    @property
    def latency(self) -> float: ...

    @property
    def dropped(self) -> int: ...

    def read(self) -> Array: ...


class Monitor:
    """`step` does what there is to do. Whatever happens to the sound around it, the denoiser hears on.

    `told(block)` is given what is heard [n] as it is made, on the thread of `step`.
    """

    def __init__(
        self,
        source: Source,
        denoiser: Denoiser,
        port: Output,
        settings: Settings,
        picture: Link | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.source, self.denoiser, self.settings = source, denoiser, settings
        self.rate = int(denoiser.rate)
        self.path = Path(denoiser, settings.heard)
        self._volume = Glide(denoiser.rate, settings.volume)
        self.jitter = Jitter(port, denoiser.rate, settings.buffer / 1000)
        self.heard = Ring(self.rate, KEPT)
        """What was heard last."""
        self.told: Callable[[Array], None] = lambda block: None
        self._clock, self._count = clock, Clock(denoiser.rate)
        self._waiting: deque[Array] = deque()
        self._left_out = self._howling = 0
        self._most = round(self.rate * MOST)
        form = Format(float(self.rate))
        self._pictures = [Running((), form, picture, None, None, None) for _ in SHOWN] if picture else []

    @property
    def error(self) -> str:
        """Why nothing comes or goes any more; empty while all is well."""
        if self.source.error:
            return self.source.error
        return "The loudspeaker takes no more sound: it was unplugged or taken away." if self.jitter.gone() else ""

    @property
    def waiting(self) -> bool:
        """Whether there is sound that came and was not heard yet."""
        return bool(self._waiting)

    def turn(self, settings: Settings) -> None:
        """Other knobs, from the next sample on."""
        if settings.buffer != self.settings.buffer:
            self.jitter.keep(settings.buffer / 1000)
        self.path.turn(settings.heard)
        self._volume.goal = settings.volume
        self.settings = settings

    def step(self) -> bool:
        """One piece of sound, at most MOST seconds of it; False where there is none."""
        block = self.source.read()
        if len(block):
            self._waiting.extend(np.split(block, range(self._most, len(block), self._most)))
            self._keep_up()
        if not self._waiting:
            return False
        self._hear(self._waiting.popleft())
        return True

    def frames(self) -> Frames | None:
        """Samples and pictures since the last call; None without pictures."""
        if not self._pictures:
            return None
        noisy, enhanced, residual = (each.frames(self.source.dropped) for each in self._pictures)
        each_of = zip(SHOWN, (noisy, enhanced, residual), strict=True)
        series = {key: each.series.get(PICTURE) for key, each in each_of}
        shown = {key: each for key, each in series.items() if each is not None}
        mask = self.denoiser.mask()
        if mask is not None and len(mask.gains):
            shown[MASK] = Series(mask.gains, mask.rate, mask.first, "frequency", mask.rows, 0.0, 1.0)
        return Frames(
            enhanced.start, enhanced.samples, MappingProxyType(shown), (), enhanced.took, noisy.dropped, self.rate
        )

    def account(self) -> Account:
        """How it goes, since the last call."""
        count, jitter, path = self._count, self.jitter, self.path
        took, allowed, load = count.take()
        self._howling = self._howling + 1 if howls(self.heard.last(LOOK), self.rate) else 0
        return Account(
            took, allowed, load, count.overruns, count.worst,
            self.source.dropped + self._left_out, jitter.underruns, jitter.cut, jitter.filled,
            path.damaged, path.lost, jitter.drift,
            ((self.denoiser.latency or 0) + path.behind) / self.denoiser.rate, self.source.latency,
            jitter.latency - jitter.line.port.latency, jitter.line.port.latency, self.heard.total / self.rate,
            self._howling > LOOKS,
        )  # fmt: skip

    def _hear(self, piece: Array) -> None:
        began = self._clock()
        dry, heard = self.path.push(piece)
        self._count.add(self._clock() - began, len(heard))
        self.jitter.write(np.asarray(heard * self._volume.next(len(heard)), np.float32))
        self.heard.write(heard)
        self.told(heard)
        for running, sound in zip(self._pictures, (dry, heard, dry - heard), strict=False):
            running.hear(sound[:, None])

    def _keep_up(self) -> None:
        """Leave out the oldest of what waits, where the denoiser is too slow; it hears on after a crossfade."""
        waiting = sum(map(len, self._waiting))
        if waiting <= BEHIND * self.rate:
            return
        joined = np.concatenate(tuple(self._waiting))
        joined = without(joined, 0, waiting - round(LEFT * self.rate), round(FADE * self.rate))
        self._left_out += 1
        self._waiting = deque(np.split(joined, range(self._most, len(joined), self._most)))


def howls(sound: Array, rate: float) -> bool:
    """Whether a sound is loud and nearly one tone, as where a microphone hears its own loudspeaker."""
    if len(sound) < 0.1 * rate or float(np.sqrt(np.mean(sound**2))) < 0.25:
        return False
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    peak = int(power.argmax())
    return float(power[max(0, peak - 3) : peak + 4].sum()) > 0.8 * float(power.sum())
