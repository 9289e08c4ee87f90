"""The stack of lanes: all on one time axis, one below the other, each folded, resized or left out at will."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QVBoxLayout, QWidget

from engine import catalog
from widgets.lane import FOLDED

if TYPE_CHECKING:
    from collections.abc import Collection

    from PySide6.QtGui import QShowEvent

    from engine.session import Session
    from widgets.lane import Lane

FOLDER = "widgets.views"


class LaneStack(QWidget):
    """Every view of the catalog that is a lane, in its ORDER. `tick()` passes the timer on to them."""

    changed = Signal()
    """A lane was folded, shown or left out by hand."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.lanes: dict[str, Lane] = {}
        self._automatic: set[str] = set()
        self._lets = True
        self._left_out: set[str] = set()
        self._at_first: set[str] = set()
        """Those that are left out until they are asked for."""
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        modules = sorted(((name, catalog.load(FOLDER, name)) for name in catalog.names(FOLDER)), key=_place)
        for name, module in modules:
            if not getattr(module, "LANE", False):
                continue
            lane = module.View(session)
            self.lanes[name] = lane
            if not lane.WEIGHT:
                column.addWidget(lane)
                continue
            index = self._splitter.count()
            self._splitter.addWidget(lane)
            self._splitter.setStretchFactor(index, lane.WEIGHT)
            if getattr(module, "FOLD", False):
                lane.header.set_folded(True)
            if getattr(module, "AUTO", False):
                self._automatic.add(name)
            lane.header.folded.connect(self._refit)
            if getattr(module, "LEFT_OUT", False):
                self._at_first.add(name)
                lane.hide()
        self._left_out |= self._at_first
        area = QScrollArea()
        area.setWidget(self._splitter)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the lanes have it
        column.addWidget(area, 1)
        self._area = area
        self._fitted = False
        session.on("traced", self._traced)
        self._traced()

    def tick(self) -> None:
        """Bring every lane that can be seen up to date."""
        for lane in self.lanes.values():
            lane.tick()

    # Which lanes.

    def show_lane(self, name: str, shown: bool) -> None:
        """Show a lane or leave it out. Raises KeyError."""
        self._automatic.discard(name)
        self._set_shown(name, shown)
        self.changed.emit()

    def only(self, names: Collection[str]) -> None:
        """Show these lanes and no others."""
        for name, lane in self.lanes.items():
            if lane.WEIGHT:
                self._set_shown(name, name in names)

    def let_show(self, automatic: bool) -> None:
        """Whether lanes that show themselves where there is something in them do so."""
        self._lets = automatic
        self._traced()

    def reset(self) -> None:
        """Show and leave out what is shown and left out at the first start."""
        for name in self.lanes:
            if self.is_shown(name) == (name in self._at_first):
                self.show_lane(name, name not in self._at_first)

    def is_shown(self, name: str) -> bool:
        return name not in self._left_out

    def fold(self, name: str, folded: bool) -> None:
        """Fold a lane to a strip, or open it. Raises KeyError."""
        self.lanes[name].header.set_folded(folded)

    def titles(self) -> dict[str, str]:
        """The lanes' names and what they are called, from top to bottom."""
        return {name: lane.TITLE for name, lane in self.lanes.items()}

    def _set_shown(self, name: str, shown: bool) -> None:
        if shown == self.is_shown(name) and shown == (not self.lanes[name].isHidden()):
            return
        (self._left_out.discard if shown else self._left_out.add)(name)
        self.lanes[name].setVisible(shown)
        self._refit()

    def _traced(self) -> None:
        """A lane that shows itself does so where there is something in it."""
        traced = self.session.state.traced
        for name in self._automatic if self._lets else ():
            self._set_shown(name, traced is not None and self.lanes[name].fits(traced.trace))

    # Heights.

    def _refit(self) -> None:
        """Give every open lane its share of the height; folded ones take their strip."""
        if not self._fitted:
            return
        lanes = [lane for lane in self.lanes.values() if lane.WEIGHT]
        shares = [
            0 if lane.isHidden() else FOLDED if lane.header.is_folded() else 1000 * lane.WEIGHT for lane in lanes
        ]
        height = max(self._splitter.height() - sum(share for share in shares if share == FOLDED), 1)
        total = max(sum(share for share in shares if share > FOLDED), 1)
        self._splitter.setSizes([share if share <= FOLDED else share * height // total for share in shares])
        self.changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._fitted:
            self._fitted = True
            self._refit()

    # Remembering.

    def saved(self) -> str:
        """The arrangement as text: which lanes are folded or left out, and the heights."""
        folded = [name for name, lane in self.lanes.items() if lane.header.is_folded()]
        left_out = sorted(self._left_out - self._automatic)
        found = {
            "folded": folded,
            "left_out": left_out,
            "sizes": self._splitter.sizes(),
            "known": list(self.lanes),
        }
        return json.dumps(found)

    def restore(self, text: str) -> None:
        """Arrange the lanes as they were saved; text that is no arrangement changes nothing."""
        try:
            kept = json.loads(text)
            folded, left_out, sizes = kept["folded"], kept["left_out"], [int(each) for each in kept["sizes"]]
            known = list(kept.get("known", (name for name in self.lanes if name not in self._at_first)))
        except (ValueError, TypeError, KeyError):
            return
        for name, lane in self.lanes.items():
            if lane.WEIGHT and name in known:
                lane.header.set_folded(name in folded)
                if name not in self._automatic:
                    self._set_shown(name, name not in left_out)
        if len(sizes) == self._splitter.count() and any(sizes):
            self._fitted = True
            self._splitter.setSizes(sizes)


def _place(entry: tuple[str, object]) -> tuple[int, str]:
    return getattr(entry[1], "ORDER", 99), entry[0]
