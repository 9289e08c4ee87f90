"""What the Edit menu does: a method for each action, named as in the table of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from app import pictures

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.window import Window


class Edit:
    """Works on the parts of the window."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def undo(self) -> None:
        if not self.window.session.undo():
            self.window.wiring.tell("There is nothing to take back.")

    def redo(self) -> None:
        if not self.window.session.redo():
            self.window.wiring.tell("There is nothing to make again.")

    def copy_picture(self, title: str = "Lanes", widget: QWidget | None = None) -> None:
        pictures.copy(widget or self.window.lanes)
        self.window.wiring.tell(f"A picture is on the clipboard: {title}.")

    def copy_captions(self) -> None:
        captions = self.window.captioning.said.corrected()
        if captions is not None:
            lines = [each.text for each in captions.lines] + [" ".join(each.text for each in captions.words)]
            QApplication.clipboard().setText("\n".join(filter(None, lines)))
            self.window.wiring.tell("The text of the captions is on the clipboard.")

    def deselect(self) -> None:
        if self.window.session.state.walk is not None:
            self.window.stepping.leave()
        elif self.window.session.state.notice is not None:
            self.window.session.set("notice", None)
        else:
            self.window.session.set("selection", None)

    def reset_chain(self) -> None:
        self.window.session.set("chain", self.window.default_chain())

    def preferences(self) -> None:
        from app.options import Dialog

        Dialog(self.window).open()
