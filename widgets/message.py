"""The message bar: one slim line above the lanes that says what happened and what to do."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton

from widgets import glyph, theme
from widgets.view import Follower

if TYPE_CHECKING:
    from engine.session import Session

SHOWN = {"info": 6.0}
"""Seconds until a message goes by itself, unless it is closed or another comes. What went wrong stays."""
LONGEST = 50
"""Characters that stay together."""


class Message(QFrame):
    """Shows `session.notice`, with a button for each of its actions that the window has.

    Errors are red at the edge, warnings amber, the rest in the accent colour.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._until = float("inf")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 4, 4)
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row.addWidget(self.label, 1)
        self._row = row
        self._buttons: list[QPushButton] = []
        self.button = QToolButton()
        self.button.setProperty("flat", True)
        self.button.setToolTip("Close this message (Esc)")
        self.button.setAccessibleName("Close the message")
        self.button.clicked.connect(self.dismiss)
        row.addWidget(self.button)
        self.setAccessibleName("Message")
        self.hide()
        session.on("notice", self.refresh)

    def refresh(self) -> None:
        """Show the notice of the session, or nothing where there is none."""
        notice = self.session.state.notice
        self.setVisible(notice is not None)
        if notice is None:
            return
        # A name as long as a line has a place to be broken, lest the window grow with it.
        text = " ".join(notice.text.splitlines())  # the name of a file may have several
        self.label.setText(re.sub(rf"([^\s/]{{{LONGEST}}})", "\\1\N{ZERO WIDTH SPACE}", text))
        self.setAccessibleDescription(notice.text)
        self._offer(notice.actions)
        self._until = time.monotonic() + (
            float("inf") if notice.actions else SHOWN.get(notice.level, float("inf"))
        )
        self.dress()

    def tick(self) -> None:
        """Take a message away whose time is over."""
        if self.isVisible() and time.monotonic() > self._until:
            self.dismiss()

    def dismiss(self) -> None:
        self.session.set("notice", None)

    def _offer(self, names: tuple[str, ...]) -> None:
        for old in self._buttons:
            old.hide()
            old.deleteLater()
        known = [each for name in names if (each := self.window().findChild(QAction, name))]
        self._buttons = [Follower(each) for each in known]
        for place, button in enumerate(self._buttons, 1):
            button.clicked.connect(self.dismiss)
            self._row.insertWidget(place, button)

    def dress(self) -> None:
        """The colours of the theme and of the level."""
        colours = theme.current()
        notice = self.session.state.notice
        level = notice.level if notice else "info"
        edge = {"error": colours.bad, "warning": colours.warn}.get(level, colours.accent)
        self.setStyleSheet(
            f"Message {{ background: {colours.raised}; border: 1px solid {colours.line};"
            f" border-left: 4px solid {edge}; border-radius: 4px; }} QLabel {{ color: {colours.text}; }}"
        )
        self.button.setIcon(glyph.icon("close", "muted"))
