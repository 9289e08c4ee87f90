"""Word sets: the words that a spotter calls, who says them, and what it hears besides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import dealing, recordings, utterance

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, eq=False)
class WordSet:
    """The words of a spotter; `labels` are what the data set `recorded`, in which people say them, calls them.

    `spelt` is what in a text gives a word away: a pattern of whole words. `alike` is what sounds like one of
    them or is a part of it, and `heard` are the data sets of other speech. `voices` are the synthetic voices of
    training at most, `held` those that are never trained on. `people` names the speakers of validation and test;
    where it names none, nobody knows who speaks, and recordings are dealt by their names. `high` is the highest
    frequency, in hertz, that all recordings have.
    """

    words: tuple[str, ...]
    labels: tuple[str, ...]
    spelt: str
    alike: tuple[str, ...]
    recorded: str
    heard: tuple[str, ...]
    voices: int
    held: Mapping[str, tuple[str, ...]]
    people: Mapping[str, tuple[str, ...]]
    high: float
    most: int = 2
    more: float = 0.35
    """Words in a stream of training at most, and the chance that one more is said: short words are many."""
    spliced: float = 0.0
    """Share of other speech that is the beginning of one recorded word and the end of another: who has heard some
    people say nothing but the words takes their voices and microphones for a word."""

    def within(self, text: str) -> bool:
        """Whether one of the words, or a part of one, is in a text."""
        return re.search(rf"(?<![a-z])({self.spelt})(?![a-z])", text.lower()) is not None

    def word(self, row: recordings.Row) -> str:
        """What is said in a recording; "" where it is none of the words."""
        return dict(zip(self.labels, self.words, strict=True)).get(row.label, "")

    def split(self, row: recordings.Row) -> str:
        """Into which split a recording of a word falls."""
        if not self.people:
            return dealing.split(f"{row.path.parent.name}/{row.path.stem}")
        return next((name for name, people in self.people.items() if row.speaker in people), "train")


_STUDIOS, _VOICES = ("read_arctic_kathleen", "prompts_asterisk_en"), ("voices_packages", "voices_speech")
_WAKE = ("alexa", "computer", "jarvis", "smart mirror", "snowboy", "view glass")
WAKE = WordSet(
    words=_WAKE,
    labels=_WAKE,
    spelt="alexa|computer|jarvis|smart|mirror|snowboy|view|glass",
    alike=(
        "alex", "lexus", "electric", "commuter", "compute", "jar of", "service", "smart", "mirror", "smart meter",
        "snow", "boy", "no boy", "view", "glass", "new class",
    ),
    recorded="keywords_picovoice",
    heard=(*_STUDIOS, "digits_fsdd", *_VOICES),
    voices=16,
    held={"valid": ("espeak en-us+m1",), "test": ("flite rms",)},
    people={},
    high=7600.0,
)  # fmt: skip
DIGITS = WordSet(
    words=utterance.WORDS,
    labels=utterance.DIGITS,
    # Sixty holds a six; who says won, ate, too or fore has said a digit. To and for are not said like one.
    spelt=f"({'|'.join(utterance.WORDS)})(s|th|h|ty|y|teen|een)?|won|ate|too|fore",
    alike=(
        "hero", "zeal", "the row", "wonder", "want", "run", "none", "tooth", "tune", "do", "who", "tree", "free",
        "thread", "the", "fort", "before", "door", "fine", "drive", "find", "fix", "sick", "sits", "heaven",
        "several", "savage", "late", "great", "wait", "mine", "night", "line", "nice",
    ),
    recorded="digits_fsdd",
    heard=(*_STUDIOS, "keywords_picovoice", *_VOICES),
    voices=32,
    held={
        "valid": ("espeak en-us+m1", "espeak en-029+f1", "espeak en-gb-scotland+f4"),
        "test": ("flite rms", "espeak en-us+f5"),
    },
    # Of five speakers, the one whom digit networks that had not heard him understood worst, and one of the others.
    people={"test": ("george", "theo")},
    high=3800.0,
    most=5,
    more=0.65,
    spliced=0.1,
)  # fmt: skip
SETS = {"wake": WAKE, "digits": DIGITS}
