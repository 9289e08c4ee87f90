"""The curves of a training run: the loss at every step, and the loss and error on held-out data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolButton

from widgets import theme
from widgets.axis import round_step
from widgets.strip import number
from widgets.view import View as Base

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtWidgets import QWidget

    from engine.session import Session

TITLE = "Curves"
LANE = False
ORDER = 30
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 72, 32, 24
_NONE = "No training yet. Start one to watch its loss fall here."
_PREPARING = "Training data is being prepared. The loss appears here with the first step."


class View(Base):
    """Loss in the accent colour, thin as it came and thick smoothed; held-out figures as marked points."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._steps = np.zeros(0)
        self._loss = np.zeros(0)
        self._held = np.zeros((0, 3))
        self._pointer: QPointF | None = None
        self.log = QToolButton(self)
        self.log.setText("log")
        self.log.setCheckable(True)
        self.log.setToolTip("Logarithmic scale of the loss")
        self.log.setAccessibleName("Logarithmic scale")
        self.log.toggled.connect(self.mark)
        self.log.toggled.connect(self.update)
        self.setMouseTracking(True)
        self.watch("history", "jobs")

    def sizeHint(self) -> QSize:
        return QSize(40 * theme.GRID, 24 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(26 * theme.GRID, 16 * theme.GRID)

    def refresh(self) -> None:
        history = self.session.state.history
        self.log.setVisible(bool(history.steps))
        self.log.adjustSize()
        self.log.move(self.width() - self.log.width() - theme.GRID, 4)
        if not history.steps:
            training = "train" in self.session.state.jobs
            self.say(_PREPARING if training else _NONE, "train")
            return
        self.say("")
        self._steps = np.array([each.step for each in history.steps], float)
        self._loss = np.array([each.loss for each in history.steps], float)
        self._held = np.array([(each.step, each.loss, each.error) for each in history.evaluated]).reshape(-1, 3)

    def _box(self) -> QRectF:
        return QRectF(_LEFT, _TOP, max(1, self.width() - _LEFT - _RIGHT), max(1, self.height() - _TOP - _BOTTOM))

    def _limits(self) -> tuple[float, float]:
        known = np.concatenate([self._loss, self._held[:, 1]])
        known = known[np.isfinite(known)]
        if not len(known):
            return 0.0, 1.0
        if self.log.isChecked():
            known = known[known > 0]
            if len(known):
                return float(np.log10(known.min())) - 0.05, float(np.log10(known.max())) + 0.05
        return 0.0, float(known.max()) * 1.05 or 1.0

    def paintEvent(self, event: QPaintEvent) -> None:
        self.renew()
        if not len(self._steps) or self.trouble:
            return
        painter = QPainter(self)
        try:
            self._paint(painter, self._box())
        finally:
            painter.end()

    def _paint(self, painter: QPainter, box: QRectF) -> None:
        palette, (low, high) = theme.current(), self._limits()
        painter.fillRect(box, palette.colour("ground"))
        self._paint_axes(painter, box, low, high)
        stride = max(1, len(self._steps) // max(int(box.width()), 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(palette.colour("accent", 0.35), 1))
        painter.drawPolyline(self._line(box, self._steps[::stride], self._loss[::stride], low, high))
        painter.setPen(QPen(palette.colour("accent"), 2))
        smooth = _smooth(self._loss)
        painter.drawPolyline(self._line(box, self._steps[::stride], smooth[::stride], low, high))
        self._paint_end(painter, box, smooth[-1], low, high, "loss", palette.accent)
        if len(self._held):
            painter.setPen(QPen(palette.colour("warn"), 1.5, Qt.PenStyle.DashLine))
            line = self._line(box, self._held[:, 0], self._held[:, 1], low, high)
            painter.drawPolyline(line)
            painter.setBrush(palette.colour("warn"))
            painter.setPen(Qt.PenStyle.NoPen)
            for point in line:
                painter.drawRect(QRectF(point.x() - 2.5, point.y() - 2.5, 5, 5))
            self._paint_end(painter, box, self._held[-1, 1], low, high, "held out", palette.warn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_words(painter, box)

    def _paint_axes(self, painter: QPainter, box: QRectF, low: float, high: float) -> None:
        palette = theme.current()
        painter.setFont(theme.font(theme.SMALL - 1))
        ticks = _decades(low, high) if self.log.isChecked() else _evenly(low, high, box.height() / 32)
        for at, value in ticks:
            y = round(box.bottom() - (at - low) / (high - low) * box.height())
            painter.fillRect(QRectF(box.left(), y, box.width(), 1), palette.colour("grid"))
            painter.setPen(palette.colour("muted"))
            text = QRectF(0, y - 8, box.left() - 6, 16)
            painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number(value))
        first, last = self._steps[0], max(self._steps[-1], self._steps[0] + 1)
        step = max(1.0, round_step((last - first) / max(box.width() / 72, 1)))
        for index in range(int(np.ceil(first / step)), int(np.floor(last / step)) + 1):
            x = box.left() + (index * step - first) / (last - first) * box.width()
            text = QRectF(x - 36, box.bottom() + 3, 72, 16)
            painter.drawText(text, Qt.AlignmentFlag.AlignHCenter, f"{index * step:.0f}")
        corner = QRectF(0, box.bottom() + 3, box.left() - 6, 16)
        painter.drawText(corner, Qt.AlignmentFlag.AlignRight, "step")

    def _line(self, box: QRectF, steps: np.ndarray, values: np.ndarray, low: float, high: float) -> list[QPointF]:
        first, last = self._steps[0], max(self._steps[-1], self._steps[0] + 1)
        shown = np.log10(np.maximum(values, 1e-12)) if self.log.isChecked() else values
        x = box.left() + (steps - first) / (last - first) * box.width()
        y = box.bottom() - np.clip((np.nan_to_num(shown, nan=high) - low) / (high - low), 0, 1) * box.height()
        return [QPointF(*each) for each in zip(x.tolist(), y.tolist(), strict=True)]

    def _paint_end(
        self, painter: QPainter, box: QRectF, value: float, low: float, high: float, words: str, ink: str
    ) -> None:
        """The name of a line, right of its end."""
        shown = np.log10(max(value, 1e-12)) if self.log.isChecked() else value
        y = box.bottom() - min(max((shown - low) / (high - low), 0), 1) * box.height()
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(ink)
        y += -8 if words == "held out" else 8
        painter.drawText(QRectF(box.right() + 6, y - 8, _RIGHT - 6, 16), Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_words(self, painter: QPainter, box: QRectF) -> None:
        palette = theme.current()
        index = len(self._steps) - 1
        if self._pointer is not None and box.contains(self._pointer):
            share = (self._pointer.x() - box.left()) / box.width()
            at = self._steps[0] + share * (self._steps[-1] - self._steps[0])
            index = int(np.abs(self._steps - at).argmin())
            x = self._line(box, self._steps[index : index + 1], self._loss[:1], 0.0, 1.0)[0].x()
            painter.fillRect(QRectF(round(x), box.top(), 1, box.height()), palette.colour("muted"))
        words = f"step {self._steps[index]:.0f}   loss {self._loss[index]:.3f}"
        before = self._held[self._held[:, 0] <= self._steps[index]]
        if len(before):
            words += f"   held out {100 * before[-1, 2]:.1f} %"
        painter.setPen(palette.colour("text"))
        painter.setFont(theme.font(theme.SMALL))
        top = QRectF(theme.GRID, 4, self.width() - self.log.width() - 3 * theme.GRID, 24)
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, theme.elided(words, top.width(), painter.font()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointer = None
        self.update()


def _evenly(low: float, high: float, count: float) -> list[tuple[float, float]]:
    """Where on the axis, and which value: at most `count` round ones."""
    step = round_step((high - low) / max(count, 1))
    return [
        (index * step, index * step) for index in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)
    ]


def _decades(low: float, high: float) -> list[tuple[float, float]]:
    """The same on an axis of logarithms: 1, 2 and 5 of each power of ten; of many powers, themselves."""
    powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    digits = (1, 2, 5) if high - low < 2 else (1,)
    values = [digit * 10.0**power for power in powers for digit in digits]
    return [(float(np.log10(each)), each) for each in values if low <= np.log10(each) <= high]


def _smooth(values: np.ndarray, share: float = 0.05) -> np.ndarray:
    """The mean of the last steps at each step: as many as `share` of the run, so that the line lags little."""
    width = max(1, int(len(values) * share))
    total = np.cumsum(np.insert(np.nan_to_num(values), 0, 0.0))
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(ends - width, 0)
    return (total[ends] - total[begins]) / (ends - begins)
