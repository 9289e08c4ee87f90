"""The gradient echo: how far back in time the output at the cursor still feels the states of every layer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPen

from widgets import chosen, theme
from widgets.heat import GAP, HeatLane
from widgets.lane import Tick
from widgets.stroke import ink
from widgets.unit import curves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QWidget

    from engine.events import Decay, Echo
    from engine.session import Session
    from engine.trace import Key, Series
    from widgets.lane import Reading
    from widgets.strip import Strip

TITLE = "Gradient"
LANE = True
ORDER = 85
LEFT_OUT = True
DECADES = 8
"""Powers of ten that the scale reaches down from the greatest norm."""
_SUMS = {"grad.W": "∂L/∂W so far", "grad.U": "∂L/∂U so far", "grad.b": "∂L/∂b so far"}
_KINDS = {"grad.h": "∂L/∂h", "grad.c": "∂L/∂c", **_SUMS}
_LINES, _LEAST = 0.6, 72
"""The share of the height that lines have above the heat map, and the pixels below which they have none."""


class View(HeatLane):
    """A line and a strip for each layer and direction, on a logarithmic scale; the sum over weights on its own."""

    TITLE = TITLE
    NAMES = tuple(_KINDS)
    KIND = "magnitude"
    HOW = "most"
    WEIGHT = 3
    ABOUT = (
        "How strongly the output at the cursor depends on every state before it: the norm of the gradient of its "
        "loss, L = -log p, by layer, in powers of ten. Memory horizon: as far back as a hundredth of the greatest "
        "norm reaches. Click another moment to ask about it. So far: how the gradients of the weights for the "
        "input, W, of the recurrent ones, U, and of the biases, b, add up, from the chosen moment back."
    )

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._kind = "grad.h"
        self._made: tuple[Echo, dict[Key, Series]] | None = None
        self.watch("echo")

    @property
    def found(self) -> Echo | None:
        state = self.session.state
        return state.echo if chosen.is_known(state, "echo") and not self.live else None

    def source(self) -> Mapping[Key, Series]:
        """Norms as powers of ten; shares of the weights' gradient as they are."""
        echo = self.found
        if echo is None:
            return {}
        if self._made is None or self._made[0] is not echo:
            made = {
                key: each if key.name in _SUMS else replace(each, values=_powers(each.values))
                for key, each in echo.series.items()
            }
            self._made = (echo, made)
        return self._made[1]

    def keys(self) -> list[Key]:
        there = [kind for kind in _KINDS if any(key.name == kind for key in self.source())]
        kind = self._kind if self._kind in there else "grad.h"
        self.header.set_choices([_KINDS[each] for each in there], there.index(kind) if there else -1)
        found = (key for key in self.source() if key.name == kind)
        return sorted(found, key=lambda key: (key.layer, key.direction == "backward"))

    def _choose(self, index: int) -> None:
        there = [kind for kind in _KINDS if any(key.name == kind for key in self.source())]
        self._kind = there[index] if 0 <= index < len(there) else "grad.h"
        self.mark()
        self.repaint_later()

    def kind_of(self, key: Key) -> str:
        return "share" if key.name in _SUMS else "magnitude"

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        if key.name in _SUMS:
            return 0.0, 1.0
        high = max(
            float(each.values.max(initial=-np.inf)) for k, each in self.source().items() if k.name == key.name
        )
        high = float(np.ceil(high)) if np.isfinite(high) else 0.0
        return high - DECADES, high

    def ends(self, strip: Strip) -> tuple[str, str]:
        if strip.key.name in _SUMS:
            return "0", "all"
        return _power(strip.low), _power(strip.high)

    def name_of(self, key: Key) -> str:
        ways = {each.direction for each in self.source()}
        arrow = "" if len(ways) < 2 else "←" if key.direction == "backward" else "→"
        return f"{key.layer}{arrow}"

    def badge(self) -> str:
        echo = self.found
        if echo is None:
            return ""
        return (
            f"memory horizon<br><b style='color:{theme.current().text}'>{horizon(echo.decay)}</b>"
            + chosen.edited(echo)
        )

    def _say_nothing(self) -> None:
        super()._say_nothing()
        self.say(chosen.missing(self.session.state, self.HELP))

    def read(self, point: QPointF) -> Reading | None:
        """No unit: what is clicked is a moment to be asked about."""
        found = super().read(point)
        if found is None or found.unit is None or found.key is None:
            return found
        size = "" if found.value is None else f"   {_size(found.value, found.key.name)}"
        moment = found.text.split("   ")[1]
        return replace(found, text=f"layer {self.name_of(found.key)}   {moment}{size}", key=None, unit=None)

    # The picture: lines above, strips below.

    def heat_area(self) -> QRectF:
        area = self.area()
        lines = self._lines(area)
        return area if lines is None else area.adjusted(0, lines.height() + GAP, 0, 0)

    def _lines(self, area: QRectF) -> QRectF | None:
        """Where the lines are; None without room for them."""
        if area.height() < _LEAST or self.header.is_folded():
            return None
        return QRectF(area.left(), area.top(), area.width(), round(_LINES * area.height()))

    def paint(self, painter: QPainter, area: QRectF) -> None:
        super().paint(painter, area)
        echo, lines = self.found, self._lines(area)
        if echo is None or not self.strips:
            return
        x = self.axis().x(self.clip_time(echo.time))
        if lines is not None:
            painter.fillRect(lines.adjusted(0, 0, 0, GAP), theme.current().colour("ground"))
            back = self.axis().x(self.clip_time(echo.time - echo.decay.horizon))
            painter.fillRect(
                QRectF(back, lines.top(), x - back, lines.height()), theme.current().colour("accent", 0.14)
            )
            for share, _ in self._powers_shown(lines):
                y = lines.top() + share * lines.height()
                painter.fillRect(QRectF(lines.left(), y, lines.width(), 1), theme.current().colour("grid"))
            self._paint_lines(painter, lines, x)
        chosen.paint_chosen(painter, area, x, chosen.said(echo.output, echo.share))

    def _paint_lines(self, painter: QPainter, box: QRectF, x: float) -> None:
        face = theme.font(theme.SMALL)
        metrics, taken = QFontMetricsF(face), list[float]()
        painter.setFont(face)
        for number, strip in enumerate(self.strips):
            first, rate = self.clock(strip.series)
            values = np.where(strip.series.values > strip.low + 1e-6, strip.series.values, np.nan)
            colour = ink(str(number))
            painter.setPen(QPen(colour, 1.5))
            painter.setRenderHint(painter.RenderHint.Antialiasing)
            for curve in curves(strip, box.adjusted(0, 2, 0, -2), self.axis(), values, first, rate):
                painter.drawPolyline(curve)
            painter.setRenderHint(painter.RenderHint.Antialiasing, False)
            # Beside the chosen moment, where nothing else is, at the height of the line's end.
            y = max(box.top() + 2.2 * metrics.height(), self._end(strip, box), *(each + 12 for each in taken[-1:]))
            y = min(y, box.bottom() - 6 - 12 * (len(self.strips) - 1 - number))
            taken.append(y)
            text = f"layer {strip.name}"
            left = min(x + 6, box.right() - metrics.horizontalAdvance(text) - 2)
            place = QRectF(left, y - 6, metrics.horizontalAdvance(text) + 4, 12)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)

    def _end(self, strip: Strip, box: QRectF) -> float:
        """The height of a line at the chosen moment."""
        echo = self.found
        frame = strip.series.frame(echo.time) if echo is not None else 0
        share = (float(strip.series.values[frame, 0]) - strip.low) / max(strip.high - strip.low, 1e-9)
        return box.bottom() - min(max(share, 0.0), 1.0) * box.height()

    def _powers_shown(self, box: QRectF) -> list[tuple[float, str]]:
        """Marks of the lines' axis: shares from the top, and texts."""
        strip = self.strips[0]
        if strip.key.name in _SUMS:
            return [(0.0, "all"), (0.5, "half"), (1.0, "0")]
        step = 2 if box.height() > 80 else 4
        return [(k / DECADES, _power(strip.high - k)) for k in range(0, DECADES + 1, step)]

    def ticks(self, area: QRectF) -> list[Tick]:
        found, lines = super().ticks(area), self._lines(area)
        if lines is None or not self.strips:
            return found
        share = lines.height() / area.height()
        edge = 6 / area.height()
        return found + [
            Tick(min(max(at * share, edge), share - edge), text) for at, text in self._powers_shown(lines)
        ]

    def scale(self) -> object:
        return super().scale(), self._kind


def horizon(decay: Decay) -> str:
    """A memory horizon in words."""
    seconds = decay.horizon
    text = f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
    return text if decay.ended else f"over {text}"


def _powers(values: np.ndarray) -> np.ndarray:
    return np.log10(np.maximum(values, 1e-36)).astype(np.float32)


def _power(exponent: float) -> str:
    """10 to a whole power."""
    digits = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return f"10{str(round(exponent)).translate(digits)}"


def _size(value: float, name: str) -> str:
    return f"{100 * value:.0f} %" if name in _SUMS else "0" if value < -35 else f"{10**value:.1e}"
