"""Which keys the control in focus needs for itself, so that they do not act as the window's shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QListView

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_KEY = Qt.Key
_ARROWS = {_KEY.Key_Left, _KEY.Key_Right, _KEY.Key_Up, _KEY.Key_Down}
_JUMPS = {_KEY.Key_Home, _KEY.Key_End, _KEY.Key_PageUp, _KEY.Key_PageDown}
_PUSH = {_KEY.Key_Space, _KEY.Key_Return, _KEY.Key_Enter}


def wanted(focus: QWidget | None, event: QEvent) -> bool:
    """Whether the control in focus uses this key: a slider its arrows, a button the space bar.

    Text fields ask for their letters by themselves; a widget of ours may name its keys as WANTED.
    """
    if not isinstance(event, QKeyEvent) or event.modifiers() not in (
        Qt.KeyboardModifier.NoModifier,
        Qt.KeyboardModifier.KeypadModifier,
        Qt.KeyboardModifier.ShiftModifier,
    ):
        return False
    if event.key() in getattr(focus, "WANTED", ()):
        return True
    if isinstance(focus, QAbstractSlider):
        return event.key() in _ARROWS | _JUMPS
    if isinstance(focus, QComboBox | QListView):
        return event.key() in _ARROWS | _JUMPS | _PUSH
    if isinstance(focus, QAbstractButton):
        return event.key() in _PUSH
    return False
