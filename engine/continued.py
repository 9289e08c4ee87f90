"""Captions that go on below those of before: a talk after its break, or a microphone that was plugged in again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.captions import Captions, Line

if TYPE_CHECKING:
    from engine.recognisers.recogniser import Word


class Continued:
    """Puts captions below `before`; their times go on from the seconds that were heard by then."""

    def __init__(self, before: Captions) -> None:
        rest = (Line(before.words),) if before.words else ()
        self.start = before.heard
        self.before = Captions((*before.lines, *rest), heard=before.heard)
        """What is settled of them."""
        self._lines, self._read = self.before.lines, 0

    def __call__(self, captions: Captions) -> Captions:
        """Both. A line of `captions` is moved once: lines that were told never change."""
        fresh = captions.lines[self._read :]
        if fresh:
            self._lines = (*self._lines, *(Line(self._later(line.words)) for line in fresh))
            self._read = len(captions.lines)
        return replace(
            captions, lines=self._lines, words=self._later(captions.words),
            tentative=self._later(captions.tentative), heard=self.start + captions.heard,
        )  # fmt: skip

    def _later(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        return tuple(replace(each, start=self.start + each.start, stop=self.start + each.stop) for each in words)
