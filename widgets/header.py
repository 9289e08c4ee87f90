"""The head of a lane: its fold, title, choice of layer, badges and colour bar, in a column of fixed width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from widgets import theme
from widgets.bar import ColourBar

if TYPE_CHECKING:
    import numpy as np

WIDTH = 16 * theme.GRID


class Header(QWidget):
    """Signals what the user chose; shows what the lane tells it."""

    folded = Signal(bool)
    chosen = Signal(int)
    sorted_by = Signal(str)

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._fold = QToolButton()
        self._fold.setCheckable(True)
        self._fold.setProperty("fold", True)
        self._fold.setProperty("flat", True)
        self._fold.setFixedSize(18, 18)
        self._fold.setAccessibleName(f"Fold {title}")
        self._fold.setToolTip("Fold this lane to a strip, or open it")
        self._fold.toggled.connect(self._fold_toggled)
        self._title = QLabel(title)
        self._title.setFont(theme.font(theme.TEXT, bold=True))
        self.choice = _small_box(f"{title}: layer and direction")
        self.choice.activated.connect(self.chosen)
        self.sorting = _small_box(f"{title}: order of the units")
        for label, value in (("by index", "index"), ("by correlation", "correlation"), ("by peak time", "peak")):
            self.sorting.addItem(label, value)
        self.sorting.activated.connect(lambda index: self.sorted_by.emit(self.sorting.itemData(index)))
        self._badge = QLabel()
        self._badge.setTextFormat(Qt.TextFormat.RichText)
        self._badge.setFont(theme.font(theme.SMALL))
        self._badge.setProperty("role", "muted")
        self._badge.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.bar, self.other = ColourBar(), ColourBar()
        self.tool = _tool()
        parts: tuple[QWidget, ...] = (self._badge, self.choice, self.tool, self.bar, self.sorting, self.other)
        self._wants = dict.fromkeys(parts, False)
        self._arrange()
        for part in parts:
            part.hide()  # until it is asked for, also where the lane is never seen
        self._fold_toggled(False)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self._fold)
        row.addWidget(self._title, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 3, 4, 3)
        column.setSpacing(2)
        column.addLayout(row)
        inner = QVBoxLayout()
        inner.setContentsMargins(20, 0, 0, 0)
        inner.setSpacing(2)
        for each in (self._badge, self.choice, self.tool, self.sorting):
            inner.addWidget(each)
        column.addLayout(inner)
        column.addStretch(1)
        column.addWidget(self.bar)
        column.addWidget(self.other)

    def _fold_toggled(self, folded: bool) -> None:
        self._fold.setArrowType(Qt.ArrowType.RightArrow if folded else Qt.ArrowType.DownArrow)
        self.folded.emit(folded)

    def set_folded(self, folded: bool) -> None:
        self._fold.setChecked(folded)

    def is_folded(self) -> bool:
        return self._fold.isChecked()

    def set_choices(self, labels: list[str], current: int) -> None:
        """The layers and directions to choose from; with fewer than two the choice is not shown."""
        if [self.choice.itemText(index) for index in range(self.choice.count())] != labels:
            self.choice.clear()
            self.choice.addItems(labels)
        self.choice.setCurrentIndex(current)
        self._want(self.choice, len(labels) > 1)

    def set_sort(self, value: str | None) -> None:
        """The order of the units that is in force; None hides the choice."""
        if value is not None:
            self.sorting.setCurrentIndex(max(0, self.sorting.findData(value)))
        self._want(self.sorting, value is not None)

    def set_badge(self, text: str) -> None:
        """Small text under the title; rich text, so that a part may be coloured."""
        if text != self._badge.text():
            self._badge.setText(text)
            self._fit()
        self._want(self._badge, bool(text))

    def set_bar(self, table: np.ndarray | None, low: str = "", high: str = "") -> None:
        self.bar.show_scale(table, low, high)
        self._want(self.bar, table is not None)

    def set_other(self, table: np.ndarray | None, low: str = "", high: str = "") -> None:
        """A second scale, where some strips have colours of their own."""
        self.other.show_scale(table, low, high)
        self._want(self.other, table is not None)

    def set_tool(self, text: str, help_text: str) -> QToolButton:
        """A switch under the title that changes what a drag does."""
        self.tool.setText(text)
        self.tool.setToolTip(help_text)
        self.tool.setAccessibleName(text)
        return self.tool

    def show_tool(self, shown: bool) -> None:
        self._want(self.tool, shown)

    def set_about(self, text: str) -> None:
        """What the lane shows, as a tooltip of its head."""
        for each in (self, self._title, self._badge):
            each.setToolTip(text)

    def set_plain(self) -> None:
        """A lane that cannot be folded."""
        policy = self._fold.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._fold.setSizePolicy(policy)
        self._fold.setVisible(False)

    def _want(self, part: QWidget, wanted: bool) -> None:
        if self._wants[part] != wanted:
            self._wants[part] = wanted
            self._fit()

    def _fit(self) -> None:
        """Show what was asked for, in order of importance, as far as the height goes."""
        left = self.height() - 24
        parts = list(self._wants)
        for index, part in enumerate(parts):
            need = self._badge_height() if part is self._badge else part.height()
            if isinstance(part, ColourBar) and self._wants[part]:
                later = (each for each in parts[index + 1 :] if self._wants[each] and each is not self.other)
                need = part.fit(left - sum(each.height() + 2 for each in later))
            shown = self._wants[part] and left >= need
            part.setVisible(shown)
            left -= need + 2 if shown else 0

    def _badge_height(self) -> int:
        """As high as its lines, so that no line is ever cut: those that find no room are not shown."""
        lines = self._badge.text().split("<br>")
        height = QFontMetrics(theme.font(theme.SMALL)).lineSpacing()
        fit = max(1, min(len(lines), (self.height() - 24) // height))
        self._badge.setFixedHeight(fit * height + 1)
        return fit * height + 1

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._fold.toggle()


def _tool() -> QToolButton:
    tool = QToolButton()
    tool.setCheckable(True)
    tool.setFont(theme.font(theme.SMALL))
    tool.setFixedHeight(20)
    tool.setProperty("small", True)
    return tool


def _small_box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setFont(theme.font(theme.SMALL))
    box.setFixedHeight(20)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return box
