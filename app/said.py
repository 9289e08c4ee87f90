"""What was said in captions: heard again, and corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.clip import from_array
from engine.correction import corrected, put

if TYPE_CHECKING:
    from app.labelled import Labelled
    from app.playing import Playing
    from app.takes import Takes
    from engine.captions import Captions
    from engine.clip import Clip, Label
    from engine.recognisers.recogniser import Word
    from engine.session import Session

AROUND = 0.15
"""Seconds before and after a line that are heard as it is corrected."""


class Said:
    """The words are those of the session; their sound is a clip, or what `takes` have of the microphone."""

    def __init__(self, session: Session, playing: Playing, takes: Takes) -> None:
        self.session, self.playing, self.takes = session, playing, takes
        self.sound: tuple[Clip, float] | None = None
        """What was captioned, and where on it captions began, in seconds."""
        self.whole: Labelled | None = None
        """The clip that was transcribed last."""

    @property
    def language(self) -> str:
        """In which captions were spoken, where that is told of their clip."""
        return self.sound[0].language if self.sound is not None else ""

    def correct(self, word: Word, text: str) -> None:
        """Another text instead of a word that was heard."""
        clip, whole = self.session.state.clip, self.whole
        if whole is None or clip is None or clip.id != whole.read.clip_id:
            self.session.set("corrections", put(self.session.state.corrections, word, text))
        else:
            self.session.set("clip", whole.correct(clip, word, text))

    def corrected(self) -> Captions | None:
        """The captions with what was corrected in them."""
        state = self.session.state
        return corrected(state.captions, state.corrections) if state.captions is not None else None

    def loop(self, start: float, stop: float) -> None:
        """Repeat what was heard between two times of the captions, unless a microphone would hear it."""
        found = self.sound if self.session.state.origin is not None else self.takes.find(start)
        if self.sound is None or found is None:
            return
        clip, first = found
        begin, end = (round((first + each) * clip.rate) for each in (start - AROUND, stop + AROUND))
        sound = clip.read(max(0, begin), end)
        if len(sound):
            self.playing.sample(from_array(sound, clip.rate, "the line"), loop=True)

    def hear(self, label: Label) -> None:
        """Repeat a word of the clip that was transcribed, while its label is written anew."""
        if self.whole is not None and label.tier == self.whole.tier:
            self.loop(label.start, label.end)

    def hush(self) -> None:
        self.playing.hush()
