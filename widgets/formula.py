"""Equations inside text: SVG pictures that stand on the line, in the colour of the theme, sharp at any scale."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRectF, QSizeF
from PySide6.QtGui import QFontMetricsF, QPyTextObject, QTextCharFormat, QTextFormat
from PySide6.QtSvg import QSvgRenderer

from widgets import theme

if TYPE_CHECKING:
    from PySide6.QtCore import QRect
    from PySide6.QtGui import QPainter, QTextDocument

    from engine.lessons.lesson import Formula

OBJECT = int(QTextFormat.ObjectTypes.UserObject) + 1
_FORMULA, _SHOWN = (int(QTextFormat.Property.UserProperty) + each for each in (1, 2))
MARK = "\ufffc"
SHOWN = 1.15
"""How much larger a formula is that stands alone."""
_AIR = 1.05  # the letters of the formulas are a little lower than those of the text


class Formulas(QPyTextObject):
    """Measures and paints the formulas of one document. Keep it as long as the document."""

    def __init__(self, document: QTextDocument, formulas: tuple[Formula, ...]) -> None:
        super().__init__()
        self._formulas = formulas
        self.setParent(document)
        document.documentLayout().registerHandler(OBJECT, self)

    def character(self, number: int, shown: bool, plain: QTextCharFormat) -> QTextCharFormat:
        """The format of the character that stands for a formula; `shown` ones are a line of their own."""
        made = QTextCharFormat(plain)
        made.setObjectType(OBJECT)
        made.setProperty(_FORMULA, number)
        made.setProperty(_SHOWN, shown)
        if not shown:
            made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
        made.setToolTip(self._formulas[number].latex.removeprefix(r"\displaystyle "))
        return made

    def intrinsicSize(self, document: QTextDocument, _position: int, form: QTextFormat) -> QSizeF:
        formula, scale, below = self._measured(document, form)
        return QSizeF(formula.width * scale, formula.ascent * scale + below)

    def drawObject(
        self, painter: QPainter, rect: QRectF | QRect, document: QTextDocument, _position: int, form: QTextFormat
    ) -> None:
        formula, scale, below = self._measured(document, form)
        line = QRectF(rect).bottom() - below
        box = QRectF(rect.left(), line - formula.ascent * scale, formula.width * scale, 0.0)
        box.setHeight((formula.ascent + formula.descent) * scale)
        renderer(formula.svg, theme.current().text).render(painter, box)

    def _measured(self, document: QTextDocument, form: QTextFormat) -> tuple[Formula, float, float]:
        """The formula, pixels an em, and pixels between the base line and the lower edge of its place.

        One that would not fit is made smaller. In a line of text Qt takes the edge to be the descent of the type
        face below the line; what reaches deeper is painted into the gap between the lines.
        """
        formula = self._formulas[int(form.property(_FORMULA))]
        font = form.toCharFormat().font()
        scale = float(font.pixelSize() if font.pixelSize() > 0 else theme.TEXT) * _AIR
        if not form.property(_SHOWN):
            return formula, scale, QFontMetricsF(font).descent()
        room = document.textWidth() - 2 * document.documentMargin() - 8
        scale = min(scale * SHOWN, room / formula.width) if room > 0 else scale * SHOWN
        return formula, scale, formula.descent * scale


@functools.lru_cache(512)
def renderer(svg: str, colour: str) -> QSvgRenderer:
    """The picture in a colour."""
    return QSvgRenderer(QByteArray(svg.replace('"black"', f'"{colour}"').encode()))
