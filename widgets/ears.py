"""Ears: tags over lanes that say which key lets a sound be heard; a click on one does the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.events import Audible
    from engine.session import Session

HEIGHT = 18
_KEY = 16


@dataclass(frozen=True)
class Ear:
    """A tag in `box` of a plot, for a sound that can be heard."""

    box: QRectF
    audible: Audible


class Ears:
    """The tags of one lane: laid out, painted, and found under the pointer."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.shown: list[Ear] = []

    def lay_out(self, places: Iterable[tuple[str, QRectF]]) -> None:
        """One tag at the upper left corner of each box, for the sound of that name, where a key is for it."""
        known = {each.name: each for each in self.session.state.audible}
        metrics = QFontMetricsF(theme.font(theme.SMALL))
        self.shown = []
        for name, box in places:
            if (audible := known.get(name)) is not None and box.height() >= HEIGHT + 4:
                key = _KEY if audible.key else 0
                width = min(metrics.horizontalAdvance(audible.words) + key + 34, box.width() - 8)
                self.shown.append(Ear(QRectF(box.left() + 4, box.top() + 3, width, HEIGHT), audible))

    def paint(self, painter: QPainter) -> None:
        heard = self.session.state.transport.heard
        for ear in self.shown:
            _paint(painter, ear, ear.audible.name == heard)

    def at(self, point: QPointF) -> Ear | None:
        return next((each for each in self.shown if each.box.contains(point)), None)

    def press(self, point: QPointF) -> bool:
        """Hear the sound whose tag is there; False where there is none."""
        ear = self.at(point)
        if ear is not None:
            transport = self.session.state.transport
            self.session.set("transport", replace(transport, heard=ear.audible.name))
        return ear is not None


def _paint(painter: QPainter, ear: Ear, heard: bool) -> None:
    palette, box = theme.current(), ear.box
    ink = palette.colour("on_accent" if heard else "text")
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(palette.colour("accent" if heard else "line"))
    painter.setBrush(palette.colour("accent") if heard else palette.colour("panel", 0.92))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    left = box.left() + 5
    if ear.audible.key:
        painter.setFont(theme.font(theme.SMALL, bold=True))
        painter.setPen(ink if heard else palette.colour("accent"))
        painter.drawText(QRectF(left, box.top(), 10, box.height()), Qt.AlignmentFlag.AlignVCenter, ear.audible.key)
        left += _KEY - 2
    face = theme.font(theme.SMALL)
    painter.setFont(face)
    painter.setPen(ink)
    room = box.right() - left - 22
    words = theme.elided(ear.audible.words, room, face)
    painter.drawText(QRectF(left, box.top(), room, box.height()), Qt.AlignmentFlag.AlignVCenter, words)
    _paint_speaker(painter, QPointF(box.right() - 12, box.center().y()), heard)
    painter.restore()


def _paint_speaker(painter: QPainter, middle: QPointF, heard: bool) -> None:
    """A small loudspeaker; with waves where it is heard."""
    ink = theme.current().colour("on_accent" if heard else "muted")
    x, y = middle.x(), middle.y()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    painter.drawRect(QRectF(x - 6, y - 2, 3, 4))
    painter.drawPolygon([QPointF(x - 4, y - 2), QPointF(x, y - 5), QPointF(x, y + 5), QPointF(x - 4, y + 2)])
    if heard:
        painter.setPen(QPen(ink, 1.3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for reach in (3, 6):
            painter.drawArc(QRectF(x - reach, y - reach, 2 * reach, 2 * reach), -45 * 16, 90 * 16)
