"""The base of every view: it draws parts of the Session, when they changed and can be seen, never otherwise."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from engine import pipeline
from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent, QShowEvent

    from engine.session import Session, State

log = logging.getLogger(__name__)
MONITORED = "The microphone is denoised now. Go live (Ctrl+L) to see a network hear it."
"""What views of a network say while no network is looked at."""
BYPASSED = "The network is bypassed: let the sound through it again in the panel Pipeline (View > Panels)."
_RESTYLE = {QEvent.Type.StyleChange, QEvent.Type.PaletteChange, QEvent.Type.FontChange}


def unread(state: State) -> str:
    """Why an inspection has nothing of a network."""
    stopped = state.network is not None and pipeline.runs(state.network, state.bypassed) is None
    return BYPASSED if stopped else "The network is being loaded …"


def guarded(paint: Callable[[Any, QPaintEvent], None]) -> Callable[[Any, QPaintEvent], None]:
    """For the paintEvent of a view, or of a part of one: an exception is shown in the view.

    It is to end its painter whatever happens: Qt aborts where one is left open.
    """

    @functools.wraps(paint)
    def safe(widget: QWidget, event: QPaintEvent) -> None:
        view: QWidget | None = widget
        while view is not None and not isinstance(view, View):
            view = view.parentWidget()
        try:
            paint(widget, event)
        except Exception as error:
            if view is None:
                raise
            view.spoilt(widget, error)
        else:
            if view is not None:
                view.painted(widget)

    return safe


class View(QWidget):
    """Subclasses `watch` keys of the session and redo their picture in `refresh`; the timer calls `tick`."""

    TITLE = ""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.trouble = ""
        self.broken = ""
        """What is wrong with the painting; `trouble` is with the data."""
        self._spoiler: QWidget | None = None
        self._dirty = True
        self._stale = False
        self._ends: list[Callable[[], None]] = []
        self._empty: Empty | None = None
        self.setAccessibleName(self.TITLE)

    def watch(self, *keys: str) -> None:
        """Refresh after these keys of the session changed."""
        self._ends += [self.session.on(key, self.mark) for key in keys]

    def overlay(self, *keys: str) -> None:
        """Only paint again after these keys changed: what `refresh` made is still right."""
        self._ends += [self.session.on(key, self.touch) for key in keys]

    def mark(self) -> None:
        self._dirty = True

    def touch(self) -> None:
        self._stale = True

    def tick(self) -> None:
        """Called by the window's timer: brings the picture up to date where it can be seen."""
        if not (self._dirty or self._stale) or not self.isVisible():
            return
        if self._dirty:
            self.renew()
            self.repaint_later()
        else:
            self._stale = False
            self.repaint_later()

    def renew(self) -> None:
        """Refresh if needed. An exception is shown in the view, and the window lives on."""
        if not self._dirty:
            return
        self._dirty = self._stale = False
        try:
            self.refresh()
            self.trouble = ""
        except Exception as error:
            log.exception("%s could not be drawn", self.TITLE)
            self.trouble = f"{self.TITLE} could not be drawn: {error}"
            self.say(self.trouble)

    def spoilt(self, widget: QWidget, error: Exception) -> None:
        """A part of the view could not be painted: that is said as soon as the paint is over."""
        text = f"{self.TITLE} could not be painted: {error}"
        if text != self.broken:
            log.error("%s could not be painted", self.TITLE, exc_info=error)
            QTimer.singleShot(0, self, lambda: self.say(text))
        self.broken, self._spoiler = text, widget

    def painted(self, widget: QWidget) -> None:
        """A part of the view was painted: what was said of it is taken back."""
        if self._spoiler is widget:
            self.broken, self._spoiler = "", None
            QTimer.singleShot(0, self, lambda: self.say(""))
            self.mark()

    def refresh(self) -> None:
        """Redo the picture from `session.state`."""
        raise NotImplementedError

    def repaint_later(self) -> None:
        """Ask Qt to paint what shows the data."""
        self.update()

    def say(self, text: str, *actions: str) -> None:
        """Show what would fill this view instead of an empty area, with buttons for actions of the window.

        An action is named by the objectName of its QAction; one that the window does not have gets no button.
        An empty text takes the message away.
        """
        text = text or self.broken
        if not text:
            if self._empty is not None:
                self._empty.hide()
            return
        if self._empty is None:
            self._empty = Empty(self.ground())
        self._empty.show_text(text, [each for name in actions if (each := self.window().findChild(QAction, name))])

    def ground(self) -> QWidget:
        """The widget that an empty-view message covers."""
        return self

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in _RESTYLE:
            self._dirty = True
            self.repaint_later()
        super().changeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self.renew()
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._dirty = True
        super().resizeEvent(event)


class Empty(QWidget):
    """A message in the middle of a view that has nothing to show, with the buttons that would fill it."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setProperty("role", "muted")
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        self._column.setSpacing(theme.GRID // 2)
        self._column.addStretch()
        self._column.addWidget(self._label)
        self._column.addStretch()
        self._buttons: list[QPushButton] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, True)
        over.installEventFilter(self)

    def show_text(self, text: str, actions: list[QAction]) -> None:
        names = [_plain(each) for each in actions]
        if text != self._label.text() or names != [each.accessibleName() for each in self._buttons]:
            self._label.setText(text)
            for old in self._buttons:
                old.deleteLater()
            self._buttons = [self._button(action) for action in actions]
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not actions)
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()

    def _button(self, action: QAction) -> QPushButton:
        button = Follower(action)
        self._column.insertWidget(self._column.count() - 1, button, 0, Qt.AlignmentFlag.AlignHCenter)
        return button

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._over:
            self.setGeometry(self._over.rect())
        return False


class Follower(QPushButton):
    """A push button that looks and acts like an action, whatever becomes of that; `without` some of its words."""

    def __init__(self, action: QAction, *without: str) -> None:
        super().__init__()
        self._action = action
        self._without = without
        self._look()
        action.changed.connect(self._look)
        self.clicked.connect(action.trigger)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """After a click the space bar plays again; only a button that was reached by Tab is pressed by it."""
        super().mouseReleaseEvent(event)
        self.window().setFocus()

    def _look(self) -> None:
        text = _plain(self._action)
        for words in self._without:
            text = text.replace(words, "")
        self.setText(text[:1].upper() + text[1:])
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())
        self.setWhatsThis(self._action.toolTip())
        self.setAccessibleName(_plain(self._action))


def _plain(action: QAction) -> str:
    return action.text().replace("&", "").rstrip("…")
