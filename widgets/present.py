"""Presentation mode: captions for a whole room, on a screen of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from widgets import presentlook, theme
from widgets.captiontext import Paragraphs
from widgets.lectern import Lectern
from widgets.pictures import Pictures
from widgets.presentlook import LAYOUTS, THEMES, Settings
from widgets.reader import Reader
from widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QCloseEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from engine.session import Session

REST = 2000
"""Milliseconds after the last move of the mouse until pointer and controls go."""
STEP = 4
_LETTERS = {24: 56, 36: 48, 48: 42}
"""Letters in a row, at most, up to so many points; larger ones have FEWEST."""
_FEWEST = 40
_MARGIN = 0.06
"""Of the height, what stays free around the text."""
_NAMES = 24
"""Points of the names of pictures."""
_PICTURES = 0.34
"""Of the height, what pictures take where they are shown."""
_HINT = "What is said will stand here"


class Presentation(QWidget):
    """Shows `captions` of the session. `turned` tells of other settings, `asked` that captions are to begin or
    end; `displayed` names another display; `left` comes when it was closed.
    """

    turned = Signal(object)
    asked = Signal()
    displayed = Signal(str)
    left = Signal()

    def __init__(self, session: Session, settings: Settings) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.session, self.settings = session, settings
        self.setWindowTitle("Captions - Otoscope")
        self.setAccessibleName("Captions, presentation")
        self.paragraphs = Paragraphs(plain=True)
        self.reader = Reader(self.paragraphs.pieces, barred=False)
        self.reader.setAccessibleName("Captions")
        self.reader.whole = True
        self.pictures = Pictures(session)
        self.lectern = Lectern(self)
        self.hint = QLabel(_HINT, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.pictures)
        self._column.addWidget(self.reader, 1)
        self._dirty = True
        self._pointed: QPoint | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._hide_controls)
        for widget in (self, self.reader, self.pictures, *self.pictures.findChildren(QWidget)):
            widget.setMouseTracking(True)
            widget.installEventFilter(self)
        self.lectern.chosen.connect(self.turn)
        self.lectern.asked.connect(self.asked)
        self.lectern.displayed.connect(self.displayed)
        self.lectern.left.connect(self.close)
        self.reader.setFocus()
        for key in ("captions", "corrections"):
            session.on(key, self._mark)
        self.turn(settings)

    # What is shown.

    def turn(self, settings: Settings) -> None:
        """Another size, theme or layout."""
        changed, self.settings = settings != self.settings, settings
        self._dress()
        if changed:
            self.turned.emit(settings)

    def show_state(self, running: bool, displays: Mapping[str, str], display: str) -> None:
        """Whether captions run, the displays by name with their words, and the one that this is on."""
        self.lectern.show_state(self.settings, running, displays, display)
        self.hint.setText(_HINT if running else "Captions are off: S begins them")
        self._place()

    def tick(self) -> None:
        """Bring it up to date."""
        if not self.isVisible():
            return
        self.pictures.tick()
        if self._dirty:
            self._dirty = False
            state = self.session.state
            if self.paragraphs.correct({(each.start, each.was): each.text for each in state.corrections}):
                self.reader.renew()
            self.reader.show_items(self.paragraphs.items(state.captions))
            self.reader.setAccessibleDescription(self.reader.text(2))
            self.hint.setVisible(not self.reader.flow.count)

    def step(self, by: int) -> None:
        """A size larger or smaller."""
        low, high = 24, 160
        self.turn(self.settings.but(size=max(low, min(high, self.settings.size + by * STEP))))

    def follow(self, key: str) -> None:
        """The next of the themes or layouts."""
        order = THEMES if key == "theme" else LAYOUTS
        place = order.index(getattr(self.settings, key))
        self.turn(self.settings.but(**{key: order[(place + 1) % len(order)]}))

    def _mark(self) -> None:
        self._dirty = True

    def _dress(self) -> None:
        settings, height = self.settings, max(1, self.height())
        ground, ink, tentative = presentlook.colours(settings)
        letters = next((most for size, most in _LETTERS.items() if settings.size <= size), _FEWEST)
        self.reader.ground, self.reader.letters = ground.name(), letters
        self.reader.margin = round(_MARGIN * height)
        self.reader.dress(presentlook.look(settings, height))
        self.pictures.wear(presentlook.palette(settings), theme.font(presentlook.pixels(_NAMES, height)), ink)
        self.pictures.setVisible(settings.layout == "pictures")
        self.pictures.setFixedHeight(round(_PICTURES * height))
        back = self.reader.now
        back.setFont(theme.font(max(16, round(height / 60)), bold=True))
        back.setStyleSheet(
            f"background: {ink.name()}; color: {ground.name()}; border: none; "
            f"border-radius: {height // 90 + 6}px; padding: {height // 180 + 4}px {height // 60 + 8}px"
        )
        self.hint.setFont(theme.font(presentlook.pixels(24, height)))
        self.hint.setStyleSheet(f"color: {tentative.name()}")
        self.lectern.show_settings(settings, max(1.0, height / presentlook.LINES))
        self._dirty = True
        self._place()
        self.update()

    def _place(self) -> None:
        self.hint.setGeometry(self.rect())
        self.hint.raise_()
        size = self.lectern.sizeHint().boundedTo(self.size())
        top = max(theme.GRID * 2, round(0.02 * self.height()))
        self.lectern.setGeometry((self.width() - size.width()) // 2, top, size.width(), size.height())
        self.lectern.raise_()

    # Keys and mouse.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, key = Qt.Key, event.key()
        if key == keys.Key_Escape:
            self.close()
        elif key in (keys.Key_Plus, keys.Key_Equal):
            self.step(1)
        elif key in (keys.Key_Minus, keys.Key_Underscore):
            self.step(-1)
        elif key == keys.Key_T:
            self.follow("theme")
        elif key == keys.Key_L:
            self.follow("layout")
        elif key == keys.Key_S:
            self.asked.emit()
        elif not self.reader.pressed(key):
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseMove:
            self._moved(event)  # type: ignore[arg-type]
        elif kind == QEvent.Type.MouseButtonRelease and watched is self.reader and self.reader.back:
            self.reader.to_end()
        elif kind == QEvent.Type.KeyPress and watched is not self:
            self.keyPressEvent(event)  # type: ignore[arg-type]
            return True
        return False

    def _moved(self, event: QMouseEvent) -> None:
        """A move shows pointer and controls for a while; what comes without one, as at the start, does not."""
        at = event.globalPosition().toPoint()
        if self._pointed is not None and at != self._pointed:
            self.unsetCursor()
            self.lectern.show()
            self._rest.start()
        self._pointed = at

    def _hide_controls(self) -> None:
        if self.lectern.underMouse() or self.lectern.opened:
            self._rest.start()
            return
        self.lectern.hide()
        self.setCursor(Qt.CursorShape.BlankCursor)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._dirty = True
        self._rest.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._dress()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._rest.stop()
        super().closeEvent(event)
        self.left.emit()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            painter.fillRect(event.rect(), presentlook.colours(self.settings)[0])
        finally:
            painter.end()
