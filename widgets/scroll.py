"""A view that scrolls up and down where its panel is low."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget


def scrolled(view: QWidget, inside: QWidget, title: str) -> QScrollArea:
    """The area, which takes all of the view, with what is inside."""
    area = QScrollArea()
    area.setAccessibleName(f"{title}, to be scrolled")
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    column = QVBoxLayout(view)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(area)
    return area
