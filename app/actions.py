"""The actions of the window, made from the table of its menus."""

from __future__ import annotations

from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from app.entries import ENTRIES, Entry
from widgets import glyph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar

    from app.handlers import Handlers


class Actions(dict[str, QAction]):
    """The QActions by name, children of the window, in its menus. `handlers` do what they say."""

    def __init__(self, window: QMainWindow, handlers: Handlers) -> None:
        super().__init__()
        self.window = window
        self.handlers = handlers
        self.menus: dict[str, QMenu] = {}
        self._pictures: list[tuple[QAction, str]] = []
        self._groups: list[QActionGroup] = []
        bar: QMenuBar = window.menuBar()
        for entry in ENTRIES:
            menu = self.menus.get(entry.menu) or self.menus.setdefault(entry.menu, bar.addMenu(entry.menu))
            menu.setToolTipsVisible(True)
            if entry.name == "-":
                menu.addSeparator()
            elif entry.submenu:
                self.menus[entry.name] = menu.addMenu(entry.words)
            else:
                handler = attrgetter(entry.does)(window) if entry.does else handlers.of(entry.menu, entry.name)
                self._add(menu, entry, handler)

    def _add(self, menu: QMenu, entry: Entry, handler: Callable[[], None]) -> None:
        action = self.make(menu, entry.name, entry.words, handler, entry.keys, entry.tip)
        action.setCheckable(entry.checkable)
        if entry.glyph:
            self.picture(action, entry.glyph)

    def make(
        self, menu: QMenu, name: str, words: str, handler: Callable[[], None], keys: str = "", tip: str = ""
    ) -> QAction:
        """A further action, as of a submenu. Its tooltip ends with its key."""
        action = QAction(words, self.window)
        action.setObjectName(name)
        if keys:
            action.setShortcut(QKeySequence(keys))
        explained = tip or words.replace("&", "")
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{explained} ({shown})" if shown else explained)
        action.setWhatsThis(action.toolTip())
        action.setStatusTip("")
        action.triggered.connect(lambda _=False: handler())
        menu.addAction(action)
        # Known to the window itself too, so that the key works while the menu bar is hidden (full screen).
        self.window.addAction(action)
        self[name] = action
        return action

    def picture(self, action: QAction, name: str) -> None:
        """Put a glyph on an action, red for recording."""
        self._pictures = [each for each in self._pictures if each[0] is not action] + [(action, name)]
        action.setIcon(glyph.icon(name, "bad" if name == "record" else "text"))
        action.setIconVisibleInMenu(False)

    def dress(self) -> None:
        """Draw the glyphs anew in the colours of the theme."""
        for action, name in self._pictures:
            action.setIcon(glyph.icon(name, "bad" if name == "record" else "text"))

    def one_of(
        self, menu: str, choices: Iterable[tuple[str, str, str]], handler: Callable[[str], None], prefix: str
    ) -> None:
        """Fill a submenu with exclusive choices (value, words, key); earlier ones go."""
        target = self.menus[menu]
        for old in target.actions():
            self.pop(old.objectName(), None)
            self.window.removeAction(old)
            target.removeAction(old)
            old.deleteLater()
        group = QActionGroup(target)
        for value, words, keys in choices:
            action = self.make(target, f"{prefix}:{value}", words, partial(handler, value), keys)
            action.setCheckable(True)
            group.addAction(action)
        target.setEnabled(bool(target.actions()))

    def check(self, prefix: str, value: str) -> None:
        """Mark the choice in force."""
        if (action := self.get(f"{prefix}:{value}")) is not None:
            action.setChecked(True)

    def shortcuts(self) -> tuple[tuple[str, str, str], ...]:
        """(menu, words, key) of every action with a key that is there now, for the list of keys."""
        found = []
        for menu in self.menus.values():
            for action in menu.actions():
                if action.isVisible() and not action.shortcut().isEmpty():
                    words = action.text().replace("&", "").rstrip("…")
                    key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                    found.append((menu.title().replace("&", ""), words, key))
        return tuple(found)
