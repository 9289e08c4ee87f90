"""The melody that a network has made, as a piano roll, and behind it what the network expected at each note."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF

from widgets import axis, theme
from widgets.lane import Lane, Reading, Tick
from widgets.roll import Note, keys_of, paint_keys, paint_notes, pitch_of

if TYPE_CHECKING:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QWidget

    from engine.events import Composed
    from engine.session import Session
    from engine.trace import Trace

TITLE = "Melody"
LANE = True
LEFT_OUT = AUTO = True
ORDER = 38
_LEAST = 0.02
"""How probable a note has to be to be shaded."""
_NONE = "No melody here: let the network make one, from notes that you give it or from none."


class View(Lane):
    """Bars are what the network has drawn, frames what it was given; hatched is wrong, dashed would be right."""

    TITLE = TITLE
    WEIGHT = 8
    ABOUT = (
        "Each note as a bar, pitch upward; frames are the notes that were given. Shaded: how probable the network "
        "found each note before one was drawn. Where the melody answers a question, a hatched note is not the "
        "answer, and a dashed frame is."
    )

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._melody: Composed | None = None
        self._chances = np.zeros((0, 0))
        self._pitches: tuple[int, ...] = ()
        self.keys = keys_of(())
        self.watch("melodies", "network")

    def fits(self, trace: Trace) -> bool:
        return self.session.state.melody is not None

    def refresh(self) -> None:
        """What is drawn: `_chances` [N, C] are those of the network, whatever the settings."""
        melody = None if self.live else self.session.state.melody
        self._melody = melody
        self.header.set_badge("")
        if melody is None:
            self._chances = np.zeros((0, 0))
            self.say(_NONE, "generate")
            return
        self.say("")
        self._pitches = tuple(pitch_of(name) or 0 for name in melody.names)
        self.keys = keys_of(each for each in self._pitches if each)
        odds = np.exp(melody.logits - melody.logits.max(axis=1, keepdims=True))
        self._chances = odds / odds.sum(axis=1, keepdims=True)
        right, asked = melody.right
        words = [f"{len(melody.notes)} notes"]
        words += [f"{melody.given} given"] if melody.given else []
        words += [f"answers {right} of {asked}"] if asked else []
        self.header.set_badge("<br>".join(words))

    def paint(self, painter: QPainter, area: QRectF) -> None:
        paint_keys(painter, area, self.keys)
        melody = self._melody
        if melody is None:
            return
        self._shade(painter, area, melody)
        notes = [self._note(melody, place, note) for place, note in enumerate(melody.notes)]
        wrong = {
            place: note
            for place, note in melody.answers.items()
            if melody.given <= place < len(notes) and melody.notes[place] != note
        }
        x = self.axis().x
        made = [note for place, note in enumerate(notes) if place >= melody.given and place not in wrong]
        paint_notes(painter, area, notes[: melody.given], self.keys, x, "frame")
        paint_notes(painter, area, made, self.keys, x)
        paint_notes(painter, area, [notes[place] for place in wrong], self.keys, x, "hatched")
        missed = [self._note(melody, place, note) for place, note in wrong.items()]
        paint_notes(painter, area, missed, self.keys, x, "dashed")

    def ticks(self, area: QRectF) -> list[Tick]:
        return [Tick(share, name) for share, name in self.keys.marks(area.height())] if self._melody else []

    def scale(self) -> object:
        return self.keys, self._melody is None

    def read(self, point: QPointF) -> Reading | None:
        time, melody = self.axis().time(point.x()), self._melody
        if melody is None:
            return super().read(point)
        place, area = melody.at(time), self.area()
        pitch = self.keys.pitch((point.y() - area.top()) / area.height())
        under = self._pitches.index(pitch) if pitch in self._pitches else melody.notes[place]
        words = [f"note {place + 1}", melody.names[under], f"{100 * self._chances[place, under]:.1f} %"]
        if under == melody.notes[place]:
            words.append("given" if place < melody.given else "drawn")
        return Reading(time, "   ".join([*words, axis.clock(time)]), float(self._chances[place, under]))

    def _note(self, melody: Composed, place: int, note: int) -> Note:
        start = melody.start(place)
        return Note(start + 0.04 * melody.beat, start + 0.96 * melody.beat, self._pitches[note])

    def _shade(self, painter: QPainter, area: QRectF, melody: Composed) -> None:
        """Every note that was probable, as dark as it was."""
        x, row, palette = self.axis().x, area.height() / self.keys.count, theme.current()
        span = self.span()
        first, last = melody.at(span.start), melody.at(span.stop)
        for place in range(first, last + 1):
            left, right = x(melody.start(place)), x(melody.start(place + 1))
            for note in np.flatnonzero(self._chances[place] > _LEAST).tolist():
                top = area.top() + (self.keys.high - self._pitches[note]) * row
                ink = palette.colour("accent", round(0.05 + 0.4 * float(self._chances[place, note]), 2))
                painter.fillRect(QRectF(left, top, right - left, row), ink)
