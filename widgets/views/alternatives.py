"""The lattice: under each word of the text what else it may have been, and how likely that is."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QMenu

from engine.clip import Label
from widgets import axis, relabel, theme
from widgets.kept import Kept
from widgets.lane import LOWEST, Lane, Reading, Tick
from widgets.search import Frames, known, missing, tier

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QWidget

    from engine.hypothesis import Alternative
    from engine.session import Session

TITLE = "Alternatives"
LANE = True
LEFT_OUT = True
ORDER = 84
ROW = 18
MOST = 5
"""Words that are shown of a slot."""
_ROOM = 4 * ROW + 4
_NOTHING = "∅"
"""How it is written that no word was said."""
_APART = 3
_ROOMY = 12
"""Pixels of a column from which its words can be told."""
_LEAST = 0.02
"""How likely a word has to be that is shown where none was read."""


class Slot(NamedTuple):
    """Words that exclude each other from `start` to `stop`, in seconds of the clip."""

    start: float
    stop: float
    words: tuple[Alternative, ...]


class View(Lane):
    """A column for each word, the likeliest on top; a click writes another into the labels of the clip."""

    TITLE = TITLE
    WEIGHT = 3
    ABOUT = (
        "Under each word what else may have been said there, the likeliest on top, with its share of all that the "
        "search has kept; ∅ stands for no word at all. A click writes a word into the labels of the clip, which "
        "can be undone; a frame marks what stands there. By keys: Return asks for the words at the cursor."
    )
    WATCHED = (*Lane.WATCHED, "searched", "network")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.slots: list[Slot] = []
        self.menu = QMenu(self)
        self._kept = Kept(self)
        self.canvas.setToolTip("Click a word: it is written into the labels. Ctrl+Z takes it back.")

    def refresh(self) -> None:
        self._kept.forget()
        found = known(self.session.state)
        slots = found.lattice.slots if found is not None else ()
        if found is None or not slots:
            self.slots = []
            self.header.set_badge("")
            none = found is not None and not found.note
            self.say("Nothing was read in this sound." if none else missing(self.session.state))
            return
        self.say("")
        frames = Frames.of(found, self.session.state, self.clip_time)
        self.slots = [
            Slot(frames.begin(each.start), frames.begin(each.stop), each.alternatives[:MOST])
            for each in slots
            if each.alternatives[0].text or max(word.posterior for word in each.alternatives[1:]) >= _LEAST
        ]
        said = [each for each in self.slots if each.words[0].text]
        sure = sum(each.words[0].posterior > 0.9 for each in said)
        self.header.set_badge(f"{len(said)} words<br>{sure} of them sure<br>(above 90 %)")
        if not self.header.is_folded():
            self.setMinimumHeight(_ROOM)

    # The picture.

    def columns(self) -> list[tuple[Slot, float, float]]:
        """Each slot that can be seen with its left and right pixel: wider than its sound where there is room."""
        metrics, line = QFontMetricsF(theme.font(theme.SMALL)), self.axis()
        found: list[tuple[Slot, float, float]] = []
        edges = [(line.x(each.start), line.x(each.stop)) for each in self.slots]
        # Neighbours, which may overlap, part in the middle of what lies between them.
        middles = [(one[1] + other[0]) / 2 for one, other in itertools.pairwise(edges)]
        limits = zip([-1e9, *middles], [*middles, 1e9], strict=True)
        for slot, (left, right), (least, most) in zip(self.slots, edges, limits, strict=False):
            wish = max(metrics.horizontalAdvance(_told(each)) for each in slot.words) + 10
            more = max(0.0, wish - (right - left)) / 2
            found.append((slot, max(left - more, least + _APART / 2), min(right + more, most - _APART / 2)))
        area = self.area()
        return [each for each in found if each[2] >= area.left() and each[1] <= area.right()]

    def boxes(self) -> list[tuple[Slot, Alternative, QRectF]]:
        """Every word that can be seen, and where."""
        area = self.area()
        return [
            (slot, word, QRectF(left, area.top() + 2 + row * ROW, right - left, ROW - 2))
            for slot, left, right in self.columns()
            for row, word in enumerate(slot.words)
            if 2 + (row + 1) * ROW <= max(area.height(), ROW)
        ]

    def paint(self, painter: QPainter, area: QRectF) -> None:
        self._kept.paint(painter, area, self._draw_all)

    def _draw_all(self, painter: QPainter, area: QRectF) -> None:
        palette, face = theme.current(), theme.font(theme.SMALL)
        metrics = QFontMetricsF(face)
        painter.setFont(face)
        for slot, word, box in self.boxes():
            best, written = word is slot.words[0], self._written(slot)
            ink = palette.colour("accent" if best else "muted")
            if box.width() >= _ROOMY:
                painter.fillRect(box, palette.colour("accent" if best else "muted", 0.10))
            share = QRectF(box.left(), box.bottom() - 2, box.width() * word.posterior, 2)
            painter.fillRect(share, ink)
            if box.width() < _ROOMY:  # zoomed in, it can be read
                continue
            painter.setPen(palette.colour("text" if best else "muted"))
            text = _told(word) if metrics.horizontalAdvance(_told(word)) <= box.width() - 4 else word.text
            text = metrics.elidedText(text or _NOTHING, Qt.TextElideMode.ElideRight, box.width() - 2)
            painter.drawText(box.adjusted(0, 0, 0, -2), Qt.AlignmentFlag.AlignCenter, text)
            if written is not None and written.text == word.text:
                painter.setPen(QPen(palette.colour("text"), 1))
                painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))

    def ticks(self, area: QRectF) -> list[Tick]:
        rows = int((area.height() - 2) // ROW)
        most = max((len(each.words) for each in self.slots), default=0)
        names = ["best", *map(str, range(2, MOST + 1))][: min(rows, most)]
        return [
            Tick((2 + (row + 0.5) * ROW) / area.height(), name, strong=not row) for row, name in enumerate(names)
        ]

    def scale(self) -> object:
        return max((len(each.words) for each in self.slots), default=0)

    # What is under the pointer.

    def read(self, point: QPointF) -> Reading | None:
        for slot, word, box in self.boxes():
            if box.contains(point):
                parts = [word.text or "no word", f"{100 * word.posterior:.1f} %"]
                parts.append(f"{axis.clock(slot.start, 2)} to {axis.clock(slot.stop, 2)}")
                return Reading(self.axis().time(point.x()), "   ".join(parts), word.posterior)
        return super().read(point)

    def clicked(self, point: QPointF) -> None:
        super().clicked(point)
        for slot, word, box in self.boxes():
            if box.contains(point):
                self.take(slot, word.text)
                return

    def key(self, event: QKeyEvent) -> bool:
        """Return asks which word stands at the cursor."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return False
        time = self.session.state.cursor.time
        slot = min(self.slots, key=lambda each: max(each.start - time, time - each.stop, 0.0), default=None)
        if slot is None:
            return False
        self.menu.clear()
        for word in slot.words:
            self.menu.addAction(_told(word) or _NOTHING, partial(self.take, slot, word.text))
        place = QPointF(self.axis().x((slot.start + slot.stop) / 2), self.area().top() + ROW)
        self.menu.popup(self.canvas.mapToGlobal(place.toPoint()))
        return True

    # The labels.

    def take(self, slot: Slot, text: str) -> None:
        """Write a word into the labels of the clip; where there are none yet, the rest of the text with it."""
        clip, name = self.session.state.clip, tier(self.session.state)
        if clip is None:
            return
        written = self._written(slot)
        if written is not None:
            relabel.rename(self.session, written, text)
            return
        labels = clip.labels
        if not any(each.tier == name for each in labels):
            for each in self.slots:
                if each is not slot and each.words[0].text:
                    labels = relabel.put(labels, Label(each.start, each.stop, each.words[0].text, name))
        relabel.write(self.session, relabel.put(labels, Label(slot.start, slot.stop, text, name)))

    def _written(self, slot: Slot) -> Label | None:
        """The label of the clip that stands in a slot, and in no other one more; None where none does."""
        clip, name = self.session.state.clip, tier(self.session.state)
        mine = [each for each in clip.labels if each.tier == name] if clip is not None else []
        found = [each for each in mine if _overlap(each, slot) > 0 and self._home(each) is slot]
        return max(found, key=lambda each: _overlap(each, slot), default=None)

    def _home(self, label: Label) -> Slot | None:
        """The slot that a label belongs to: the one that it lies most over, and of those the one that says so."""
        over = [each for each in self.slots if _overlap(label, each) > 0]
        same = [each for each in over if each.words[0].text == label.text]
        return max(same or over, key=lambda each: _overlap(label, each), default=None)

    def _folded(self, folded: bool) -> None:
        super()._folded(folded)
        if not folded:
            self.setMinimumHeight(_ROOM if self.slots else LOWEST)


def _told(word: Alternative) -> str:
    return f"{word.text or _NOTHING} {100 * word.posterior:.0f} %"


def _overlap(label: Label, slot: Slot) -> float:
    """Seconds that a label and a slot have in common."""
    return min(label.end, slot.stop) - max(label.start, slot.start)
