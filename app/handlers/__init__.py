"""What the window's actions do: a file for each menu, in it a method for each action of the table of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.handlers.edit import Edit
from app.handlers.file import File
from app.handlers.help import Help
from app.handlers.model import Model
from app.handlers.run import Run
from app.handlers.sound import Sound
from app.handlers.view import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QDialog

    from app.window import Window


class Dialogs:
    """Those that stay as long as the window does: each is made when it is first asked for."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.made: dict[Callable[[Window], QDialog], QDialog] = {}

    def show(self, make: Callable[[Window], QDialog]) -> None:
        """Bring the dialog that `make`, its class, has made to the front."""
        if make not in self.made:
            self.made[make] = make(self.window)
        self.made[make].show()
        self.made[make].raise_()


class Handlers:
    """Work on the parts of the window, by the menu that they stand in; they hold nothing of their own."""

    def __init__(self, window: Window) -> None:
        dialogs = Dialogs(window)
        self.file, self.edit, self.view = File(window), Edit(window), View(window)
        self.sound, self.model, self.run = Sound(window, dialogs), Model(window, dialogs), Run(window, dialogs)
        self.help = Help(window)

    def of(self, menu: str, name: str) -> Callable[[], None]:
        """What the action of that name in a menu does. Raises AttributeError."""
        found: Callable[[], None] = getattr(getattr(self, menu.replace("&", "").lower()), name)
        return found
