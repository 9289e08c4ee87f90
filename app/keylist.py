"""The list of all keys: two columns that scroll where the window is low."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QFrame, QTextBrowser, QVBoxLayout, QWidget

from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

TALLEST = 640
"""Pixels: what fits the smallest window."""


class KeyList(QDialog):
    """`lines` are (menu, words, key)."""

    def __init__(self, parent: QWidget, lines: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.text = QTextBrowser()
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setAccessibleName("All keys")
        self.text.document().setDefaultFont(theme.font())
        self.text.setHtml(_table(in_short(lines)))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.addWidget(self.text)
        document = self.text.document()
        document.setTextWidth(document.idealWidth())
        wide, tall = round(document.idealWidth()), round(document.size().height())
        wanted = QSize(wide + 6 * theme.GRID, tall + 4 * theme.GRID)
        self.resize(wanted.boundedTo(QSize(100 * theme.GRID, TALLEST)))


def in_short(lines: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """One line for all of a submenu whose keys are only counted on: panels and workspaces."""
    found: list[tuple[str, str, str]] = []
    for menu, words, key in lines:
        if menu in ("Panels", "Workspace") and found and found[-1][0] == menu:
            first = found[-1][2].partition(" … ")[0]
            found[-1] = (menu, "one each, in this order", f"{first} … {key}")
        else:
            found.append((menu, words, key))
    return found


def _table(lines: Sequence[tuple[str, str, str]]) -> str:
    cells = [
        f"<td style='white-space: nowrap'><b>{key}</b></td><td width=8></td>"
        f"<td style='white-space: nowrap'>{menu}: {words}</td>"
        for menu, words, key in lines
    ]
    half = -(-len(cells) // 2)
    pairs = zip_longest(cells[:half], cells[half:], fillvalue="")
    return f"<table>{''.join(f'<tr>{left}<td width=32></td>{right}</tr>' for left, right in pairs)}</table>"
