"""The captioner: what of a stream is to be read next, and what of the readings is settled.

It reads nothing itself, and knows no clock but that of the sound: a microphone may drive it, a file, or a test.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engine.activity import RATE
from engine.agreement import agreed, beyond, key
from engine.captions import Captions, Line
from engine.segmenter import Segment, Segmenter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from engine.recognisers.recogniser import Word

    Array = NDArray[np.float32]

_QUIET = 0.25
"""Seconds of silence after which what was said is read at once, before it is a pause."""
_COVERED = 0.15
"""Seconds after the last speech that a reading must have heard to be the last one of its line."""
_LEAST = 0.5
"""Seconds of sound before anything is read."""
_KEPT = 1.5
"""Seconds of settled speech that stay in front of what is read, so that a word is heard in its sentence."""
_LOOSE = 0.4
"""Seconds after a cut in which a word may be lost, as its times are not exact."""
_OVER = 3.0
"""Seconds beyond the longest stretch after which it is cut though nothing in it is settled."""
_PIECE = RATE // 2
"""Samples that are taken in before it is looked whether a line is too long."""
_BRIEF = 0.01
"""Seconds that a word lasts at the least."""
_COUNTED = 500
"""Words of late over which latency is told."""
_WORDS = 30
"""Words after which a line without a pause is broken where a part of it was left behind."""


@dataclass(frozen=True, eq=False)
class Reading:
    """Sound [n] at RATE that is to be read; beginning at `start` seconds. After the `last` its line is done."""

    sound: Array
    start: float
    last: bool
    segment: Segment


@dataclass(eq=False)
class _Seen:
    """A word that is shown, since when, and how much of that delay a reading took."""

    key: str
    at: float
    took: float


class Captioner:
    """Give it sound by `hear`; read what `next` gives and `take` the words. `captions` are what is shown."""

    def __init__(
        self,
        interval: float = 0.4,
        pause: float = 0.6,
        longest: float = 8.0,
        activity: Callable[[Array], Array] | None = None,
    ) -> None:
        """All in seconds. Raises ActivityError."""
        self.interval, self.longest = interval, longest
        self.partial = True
        """Whether a line is read before it ends."""
        self.note = ""
        self._segmenter = Segmenter(pause, activity)
        self._lines: tuple[Line, ...] = ()
        self._words: list[Word] = []  # settled, of the line that is being said
        self._stop = 0.0  # where the last settled word ends
        self._inside = 0  # so many of them, the last ones, lie in the sound that is read
        self._loose = 0.0  # until then their sound may be cut off
        self._found: tuple[Word, ...] = ()  # the last reading, beyond what is settled
        self._seen: list[_Seen] = []
        self._read = 0.0  # until then the sound was read
        self._tried = -1.0  # where the sound ended that was read last
        self._late: deque[float] = deque(maxlen=_COUNTED)
        self._took: deque[float] = deque(maxlen=_COUNTED)
        self._settled: deque[float] = deque(maxlen=_COUNTED)
        self._delays: list[tuple[float, float] | None] = [None, None, None]  # of each of these, p50 and p95

    @property
    def heard(self) -> float:
        """Seconds of sound heard: now, on the clock of the stream."""
        return self._segmenter.heard / RATE

    @property
    def done(self) -> bool:
        """Whether nothing waits to be read."""
        return not self._segmenter.segments

    @property
    def backlog(self) -> float:
        """Seconds of speech of lines that are over and not read to their end."""
        return sum((each.heard - each.start) / RATE for each in self._segmenter.segments if each.over)

    def keep(self, pause: float) -> None:
        """Another pause ends a line from now on."""
        self._segmenter.pause = pause

    def hear(self, sound: Array) -> None:
        """More sound [n] at RATE."""
        for start in range(0, len(sound), _PIECE):
            self._segmenter.push(sound[start : start + _PIECE])
            segment = self._segmenter.open
            most = self.longest + _OVER * self.partial
            if segment is not None and segment.heard - segment.start > most * RATE:
                self._segmenter.split(round(self._stop * RATE))

    def flush(self) -> None:
        """The sound ends here; what was said is still to be read."""
        self._segmenter.flush()

    def next(self) -> Reading | None:
        """What is to be read now; None while nothing is."""
        while self._segmenter.segments:
            segment = self._segmenter.segments[0]
            if not segment.over:
                return self._partial(segment)
            ends = segment.heard / RATE
            if min(segment.end / RATE + _COVERED, ends) <= self._tried and not self._beyond(segment):
                self._finish()
                continue
            return Reading(segment.sound(), segment.start / RATE, True, segment)
        return None

    def take(self, reading: Reading, words: Sequence[Word], took: float = 0.0) -> None:
        """What was read, on the clock of its sound; that took so many seconds. Readings are taken as they came."""
        now, segment = self.heard, reading.segment
        moved = tuple(
            replace(word, start=word.start + reading.start, stop=word.stop + reading.start) for word in words
        )
        inside = self._words[len(self._words) - self._inside :]
        loose = sum(word.stop < self._loose for word in inside)
        away = [abs(stop - self._stop) for stop in (reading.start, *(word.stop for word in moved))]
        known = beyond([word.text for word in inside], [word.text for word in moved], loose, away)
        self._read = self._tried = reading.start + len(reading.sound) / RATE
        before, self._found = self._found, placed(moved[known:], self._stop, self._read)
        self._show(now, took)
        if reading.last:
            self._finish()
            return
        count = agreed([word.text for word in before], [word.text for word in self._found])
        if self._read < segment.end / RATE + _QUIET - 0.05:
            count = min(count, len(self._found) - 1)  # the word that is being said may still become another
        self._settle(0 if self._beyond(segment) else max(0, count), now)
        self._cut(segment)

    def leave(self) -> tuple[Line, ...]:
        """Take away the lines that are done: they are no longer among the captions."""
        lines, self._lines = self._lines, ()
        return lines

    def captions(self) -> Captions:
        """What is shown at this moment."""
        late, took, settled = self._delays
        return Captions(
            self._lines,
            tuple(self._words),
            self._found,
            self.heard,
            self._segmenter.speaking,
            self._waiting(),
            late,
            settled,
            self.note,
            took,
        )

    def _beyond(self, segment: Segment) -> bool:
        """Whether more was read than a segment holds, which was split since: the next one has it, too."""
        return self._tried > segment.heard / RATE + 0.5 / RATE

    def _waiting(self) -> float:
        """Seconds that were heard since speech was last read; none where nobody speaks."""
        if not self._segmenter.segments:
            return 0.0
        first = self._segmenter.segments[0]
        begun = max(first.start / RATE, self._read)
        return max(0.0, max(each.end for each in self._segmenter.segments) / RATE - begun)

    def _partial(self, segment: Segment) -> Reading | None:
        """A reading of the line that is being said, if it is time for one."""
        if not self.partial:
            return None
        end, spoken = segment.heard / RATE, segment.end / RATE
        quiet = end - spoken >= _QUIET
        fresh = end - max(self._read, segment.start / RATE)
        if quiet and self._tried >= spoken + _COVERED:
            return None  # nothing was said since
        if end - segment.start / RATE < _LEAST or (fresh < self.interval and not quiet):
            return None
        return Reading(segment.sound(), segment.start / RATE, False, segment)

    def _show(self, now: float, took: float) -> None:
        """Remember since when each tentative word has stood where it stands."""
        keys = [key(word.text) for word in self._found]
        kept = [
            old if old is not None and old.key == text else _Seen(text, now, took)
            for text, old in zip(keys, [*self._seen, *[None] * len(keys)], strict=False)
        ]
        self._seen = kept[: len(keys)]

    def _settle(self, count: int, now: float) -> None:
        """The first tentative words are settled from now on."""
        for word, seen in zip(self._found[:count], self._seen, strict=False):
            self._words.append(word)
            self._stop = word.stop
            self._late.append(max(0.0, seen.at - word.stop))
            self._took.append(seen.took)
            self._settled.append(max(0.0, now - word.stop))
        if count:  # not each time that captions are asked for, which is far more often
            self._delays = [_shares(each) for each in (self._late, self._took, self._settled)]
        self._inside += count
        self._found, self._seen = self._found[count:], self._seen[count:]

    def _finish(self) -> None:
        """The first segment is read to its end: all of it is settled, and the line is done."""
        self._settle(len(self._found), self.heard)
        self._break(len(self._words))
        self._segmenter.segments.popleft()
        self._inside, self._loose, self._tried = 0, 0.0, -1.0

    def _break(self, count: int) -> None:
        """The first words of the line become a line of their own."""
        if count:
            self._lines = (*self._lines, Line(tuple(self._words[:count])))
            del self._words[:count]

    def _cut(self, segment: Segment) -> None:
        """Leave settled sound behind where there is too much to be read again and again."""
        inside = self._words[len(self._words) - self._inside :]
        if segment.heard - segment.start < self.longest * RATE or len(inside) < 2:
            return
        first = segment.start + (segment.heard - segment.start) // 4
        last = round((inside[-1].stop - _KEPT) * RATE)
        if last - first < RATE // 2:
            return
        place = segment.quietest(first, last)
        segment.cut(place)
        gone = sum(word.stop <= place / RATE - _LOOSE for word in inside)
        self._inside -= gone
        self._loose = place / RATE + _LOOSE
        self._part(len(self._words) - self._inside)

    def _part(self, gone: int) -> None:
        """Break a long line where its sound was left behind: at the end of a sentence, else anywhere."""
        ends = [place for place in range(1, gone + 1) if self._words[place - 1].text[-1:] in ".?!"]
        if ends:
            self._break(ends[-1])
        elif gone >= _WORDS:
            self._break(gone)


def placed(words: Sequence[Word], start: float, stop: float) -> tuple[Word, ...]:
    """Words in order between two times, none over the next, each of some length: readings tell times that differ.

    Where there is no room for all of them they go on beyond `stop`.
    """
    found: list[Word] = []
    for left, word in zip(range(len(words) - 1, -1, -1), words, strict=True):
        start = max(start, min(word.start, stop - (left + 1) * _BRIEF))
        found.append(replace(word, start=start, stop=max(start + _BRIEF, min(word.stop, stop - left * _BRIEF))))
        start = found[-1].stop
    return tuple(found)


def _shares(values: Sequence[float] | deque[float]) -> tuple[float, float] | None:
    """p50 and p95; None without any."""
    return (float(np.percentile(values, 50)), float(np.percentile(values, 95))) if len(values) else None
