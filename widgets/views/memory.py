"""Search by memory: the moments at which the same units switch as in the stretch that is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout

from engine.trace import named
from widgets import axis, theme
from widgets.panels.words import say
from widgets.view import Follower
from widgets.view import View as Base

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent
    from PySide6.QtWidgets import QWidget

    from engine.events import Recalled
    from engine.session import Session

TITLE = "Search by memory"
LANE = False
ORDER = 41
_SELECT = (
    "Select some 200 ms: drag along a lane with Shift held. Here come the moments in which the states do the same."
)
_ABOUT = (
    "How alike the switching is, of the units that switch most in the selection: the rises and falls that both "
    "stretches have, as a share of those that any of them has. A click goes there and plays it."
)


class View(Base):
    """A playlist, the most similar first. It searches while it can be seen."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.list = QTreeWidget()
        self.list.setRootIsDecorated(False)
        self.list.setHeaderLabels(["alike", "at", "in"])
        self.list.setAccessibleName("Moments that are alike")
        self.list.setWhatsThis(_ABOUT)
        self.list.header().setStretchLastSection(True)
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.list.itemClicked.connect(self._go)
        self.list.itemActivated.connect(self._go)
        self._row = QHBoxLayout()
        self._row.addWidget(self.said, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        self._column.setSpacing(theme.GRID)
        self._column.addLayout(self._row)
        self._column.addWidget(self.list, 1)
        self._shown: Recalled | None = None
        self.watch("recalled", "selection", "index", "traced", "jobs")

    def sizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, 30 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(26 * theme.GRID, 16 * theme.GRID)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        action = self.window().findChild(QAction, "index")
        if action is not None and self._row.count() == 1:
            self._row.addWidget(Follower(action), 0, Qt.AlignmentFlag.AlignTop)
        self.session.set("recalling", True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.session.set("recalling", False)

    def refresh(self) -> None:
        state, found = self.session.state, self.session.state.recalled
        self.list.setVisible(state.traced is not None)
        if state.traced is None:
            self.said.setText("")
            self.say("Open a sound and a network: then moments can be found in which the same units switch.")
            return
        self.say("")
        say(self.said, self._words(found), "muted")
        if found is self._shown and found is not None:
            return
        self._shown = found
        self.list.clear()
        for match in found.matches if found is not None else ():
            where = match.name or (state.clip.name if state.clip is not None else "")
            row = QTreeWidgetItem([f"{100 * match.similarity:.0f} %", axis.clock(match.start), where])
            row.setData(0, Qt.ItemDataRole.UserRole, match)
            row.setToolTip(2, str(match.path or where))
            for column in (0, 1):
                row.setTextAlignment(column, Qt.AlignmentFlag.AlignRight)
            self.list.addTopLevelItem(row)

    def _words(self, found: Recalled | None) -> str:
        index = self.session.state.index
        inside = f" Folder {index.name}: {_long(index.seconds)}." if index is not None else ""
        if found is None:
            return _SELECT + inside
        units = named(found.units)
        shown = units if len(units) < 32 else f"{len(found.units)} units"
        return f"Layer {found.layer}, {shown}; {_long(found.seconds)} searched in {found.took:.0f} ms.{inside}"

    def _go(self, row: QTreeWidgetItem) -> None:
        self.session.set("visit", None)
        self.session.set("visit", row.data(0, Qt.ItemDataRole.UserRole))


def _long(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
