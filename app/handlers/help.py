"""What the Help menu does: a method for each action, named as in the table of actions."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QCursor, QDesktopServices, QIcon
from PySide6.QtWidgets import QApplication, QMessageBox, QWhatsThis, QWidget

from app import cli
from app.keylist import KeyList
from app.log import log_folder

if TYPE_CHECKING:
    from app.window import Window


class Help:
    """Works on the parts of the window."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def explain(self) -> None:
        """What is under the pointer, in the words of its knob."""
        place = QCursor.pos()
        widget: QWidget | None = QApplication.widgetAt(place)
        while widget is not None:
            if words := widget.whatsThis() or widget.toolTip():
                QWhatsThis.showText(place, explained(words, widget), widget)
                return
            widget = widget.parentWidget()
        self.window.wiring.tell("Point at a knob, a lane or a button and press F1: it is explained there.")

    def keys(self) -> None:
        KeyList(self.window, self.window.actions_by_name.shortcuts()).open()

    def log(self) -> None:
        folder = log_folder()
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def about(self) -> None:
        self._tell(
            "About Otoscope",
            f"<h3>Otoscope {cli.VERSION}</h3><p>A workbench to see, hear and change what a recurrent network "
            "does with sound.</p><p>MIT licence. Everything runs on this machine.</p>",
        )

    def _tell(self, title: str, words: str) -> None:
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, words, parent=self.window)
        box.setStandardButtons(QMessageBox.StandardButton.Close)
        box.button(QMessageBox.StandardButton.Close).setIcon(QIcon())  # the style's own is for light windows
        box.open()


def explained(words: str, widget: QWidget) -> str:
    """The words of a control, and what the glossary says of the terms in them and in its name."""
    from engine import page

    named = f"{words} {widget.accessibleName()}"
    entries = [f"<p><b>{html.escape(term.name)}</b>: {html.escape(term.plain)}</p>" for term in page.terms(named)]
    told = words if "<" in words else html.escape(words)
    return "".join([f"<p>{told}</p>", *entries]) if entries else words
