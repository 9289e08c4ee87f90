"""The equations of a cell with the numbers of one unit at one frame in them, a line for each, in reading order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF

from widgets import theme
from widgets.anatomy import INKS, SHARED, TANH
from widgets.strip import MINUS, number

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from widgets.anatomy import Anatomy

ROW, HEAD = 16, 16
_LETTER, _GAP, _LONG = 46, 6, 26


@dataclass(frozen=True)
class Equation:
    """What a letter is equal to: a sum in columns, or words; then a second line, with the value at its end."""

    letter: str
    start: str
    columns: tuple[str, ...]
    words: str
    result: str
    value: str
    slope: str = ""
    edited: bool = False

    def rows(self, wide: bool) -> int:
        """Rows that it takes: numbers of a long line have one of their own."""
        return 1 if wide else 2 + (len(self.result) > _LONG)

    def sentence(self) -> str:
        """The line as it is read."""
        first, *others = self.columns or (self.words,)
        inside = " ".join((first, *map(signed, others)))
        line = f"{self.letter} {self.start}{inside}{')' * bool(inside)} {self.result} = {self.value}"
        return " ".join([*line.split(), *["edited"] * self.edited])


def equations(anatomy: Anatomy) -> list[Equation]:
    """Every line that leads from x and h′ to h."""
    found = [_gate(anatomy, name) for name in anatomy.gates]
    v = {name: bracketed(each) for name, each in anatomy.values.items()}
    h, edited = number(anatomy.values["h"], 3), anatomy.edited("h")
    if anatomy.cell == "lstm":
        c = number(anatomy.values["c"], 3)
        line = f"= {v['f']} · {v['c′']} + {v['i']} · {v['g']}"
        found.append(Equation("c", "= f · c′ + i · g", (), "", line, c, edited=anatomy.edited("c")))
        slope = number(anatomy.slope("c"), 3)
        tanh = v["tanh c"]
        found.append(Equation("h", "= o · tanh c", (), "", f"= {v['o']} · {tanh}", h, slope, edited))
    elif anatomy.cell in SHARED:
        one, other = SHARED[anatomy.cell]
        line = f"= {v['1−z']} · {v[one]} + {v['z']} · {v[other]}"
        found.append(Equation("h", f"= (1 − z) · {one} + z · {other}", (), "", line, h, edited=edited))
    return found


def _gate(anatomy: Anatomy, name: str) -> Equation:
    outer, inner = ("tanh", "tanh") if name in TANH else ("σ", "σ")
    columns, words = tuple[str, ...](), "x + h′ + bias"
    if anatomy.cell == "gru-seed":
        words = "x + r · h′" if name == "n" else "x + h′"
    if name in anatomy.terms:
        terms = anatomy.terms[name]
        columns = tuple(number(each, 3) for each in (terms.input, terms.recurrent, terms.bias))
        words = ""
    return Equation(
        name,
        f"= {outer}(",
        columns,
        words,
        f"= {inner}({number(anatomy.sum(name), 3)})",
        number(anatomy.values[name], 3),
        number(anatomy.slope(name), 3),
        anatomy.edited(name),
    )


def bracketed(value: float) -> str:
    """A number that may follow a sign."""
    text = number(value, 3)
    return f"({text})" if text.startswith(MINUS) else text


def height(anatomy: Anatomy, width: float) -> float:
    """Pixels that the lines take."""
    wide = _wide(width)
    return HEAD + sum(each.rows(wide) * ROW + _space(wide) for each in equations(anatomy))


def paint(painter: QPainter, box: QRectF, anatomy: Anatomy) -> None:
    """The lines from the top of `box` on, one or two rows each, as wide as there is room."""
    lines, wide = equations(anatomy), _wide(box.width())
    face, bold = theme.font(theme.SMALL), theme.font(theme.SMALL, bold=True)
    columns = _columns(box, wide)
    painter.setFont(theme.font(theme.SMALL - 1))
    painter.setPen(theme.current().colour("muted"))
    right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
    middle = Qt.AlignmentFlag.AlignVCenter
    for name, at in zip(("from x", "from h′", "bias"), columns, strict=True):
        painter.drawText(QRectF(at - 60, box.top(), 60, HEAD), right | middle, name)
    painter.drawText(QRectF(box.left(), box.top(), box.width(), HEAD), right | middle, "slope" if wide else "")
    y = box.top() + HEAD
    for line in lines:
        row = QRectF(box.left(), y, box.width(), ROW)
        ink = QColor(theme.current().curves[INKS[line.letter]])
        painter.setFont(bold)
        painter.setPen(ink)
        painter.drawText(row, left | middle, line.letter)
        painter.setFont(face)
        painter.setPen(theme.current().colour("muted"))
        painter.drawText(row.adjusted(14, 0, 0, 0), left | middle, line.start)
        _paint_columns(painter, row, line, columns)
        second = row if wide else row.translated(0, ROW)
        begin = columns[-1] + 14 if wide and not _is_long(line) else box.left() + 14
        if wide and _is_long(line):
            begin = box.left() + 14 + QFontMetricsF(face).horizontalAdvance(line.start) + 2 * _GAP
        _paint_result(painter, second, line, begin, ink, wide)
        y += line.rows(wide) * ROW + _space(wide)


def _is_long(line: Equation) -> bool:
    return not line.columns and not line.words


def _paint_columns(painter: QPainter, row: QRectF, line: Equation, columns: list[float]) -> None:
    right, middle = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter
    muted, text = theme.current().colour("muted"), theme.current().colour("text")
    if line.words:
        painter.setPen(muted)
        painter.drawText(QRectF(columns[0] - 40, row.top(), 160, ROW), middle, f"{line.words} )")
    for index, (figure, at) in enumerate(zip(line.columns, columns, strict=False)):
        sign, bare = (figure[:1], figure) if index == 0 else signed(figure).split()
        painter.setPen(text)
        painter.drawText(QRectF(at - 60, row.top(), 60, ROW), right | middle, bare)
        painter.setPen(muted)
        if index:
            painter.drawText(QRectF(at - 52, row.top(), 12, ROW), middle, sign)
        if index + 1 == len(line.columns):
            painter.drawText(QRectF(at + 1, row.top(), 12, ROW), middle, ")")


def _paint_result(painter: QPainter, row: QRectF, line: Equation, begin: float, ink: QColor, wide: bool) -> None:
    palette, middle = theme.current(), Qt.AlignmentFlag.AlignVCenter
    metrics = QFontMetricsF(theme.font(theme.SMALL))
    painter.setFont(theme.font(theme.SMALL))
    painter.setPen(palette.colour("text"))
    if line.rows(wide) == 3:
        painter.drawText(QRectF(begin, row.top(), row.right() - begin, ROW), middle, line.result)
        row = row.translated(0, ROW)
    shown = "=" if line.rows(wide) == 3 else f"{line.result} ="
    painter.drawText(QRectF(begin, row.top(), row.right() - begin, ROW), middle, shown)
    at = begin + metrics.horizontalAdvance(f"{shown} ")
    painter.setFont(theme.font(theme.SMALL, bold=True))
    painter.setPen(palette.colour("warn") if line.edited else ink)
    painter.drawText(QRectF(at, row.top(), 120, ROW), middle, f"{line.value}{' edited' if line.edited else ''}")
    if line.slope:
        painter.setFont(theme.font(theme.SMALL - 1))
        painter.setPen(palette.colour("muted"))
        words = line.slope if wide else f"slope {line.slope}"
        painter.drawText(row, Qt.AlignmentFlag.AlignRight | middle, words)


def _columns(box: QRectF, wide: bool) -> list[float]:
    """The right ends of the three columns."""
    step = min(58.0, (min(box.width(), 300.0) - _LETTER - 18) / 3)
    return [box.left() + _LETTER + 4 + step * (index + 1) - 12 for index in range(3)]


def signed(figure: str) -> str:
    """A number with its sign before it, as a term of a sum."""
    return f"− {figure[1:]}" if figure.startswith(MINUS) else f"+ {figure}"


def _space(wide: bool) -> int:
    """Pixels between two lines."""
    return 0 if wide else 4


def _wide(width: float) -> bool:
    return width >= 400
