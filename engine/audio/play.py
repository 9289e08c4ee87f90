"""Playback: lanes that can be switched, looped and sought without a gap, heard through a device or in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.audio.feeder import Feeder, Wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from engine.audio.device import Device
    from engine.audio.ring import Level
    from engine.clip import Clip
    from engine.session import Span


class Player:
    """Plays one of several lanes. Every method returns at once: a feeder thread does the work, in order.

    Without a device, or when it vanishes, `error` says why, and playing goes on in silence by the clock.
    """

    def __init__(self, device: Wanted = None, rate: int | None = None) -> None:
        """`rate` is asked of the device; None for the device's own."""
        self._feeder = Feeder(device, rate)
        self._names: tuple[str, ...] = ()
        self._heard = ""
        self._volume = 1.0

    def load(
        self, lanes: Mapping[str, Clip], starts: Mapping[str, float] | None = None, left: Collection[str] = ()
    ) -> None:
        """Play these clips, made as loud as the first but for those `left` as they are.

        `starts`: seconds at which one begins on the time line. The position is kept, and while playing the new
        sound fades in: this is what a knob does.
        """
        clips, begin = dict(lanes), dict(starts or {})
        self._names = tuple(clips)
        if self._heard not in clips:
            self._heard = next(iter(clips), "")
        heard, kept = self._heard, frozenset(left)
        self._feeder.do(lambda: self._feeder.load(clips, begin, heard, kept))

    def play(self, at: float | None = None) -> None:
        """Play on, or from `at` seconds. At the end, or outside the loop, it begins anew."""
        if not self._names:
            return
        target = None if at is None else self._feeder.aim(at)
        self._feeder.do(lambda: self._feeder.play(target), playing=True)

    def pause(self) -> None:
        """Fade out and stay."""
        self._feeder.do(self._feeder.pause, playing=False)

    def seek(self, at: float) -> None:
        """Go to `at` seconds, playing or not."""
        target = self._feeder.aim(at)
        self._feeder.do(lambda: self._feeder.seek(target))

    def scrub(self, at: float) -> None:
        """Go to `at` seconds and, unless playing, let a moment of it be heard."""
        self.seek(at)
        if not self.playing and self._names:
            self._feeder.do(self._feeder.scrub)

    def loop(self, span: Span | None) -> None:
        """Repeat a stretch, exact to the sample; None for none."""
        self._feeder.do(lambda: self._feeder.loop(span))

    def choose(self, name: str) -> None:
        """Hear another lane, at the same place. Raises KeyError, which names those there are."""
        if name not in self._names:
            raise KeyError(f"there is no lane {name!r}; there are: {', '.join(self._names) or 'none'}")
        self._heard = name
        self._feeder.do(lambda: self._feeder.choose(name))

    def switch(self, device: Wanted) -> None:
        """Play through another device; where it cannot be opened, `error` says so and the one before plays on."""
        self._feeder.do(lambda: self._feeder.switch(device))

    def close(self) -> None:
        """End the thread and give the device back."""
        self._feeder.close()

    @property
    def names(self) -> tuple[str, ...]:
        """The lanes, as loaded."""
        return self._names

    @property
    def heard(self) -> str:
        """The lane that is chosen."""
        return self._heard

    @property
    def volume(self) -> float:
        """Factor on the amplitude, 0 to 1."""
        return self._volume

    @volume.setter
    def volume(self, value: float) -> None:
        volume = self._volume = min(1.0, max(0.0, value))
        self._feeder.do(lambda: self._feeder.set_volume(volume))

    @property
    def playing(self) -> bool:
        return self._feeder.playing

    @property
    def position(self) -> float:
        """Seconds: where the ear is."""
        return self._feeder.position()

    @property
    def level(self) -> Level:
        """(RMS, peak) in dB of full scale, and the clip light."""
        return self._feeder.level()

    @property
    def error(self) -> str | None:
        """What went wrong last and what to do; None once it is mended."""
        return self._feeder.error

    @property
    def device(self) -> Device | None:
        """What it plays through; None at rest and in silence."""
        return self._feeder.device

    @property
    def underruns(self) -> int:
        """How often the device had to wait for sound."""
        return self._feeder.underruns
