"""The end of a text that grows: what is heard live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QWidget

from widgets import theme
from widgets.view import guarded

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

_LINES, _MOST = 4, 160
"""Lines and letters that are shown."""


class Tail(QWidget):
    """The last words of a text that grows. They are painted: a label would lay out all of it anew with every word,
    and the panels around it, which takes longer than to paint all lanes.
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self.text, self._title = "", title
        self._faces = theme.font(), theme.font(theme.DISPLAY - 4, bold=True)
        self._tall = QFontMetrics(self._faces[0]).height() + theme.GRID // 2
        self.setFixedHeight(self._tall + _LINES * QFontMetrics(self._faces[1]).lineSpacing())
        self.setAccessibleName(title)

    def show_text(self, text: str) -> None:
        """Show the end of a text."""
        if text != self.text:
            self.text = text
            self.setAccessibleDescription(text[-_MOST:])
            self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint_words(painter)
        finally:
            painter.end()

    def _paint_words(self, painter: QPainter) -> None:
        palette, flag = theme.current(), Qt.AlignmentFlag
        painter.setFont(self._faces[0])
        painter.setPen(palette.colour("muted"))
        painter.drawText(self.rect(), flag.AlignTop, self._title)
        box = self.rect().adjusted(0, self._tall, 0, 0)
        painter.setFont(self._faces[1])
        painter.setPen(palette.colour("text"))
        painter.setClipRect(box)
        words = self.text if len(self.text) <= _MOST else "… " + self.text[-_MOST:].split(" ", 1)[-1]
        fits = painter.boundingRect(box, Qt.TextFlag.TextWordWrap, words).height() <= box.height()
        painter.drawText(box, (flag.AlignTop if fits else flag.AlignBottom) | Qt.TextFlag.TextWordWrap, words)
