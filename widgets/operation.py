"""One edit in the list of edits: what it does and where, with its switch, its value, its times and its end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine import surgery
from engine.knob import Knob
from widgets import theme
from widgets.number import Number, Slide

if TYPE_CHECKING:
    from engine.surgery import Edit
    from widgets.editor import Editor

_SHORTEST = 0.001


class Row(QWidget):
    """`changed(edit, name)` tells of every change by hand, `ended` when a drag is over, `removed` of the cross."""

    changed = Signal(object, str)
    ended = Signal()
    removed = Signal()

    def __init__(self, edit: Edit) -> None:
        super().__init__()
        self.edit = edit
        self.editors: dict[str, Editor] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, theme.GRID)
        self._column.setSpacing(2)
        self._head()
        self._place, self._idle = QLabel(), QLabel()
        for label, role in ((self._place, "muted"), (self._idle, "warning")):
            label.setProperty("role", role)
            label.setWordWrap(True)
            self._column.addWidget(label)
        if edit.how == "set":
            low, high = surgery.limits(edit.name)
            self._add(Slide(Knob("value", 0.0, float, low, high, 0.01, help="what it is set to")))
        times = QHBoxLayout()
        times.setSpacing(4)
        for name, words in (("start", "from"), ("stop", "to")) if edit.lasts else (("start", "at"),):
            label = QLabel(words)
            label.setProperty("role", "muted")
            times.addWidget(label)
            editor = Number(Knob(name, 0.0, float, step=0.01, unit="s", help="seconds of the clip"))
            times.addWidget(self._made(editor))
        times.addStretch(1)
        self._column.addLayout(times)
        self.show_edit(edit, "")

    def sizeHint(self) -> QSize:
        return QSize(28 * theme.GRID, super().sizeHint().height())

    def _head(self) -> None:
        self.switch, self.cross = QCheckBox(), QToolButton()
        self.switch.setToolTip("Switch this change off or on")
        self.switch.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.switch.toggled.connect(lambda on: self._change(replace(self.edit, on=on), "on"))
        self.cross.setText("\N{MULTIPLICATION SIGN}")
        self.cross.setProperty("flat", True)
        self.cross.setToolTip("Remove this change")
        self.cross.clicked.connect(self.removed)
        head = QHBoxLayout()
        head.addWidget(self.switch, 1)
        head.addWidget(self.cross)
        self._column.addLayout(head)

    def _add(self, editor: Editor) -> None:
        self._column.addWidget(self._made(editor))

    def _made(self, editor: Editor) -> Editor:
        name = editor.knob.name
        self.editors[name] = editor
        editor.changed.connect(lambda value: self._turn(name, value))
        editor.ended.connect(self.ended)
        return editor

    def _turn(self, name: str, value: float) -> None:
        """A value by hand; times are kept in order and inside the clock."""
        if name == "start":
            value = max(0.0, min(value, self.edit.stop - _SHORTEST) if self.edit.lasts else value)
        elif name == "stop":
            value = max(value, self.edit.start + _SHORTEST)
        turned: Any = {name: value}
        self._change(replace(self.edit, **turned), name)

    def _change(self, edit: Edit, name: str) -> None:
        if edit != self.edit:
            self.edit = edit
            self.changed.emit(edit, name)

    def show_edit(self, edit: Edit, idle: str) -> None:
        """Show an edit of the same kind, and why it does not act, if it does not."""
        self.edit = edit
        what = surgery.what(edit)
        with QSignalBlocker(self.switch):
            self.switch.setChecked(edit.on)
        self.switch.setText(what)
        self.switch.setAccessibleName(f"{what} acts")
        self.cross.setAccessibleName(f"Remove {what}")
        self._place.setText(surgery.where(edit))
        self._idle.setText(f"Does not act: {idle}." if idle else "")
        self._idle.setVisible(bool(idle))
        for name, editor in self.editors.items():
            editor.show_value(getattr(edit, name))

    def fits(self, edit: Edit) -> bool:
        """Whether this row has the controls for an edit."""
        mine = self.edit
        return (mine.how, mine.name, mine.lasts) == (edit.how, edit.name, edit.lasts)
