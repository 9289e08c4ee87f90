"""Segmenter: speech cut out of a stream at its pauses, as it comes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from engine.activity import HOP, PAUSE, RATE, SPEECH, Activity
from engine.stretches import clean, quietest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_BEFORE = round(0.4 * RATE)
"""Samples before the first frame of speech that belong to it: soft consonants."""
_AFTER = round(0.3 * RATE)
"""The same after its last."""
_LEAST = 3
"""Frames with speech of a segment that is more than a click."""
_SPLIT = 3 * RATE
"""Samples at the end of a segment that is too long, among which the quietest place is looked for."""


class Segment:
    """A stretch of speech, which grows until it is `over`. Places are samples since the stream began."""

    def __init__(self, start: int, sound: Array, end: int, frames: int = 1) -> None:
        self.start = start
        """Where its sound begins; a cut moves it on."""
        self.end = end
        """Where its last frame with speech ends."""
        self.over = False
        self.frames = frames
        """Frames with speech."""
        self.heard = start + len(sound)
        """Where its sound ends."""
        self._sound = [sound]

    def add(self, block: Array, speech: bool) -> None:
        self._sound.append(block)
        self.heard += len(block)
        if speech:
            self.frames += 1
            self.end = self.heard

    def sound(self) -> Array:
        """Its sound [n], but for silence at its end of which a recogniser has no use."""
        return self._whole()[: max(0, min(self.heard, self.end + _AFTER) - self.start)]

    def last(self) -> Array:
        """The end of its sound, which may be what comes before the next one: no speech, unless it was a click."""
        silent = 0 if self.frames < _LEAST else self.end - self.start
        return self._whole()[max(silent, self.heard - self.start - _BEFORE) :]

    def cut(self, place: int) -> None:
        """Forget the sound before a place."""
        self._sound, self.start = [self._whole()[place - self.start :].copy()], place

    def quietest(self, start: int, stop: int) -> int:
        """The quietest place between two."""
        return self.start + quietest(self._whole(), RATE, start - self.start, stop - self.start)

    def split(self, after: int = 0) -> Segment:
        """End at the quietest place of late, and not before `after`. Returns the rest, which grows on."""
        first = max(self.start, self.heard - _SPLIT, min(after, self.heard))
        place = self.quietest(first, self.heard)
        rest = Segment(place, self._whole()[place - self.start :].copy(), max(place, self.end), _LEAST)
        self._sound = [self._whole()[: place - self.start]]
        self.heard, self.end, self.over = place, min(self.end, place), True
        return rest

    def _whole(self) -> Array:
        if len(self._sound) > 1:
            self._sound = [np.concatenate(self._sound)]
        return self._sound[0]


class Segmenter:
    """`push` sound at engine.activity.RATE; `segments` are those of speech that nobody has taken out yet."""

    def __init__(self, pause: float, activity: Callable[[Array], Array] | None = None) -> None:
        """`pause` seconds of silence end a segment.

        `activity` gives for sound the probabilities of speech, as Activity.push does. Raises ActivityError.
        """
        self.segments: deque[Segment] = deque()
        self.pause = pause
        self.heard = 0
        """Samples heard."""
        self._activity = activity or Activity().push
        self._looked = 0  # samples that were looked at, in whole frames
        self._rest: Array = np.zeros(0, np.float32)
        self._before: Array = np.zeros(0, np.float32)

    @property
    def open(self) -> Segment | None:
        """The segment that still grows."""
        return self.segments[-1] if self.segments and not self.segments[-1].over else None

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks now, or has just stopped."""
        segment = self.open
        return segment is not None and segment.heard - segment.end < _AFTER

    def push(self, block: Array) -> None:
        """More sound [n]; what is no finite number counts as silence."""
        sound = np.concatenate([self._rest, clean(block)])
        count = len(sound) // HOP
        self.heard += len(block)
        heard, self._rest = sound[: count * HOP], sound[count * HOP :]
        for number, sure in enumerate(self._activity(heard) if count else ()):
            self._frame(heard[number * HOP : (number + 1) * HOP], float(sure))

    def flush(self) -> None:
        """The stream ends: so does the segment that grows."""
        segment = self.open
        if segment is not None:
            segment.add(self._rest, False)
            self._close(segment)

    def split(self, after: int = 0) -> None:
        """Cut the segment that grows in two where it is quietest of late, and not before the sample `after`."""
        segment = self.open
        if segment is not None:
            self.segments.append(segment.split(after))

    def _frame(self, frame: Array, sure: float) -> None:
        segment = self.open
        self._looked += len(frame)
        if segment is not None:
            segment.add(frame, sure > PAUSE)
            if segment.heard - segment.end >= self.pause * RATE:
                self._close(segment)
            return
        sound = np.concatenate([self._before, frame])
        if sure > SPEECH:
            self.segments.append(Segment(self._looked - len(sound), sound, self._looked))
        else:
            self._before = sound[-_BEFORE:]

    def _close(self, segment: Segment) -> None:
        segment.over, self._before = True, segment.last()
        if segment.frames < _LEAST:
            self.segments.remove(segment)
