"""The curves of a training run, and of others beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from widgets import quantity, theme
from widgets.choices import Choices
from widgets.plot import Plot
from widgets.quantity import Run, Wish
from widgets.runs import Record
from widgets.view import View as Base

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from engine.session import History, Session

TITLE = "Curves"
LANE = False
ORDER = 30
_NONE = "No training yet. Start one to watch its loss fall here."
_PREPARING = "Training data is being prepared. The loss appears here with the first step."
_ABSENT = "This run has told nothing of it yet."


class View(Base):
    """A row of choices over one or two plots. Lines are as they came, thin, and smoothed, thick."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._records: list[Record] = []
        self._two = False
        self.choices = Choices(quantity.names([]), {key: title for key, (title, _) in quantity.AXES.items()})
        self.choices.changed.connect(self._chosen)
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
        column.addWidget(self.choices)
        column.addLayout(self._plots, 1)
        self.watch("history", "compared")
        self._ends.append(session.on("jobs", self._jobs_changed))

    def sizeHint(self) -> QSize:
        return QSize(40 * theme.GRID, 24 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(26 * theme.GRID, 16 * theme.GRID)

    def wish(self) -> Wish:
        """What is chosen. Smoothing is over the power of two below a share of the longest run, so that the lines
        are made anew a few times in a run, and else only go on."""
        steps = self.choices.share * max((each.count for each in self._records), default=0)
        width = 2.0 ** math.floor(math.log2(max(steps, 1.0)))
        return Wish(self.choices.axis.currentData(), width, self.choices.log.isChecked())

    def refresh(self) -> None:
        state = self.session.state
        histories = [each for each in (state.history, *state.compared) if each.steps]
        for part in (self.choices, self.main):
            part.setVisible(bool(histories))
        if not histories:
            self._records.clear()
            self.side.hide()
            self.say(_PREPARING if "train" in state.jobs else _NONE, "train")
            return
        self.say("")
        runs, choices = self._runs(histories), self.choices
        choices.offer(quantity.names(runs), [(each.name, each.ink) for each in runs if each.name])
        choices.describe_smoothing(self.wish().width)
        drawn = [each for each in runs if each.name not in choices.hidden] or runs[:1]
        first, *more = quantity.charts(choices.what.currentData(), drawn, self.wish())
        self.main.put(first.lines, first.marks, first.x, first.y)
        for chart in more:
            self.side.put(chart.lines, chart.marks, chart.x, chart.y)
        self._two = bool(more)
        self._arrange()

    def repaint_later(self) -> None:
        """Nothing: the plots paint themselves anew, and the row of choices need not."""

    def _runs(self, histories: list[History]) -> list[Run]:
        """The runs with their inks."""
        del self._records[len(histories) :]
        self._records += [Record() for _ in histories[len(self._records) :]]
        several = len(histories) > 1
        runs: list[Run] = []
        for index, (history, record) in enumerate(zip(histories, self._records, strict=True)):
            record.take(history)
            faint = history is not self.session.state.history
            colour = quantity.OTHERS[(index - 1) % len(quantity.OTHERS)] if index else "accent"
            began = history.began
            name = (began.name if began is not None and began.name else f"run {index + 1}") if several else ""
            if any(each.name == name for each in runs):
                name = f"{name} ({index + 1})"
            runs.append(Run(name, history, colour, faint, record))
        return runs

    def _chosen(self) -> None:
        self.mark()
        self.tick()

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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
