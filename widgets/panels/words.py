"""Words in the style of a role: good, bad, a badge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLabel


def say(label: QLabel, text: str, role: str) -> None:
    """Show a text in the style of a role."""
    label.setText(text)
    if label.property("role") != role:
        label.setProperty("role", role)
        label.style().polish(label)
        # The frame of the new style is measured only when Qt is told so.
        QCoreApplication.sendEvent(label, QEvent(QEvent.Type.StyleChange))
