"""A gauge of latency: how late each denoiser answers, beside what may pass before it is heard as an echo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from widgets import theme
from widgets.stroke import ink
from widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

TARGET = 10
"""Milliseconds that a hearing aid may take: with more, a wearer's own voice is heard twice (K233)."""
_ROW, _NAME, _WORDS = 22, 88, 84
_ABOUT = (
    "Algorithmic latency: how much later than it was heard a sample comes out, however fast the machine. Block, "
    "computing and sound card come on top. Hearing aids aim at 10 ms, for the wearer hears the own voice "
    "directly as well; calls bear 40 ms and more."
)


class Budget(QWidget):
    """`show_latencies` draws a bar for each denoiser, against the budget that can be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.limit = QSpinBox()
        self.limit.setRange(1, 500)
        self.limit.setValue(TARGET)
        self.limit.setSuffix(" ms")
        self.limit.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.limit.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.limit.setAccessibleName("Latency budget")
        self.bars = _Bars()
        self.limit.valueChanged.connect(self.bars.set_limit)
        head = QHBoxLayout()
        label = QLabel("Latency budget")
        label.setBuddy(self.limit)
        head.addWidget(label)
        head.addStretch(1)
        head.addWidget(self.limit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID // 2)
        column.addLayout(head)
        column.addWidget(self.bars)
        for widget in (self, label, self.limit, self.bars):
            widget.setToolTip(_ABOUT)
            widget.setWhatsThis(_ABOUT)

    def show_latencies(self, found: Sequence[tuple[str, float | None]]) -> None:
        """Names and latencies in seconds; None where the whole sound has to be heard first."""
        self.setVisible(bool(found))
        self.bars.show_latencies(found)


def verdict(seconds: float | None, limit: float) -> tuple[bool, str]:
    """Whether a latency fits into `limit` milliseconds, and that in words."""
    if seconds is None:
        return False, "✗ whole clip"
    if seconds < 0:
        return False, "not known yet"
    late = 1000 * seconds
    return late <= limit + 1e-6, f"{'✓' if late <= limit + 1e-6 else '✗'} {late:.0f} ms"


class _Bars(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.limit = float(TARGET)
        self.found: tuple[tuple[str, float | None], ...] = ()
        self.setAccessibleName("Latencies")

    def set_limit(self, limit: int) -> None:
        self.limit = float(limit)
        self._tell()

    def show_latencies(self, found: Sequence[tuple[str, float | None]]) -> None:
        self.found = tuple(found)
        self.setFixedHeight(_ROW * len(self.found) + 2)
        self._tell()

    def sizeHint(self) -> QSize:
        return QSize(240, _ROW * len(self.found) + 2)

    def most(self) -> float:
        """Milliseconds at the right end: the budget lies in the middle, or further to the left."""
        return max(2 * self.limit, 1.05 * max((1000 * (late or 0.0) for _, late in self.found), default=0.0))

    def _tell(self) -> None:
        told = (f"{name}: {verdict(late, self.limit)[1]}" for name, late in self.found)
        self.setAccessibleDescription("; ".join(told))
        self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            room = QRectF(_NAME, 0, max(self.width() - _NAME - _WORDS, 8), self.height())
            painter.setFont(theme.font(theme.SMALL))
            for row, (name, late) in enumerate(self.found):
                self._paint_row(painter, room, row * _ROW, name, late)
            x = round(room.left() + room.width() * self.limit / self.most())
            painter.setPen(QPen(ink("text"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(x, 0, x, self.height())
        finally:
            painter.end()

    def _paint_row(self, painter: QPainter, room: QRectF, top: int, name: str, late: float | None) -> None:
        fits, words = verdict(late, self.limit)
        known = late is None or late >= 0
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(ink("text"))
        face = theme.font(theme.SMALL)
        painter.drawText(QRectF(0, top, _NAME - 8, _ROW), left, theme.elided(name, _NAME - 8, face))
        colour = ink("good" if fits else "bad" if known else "muted")
        painter.setPen(colour)
        painter.drawText(QRectF(self.width() - _WORDS, top, _WORDS, _ROW), right, words)
        painter.fillRect(QRectF(room.left(), top + 7, room.width(), _ROW - 14), ink("ground"))
        share = 1.0 if late is None else max(0.0, 1000 * late) / self.most()
        painter.fillRect(QRectF(room.left(), top + 7, max(share * room.width(), 2.0), _ROW - 14), colour)
