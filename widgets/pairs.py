"""Two aligned rows of words that go on line after line; a click, or Return, goes to a word and plays it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip

from widgets import axis, theme
from widgets.flow import backwards
from widgets.search import play
from widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent, QHelpEvent, QMouseEvent, QPaintEvent, QResizeEvent
    from PySide6.QtWidgets import QWidget

    from engine.clip import Label
    from engine.events import Pair
    from engine.session import Session

ROW, GAP = 20, 10
_HEAD = 36
"""Pixels at the left in which the rows are named."""
_SIGNS = {"substitute": "≠ ", "delete": "\N{MINUS SIGN} ", "insert": "+ "}
_INKS = {"equal": "text", "substitute": "bad", "delete": "warn", "insert": "bad"}
_WORDS = {"equal": "right", "substitute": "read as another", "delete": "not read", "insert": "read, but not said"}
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)


class Pairs(QAbstractScrollArea):
    """Only the lines that can be seen are painted, however long the text is."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.pairs: Sequence[Pair] = ()
        self.at: int | None = None
        """The pair that was chosen by key or click."""
        self._boxes: list[QRectF] = []
        self._firsts: set[int] = set()
        """The pairs that begin a line."""
        self._backwards = False
        """Whether a line begins at the right, as those of Hebrew and Arabic."""
        self._sentences: set[Label] = set()
        """Labels of several words: a word of theirs is heard where it was read."""
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("What was said above what was read")
        self.viewport().setAutoFillBackground(False)
        self.setWhatsThis(
            "What was said above what was read. ≠ is a wrong word, a dashed − one that was not read, + one that "
            "nobody said. A click goes to a word and plays it; by keys: arrows choose, Return plays."
        )

    def show_pairs(self, pairs: Sequence[Pair]) -> None:
        """Other pairs; the same ones leave what was chosen alone."""
        if pairs is not self.pairs:
            self.pairs, self.at = pairs, None
            count = Counter(each.truth for each in pairs if each.truth is not None)
            self._sentences = {label for label, times in count.items() if times > 1}
        self._lay_out()
        self.viewport().update()

    def box(self, index: int) -> QRectF:
        """Where a pair lies, in pixels of the text: both rows, the upper one what was said."""
        return self._boxes[index]

    # Places.

    def _lay_out(self) -> None:
        metrics, width = QFontMetricsF(theme.font(theme.TEXT)), self.viewport().width()
        x, y, self._boxes, self._firsts = float(_HEAD), 0.0, [], {0}
        for index, pair in enumerate(self.pairs):
            sign = _SIGNS.get(pair.kind, "")
            wide = max(metrics.horizontalAdvance(sign + each) for each in (pair.said, pair.read)) + 10
            if x + wide > width and x > _HEAD:
                x, y = float(_HEAD), y + 2 * ROW + GAP
                self._firsts.add(index)
            self._boxes.append(QRectF(x, y, min(wide, max(width - _HEAD, 20)), 2 * ROW))
            x += wide + 2
        self._backwards = backwards(" ".join(each.said or each.read for each in self.pairs))
        if self._backwards:
            self._boxes = [each.translated(_HEAD + width - each.right() - each.left(), 0) for each in self._boxes]
        whole = round(y) + 2 * ROW if self.pairs else 0
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, whole - self.viewport().height()))
        bar.setPageStep(max(1, self.viewport().height()))
        bar.setSingleStep(ROW)

    def _found(self, point: QPointF) -> int | None:
        lower = QPointF(point.x(), point.y() + self.verticalScrollBar().value())
        return next((index for index, box in enumerate(self._boxes) if box.contains(lower)), None)

    # The picture.

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        down, palette, face = self.verticalScrollBar().value(), theme.current(), theme.font(theme.TEXT)
        painter.fillRect(self.viewport().rect(), palette.colour("window"))
        painter.setFont(face)
        now = self._now()
        for index, (pair, place) in enumerate(zip(self.pairs, self._boxes, strict=True)):
            box = place.translated(0, -down)
            if box.bottom() < 0 or box.top() > self.viewport().height():
                continue
            if index in self._firsts:
                self._paint_names(painter, box)
            if index == now:
                painter.fillRect(QRectF(box.left(), box.bottom(), box.width(), 2), palette.colour("accent"))
            self._paint_pair(painter, pair, box)
            if index == self.at and self.hasFocus():
                painter.setPen(palette.colour("accent"))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(box.adjusted(-1.5, -0.5, 0.5, 1.5))

    def _paint_names(self, painter: QPainter, box: QRectF) -> None:
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.current().colour("muted"))
        for row, name in enumerate(("said", "read")):
            place = QRectF(0, box.top() + row * ROW, _HEAD - 6, ROW)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, name)
        painter.setFont(theme.font(theme.TEXT))

    def _paint_pair(self, painter: QPainter, pair: Pair, box: QRectF) -> None:
        palette = theme.current()
        ink = palette.colour(_INKS[pair.kind])
        upper = QRectF(box.left(), box.top(), box.width(), ROW)
        lower = upper.translated(0, ROW)
        rows = {"substitute": (lower, pair.read), "delete": (upper, pair.said), "insert": (lower, pair.read)}
        if pair.kind in rows:
            marked, text = rows[pair.kind]
            painter.fillRect(marked.adjusted(0, 1, 0, -1), palette.colour(_INKS[pair.kind], 0.14))
            line = Qt.PenStyle.DashLine if pair.kind == "delete" else Qt.PenStyle.SolidLine
            painter.setPen(QPen(ink, 1, line))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(marked.adjusted(0.5, 1.5, -0.5, -1.5))
            painter.drawText(marked, Qt.AlignmentFlag.AlignCenter, _SIGNS[pair.kind] + text)
        painter.setPen(palette.colour("text"))
        if pair.kind in ("equal", "substitute"):
            painter.drawText(upper, Qt.AlignmentFlag.AlignCenter, pair.said)
        if pair.kind == "equal":
            painter.drawText(lower, Qt.AlignmentFlag.AlignCenter, pair.read)

    def _now(self) -> int | None:
        """The pair at the cursor."""
        time = self.session.state.cursor.time
        spans = ((index, self.span(pair)) for index, pair in enumerate(self.pairs))
        return next((index for index, span in spans if span is not None and span[0] <= time < span[1]), None)

    def span(self, pair: Pair) -> tuple[float, float] | None:
        """When a word was said, or else read, in seconds of the clip."""
        whole = pair.truth is not None and pair.truth in self._sentences and pair.found is not None
        label, traced = pair.found if whole else pair.truth or pair.found, self.session.state.traced
        if label is None:
            return None
        start, scale = (traced.trace.start, traced.scale) if traced is not None else (0.0, 1.0)
        return start + (label.start - start) / scale, start + (label.end - start) / scale

    # Mouse and keys.

    def go(self, index: int) -> None:
        """Go to a word, and play it."""
        self.at = index
        span = self.span(self.pairs[index])
        if span is not None:
            state = self.session.state
            self.session.set("cursor", replace(state.cursor, time=span[0]))
            if not state.view.start <= span[0] <= state.view.stop:
                begin, seconds = span[0] - state.view.seconds / 2, state.view.seconds
                self.session.set("view", replace(state.view, **_stretch(begin, seconds, state.seconds)))
            play(self.session, *span)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._found(event.position())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.go(index)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self.pairs and key in _KEYS:
            self._move(key)
        elif self.at is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go(self.at)
        else:
            super().keyPressEvent(event)

    def _move(self, key: Qt.Key) -> None:
        last = len(self.pairs) - 1
        at = self.at if self.at is not None else self._now() or 0
        if self.at is None and key not in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.at = at
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.at = self._beside(at, -1 if key == Qt.Key.Key_Up else 1)
        else:
            on = -1 if self._backwards else 1
            by = {Qt.Key.Key_Left: at - on, Qt.Key.Key_Right: at + on, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
            self.at = min(max(by[key], 0), last)
        box, bar = self._boxes[self.at], self.verticalScrollBar()
        if box.top() < bar.value():
            bar.setValue(int(box.top()))
        elif box.bottom() > bar.value() + self.viewport().height():
            bar.setValue(round(box.bottom()) - self.viewport().height())
        self.viewport().update()

    def _beside(self, at: int, by: int) -> int:
        """The pair in the line above or below that is nearest."""
        box = self._boxes[at]
        rows = {each.top() for each in self._boxes if (each.top() - box.top()) * by > 0}
        if not rows:
            return at
        top = min(rows) if by > 0 else max(rows)
        line = [index for index, each in enumerate(self._boxes) if each.top() == top]
        return min(line, key=lambda index: abs(self._boxes[index].center().x() - box.center().x()))

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            help_event: QHelpEvent = event  # type: ignore[assignment]
            index = self._found(QPointF(help_event.pos()))
            QToolTip.showText(help_event.globalPos(), self.tip(index) if index is not None else "", self)
            return True
        return super().viewportEvent(event)

    def tip(self, index: int) -> str:
        """A pair in words: what was said, what was read, and when."""
        pair = self.pairs[index]
        span = self.span(pair)
        when = f", {axis.clock(span[0], 2)}" if span is not None else ""
        said = f"said {pair.said}" if pair.said else "nothing said"
        read = f"read {pair.read}" if pair.read else "nothing read"
        return f"{said}, {read}: {_WORDS[pair.kind]}{when}"

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()


def _stretch(start: float, seconds: float, length: float) -> dict[str, float]:
    begin, end = axis.moved(start, seconds, length)
    return {"start": begin, "stop": end}
