"""A lane: one picture on the shared time axis, with a head at its left and the shared cursor over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.session import Cursor, Span
from widgets import axis, theme
from widgets.canvas import RIGHT, Canvas
from widgets.header import Header
from widgets.seam import paint_seam
from widgets.view import View

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

    from engine.events import Frames
    from engine.session import Session
    from engine.trace import Key, Series, Trace

FOLDED = 3 * theme.GRID
LOWEST = 7 * theme.GRID
GESTURES = (
    "Wheel: zoom. Drag: move. Shift-drag: select. Click: cursor, and the unit there. Double click: the whole clip."
)
"""What the mouse does in every lane."""


@dataclass(frozen=True)
class Reading:
    """What lies under the pointer: a time in seconds, a value, the unit of a series, and all of it in words."""

    time: float
    text: str
    value: float | None = None
    key: Key | None = None
    unit: int | None = None


@dataclass(frozen=True)
class Tick:
    """A mark on the vertical axis, `at` from 0 (top) to 1; a strong one names a part."""

    at: float
    text: str
    strong: bool = False
    mark: bool = True


class Lane(View):
    """Subclasses make their picture in `refresh`, draw it in `paint`, and tell what is at a point in `read`."""

    WEIGHT = 2
    """The lane's share of the height."""
    WATCHED: tuple[str, ...] = ("view", "clip", "traced", "peaks")
    """The keys of the session that make another picture."""
    VEILED = True
    """Whether step mode hides what lies ahead."""
    ABOUT = ""
    """What the lane shows and in which unit: a sentence or two for those who see one for the first time."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.header = Header(self.TITLE, self)
        self.canvas = Canvas(self)
        self.canvas.setAccessibleName(f"{self.TITLE} over time")
        self.canvas.setWhatsThis(f"<p><b>{self.TITLE}</b></p><p>{self.ABOUT}</p><p>{GESTURES}</p>")
        self.header.set_about(self.ABOUT)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.header)
        row.addWidget(self.canvas, 1)
        self.setMinimumHeight(LOWEST)
        self.header.folded.connect(self._folded)
        self.now = 0.0
        """The end of what a live stream has shown, in its seconds."""
        self._was_live = session.state.transport.live
        self._scaled: object = None
        self.watch(*self.WATCHED)
        self.overlay("cursor", "selection", "walk", "seam")
        session.on("live", self._arrived)
        session.on("transport", self._transport)

    # What subclasses fill in.

    def paint(self, painter: QPainter, area: QRectF) -> None:
        """Draw the data inside `area`, which is already filled and clipped."""

    def paint_over(self, painter: QPainter, area: QRectF) -> None:
        """Draw what lies over the data and under the cursor: marks, names."""

    def paint_names(self, painter: QPainter) -> None:
        """Draw what step mode hides nothing of: names that tell nothing of what lies ahead."""

    def paint_seam(self, painter: QPainter, box: QRectF, key: Key) -> None:
        """Over a series in `box`: where streaming and offline part, or the run with edits and that without."""
        seam, traced = self.session.state.seam, self.session.state.traced
        changed = traced.difference if traced is not None else None
        for each in (seam, changed):
            if each is not None and not self.live:
                paint_seam(painter, box, self.axis(), each.spans.get(key, ()), self.clip_time)

    def fits(self, trace: Trace) -> bool:
        """Whether a lane that shows itself where there is something in it finds that in a trace."""
        return any(trace.find(name) for name in getattr(self, "NAMES", ()))

    def ticks(self, area: QRectF) -> list[Tick]:
        """The marks of the vertical axis."""
        return []

    def folded_ticks(self) -> list[Tick]:
        """What stands beside the strip of a folded lane: the range of its colours, where it has any."""
        return []

    def read(self, point: QPointF) -> Reading | None:
        """What lies at a point of the canvas."""
        time = self.axis().time(point.x())
        return Reading(time, axis.clock(time))

    def arrive(self, frames: Frames) -> None:
        """Take new columns of a live stream."""

    def clear_live(self) -> None:
        """A new live stream begins."""

    def hovered(self, event: QMouseEvent) -> None:
        """The pointer moved with no button down."""

    def pressed(self, event: QMouseEvent) -> bool:
        """True takes the drag that begins here away from panning; `dragged` and `released` follow."""
        return False

    def dragged(self, event: QMouseEvent) -> None: ...

    def released(self, event: QMouseEvent) -> None: ...

    def key(self, event: QKeyEvent) -> bool:
        """True where the lane used this key."""
        return False

    def frame_seconds(self) -> float:
        """How far an arrow key moves the cursor."""
        traced = self.session.state.traced
        series = next(iter(traced.trace.series.values()), None) if traced else None
        return 1 / self.clock(series)[1] if series is not None else 0.01

    # Time.

    @property
    def live(self) -> bool:
        return self.session.state.transport.live

    @property
    def runs(self) -> bool:
        """Live and not frozen: the newest moment stands for the cursor."""
        transport = self.session.state.transport
        return transport.live and not transport.frozen

    def span(self) -> Span:
        view = self.session.state.view
        if not self.live:
            return view
        seconds = min(max(view.seconds, 1.0), 20.0)
        return Span(self.now - seconds, self.now)

    def length(self) -> float:
        """The end of all there is to see, in seconds."""
        return max(self.session.state.seconds, axis.SHORTEST)

    def padding(self) -> Span | None:
        """Where the chain has put silence behind the sound."""
        state = self.session.state
        traced, clip, end = state.traced, state.clip, state.seconds
        if traced is None or clip is None or traced.trace.clip_id != clip.id or self.live or not traced.padding:
            return None
        return Span(end - traced.padding / traced.scale, end)

    def axis(self) -> axis.Axis:
        span = self.span()
        left = self.canvas.left
        return axis.Axis(span.start, span.stop, left, max(1, self.canvas.width() - left - RIGHT))

    def clock(self, series: Series) -> tuple[float, float]:
        """The time of a series' first frame and its frames a second, both on the clip's clock."""
        traced = self.session.state.traced
        if traced is None or self.live:
            return series.first, series.rate
        return self.clip_time(series.first), series.rate * traced.scale

    def clip_time(self, time: float) -> float:
        """A time of the processed sound on the clip's clock."""
        traced = self.session.state.traced
        if traced is None or self.live:
            return time
        start = traced.trace.start
        return start + (time - start) / traced.scale

    # Moving about, for the canvas.

    def zoom(self, factor: float, at: float) -> None:
        view = self.session.state.view
        if self.live:
            seconds = min(max(view.seconds * factor, 1.0), 20.0)
            self.session.set("view", Span(view.start, view.start + seconds))
        else:
            self.session.set("view", Span(*axis.zoomed(view.start, view.stop, factor, at, self.length())))

    def pan_to(self, start: float) -> None:
        if not self.live:
            self.session.set("view", Span(*axis.moved(start, self.session.state.view.seconds, self.length())))

    def show_all(self) -> None:
        if not self.live:
            self.session.set("view", Span(0.0, self.length()))

    def select(self, one: float, other: float) -> None:
        limit = self.now if self.live else self.length()
        low, high = (min(max(each, 0.0), limit) for each in sorted((one, other)))
        self.session.set("selection", Span(low, high) if high > low else None)

    def move_cursor(self, time: float) -> None:
        """Set the cursor and keep it in sight."""
        time = min(max(time, 0.0), self.now if self.live else self.length())
        self.session.set("cursor", replace(self.session.state.cursor, time=time))
        view = self.session.state.view
        if not self.live and not view.start <= time <= view.stop:
            self.pan_to(time - view.seconds / 2)

    def clicked(self, point: QPointF) -> None:
        found = self.read(point)
        if found is None:
            return
        old = self.session.state.cursor
        key, unit = (old.key, old.unit) if found.unit is None else (found.key, found.unit)
        self.session.set("cursor", Cursor(min(max(found.time, 0.0), self.length_now()), key, unit))

    def double_clicked(self, point: QPointF) -> None:
        self.show_all()

    def point(self, point: QPointF | None) -> None:
        """Tell the session which unit the pointer is over, if any."""
        found = self.read(point) if point is not None and self.area().contains(point) else None
        seen = None if found is None or found.unit is None else Cursor(found.time, found.key, found.unit)
        self.session.set("pointed", seen)

    def veils(self, area: QRectF) -> list[QRectF]:
        """In step mode, what is hidden of the plot: all that comes after the frame at the cursor."""
        at = self.frontier()
        return [] if at is None else [QRectF(at, area.top(), max(area.right() - at, 0.0), area.height())]

    def frontier(self) -> float | None:
        """In step mode, the pixel at which the frame at the cursor ends."""
        walk = self.session.state.walk
        if walk is None or self.live or not self.VEILED:
            return None
        time = walk.time(walk.frame(self.session.state.cursor.time))
        return self.axis().x(time + 0.5 / walk.rate)

    def length_now(self) -> float:
        return self.now if self.live else self.length()

    # What the base and the canvas need.

    def area(self) -> QRectF:
        """The part of the canvas that shows data."""
        left = self.canvas.left
        return QRectF(left, 1, max(1, self.canvas.width() - left - RIGHT), max(1, self.canvas.height() - 2))

    def device_width(self) -> int:
        return max(1, round(self.area().width() * self.canvas.devicePixelRatioF()))

    def ground(self) -> QWidget:
        return self.canvas

    def scale(self) -> object:
        """What `ticks` depend on: as long as it stays the same, a new picture leaves the vertical axis alone."""
        return None

    def repaint_later(self) -> None:
        if self.rescaled():
            self.canvas.update()
        else:
            self.canvas.update(self.area().toAlignedRect())

    def rescaled(self) -> bool:
        """Whether the vertical axis is another one than when this was asked last."""
        scale = (theme.current().name, self.header.is_folded(), self.live, self.trouble, self.scale())
        before, self._scaled = self._scaled, scale
        return scale != before

    def _folded(self, folded: bool) -> None:
        self.setMinimumHeight(FOLDED if folded else LOWEST)
        self.setMaximumHeight(FOLDED if folded else 16777215)
        self.mark()

    def _transport(self) -> None:
        transport = self.session.state.transport
        if transport.live and not self._was_live:
            self.now = 0.0
            self.clear_live()
        self._was_live = transport.live
        self.mark()

    def _arrived(self) -> None:
        transport = self.session.state.transport
        if not transport.live or transport.frozen:
            return
        for frames in self.session.state.live:
            end = frames.start + len(frames.samples) / frames.rate
            if end < self.now - 1:
                self.clear_live()
            self.now = end
            self.arrive(frames)
        self.mark()
