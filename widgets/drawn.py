"""A drawing of a lesson: SVG as wide as its column, in the colour of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets import theme
from widgets.formula import renderer

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent


class Drawn(QWidget):
    """Its height follows its width."""

    def __init__(self, name: str, svg: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._svg = svg
        self.setAccessibleName(name)
        self.setToolTip(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.dress()

    def dress(self) -> None:
        """Draw anew, in the colour of the theme."""
        self._renderer = renderer(self._svg, theme.current().text)
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        size = self._renderer.viewBoxF().size()
        return round(width * size.height() / max(size.width(), 1.0))

    def sizeHint(self) -> QSize:
        return QSize(560, self.heightForWidth(560))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        self._renderer.render(painter, QRectF(0, 0, self.width(), self.heightForWidth(self.width())))
        painter.end()
