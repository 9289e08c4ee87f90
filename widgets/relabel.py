"""Labels changed by hand: a boundary that is dragged, a text that is typed, a new label that takes its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from PySide6.QtCore import QRect
    from PySide6.QtGui import QFocusEvent
    from PySide6.QtWidgets import QWidget

    from engine.clip import Clip, Label
    from engine.session import Session

Labels = tuple["Label", ...]
_TOUCH = 1e-4
"""Seconds: boundaries that are closer are one."""
LEAST = 1e-3
"""Seconds: no label gets shorter by a drag."""
_WIDTH = 72
_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)


def boundary(labels: Labels, tier: str, time: float, reach: float) -> float | None:
    """The boundary in a tier that is nearest to `time`, `reach` seconds away at most.

    A short label keeps its middle third for clicks.
    """
    near = [
        (abs(edge - time), edge)
        for label in labels
        if label.tier == tier
        for edge in (label.start, label.end)
        if abs(edge - time) <= min(reach, (label.end - label.start) / 3)
    ]
    return min(near)[1] if near else None


def moved(labels: Labels, tier: str, edge: float, time: float, length: float) -> Labels:
    """Labels whose boundary at `edge` lies at `time`, or as near as the next one, or the clip's end, lets it.

    Labels that touch there move together. All in seconds; `length` is the clip's.
    """
    low, high = 0.0, length
    for label in (each for each in labels if each.tier == tier):
        ends, begins = (abs(each - edge) < _TOUCH for each in (label.end, label.start))
        if ends and not begins:
            low = max(low, label.start + LEAST)
        elif begins and not ends:
            high = min(high, label.end - LEAST)
        elif not begins:
            low = max([low, *(each for each in (label.start, label.end) if each < edge)])
            high = min([high, *(each for each in (label.start, label.end) if each > edge)])
    if low > high:  # labels too short to give way
        return labels
    place = min(max(time, low), high)

    def put(at: float) -> float:
        return place if abs(at - edge) < _TOUCH else at

    return tuple(
        replace(each, start=put(each.start), end=put(each.end)) if each.tier == tier else each for each in labels
    )


def nearest(labels: Labels, tier: str, time: float) -> float | None:
    """The boundary in a tier that is nearest to `time`."""
    edges = [edge for label in labels if label.tier == tier for edge in (label.start, label.end)]
    return min(edges, key=lambda edge: abs(edge - time), default=None)


def gap(labels: Labels, tier: str, time: float, length: float) -> tuple[float, float]:
    """The stretch around `time` in which nothing of a tier is named, in a clip of `length` seconds."""
    mine = [each for each in labels if each.tier == tier]
    start = max((each.end for each in mine if each.end <= time), default=0.0)
    return start, min((each.start for each in mine if each.start > time), default=length)


def put(labels: Labels, new: Label) -> Labels:
    """With one more label: what it covers of others in its tier is its own, without a text nobody's.

    A label that reaches over it on both sides becomes two.
    """
    found: list[Label] = []
    for each in labels:
        if each.tier != new.tier or each.end <= new.start or each.start >= new.end:
            found.append(each)
            continue
        parts = ((each.start, new.start), (new.end, each.end))
        found += [replace(each, start=a, end=b) for a, b in parts if b - a >= LEAST]
    place = next(
        (k for k, each in enumerate(found) if each.tier == new.tier and each.start > new.start), len(found)
    )
    return (*found[:place], *([new] if new.text.strip() else []), *found[place:])


class Drag:
    """A boundary under the mouse: the clip's labels stay as they are until `release`, which is one step back."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._clip: Clip | None = None
        self._from = ("", 0.0)
        self.labels: Labels | None = None
        """As the drag has them; None while nothing is dragged."""

    def press(self, tier: str, edge: float) -> None:
        self._clip, self._from = self._session.state.clip, (tier, edge)
        self.labels = self._clip.labels if self._clip is not None else None

    def move(self, by: float) -> None:
        """To `by` seconds from where it was taken."""
        if self._clip is not None and self.labels is not None:
            tier, edge = self._from
            self.labels = moved(self._clip.labels, tier, edge, edge + by, self._clip.seconds)

    def cancel(self) -> None:
        self._clip = self.labels = None

    def release(self) -> bool:
        """The drag is over. False where nothing was moved."""
        labels, clip = self.labels, self._clip
        self.cancel()
        if labels is None or clip is None or clip is not self._session.state.clip or labels == clip.labels:
            return False
        write(self._session, labels)
        return True


def write(session: Session, labels: Labels) -> None:
    """The clip with these labels: it sounds the same, so its id stays."""
    clip = session.state.clip
    if clip is not None and labels != clip.labels:
        session.set("clip", replace(clip, labels=labels))


def rename(session: Session, label: Label, text: str) -> None:
    """Give a label another text; without one it goes."""
    clip, text = session.state.clip, text.strip()
    if clip is not None:
        renamed = (replace(label, text=text),) if text else ()
        write(session, tuple(new for each in clip.labels for new in (renamed if each is label else (each,))))


class Line(QLineEdit):
    """The text of a label, over it: Return takes it, Escape or a click elsewhere leaves it as it was."""

    def __init__(self, text: str, box: QRect, over: QWidget, take: Callable[[str], Any]) -> None:
        super().__init__(text, over)
        self._take, self._over = take, over
        self.setAccessibleName("Text of the label")
        self.setFont(theme.font(theme.SMALL))
        self.setTextMargins(0, 0, 0, 0)
        self.setStyleSheet("padding: 0; min-height: 0; border-radius: 0")
        width = max(box.width(), _WIDTH)
        self.setGeometry(max(0, min(box.left(), over.width() - width)), box.top(), width, box.height())
        self.selectAll()
        self.show()
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()  # else Escape would be the window's
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in _KEYS:
            super().keyPressEvent(event)
            return
        text, take = self.text(), self._take
        self._over.setFocus()
        self.close_line()
        if event.key() != Qt.Key.Key_Escape:
            take(text)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.close_line()

    def close_line(self) -> None:
        self.hide()
        self.deleteLater()
