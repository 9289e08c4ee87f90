"""Text that flows down a column: paragraphs of words, of which only what can be seen is laid out."""

from __future__ import annotations

import bisect
import math
import operator
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QTextCharFormat, QTextLayout, QTextLine, QTextOption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from PySide6.QtGui import QColor, QPainter

KEPT = 512
"""Paragraphs that stay laid out."""
_LEADING, _GAP = 1.28, 0.22
"""The pitch of rows in heights of the face, and what is left between two paragraphs."""
_LINES = {
    "wave": QTextCharFormat.UnderlineStyle.WaveUnderline,
    "dash": QTextCharFormat.UnderlineStyle.DashUnderline,
    "dot": QTextCharFormat.UnderlineStyle.DotLine,
}
_DIRECTIONS = Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft


@dataclass(frozen=True)
class Piece:
    """A word, or a sign that stands like one. `kind` is a key of Look.inks; `sign` is written before it."""

    text: str
    kind: str = "said"
    sign: str = ""

    @property
    def shown(self) -> str:
        return self.sign + self.text


@dataclass(frozen=True, eq=False)
class Look:
    """The face, the ink of each kind of words, and which kinds are underlined (wave, dash, dot) or struck out."""

    face: QFont
    inks: Mapping[str, QColor]
    lines: Mapping[str, str] = field(default_factory=dict)
    struck: frozenset[str] = frozenset()


@dataclass(eq=False)
class _Laid:
    item: Any
    layout: QTextLayout
    height: float
    starts: tuple[int, ...]


@dataclass(frozen=True)
class Spot:
    """A word that was hit: its paragraph, its place in that, and the box around it."""

    paragraph: int
    piece: int
    box: QRectF

    def moved(self, x: float, y: float) -> Spot:
        return Spot(self.paragraph, self.piece, self.box.translated(x, y))


class Flow:
    """`show` gives it items, the oldest first, that `pieces` makes words of; an item that is the same object as
    before keeps its rows. Rows are filled from the front, so that words that come change none above them.
    """

    def __init__(self, pieces: Callable[[Any], Sequence[Piece]]) -> None:
        self._pieces = pieces
        self._look: Look | None = None
        self._width = 1.0
        self._items: Sequence[Any] = ()
        self._letters: list[int] = []
        self._guesses: list[float] = []
        """Pixels that each paragraph takes with the gap below it, as far as that is known."""
        self._kept: OrderedDict[int, _Laid] = OrderedDict()
        self._formats: dict[str, QTextCharFormat] = {}
        self._row = self._base = self._letter = 1.0

    @property
    def count(self) -> int:
        return len(self._items)

    @property
    def first(self) -> Any:
        """The oldest item, None where there is none."""
        return self._items[0] if self._items else None

    @property
    def row(self) -> float:
        """Pixels from one row to the next."""
        return self._row

    @property
    def letter(self) -> float:
        """The width of a letter, on the average."""
        return self._letter

    @property
    def gap(self) -> float:
        return self._row * _GAP

    def dress(self, look: Look) -> None:
        """Another face, or other inks: everything is laid out anew."""
        self._look = look
        metrics = QFontMetricsF(look.face)
        self._row = round(metrics.height() * _LEADING)
        self._base = (self._row - metrics.height()) / 2 + metrics.ascent()
        self._letter = metrics.averageCharWidth()
        self._formats = {kind: self._format(look, kind) for kind in look.inks}
        self.forget()

    def fit(self, width: float) -> None:
        """The width of the column in pixels."""
        if width != self._width:
            self._width = max(1.0, width)
            self.forget()

    def forget(self) -> None:
        self._kept.clear()
        self._guesses = [self._guess(each) for each in self._letters]

    def show(self, items: Sequence[Any]) -> None:
        same = self._same(items)
        del self._letters[same:], self._guesses[same:]
        letters = [sum(len(each.shown) + 1 for each in self._pieces(item)) for item in items[same:]]
        self._letters += letters
        self._guesses += [self._guess(each) for each in letters]
        self._items = items

    def _same(self, items: Sequence[Any]) -> int:
        """How many items are those of before: mostly all but the last ones, which is looked at without a loop."""
        most = min(len(self._items), len(items))
        for count in range(most, max(-1, most - 3), -1):
            if all(map(operator.is_, self._items[:count], items[:count])):
                return count
        pairs = zip(self._items, items, strict=False)
        return next((place for place, (one, other) in enumerate(pairs) if one is not other), most)

    def item(self, paragraph: int) -> Any:
        return self._items[paragraph]

    def words(self, paragraph: int) -> Sequence[Piece]:
        return self._pieces(self._items[paragraph])

    def height(self, paragraph: int) -> float:
        """Pixels that a paragraph takes with the gap below it; it is laid out for that."""
        return self._lay(paragraph).height + self.gap

    def guess(self, paragraph: int) -> float:
        """The same as far as it can be told without laying out."""
        return self._guesses[paragraph]

    def total(self, first: int = 0) -> float:
        """Guesses of the paragraphs from the `first` on, together."""
        return math.fsum(self._guesses[first:])

    def _guess(self, letters: int) -> float:
        rows = max(1, -(-int(letters * self._letter) // int(self._width)))
        return rows * self._row + self.gap

    def paint(self, painter: QPainter, paragraph: int, corner: QPointF, clip: QRectF) -> None:
        """Draw a paragraph whose upper left corner is at `corner`."""
        self._lay(paragraph).layout.draw(painter, corner, [], clip)

    def hit(self, paragraph: int, point: QPointF) -> Spot | None:
        """The word at a point that is counted from the paragraph's corner."""
        layout, starts = self._lay(paragraph).layout, self._lay(paragraph).starts
        number = int(point.y() // self._row)
        if not 0 <= number < layout.lineCount():
            return None
        line = layout.lineAt(number)
        first = bisect.bisect_right(starts, line.textStart()) - 1
        for index in range(max(0, first), bisect.bisect_left(starts, line.textStart() + line.textLength())):
            if (box := self.box(paragraph, index)).contains(point):
                return Spot(paragraph, index, box)
        return None

    def box(self, paragraph: int, piece: int) -> QRectF:
        """The box around a word on its first row, counted from the paragraph's corner."""
        laid = self._lay(paragraph)
        begin = laid.starts[piece]
        end = begin + len(self.words(paragraph)[piece].shown)
        line = laid.layout.lineForTextPosition(begin)
        end = min(end, line.textStart() + line.textLength())
        runs = [run.boundingRect() for run in line.glyphRuns(begin, end - begin)]
        # By its letters: where the direction turns, one place in the text is two on the row.
        left = min((each.left() for each in runs), default=_x(line, begin))
        right = max((each.right() for each in runs), default=_x(line, end))
        return QRectF(left, line.lineNumber() * self._row, right - left, self._row)

    def _lay(self, paragraph: int) -> _Laid:
        item, laid = self._items[paragraph], self._kept.get(paragraph)
        if laid is None or laid.item is not item:
            laid = self._kept[paragraph] = self._made(item)
            self._guesses[paragraph] = laid.height + self.gap
        self._kept.move_to_end(paragraph)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return laid

    def _made(self, item: Any) -> _Laid:
        assert self._look is not None, "a flow is dressed before anything is laid out"
        pieces = self._pieces(item)
        layout = QTextLayout(" ".join(each.shown for each in pieces), self._look.face)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        mirrored = backwards(layout.text())
        option.setTextDirection(_DIRECTIONS[mirrored])
        option.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
        layout.setTextOption(option)
        layout.setCacheEnabled(True)
        starts = tuple(_starts(pieces))
        layout.setFormats([self._range(start, each) for start, each in zip(starts, pieces, strict=True)])
        layout.beginLayout()
        rows = 0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(self._width)
            # Rows stand at one pitch, whatever other faces lend their letters and marks.
            left = self._width - line.naturalTextWidth() if mirrored else 0.0
            line.setPosition(QPointF(left, rows * self._row + self._base - line.ascent()))
            rows += 1
        layout.endLayout()
        return _Laid(item, layout, max(1, rows) * self._row, starts)

    def _range(self, start: int, piece: Piece) -> QTextLayout.FormatRange:
        made = QTextLayout.FormatRange()
        made.start, made.length = start, len(piece.shown)
        made.format = self._formats[piece.kind]
        return made

    def _format(self, look: Look, kind: str) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setForeground(look.inks[kind])
        if (line := look.lines.get(kind)) is not None:
            made.setUnderlineStyle(_LINES[line])
            made.setUnderlineColor(look.inks[kind])
        made.setFontStrikeOut(kind in look.struck)
        return made


def _starts(pieces: Sequence[Piece]) -> Iterator[int]:
    at = 0
    for each in pieces:
        yield at
        at += len(each.shown) + 1


def _x(line: QTextLine, place: int) -> float:
    found: Any = line.cursorToX(place)
    return float(found[0] if isinstance(found, tuple) else found)


def backwards(text: str) -> bool:
    """Whether a text runs from right to left: its first letter with a direction says so (Unicode Annex 9, P2)."""
    found = (unicodedata.bidirectional(each) for each in text)
    return next((each for each in found if each in ("L", "R", "AL")), "L") != "L"
