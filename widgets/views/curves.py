"""The curves of a training run, and of others beside it: what is drawn, along what, and how smooth is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QBoxLayout, QComboBox, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from widgets import quantity, theme
from widgets.number import Groove
from widgets.plot import Plot
from widgets.quantity import Run, Wish
from widgets.runs import Record
from widgets.stroke import ink
from widgets.view import View as Base

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from engine.session import History, Session

TITLE = "Curves"
LANE = False
ORDER = 30
_WIDTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""Steps that the places of the slider smooth over."""
_NONE = "No training yet. Start one to watch its loss fall here."
_PREPARING = "Training data is being prepared. The loss appears here with the first step."
_ABSENT = "This run has told nothing of it yet."


class View(Base):
    """A row of choices over one or two plots. Lines are as they came, thin, and smoothed, thick."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._records: list[Record] = []
        self._hidden: set[str] = set()
        self._two = False
        self._make_row()
        self.main, self.side = Plot(TITLE, _ABSENT), Plot(f"{TITLE}, beside", _ABSENT)
        self.main.spanned.connect(lambda span: self._go_along(self.side, span))
        self.side.spanned.connect(lambda span: self._go_along(self.main, span))
        self._plots = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._plots.setSpacing(0)
        self._plots.addWidget(self.main, 3)
        self._plots.addWidget(self.side, 2)
        self.side.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._row)
        column.addLayout(self._plots, 1)
        self.watch("history", "compared")
        self._ends.append(session.on("jobs", self._jobs_changed))

    def sizeHint(self) -> QSize:
        return QSize(40 * theme.GRID, 24 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(26 * theme.GRID, 16 * theme.GRID)

    def _make_row(self) -> None:
        self.what, self.axis = _box("What is drawn"), _box("Along what it is drawn")
        for key, title in quantity.names([]).items():
            self.what.addItem(title, key)
        for key, (title, _) in quantity.AXES.items():
            self.axis.addItem(title, key)
        self.log, self.runs, self.smooth = QToolButton(), QToolButton(), Groove()
        self.log.setText("log")
        self.log.setCheckable(True)
        self.log.setToolTip("Logarithmic scale of the values")
        self.log.setAccessibleName("Logarithmic scale")
        self.runs.setText("runs ▾")
        self.runs.setToolTip("Which runs are drawn")
        self.runs.setAccessibleName("Runs")
        self.runs.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.runs)
        self.runs.setMenu(self._menu)
        for button in (self.log, self.runs):
            button.setFont(theme.font(theme.SMALL))
            button.setFixedHeight(20)
            button.setProperty("small", True)
        self.smooth.setRange(0, len(_WIDTHS) - 1)
        self.smooth.setFixedWidth(9 * theme.GRID)
        self.smooth.setAccessibleName("Smoothing")
        self.smooth.setValue(_WIDTHS.index(20))
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, 0)
        row.setSpacing(theme.GRID // 2)
        for part in (self.what, self.log, self.smooth, self.axis):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.runs)
        for box in (self.what, self.axis):
            box.activated.connect(self._chosen)
        self.log.toggled.connect(self._chosen)
        self.smooth.valueChanged.connect(self._chosen)
        self._describe_smoothing()

    def wish(self) -> Wish:
        return Wish(self.axis.currentData(), float(_WIDTHS[self.smooth.value()]), self.log.isChecked())

    def refresh(self) -> None:
        state = self.session.state
        histories = [each for each in (state.history, *state.compared) if each.steps]
        self._row.setVisible(bool(histories))
        if not histories:
            self._records.clear()
            self.main.put([])
            self.side.hide()
            self.say(_PREPARING if "train" in state.jobs else _NONE, "train")
            return
        self.say("")
        runs = self._runs(histories)
        self._offer(runs)
        drawn = [each for each in runs if each.name not in self._hidden] or runs[:1]
        first, *more = quantity.charts(self.what.currentData(), drawn, self.wish())
        self.main.put(first.lines, first.marks, first.x, first.y)
        for chart in more:
            self.side.put(chart.lines, chart.marks, chart.x, chart.y)
        self._two = bool(more)
        self._arrange()

    def repaint_later(self) -> None:
        """Nothing: the plots paint themselves anew, and the row of choices need not."""

    def _runs(self, histories: list[History]) -> list[Run]:
        """The runs with their inks, converted as far as a moment allows."""
        del self._records[len(histories) :]
        self._records += [Record() for _ in histories[len(self._records) :]]
        several = len(histories) > 1
        runs: list[Run] = []
        for index, (history, record) in enumerate(zip(histories, self._records, strict=True)):
            if record.take(history):
                self.mark()
            faint = history is not self.session.state.history
            colour = quantity.OTHERS[(index - 1) % len(quantity.OTHERS)] if index else "accent"
            began = history.began
            name = (began.name if began is not None and began.name else f"run {index + 1}") if several else ""
            if any(each.name == name for each in runs):
                name = f"{name} ({index + 1})"
            runs.append(Run(name, history, colour, faint, record))
        return runs

    def _offer(self, runs: list[Run]) -> None:
        """Keep the choices up to date: the terms of the loss, and the runs where there are several."""
        wanted = quantity.names(runs)
        if list(wanted) != [self.what.itemData(index) for index in range(self.what.count())]:
            chosen = self.what.currentData()
            self.what.clear()
            for key, title in wanted.items():
                self.what.addItem(title, key)
            self.what.setCurrentIndex(max(0, self.what.findData(chosen)))
        offered = [(each.name, each.ink) for each in runs if each.name]
        if offered != [(each.text(), each.data()) for each in self._menu.actions()]:
            self._menu.clear()
            for name, colour in offered:
                action = self._menu.addAction(name)
                action.setData(colour)
                action.setCheckable(True)
                action.setChecked(name not in self._hidden)
                action.toggled.connect(lambda shown, name=name: self._show_run(name, shown))
        for action in self._menu.actions():
            action.setIcon(_swatch(action.data()))
        self._fit()

    def _show_run(self, name: str, shown: bool) -> None:
        (self._hidden.discard if shown else self._hidden.add)(name)
        self._chosen()

    def _chosen(self) -> None:
        self._describe_smoothing()
        self.mark()
        self.tick()

    def _describe_smoothing(self) -> None:
        width = _WIDTHS[self.smooth.value()]
        words = "Not smoothed" if width == 1 else f"Smoothed over about {width} steps; as it came, thin, beneath"
        self.smooth.setToolTip(words)
        self.smooth.setAccessibleDescription(words)

    def _jobs_changed(self) -> None:
        if not self.session.state.history.steps:
            self.mark()

    def _go_along(self, other: Plot, span: tuple[float, float] | None) -> None:
        """Two plots over the same steps show the same stretch of them."""
        if self.main.chart.x == self.side.chart.x:
            other.set_span(span)

    def _arrange(self) -> None:
        """Two plots side by side, or one above the other; without room for both, the first alone."""
        wide = self.width() > 1.6 * self.height()
        way = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._plots.direction() != way:
            self._plots.setDirection(way)
        self.side.setVisible(self._two and (self.width() >= 360 if wide else self.height() >= 200))

    def _fit(self) -> None:
        """As many choices as the width has room for, the most wanted ones first."""
        left = self.width() - 2 * theme.GRID
        runs = [self.runs] if self._menu.actions() else []
        self.runs.setVisible(bool(runs))
        for part in (self.what, self.log, *runs, self.smooth, self.axis):
            left -= max(part.sizeHint().width(), part.minimumWidth()) + theme.GRID // 2
            part.setVisible(left >= 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        self._arrange()


def _box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setFont(theme.font(theme.SMALL))
    box.setFixedHeight(20)
    return box


def _swatch(colour: str) -> QIcon:
    """A square in the ink of a run."""
    pixmap = QPixmap(10, 10)
    pixmap.fill(ink(colour))
    return QIcon(pixmap)
