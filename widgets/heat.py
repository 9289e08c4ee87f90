"""A lane of heat maps: series [T, N] as colours over time, one strip below the other, of a clip or live.

One class on purpose: a lane of them may change any part, and what all parts do to a strip is read in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from engine.trace import Key
from widgets import axis, colour, image, reduce, theme
from widgets.lane import Lane, Reading, Tick
from widgets.layers import Layers
from widgets.scale import Scales
from widgets.strip import MINUS, UPWARD, Strip, number
from widgets.unit import curves, paint_curves, paint_name
from widgets.view import MONITORED, unread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QWidget

    from engine.events import Frames
    from engine.session import Session
    from engine.trace import Series

GAP = 4
LETTERS = {"h": "h", "c": "c", "posterior": "p"}
"""What a value is called where the name of its row does not say it."""
_STEPS = ("unit", "class", "frame")
"""The rows of what a network makes, which may have fewer steps a second than what it hears."""


class HeatLane(Lane):
    """Subclasses name their series in `names`, and may change range, colours and labels."""

    NAMES: tuple[str, ...] = ()
    KIND = "signed"
    HOW: reduce.How = "peak"
    SORTS = False
    HELP = "Open a sound or record one to fill this lane."
    ABSENT = "The chosen network has nothing to show here."

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.strips: list[Strip] = []
        self._rolls: dict[Key, image.Roll] = {}
        self._latest: dict[Key, Series] = {}
        self.scales = Scales(signed=self.KIND == "signed")
        self._orders: dict[Key, tuple[Series, str, np.ndarray | None]] = {}
        self.layers = Layers(self.NAMES)
        self._painted = ""
        self._dressed: object = None
        self.header.chosen.connect(self._choose)
        self.header.sorted_by.connect(lambda value: session.set("sort", value))
        self.watch("sort", "network")

    # What subclasses may change.

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        """The range of the colours: the series' own where it has one, else one that holds nearly all values."""
        if series.low is not None and series.high is not None:
            return series.low, series.high
        return self.scales.of_stream(key, series) if self.live else self.scales.of_clip(key, series)

    def name_of(self, key: Key) -> str:
        """The name of a strip, written at its left where there are several."""
        return "←" if key.direction == "backward" else "→"

    def kind_of(self, key: Key) -> str:
        return self.KIND

    def how_of(self, key: Key) -> reduce.How:
        """What stands for the frames of one pixel."""
        return self.HOW

    def badge(self) -> str:
        """What the head says under the title."""
        return f"{self.strips[0].rows} units"

    def _pace(self) -> str:
        """How long a step is, where that is longer than a frame of what the network hears; told once."""
        traced, series = self.session.state.traced, self.strips[0].series
        heard = traced.trace.series.get(Key("features")) if traced is not None else None
        if self.live or heard is None or series.axis not in _STEPS or len(series.values) < 2:
            return ""
        if series.rate > 0.99 * heard.rate or "a step" in self.badge():
            return ""
        return f"<br>{1000 / series.rate:g} ms a step"

    # Which series.

    def source(self) -> Mapping[Key, Series]:
        """The series to choose from: those of the stream, or those of the trace."""
        if self.live:
            return self._latest
        traced = self.session.state.traced
        return traced.trace.series if traced is not None else {}

    def keys(self) -> list[Key]:
        """The keys to draw, top to bottom, of the layer and direction that were chosen."""
        keys = self.layers.keys(self.source())
        labels, current = self.layers.choices()
        self.header.set_choices(labels, current)
        return keys

    def _choose(self, index: int) -> None:
        self.layers.choose(index)
        self.mark()
        self.repaint_later()

    # The picture.

    def refresh(self) -> None:
        source, table_theme = self.source(), theme.current().name
        self.strips = [self._strip(key, source[key]) for key in self.keys()]
        if not self.strips:
            self._say_nothing()
            return
        self.say("")
        words = [(each.series.note, each.series.unit) for each in self.strips]
        dressed = (self.live, table_theme, self.scale(), words)
        if not self.live or dressed != self._dressed:  # live, nothing that the head shows comes with a new column
            self._dressed = dressed
            self._dress_header(table_theme)
        if self.live:
            self._fit_rolls(self._painted != table_theme)
        else:
            for strip in self.strips:
                self._draw_strip(strip)
        self._painted = table_theme

    def _dress_header(self, table_theme: str) -> None:
        self.header.set_badge(self.badge() + self._pace())
        first = self.strips[0]
        self.header.set_bar(colour.table(first.kind, table_theme), *self.ends(first))
        other = next((each for each in self.strips if each.kind != first.kind), None)
        if other is None:
            self.header.set_other(None)
        else:
            self.header.set_other(colour.table(other.kind, table_theme), *self.ends(other))
        self.header.set_sort(self.session.state.sort if self.SORTS and not self.live else None)

    def ends(self, strip: Strip) -> tuple[str, str]:
        """How the ends of the colour bar are written."""
        unit = f" {strip.series.unit}" if strip.series.unit else ""
        reach, both = strip.high - strip.low, (strip.low, strip.high)
        if reach < 1:
            low, high = (number(each) for each in both)
        else:
            low, high = (f"{round(each, reach < 10) + 0.0:g}".replace("-", MINUS) for each in both)
        return low, high + unit

    def _say_nothing(self) -> None:
        self._dressed = None
        self.header.set_badge("")
        self.header.set_bar(None)
        self.header.set_other(None)
        self.header.set_sort(None)
        if self.live and self.session.state.monitored is not None:
            self.say(MONITORED)
        elif self.live:
            self.say("Waiting for sound from the microphone …" if not self._latest else self.ABSENT)
        elif self.session.state.traced is None:
            self.say(self.HELP if self.session.state.clip is None else "The sound is being analysed …")
        elif not self.session.state.traced.network_id:
            self.say(unread(self.session.state))
        else:
            self.say(self.ABSENT)

    def _strip(self, key: Key, series: Series) -> Strip:
        low, high = self.span_of(key, series)
        strip = Strip(key, series, low, high, self.kind_of(key), self.how_of(key), self.name_of(key))
        if self.SORTS and not self.live:
            strip.order = self._order(key, series)
        return strip

    def _order(self, key: Key, series: Series) -> np.ndarray | None:
        sort = self.session.state.sort
        known = self._orders.get(key)
        if known is None or known[0] is not series or known[1] != sort:
            self._orders[key] = known = (series, sort, reduce.order(series.values, sort))
        return known[2]

    def _draw_strip(self, strip: Strip) -> None:
        span, (first, rate) = self.span(), self.clock(strip.series)
        values, width = strip.series.values, self.device_width()
        values = values if strip.order is None else values[:, strip.order]
        height = max(1, round(self.box(len(self.strips), 0).height() * self.canvas.devicePixelRatioF()))
        if len(values) <= 2 * width:  # the order changes no picture: first what leaves less to the other
            values = reduce.fewer_rows(values, height, strip.how)
        found = reduce.columns(values, rate, first, span.start, span.stop, width, strip.how)
        strip.first = found.first
        if not len(found.values):
            strip.image = None
            return
        shown = reduce.fewer_rows(found.values, height, strip.how)
        table = colour.table(strip.kind, theme.current().name)
        strip.image = image.picture(shown, strip.low, strip.high, table, strip.upward)

    def box(self, count: int, index: int) -> QRectF:
        """The part of the plot that a strip has."""
        area = self.heat_area()
        height = (area.height() - GAP * (count - 1)) / max(count, 1)
        return QRectF(area.left(), area.top() + index * (height + GAP), area.width(), height)

    def heat_area(self) -> QRectF:
        """The part of the plot that all strips share."""
        return self.area()

    def paint(self, painter: QPainter, area: QRectF) -> None:
        ratio = self.canvas.devicePixelRatioF()
        for index, strip in enumerate(self.strips):
            box = self.box(len(self.strips), index)
            if self.live:
                roll = self._rolls.get(strip.key)
                if roll is not None:
                    span = self.span()
                    roll.draw(painter, box, span.start, span.stop)
            elif strip.image is not None:
                left = box.left() + strip.first / ratio
                goal = QRectF(left, box.top(), strip.image.width() / ratio, box.height())
                painter.drawImage(goal, strip.image)
                self.paint_seam(painter, box, strip.key)
        for index in range(1, len(self.strips)):
            box = self.box(len(self.strips), index)
            painter.fillRect(
                QRectF(box.left(), box.top() - GAP, box.width(), GAP), theme.current().colour("panel")
            )
        for box, strip, unit in self._chosen():
            values, first, rate = self._values(strip, unit)
            lines = curves(strip, box.adjusted(0, 3, 0, -3), self.axis(), values, first, rate)
            paint_curves(painter, lines)

    def paint_names(self, painter: QPainter) -> None:
        for box, strip, unit in self._chosen():
            paint_name(painter, box, strip, unit, self.label(strip, unit))

    def _chosen(self) -> list[tuple[QRectF, Strip, int]]:
        """The unit that was clicked, with its strip and where that lies; nothing where it is of another lane."""
        key, unit, count = self.session.state.cursor.key, self.session.state.cursor.unit, len(self.strips)
        return [
            (self.box(count, index), strip, int(unit))
            for index, strip in enumerate(self.strips)
            if strip.key == key and unit is not None and unit < strip.rows
        ]

    def _values(self, strip: Strip, unit: int) -> tuple[np.ndarray, float, float]:
        """One unit over time, [T, 1], with the time of its first frame and its rate."""
        if self.live and strip.key in self._rolls:
            roll, span = self._rolls[strip.key], self.span()
            values, first = roll.between(span.start, span.stop)
            return values[:, unit : unit + 1], first, roll.rate
        return strip.series.values[:, unit : unit + 1], *self.clock(strip.series)

    def ticks(self, area: QRectF) -> list[Tick]:
        found: list[Tick] = []
        for index, strip in enumerate(self.strips):
            box = self.box(len(self.strips), index)

            def at(share: float, box: QRectF = box) -> float:
                return (box.top() + share * box.height() - area.top()) / area.height()

            if len(self.strips) > 1:
                found.append(Tick(at(0.5), strip.name, strong=True))
            if box.height() > (60 if len(self.strips) > 1 else 20):
                found += [Tick(at(share), text) for share, text in self.marks(strip, box.height())]
        return found

    def folded_ticks(self) -> list[Tick]:
        """The range of the colours; of several strips they differ, and there is no room to say so."""
        if len(self.strips) != 1:
            return []
        low, high = (each.split(" ")[0] for each in self.ends(self.strips[0]))
        return [Tick(0.5, f"± {high}" if low == f"{MINUS}{high}" else f"{low}…{high}", mark=False)]

    def scale(self) -> object:
        return tuple(
            (each.key, each.rows, each.low, each.high, each.series.axis, each.series.rows, _bytes(each.order))
            for each in self.strips
        )

    def marks(self, strip: Strip, height: float) -> list[tuple[float, str]]:
        """The vertical axis of one strip: shares of its height from the top, and texts."""
        rows, order, called = strip.rows, strip.order, strip.series.rows
        if called and isinstance(called[0], str):  # as many names as there is room for, evenly chosen
            step = max(1, -(-rows * 11 // max(int(height), 1)))
            return [((row + 0.5) / rows, str(called[row]) or "blank") for row in range(0, rows, step)]
        if rows == 1:
            return []
        wanted = (0, rows - 1) if height < 64 else (0, rows // 2, rows - 1)
        names = [str(row if order is None else order[row]) for row in wanted]
        names[0] = f"{strip.series.axis} {names[0]}" if strip.series.axis == "unit" else names[0]
        return [((row + 0.5) / rows, name) for row, name in zip(wanted, names, strict=True)]

    def veils(self, area: QRectF) -> list[QRectF]:
        """A pass that runs backwards has come from the right: its strips are hidden before the cursor."""
        at, walk = self.frontier(), self.session.state.walk
        if at is None or walk is None or all(each.key.direction == "forward" for each in self.strips):
            return super().veils(area)
        found, count = [], len(self.strips)
        for index, strip in enumerate(self.strips):
            box = self.box(count, index)
            if strip.key.direction == "backward":
                box.setRight(max(at - 1 / (walk.rate * self.axis().step), box.left()))
            else:
                box.setLeft(min(at, box.right()))
            found.append(box)
        return found

    # What is under the pointer.

    def read(self, point: QPointF) -> Reading | None:
        for index, strip in enumerate(self.strips):
            box = self.box(len(self.strips), index)
            if box.top() <= point.y() < box.bottom() + GAP:
                unit = strip.unit((point.y() - box.top()) / box.height())
                return self._reading(strip, unit, self.axis().time(point.x()))
        return super().read(point)

    def _reading(self, strip: Strip, unit: int, time: float) -> Reading:
        value = self.value(strip, unit, time)
        parts = [self.label(strip, unit), axis.clock(time)]
        if value is not None:
            letter = f"{LETTERS[strip.key.name]} " if strip.key.name in LETTERS else ""
            measure = strip.series.unit
            figure = f"{value:.1f}".replace("-", MINUS) if measure == "dB" else number(value, 3)
            parts.append(f"{letter}{figure} {measure}".rstrip())
        return Reading(time, "   ".join(parts), value, strip.key, unit)

    def value(self, strip: Strip, unit: int, time: float) -> float | None:
        """The value of the frame at a time; None where nothing was recorded."""
        if self.live:
            found = self._rolls[strip.key].at(time) if strip.key in self._rolls else None
            return None if found is None else float(found[unit])
        first, rate = self.clock(strip.series)
        frame = int(np.floor((time - first) * rate + 0.5))
        return float(strip.series.values[frame, unit]) if 0 <= frame < len(strip.series.values) else None

    def label(self, strip: Strip, unit: int) -> str:
        """What a row is called: a unit's number, a class, a frequency."""
        rows = strip.series.rows
        prefix = f"{strip.name} " if len(self.strips) > 1 else ""
        if not rows or unit >= len(rows) or strip.series.axis == "mfcc":
            return f"{prefix}{strip.series.axis} {unit}"
        row = rows[unit]
        return prefix + (row or "blank" if isinstance(row, str) else axis.hertz(row))

    # Live.

    def wants(self, key: Key) -> bool:
        return key.name in self.NAMES

    def arrive(self, frames: Frames) -> None:
        for key, series in frames.series.items():
            if not self.wants(key) or not len(series.values):
                continue
            roll = self._rolls.get(key)
            if roll is None or roll.rows != series.values.shape[1] or roll.rate != series.rate:
                roll = self._rolls[key] = image.Roll(series.rate, series.values.shape[1])
            low, high = self.span_of(key, series)
            table = self._table(key)
            roll.push(series.values, series.first, low, high, table, series.axis in UPWARD)
            self._widen(key, series, roll)
            self._latest[key] = series

    def _widen(self, key: Key, series: Series, roll: image.Roll) -> None:
        """Twice a second, let a learnt range grow, and paint anew what was painted by the old one."""
        end = series.first + len(series.values) / series.rate
        if int(end * 2) != int(series.first * 2) and self.scales.widen(key, roll.between(end - 5.0, end)[0]):
            roll.recolour(*self.span_of(key, series), self._table(key), series.axis in UPWARD)

    def _table(self, key: Key) -> np.ndarray:
        """The colours in which the rolls were painted last: sound comes whatever palette is worn just then."""
        return colour.table(self.kind_of(key), self._painted or theme.current().name)

    def clear_live(self) -> None:
        self._rolls.clear()
        self._latest.clear()
        self.scales.clear()

    def _fit_rolls(self, anew: bool) -> None:
        """Every roll has the pixels of its strip; `anew` where the theme is another."""
        height = max(1, round(self.box(len(self.strips), 0).height() * self.canvas.devicePixelRatioF()))
        for strip in self.strips:
            if strip.key in self._rolls and (self._rolls[strip.key].fit(height, strip.how) or anew):
                table = colour.table(strip.kind, theme.current().name)
                self._rolls[strip.key].recolour(strip.low, strip.high, table, strip.upward)


def _bytes(order: np.ndarray | None) -> bytes:
    """An order as something that can be compared."""
    return b"" if order is None else order.tobytes()
