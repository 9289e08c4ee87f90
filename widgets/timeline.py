"""The time line of a run: its kept snapshots in a row, to be scrubbed; the whole window shows the chosen one."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPolygonF
from PySide6.QtWidgets import QAbstractSlider, QHBoxLayout, QLabel, QSizePolicy, QWidget

from engine.session import ASIDE
from widgets import theme
from widgets.panels.words import say
from widgets.view import Follower

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction, QMouseEvent, QPaintEvent

    from engine.session import History, Session

_SIDE, _TALL = theme.GRID, 3 * theme.GRID
_HELP = (
    "Each tick is a snapshot of the network in training. Drag, or use the arrow keys: sound, pictures and text "
    "show the network as it was then. Diamonds: a knob was turned. Star: best on held-out data."
)


def best(history: History) -> int | None:
    """The step that erred least on held-out data, the lower loss where several did."""
    held = [each for each in history.evaluated if each.split == "valid"]
    return min(held, key=lambda each: (each.error, each.loss)).step if held else None


class TimeLine(QAbstractSlider):
    """Its value is the place of a snapshot in the row of those kept. `looked(step)` tells of a move by hand.

    The last place stands for the newest network, whatever comes after it: `looked(None)`.
    """

    looked = Signal(object)
    ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.steps: tuple[int, ...] = ()
        self._history: History | None = None
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Snapshots of the training")
        self.setAccessibleDescription(_HELP)
        self.setWhatsThis(_HELP)
        self.valueChanged.connect(self._tell)

    def sizeHint(self) -> QSize:
        return QSize(200, _TALL)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, _TALL)

    def show_history(self, history: History) -> None:
        """Show what a run has kept, without telling of it. While it is dragged the places stay where they are."""
        self._history = history
        if not self.isSliderDown():
            self.steps = history.kept
        at = self.steps.index(history.at) if history.at in self.steps else len(self.steps) - 1
        with QSignalBlocker(self):
            self.setRange(0, max(0, len(self.steps) - 1))
            if not self.isSliderDown():
                self.setValue(at)
        self.update()

    def place(self, step: int) -> float:
        """Where a step lies, in pixels. Snapshots stand at equal distances: the newest are close to each other."""
        return float(np.interp(step, self.steps, self._places()))

    def _places(self) -> np.ndarray:
        """Those of all snapshots."""
        return np.linspace(_SIDE, self.width() - _SIDE, len(self.steps))

    def paintEvent(self, event: QPaintEvent) -> None:
        history = self._history
        if history is None or not self.steps:
            return
        painter, palette, middle = QPainter(self), theme.current(), self.height() / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(QRectF(_SIDE, middle - 1, self.width() - 2 * _SIDE, 2), palette.colour("accent", 0.6))
        muted = palette.colour("muted")
        for place in self._places():
            painter.fillRect(QRectF(round(place), middle - 4, 1, 8), muted)
        painter.setBrush(palette.colour("warn"))
        for change in history.changes:
            painter.drawPolygon(_diamond(self.place(change.step), middle - 7, 4))
        found = best(history)
        if found is not None:
            painter.setBrush(palette.colour("good"))
            painter.drawPolygon(_star(self.place(found), middle + 7, 5))
        chosen = self.place(self.steps[min(self.value(), len(self.steps) - 1)])
        painter.setBrush(palette.colour("accent" if self.hasFocus() or self.isSliderDown() else "text"))
        painter.setPen(palette.colour("window"))
        painter.drawEllipse(QPointF(chosen, middle), 6, 6)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.steps:
            self.setSliderDown(True)
            self._to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._to(event.position().x())
        if self.steps:
            self.setToolTip(self._words(self._nearest(event.position().x())))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderDown(False)
            self.ended.emit()

    def _to(self, x: float) -> None:
        self.setValue(self.steps.index(self._nearest(x)))
        self.update()

    def _nearest(self, x: float) -> int:
        return min(self.steps, key=lambda step: abs(self.place(step) - x))

    def _tell(self, value: int) -> None:
        self.looked.emit(self.steps[value] if value < len(self.steps) - 1 else None)
        if not self.isSliderDown():  # a key, or the wheel
            self.ended.emit()
        self.update()

    def _words(self, step: int) -> str:
        """What is known of a step: its loss, its error, and what was turned near it."""
        history = self._history
        assert history is not None
        found = [f"step {step}"]
        index = bisect.bisect_left(history.steps, step, key=lambda each: each.step)
        if index < len(history.steps) and history.steps[index].step == step:
            found.append(f"loss {history.steps[index].loss:.3g}")
        held = [each for each in history.evaluated if each.split == "valid" and each.step <= step]
        if held:
            found.append(f"held-out error {100 * held[-1].error:.1f} %")
        if step == best(history):
            found.append("the best on held-out data")
        near = [each for each in history.changes if abs(self.place(each.step) - self.place(step)) < 4]
        found += [f"{each.key} from {each.before:g} to {each.after:g}" for each in near if _is_number(each.after)]
        return ", ".join(found)


class TimeBar(QWidget):
    """The time line with its name on the left, and on the right the ways back and on."""

    looked = Signal(object)
    ended = Signal()

    def __init__(self, session: Session, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.session = session
        self.always = False
        """Shown whenever a run has snapshots; else only while it trains, or the past is looked at."""
        self._dirty = True
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID, 4, theme.GRID, 4)
        row.setSpacing(theme.GRID)
        self.badge = QLabel()
        self.badge.setAccessibleName("Which network of the run is shown")
        self.line = TimeLine()
        self.line.looked.connect(self.looked)
        self.line.ended.connect(self.ended)
        row.addWidget(self.badge)
        row.addWidget(self.line, 1)
        for name in ("newest", "fork"):
            row.addWidget(Follower(actions[name]))
        self.setAccessibleName("Time line of the training")
        self.hide()
        for key in ("history", "jobs"):
            session.on(key, self.mark)

    def mark(self) -> None:
        self._dirty = True

    def tick(self) -> None:
        """Bring it up to date, if anything changed."""
        if not self._dirty:
            return
        self._dirty = False
        state, history = self.session.state, self.session.state.history
        shown = bool(history.kept) and (self.always or history.at is not None or "train" in state.jobs)
        self.setVisible(shown)
        if not shown:
            return
        self.line.show_history(history)
        name = history.began.name if history.began is not None else "this run"
        then = history.at is not None
        if history.at == ASIDE:
            words = f"another network than that of {name}"
        else:
            words = f"step {history.at} of {name}" if then else f"step {history.kept[-1]} of {name}, newest"
        say(self.badge, words, "badge" if then else "muted")
        self.badge.setMinimumWidth(max(self.badge.minimumWidth(), self.badge.sizeHint().width()))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _diamond(x: float, y: float, size: float) -> QPolygonF:
    return QPolygonF([QPointF(x, y - size), QPointF(x + size, y), QPointF(x, y + size), QPointF(x - size, y)])


def _star(x: float, y: float, size: float) -> QPolygonF:
    from math import cos, pi, sin

    radii = [size if index % 2 == 0 else size * 0.45 for index in range(10)]
    angles = [pi * index / 5 - pi / 2 for index in range(10)]
    return QPolygonF([QPointF(x + r * cos(a), y + r * sin(a)) for r, a in zip(radii, angles, strict=True)])
