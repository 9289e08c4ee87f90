"""File dialogs, in the colours of the theme where the system has none of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog, QToolButton

from widgets import glyph

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_GLYPHS = {
    "backButton": "left", "forwardButton": "right", "toParentButton": "up", "newFolderButton": "add",
    "listModeButton": "list", "detailModeButton": "table",
}  # fmt: skip


def to_open(parent: QWidget, title: str, start: str, kinds: str) -> str:
    """The path of a file that is there; nothing where the user has none."""
    return _ask(QFileDialog(parent, title, start, kinds), QFileDialog.FileMode.ExistingFile)[0]


def to_save(parent: QWidget, title: str, start: str, kinds: str) -> tuple[str, str]:
    """The path of a file to be written, and the chosen kind; nothing where the user has none.

    The dialog asks before a file is replaced.
    """
    dialog = QFileDialog(parent, title, str(Path(start).parent), kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(Path(start).name)
    return _ask(dialog, QFileDialog.FileMode.AnyFile)


def folder(parent: QWidget, title: str, start: str) -> str:
    """The path of a folder; nothing where the user has none."""
    dialog = QFileDialog(parent, title, start)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _ask(dialog, QFileDialog.FileMode.Directory)[0]


def dress(dialog: QFileDialog) -> None:
    """Qt's own dialog has dark pictures on its buttons in any theme."""
    for name, picture in _GLYPHS.items():
        button = dialog.findChild(QToolButton, name)
        if isinstance(button, QToolButton):
            button.setIcon(glyph.icon(picture))
            button.setProperty("flat", True)  # with the others' padding there is no room for a picture
            button.style().unpolish(button)
            button.style().polish(button)


def _ask(dialog: QFileDialog, mode: QFileDialog.FileMode) -> tuple[str, str]:
    dialog.setFileMode(mode)
    QTimer.singleShot(0, dialog, lambda: dress(dialog))  # its buttons are there when it is shown
    chosen = dialog.exec() and dialog.selectedFiles()
    kind = dialog.selectedNameFilter()
    dialog.deleteLater()
    return (chosen[0], kind) if chosen else ("", "")
