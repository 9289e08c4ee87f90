"""Quality: what metrics say of the noisy sound and of what each denoiser makes of it, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractItemView as Items
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout

from widgets import theme
from widgets.budget import Budget
from widgets.stroke import ink
from widgets.view import Follower
from widgets.view import View as Base

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from engine.events import Cell, Column, Judged
    from engine.session import Session, State

TITLE = "Quality"
LANE = False
ORDER = 51
NOISY, CLEAN = "noisy", "clean"
_JOB = "quality"
_ASK = "PESQ, STOI, SI-SDR, DNSMOS and reading errors of the noisy sound, and of what each denoiser makes of it."
_LIVE = "Quality is measured of clips: end the live view first."
_LEGEND = "△\N{NO-BREAK SPACE}better than noisy, ▲\N{NO-BREAK SPACE}best, ▽\N{NO-BREAK SPACE}worse."
_BETTER, _BEST, _WORSE = "△", "▲", "▽"
_TIGHT = """
QHeaderView::section { padding: 4px 1px; }
QTableView::item { padding: 0; }
QTableCornerButton::section { border: none; background: transparent; }
"""
_ABSENT, _WAIT = "\N{EN DASH}", "…"


class View(Base):
    """A row for each version, a column for each metric; what cannot be measured is absent and says why."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.table, self.said, self.budget = QTableWidget(), QLabel(), Budget()
        self.table.setAccessibleName("Quality")
        self.table.setEditTriggers(Items.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(Items.SelectionMode.NoSelection)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.setWordWrap(False)
        self.table.setFont(theme.font(theme.SMALL - 1))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setStyleSheet(_TIGHT)
        self.table.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.table.verticalHeader().setFixedWidth(9 * theme.GRID)
        self.table.verticalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.table.verticalHeader().setFont(theme.font(theme.SMALL))
        self.table.horizontalHeader().setMinimumSectionSize(24)
        self.table.verticalHeader().setDefaultSectionSize(3 * theme.GRID)
        self.said.setWordWrap(True)
        self.said.setProperty("role", "muted")
        self.buttons = QHBoxLayout()
        self.buttons.setContentsMargins(0, 0, 0, 0)
        self._followers: list[Follower] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(self.table)
        column.addWidget(self.said)
        column.addLayout(self.buttons)
        column.addWidget(self.budget)
        column.addStretch(1)
        self.watch("judged", "traced", "jobs", "offers", "denoisers", "denoising", "transport")

    def sizeHint(self) -> QSize:
        return QSize(38 * theme.GRID, 40 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(34 * theme.GRID, 24 * theme.GRID)

    def refresh(self) -> None:
        state = self.session.state
        judged = state.judged
        self._offer_buttons()
        self._show_latencies(state)
        there = judged is not None and state.traced is not None and not state.transport.live
        for part in (self.table, self.said):
            part.setVisible(there)
        for follower in self._followers:
            follower.setVisible(there)
        if judged is None or not there:
            self.budget.setVisible(False)
            live = state.transport.live
            self.say(_LIVE if live else _ASK, *self._asks(state))
            return
        self.say("")
        self._fill(judged, _JOB in state.jobs)
        self._tell(judged, state)

    def repaint_later(self) -> None:
        """Nothing: the table paints itself anew."""

    def _asks(self, state: State) -> tuple[str, ...]:
        return ("judge",) if state.traced is not None and not state.transport.live else ()

    def _offer_buttons(self) -> None:
        """Those of the window, as soon as there is one around."""
        from PySide6.QtGui import QAction

        if self._followers:
            return
        for name in ("judge", "blind"):
            if (action := self.window().findChild(QAction, name)) is not None:
                self._followers.append(Follower(action))
                self.buttons.addWidget(self._followers[-1])
        self.buttons.addStretch(1)

    def _fill(self, judged: Judged, working: bool) -> None:
        names, columns = list(judged.ids), judged.columns
        self.table.setRowCount(len(names))
        self.table.setColumnCount(len(columns))
        for row, name in enumerate(names):
            side = QTableWidgetItem(name)
            side.setToolTip(name)
            self.table.setVerticalHeaderItem(row, side)
        for place, column in enumerate(columns):
            head = QTableWidgetItem(column.title)
            head.setToolTip(column.about)
            self.table.setHorizontalHeaderItem(place, head)
        for row, name in enumerate(names):
            for place in range(len(columns)):
                self.table.setItem(row, place, self._item(judged, name, place, working))
        height = self.table.horizontalHeader().sizeHint().height() + 3 * theme.GRID * len(names) + 4
        self.table.setFixedHeight(height)

    def _item(self, judged: Judged, name: str, place: int, working: bool) -> QTableWidgetItem:
        column, cells = judged.columns[place], judged.rows.get(name)
        cell = cells[place] if cells is not None and place < len(cells) else None
        item = QTableWidgetItem()
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if cell is None or cell.value is None:
            item.setText(_WAIT if cell is None and working else _ABSENT)
            item.setForeground(ink("faint"))
            item.setToolTip(cell.note if cell is not None else "not measured yet")
            return item
        sign, colour = mark(judged, name, place)
        item.setText(f"{shown(cell, column)}{sign}")
        item.setForeground(ink(colour))
        unit = f" {column.unit}" if column.unit else ""
        item.setToolTip(f"{column.title} {shown(cell, column)}{unit}. {cell.note}".strip())
        return item

    def _tell(self, judged: Judged, state: State) -> None:
        whole = state.traced is not None and judged.stop - judged.start >= state.traced.sound.seconds - 0.01
        where = "all of it" if whole else f"{judged.start:.1f} to {judged.stop:.1f} s of the sound"
        progress = state.jobs.get(_JOB)
        left = [name for name in judged.ids if len(judged.rows.get(name, ())) < max(1, len(judged.columns))]
        words = f"Of {where}. {_LEGEND}"
        if progress is not None:
            known = f", {100 * progress.share:.0f} % known" if progress.share > 0 else ""
            words = f"{progress.doing or 'measuring'}{known} …"
        elif left:
            words = f"Of {where}. Not measured yet: {', '.join(left)}."
        if CLEAN not in judged.ids:
            words += " No clean sound is known: what needs one is absent."
        self.said.setText(words)

    def _show_latencies(self, state: State) -> None:
        """Of each denoiser, with what limits by band add."""
        mix = state.denoising.late if state.denoising is not None else 0.0
        late = {each.name: (each.title, _later(each.latency, mix)) for each in state.offers if not each.trouble}
        self.budget.show_latencies([late[name] for name in state.denoisers or () if name in late])


def _later(latency: float | None, by: float) -> float | None:
    """Where a latency is known."""
    return latency if latency is None or latency < 0 else latency + by


def shown(cell: Cell, column: Column) -> str:
    """A value as it is written."""
    assert cell.value is not None
    return f"{cell.value:.{column.digits}f}".replace("-", "\N{MINUS SIGN}")


def mark(judged: Judged, name: str, place: int) -> tuple[str, str]:
    """The sign of a value and its colour: beside the noisy sound, and as the best of what denoisers make."""
    column = judged.columns[place]
    values = {
        each: cells[place].value for each, cells in judged.rows.items() if each != CLEAN and place < len(cells)
    }
    mine, noisy = values.get(name), values.get(NOISY)
    if mine is None or noisy is None or name in (NOISY, CLEAN):
        return "", "text"
    direction = 1 if column.more else -1
    gain, least = direction * (mine - noisy), 0.5 * 10**-column.digits
    sign = _BETTER if gain > least else _WORSE if gain < -least else ""
    rivals = [direction * value for each, value in values.items() if each != NOISY and value is not None]
    if sign == _BETTER and len(rivals) > 1 and direction * mine >= max(rivals):
        sign = _BEST
    return sign, {_BETTER: "good", _BEST: "good", _WORSE: "bad"}.get(sign, "text")
