"""The edits of states and gates: what they have changed, and each of them to be switched, changed or removed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from widgets import theme
from widgets.operation import Row
from widgets.states import ACTIONS
from widgets.view import Follower
from widgets.view import View as Base

if TYPE_CHECKING:
    from engine.events import Difference
    from engine.session import Session
    from engine.surgery import Edit

TITLE = "Edits"
LANE = False
ORDER = 15
_HELP = (
    "Alt-drag over the hidden state, the cell state or a gate to brush a stretch of time and some units: force a "
    "gate open or shut, zero or freeze what is remembered. Or reset the state at the cursor."
)


class View(Base):
    """What was heard before and now, the counts, and a row for each edit in the order in which they act."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        self._column.setSpacing(theme.GRID // 2)
        self._told = QLabel()
        self._told.setWordWrap(True)
        self._told.setAccessibleName("What the edits have changed")
        self._column.addWidget(self._told)
        self._tools = QHBoxLayout()
        self._column.addLayout(self._tools)
        self._column.addStretch(1)
        self.rows: list[Row] = []
        area = QScrollArea()
        area.setAccessibleName(f"{TITLE}, to be scrolled")
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self.watch("edits", "traced")

    def sizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, 30 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * theme.GRID, 12 * theme.GRID)

    def refresh(self) -> None:
        state = self.session.state
        self._add_tools()
        self.say("" if state.edits else _HELP, *(() if state.edits else ("reset_state",)))
        difference = state.traced.difference if state.traced is not None else None
        self._told.setText(_words(difference) if state.edits and difference is not None else "")
        if len(self.rows) != len(state.edits) or not all(map(Row.fits, self.rows, state.edits)):
            self._make(state.edits)
        for index, (row, edit) in enumerate(zip(self.rows, state.edits, strict=True)):
            row.show_edit(edit, difference.idle.get(index, "") if difference is not None else "")

    def _add_tools(self) -> None:
        """What the window does to the state at the cursor, as buttons."""
        found = [action for name in ACTIONS if (action := self.window().findChild(QAction, name))]
        for action in found if not self._tools.count() else ():
            self._tools.addWidget(Follower(action, " the state here"))

    def _make(self, edits: tuple[Edit, ...]) -> None:
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = [Row(edit) for edit in edits]
        for index, row in enumerate(self.rows):
            self._column.insertWidget(index + 2, row)
            row.changed.connect(partial(self._change, index))
            row.ended.connect(self.session.end_merge)
            row.removed.connect(partial(self._remove, index))
            row.show()
        self._column.activate()

    def _change(self, index: int, edit: Edit, name: str) -> None:
        edits = self.session.state.edits
        merge = None if name == "on" else f"edit.{index}.{name}"  # a switch is not dragged
        self.session.set("edits", (*edits[:index], edit, *edits[index + 1 :]), merge=merge)

    def _remove(self, index: int) -> None:
        edits = self.session.state.edits
        self.session.set("edits", edits[:index] + edits[index + 1 :])


def _words(told: Difference) -> str:
    """How much was changed, and both texts."""
    ink = theme.current().bad if told.words or told.frames else theme.current().good
    total = max(len(told.text), told.words)
    words = f"{told.words} of {total} word{'' if total == 1 else 's'} changed"
    said = " ".join(label.text for label in told.text) or "(nothing)"
    return (
        f"<b style='color:{ink}'>{words}, {told.frames} of {told.count} frames</b>"
        f"<br><span style='color:{theme.current().muted}'>before: {said}</span>"
    )
