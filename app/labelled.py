"""A clip that was transcribed: its words are its labels, and captions as long as nothing else is said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.captions import Captions, Line
from engine.clip import Label
from engine.recognisers.recogniser import Word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.captioned import Transcribed
    from engine.clip import Clip

WORD, READ = "word", "read"
"""The tier of the words that were read; another one where there are words that somebody has written down."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """What was read of a clip, and the tier of its labels."""

    read: Transcribed
    tier: str

    @staticmethod
    def of(read: Transcribed, clip: Clip, before: Labelled | None) -> Labelled:
        """Words that lie beside the sound from elsewhere are what was said: they stay."""
        known = before is not None and before.read.clip_id == clip.id
        return Labelled(read, WORD if known or not clip.text(WORD) else READ)

    def put(self, clip: Clip) -> Clip:
        """The clip with its words for labels."""
        others = (each for each in clip.labels if each.tier != self.tier)
        return replace(clip, labels=(*others, *labels_of(self.read.lines, self.tier)))

    def captions(self, clip: Clip) -> Captions:
        """What its labels say, whoever has changed them."""
        mine = (each for each in clip.labels if each.tier == self.tier)
        return Captions(lines_of(mine, self.read.lines), heard=clip.seconds)

    def correct(self, clip: Clip, word: Word, text: str) -> Clip:
        """With another text for the label of a word; without that label where it is empty."""
        new = " ".join(text.split())
        mine = [each for each in clip.labels if each.tier == self.tier]
        at = next((each for each in mine if (each.start, each.text) == (word.start, word.text)), None)
        if at is None:
            return clip
        instead = (replace(at, text=new),) if new else ()
        labels = tuple(other for each in clip.labels for other in (instead if each is at else (each,)))
        return replace(clip, labels=labels)


def labels_of(lines: Iterable[Line], tier: str) -> tuple[Label, ...]:
    """A label for each word."""
    return tuple(Label(word.start, word.stop, word.text, tier) for line in lines for word in line.words)


def lines_of(labels: Iterable[Label], read: Iterable[Line]) -> tuple[Line, ...]:
    """Labels as lines that part where those that were read do; an unchanged word has its confidence."""
    known = {(word.start, word.text): word for line in read for word in line.words}
    ends = [line.words[-1].stop for line in read if line.words]
    found: list[list[Word]] = [[]]
    for each in sorted(labels, key=lambda label: label.start):
        while ends and each.start >= ends[0] - 1e-6:
            del ends[0]
            found.append([])
        same = known.get((each.start, each.text))
        found[-1].append(replace(same or Word(each.start, each.end, each.text), stop=each.end))
    return tuple(Line(tuple(words)) for words in found if words)
