"""A form made from any Settings: one labelled control for each knob that is not hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QMenu, QWidget

from engine.knob import Knob, Settings, knobs
from widgets.editor import Choice, Editor, Switch, Text, caption, text_of
from widgets.number import Number, Slide

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtCore import QPoint


def make(knob: Knob) -> Editor:
    """The editor that fits a knob."""
    if knob.choices:
        return Choice(knob)
    if knob.kind is bool:
        return Switch(knob)
    if knob.kind in (int, float):
        return Number(knob) if knob.low is None or knob.high is None else Slide(knob)
    if knob.kind is str:
        return Text(knob)
    raise TypeError(f"no control for {knob.name}: {knob.kind}; declare it hidden or give it choices")


class Form(QWidget):
    """Edits a Settings value. `changed(settings, merge)` comes while a slider is still being dragged.

    `merge` is one word for one knob of one form, so that a drag undoes as one; `ended` closes it.
    `only` and `without` choose knobs by name.
    """

    changed = Signal(object, str)
    ended = Signal()

    def __init__(
        self, settings: Settings, context: str, only: Iterable[str] | None = None, without: Iterable[str] = ()
    ) -> None:
        super().__init__()
        self.settings = settings
        self.context = context
        self.editors: dict[str, Editor] = {}
        self._labels: dict[str, QLabel] = {}
        self._warnings: dict[str, QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnMinimumWidth(0, 76)
        wanted = None if only is None else set(only)
        for each in knobs(type(settings)):
            if not each.hidden and each.name not in set(without) and (wanted is None or each.name in wanted):
                self._add(each)
        self._align()
        self.show_settings(settings)

    def _align(self) -> None:
        """Numbers of one width, so that they stand in a column, and so do the sliders."""
        numbers = [each.number for each in self.editors.values() if isinstance(each, Slide)]
        widest = max((each.width() for each in numbers), default=0)
        for each in numbers:
            each.setFixedWidth(widest)

    def show_settings(self, settings: Settings) -> None:
        """Show other values of the same Settings without telling of it."""
        self.settings = settings
        for name, editor in self.editors.items():
            editor.show_value(getattr(settings, name))
            self._mark(name)

    def disable(self, name: str, reason: str = "") -> None:
        """Grey a knob out and say why; an empty reason takes it back."""
        editor, label = self.editors[name], self._labels[name]
        for widget in (editor, label):
            widget.setEnabled(not reason)
            widget.setToolTip(f"{_tip(editor.knob)}<p><b>{reason}</b></p>" if reason else _tip(editor.knob))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double click on a knob's name takes its default."""
        if event.type() == QEvent.Type.MouseButtonDblClick:
            for name, label in self._labels.items():
                if watched is label:
                    self.editors[name].reset()
                    return True
        return super().eventFilter(watched, event)

    def _add(self, knob: Knob) -> None:
        editor = make(knob)
        label = QLabel(caption(knob))
        label.setWordWrap(True)
        label.installEventFilter(self)
        row = self._grid.rowCount()
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(editor, row, 1)
        warning = QLabel(knob.warning)
        warning.setWordWrap(True)
        warning.setProperty("role", "warning")
        warning.hide()
        self._grid.addWidget(warning, row + 1, 0, 1, 2)
        for widget in (label, editor):
            widget.setToolTip(_tip(knob))
            widget.setWhatsThis(_tip(knob))
            widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            widget.customContextMenuRequested.connect(
                lambda place, widget=widget, editor=editor: self._menu(editor, widget.mapToGlobal(place))
            )
        self.editors[knob.name], self._labels[knob.name], self._warnings[knob.name] = editor, label, warning
        editor.changed.connect(lambda value: self._change(knob.name, value))
        editor.ended.connect(self.ended)

    def _change(self, name: str, value: object) -> None:
        if getattr(self.settings, name) == value:
            return
        self.settings = self.settings.but(**{name: value})
        self._mark(name)
        self.changed.emit(self.settings, f"{self.context}.{name}")

    def _mark(self, name: str) -> None:
        """A changed knob's name is bold; a value past its caution shows the warning."""
        knob, value = self.editors[name].knob, getattr(self.settings, name)
        font = self._labels[name].font()
        font.setBold(value != knob.default)
        self._labels[name].setFont(font)
        self._warnings[name].setVisible(
            bool(knob.warning) and knob.warn_above is not None and value > knob.warn_above
        )

    def _menu(self, editor: Editor, place: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction(f"Reset to {text_of(editor.knob, editor.knob.default)}", editor.reset)
        menu.addAction("Reset all of these", self.reset)
        menu.exec(place)
        menu.deleteLater()

    def reset(self) -> None:
        """Every shown knob to its default."""
        for editor in self.editors.values():
            editor.reset()


def _tip(knob: Knob) -> str:
    """Help, range and default, as the tooltip and as what F1 explains."""
    facts = []
    if knob.low is not None or knob.high is not None:
        facts.append(knob.range())
    facts.append(f"default {text_of(knob, knob.default) or 'none'}")
    if knob.effect == "rebuild":
        facts.append("a change builds an untrained network")
    if knob.effect == "restart":
        facts.append("takes effect at the next start of training")
    return f"<p><b>{caption(knob)}</b></p><p>{knob.help}</p><p>{'; '.join(facts)}</p>"
