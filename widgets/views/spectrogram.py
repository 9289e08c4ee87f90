"""The spectrogram of the processed sound, with the masks on it, to be drawn and dragged with the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QCursor, QPainter, QPen

from widgets import axis, theme
from widgets.ears import Ears
from widgets.frequency import frequency, frequency_marks, rows_of, share
from widgets.heat import HeatLane
from widgets.masks import Area, Masks, paint_mask

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent
    from PySide6.QtWidgets import QWidget

    from engine.session import Session
    from widgets.strip import Strip

TITLE = "Spectrogram"
LANE = True
ORDER = 20
_SCALES = {"mel": "mel scale", "frequency": "linear", "cqt": "notes", "mfcc": "coefficients"}


class View(HeatLane):
    """Alt-drag draws a mask, a drag moves one, its edges resize it, Delete removes it."""

    TITLE = TITLE
    NAMES = ("picture",)
    KIND = "magnitude"
    HOW = "most"
    WEIGHT = 4
    ABOUT = (
        "How strong each frequency is over time, in decibels. Draw masks, or Alt-drag, hides a part from the "
        "network; drag a mask to move it, Delete removes it."
    )

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.masks, self.ears = Masks(session), Ears(session)
        self._eared = False
        self.canvas.setToolTip(
            "Alt-drag draws a mask; drag it to move it, its edges to resize it; Delete removes it.\n"
            "Wheel zooms, drag pans, Shift-drag selects, a click sets the cursor."
        )
        words = "While this is on, a drag draws a mask (M). Without it, hold Alt."
        self._drawing = self.header.set_tool("Draw masks", words)
        self._over: object = None
        self.session.on("chain", self._chain)
        self.overlay("audible")

    def _chain(self) -> None:
        """Most moves of a knob change neither the masks nor the limit: they wait for the new picture."""
        over = self.masks.drawn, self._limit()
        if over == self._over:
            return
        self._over = over
        self.touch()
        if self.strips:
            self.header.set_badge(self.badge())

    def refresh(self) -> None:
        super().refresh()
        self.header.show_tool(self._place() is not None and not self.live and self.masks.possible)

    def badge(self) -> str:
        series, count = self.strips[0].series, len(self.masks.drawn)
        words = series.note or _SCALES.get(series.axis, series.axis)
        return f"{words}<br>{count} mask{'s' if count != 1 else ''}" if count else words

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        return frequency_marks(strip, height) or super().marks(strip, height)

    # Masks: their corners on the screen, and back.

    def paint_over(self, painter: QPainter, area: QRectF) -> None:
        self._paint_limit(painter, area)
        place = self._place()
        if place is None or self.live:
            return
        for index, mask in enumerate(self.masks.drawn):
            paint_mask(painter, place.of(mask), index == self.masks.chosen)
        self.ears.lay_out([("processed", self.box(1, 0))])
        self.ears.paint(painter)

    def _limit(self) -> float:
        """The highest frequency that the sound can hold: half of its lowest sample rate on the way."""
        state = self.session.state
        rates = [
            link.settings.to_dict().get("rate") for link in state.chain if link.stage == "resample" and link.on
        ]
        if state.clip is not None and not self.live:
            rates.append(state.clip.rate)
        return min((float(rate) / 2 for rate in rates if rate), default=float("inf"))

    def _paint_limit(self, painter: QPainter, area: QRectF) -> None:
        rows, limit = rows_of(self.strips[0]) if self.strips else None, self._limit()
        if rows is None or limit > 0.97 * rows[-1]:
            return
        palette = theme.current()
        y = round(area.top() + share(rows, limit) * area.height()) + 0.5
        painter.setPen(QPen(palette.colour("text"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setFont(theme.font(theme.SMALL - 1))
        words = f"band limit {axis.hertz(limit)}"
        width = painter.fontMetrics().horizontalAdvance(words) + 8
        tag = QRectF(area.right() - width - 4, max(y - 15, area.top()), width, 14)
        painter.fillRect(tag, palette.colour("raised"))
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, words)

    def _place(self) -> Area | None:
        rows = rows_of(self.strips[0]) if self.strips else None
        traced = self.session.state.traced
        if rows is None or traced is None:
            return None
        box, line, start, scale = self.box(1, 0), self.axis(), traced.trace.start, traced.scale

        def x(time: float) -> float:
            # Masks are on the clock of the processed sound; the lanes on that of the clip.
            return line.x(start + (time - start) / scale)

        return Area(
            box,
            x=x,
            y=lambda hertz: box.top() + share(rows, hertz) * box.height(),
            time=lambda at: start + (line.time(at) - start) * scale,
            hertz=lambda at: frequency(rows, (at - box.top()) / box.height()),
            top=float(rows[-1]),
        )

    def hovered(self, event: QMouseEvent) -> None:
        place = self._place()
        if place is None or self.live:
            return
        if self._draws(event) and self.masks.at(place, event.position()) < 0:
            self.canvas.setCursor(Qt.CursorShape.CrossCursor)
        else:
            self.canvas.setCursor(QCursor(self.masks.shape(place, event.position())))

    def pressed(self, event: QMouseEvent) -> bool:
        place = self._place()
        if place is None or self.live:
            return False
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            return False
        self._eared = self.ears.press(event.position())
        if self._eared:
            return True
        new = self._draws(event) and self.masks.at(place, event.position()) < 0
        taken = self.masks.press(place, event.position(), new)
        self.canvas.update()
        return taken

    def _draws(self, event: QMouseEvent) -> bool:
        return self._drawing.isChecked() or bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)

    def dragged(self, event: QMouseEvent) -> None:
        place = self._place()
        if place is not None:
            self.masks.drag(place, event.position())

    def released(self, event: QMouseEvent) -> None:
        if not self._eared and not self.masks.release():
            self.clicked(event.position())

    def key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            return self.masks.remove()
        if event.key() == Qt.Key.Key_M and not event.modifiers():
            self._drawing.toggle()
            return True
        return False

    def label(self, strip: Strip, unit: int) -> str:
        rows = rows_of(strip)
        return axis.hertz(float(rows[unit])) if rows is not None else super().label(strip, unit)

    def clicked(self, point: QPointF) -> None:
        """Sets the cursor; a row of the spectrogram is no unit to be traced."""
        self.move_cursor(self.axis().time(point.x()))
