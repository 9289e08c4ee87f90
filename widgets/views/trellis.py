"""The trellis of CTC: how a text is laid over time, every way at once, and the best of them as a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPen

from widgets import axis, colour, reduce, theme
from widgets.align import align
from widgets.backdrop import Backdrop, heat
from widgets.kept import Kept
from widgets.labels import paint_labels
from widgets.lane import LOWEST, Lane, Reading, Tick
from widgets.pathway import paint_path, runs
from widgets.search import Frames, known, labels, missing, named, play, spelled, words
from widgets.strip import number

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QKeyEvent, QPainter
    from PySide6.QtWidgets import QWidget

    from engine.clip import Label
    from engine.events import Searched
    from engine.hypothesis import Trellis
    from engine.session import Session
    from widgets.labels import Mark
    from widgets.pathway import Run

TITLE = "Trellis"
LANE = True
LEFT_OUT = True
ORDER = 82
_ROW = 20
_AROUND = 2
"""States that are seen before and behind those of the time that is seen."""
_ROOM = 24 * theme.GRID


class View(Lane):
    """Rows are the labels of a text, in order downward, with a blank before, between and behind them."""

    TITLE = TITLE
    WEIGHT = 7
    ABOUT = (
        "How CTC lays a text over the sound: a row for each label, downward, with a blank before, between and "
        "behind them. Bright: how surely the network is there at that moment, all ways of saying the text taken "
        "together. The line is the single best way: a filled square where a label begins, hollow ones where it is "
        "repeated and becomes one, dots in blanks. Below, the labels where they sound. A click plays that moment."
    )
    WATCHED = (*Lane.WATCHED, "searched", "network")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.trellis: Trellis | None = None
        self.rows = (0, 0)
        """The states that are seen: from the first to before the last."""
        self._found: Searched | None = None
        self._frames = Frames(0.0, 1.0)
        self._runs: list[Run] = []
        self._lanes: dict[str, list[tuple[Label, Mark]]] = {}
        self._image: tuple[int, QImage] | None = None
        self._goal: tuple[float, float] | None = None
        """Where the picture begins and ends in seconds, if it has a column for each frame."""
        self._backdrop, self._kept = Backdrop(self), Kept(self)
        self._which = 0
        self.header.chosen.connect(self._choose)
        self.canvas.setToolTip("Click: hear that moment; on the path, all of the label. Return: at the cursor.")

    # What is shown.

    def refresh(self) -> None:
        self._kept.forget()
        found = self._found = known(self.session.state)
        both = [] if found is None else [each for each in (found.reference, found.trellis) if each is not None]
        self.trellis = both[min(self._which, len(both) - 1)] if both else None
        self.header.set_choices(["what was said", "what was read"] if len(both) > 1 else [], self._which)
        if found is None or self.trellis is None or not len(self.trellis.path):
            self._empty_out(found)
            return
        self.say("")
        self._frames = Frames.of(found, self.session.state, self.clip_time)
        self._runs = runs(self.trellis.path)
        self.rows = self._seen()
        self._label(found, self.trellis)
        self._draw(self.trellis)
        self.header.set_badge(self.badge(found, self.trellis))
        self.header.set_bar(colour.table("share", theme.current().name), "0", "occupation 1")
        if not self.header.is_folded():
            self.setMinimumHeight(_ROOM)

    def badge(self, found: Searched, trellis: Trellis) -> str:
        """Whose text it is, how likely, and how much of that its best path alone has."""
        count = len(trellis.labels)
        told = f"{count} label{'' if count == 1 else 's'}"
        share = 100 * float(np.exp(min(trellis.best - trellis.log_prob, 0.0)))
        whose = "what was said" if trellis is found.reference else "what was read"
        text = [whose] if found.reference is None or not len(found.trellis.path) else []
        off = self._off()
        part = f"{share:.0f} %" if share >= 1.0 else "under 1 %"
        text += [told, f"ln p {number(trellis.log_prob)}", f"best path {part} of p"]
        return "<br>".join([*text, *([f"begins {off:.0f} ms off"] if off is not None else [])])

    def _empty_out(self, found: Searched | None) -> None:
        self.trellis, self._runs, self._lanes, self._image = None, [], {}, None
        self.header.set_badge("")
        self.header.set_bar(None)
        if found is not None and not found.note:
            self.say("There is no way to say this text in so few frames.")
        else:
            self.say(missing(self.session.state))

    def _seen(self) -> tuple[int, int]:
        """Where only some of the time is seen, only the labels there are: zooming in time enlarges them."""
        assert self.trellis is not None
        span, count = self.span(), len(self.trellis.states)
        low, high = (self._frames.at(each) for each in (span.start, span.stop))
        inside = self.trellis.path[max(low, 0) : max(high + 1, 0)]
        if not len(inside):
            return 0, count
        return max(0, int(inside[0]) - _AROUND), min(count, int(inside[-1]) + 1 + _AROUND)

    def _label(self, found: Searched, trellis: Trellis) -> None:
        """The rows of labels below, from top to bottom: characters, words, and what is true."""
        mine = words(found, trellis.spans, self._frames)
        truth = [self._on_clip(each) for each in self._truth()]
        ours, theirs = align([each.text for each in mine], [each.text for each in truth])
        plain: list[Mark] = ["plain"] * len(mine)
        self._lanes = {}
        if spelled(found.vocabulary):
            spans = labels(found, trellis.spans, self._frames)
            self._lanes["signs"] = [(each, "plain") for each in spans if each.text != "␣"]
        self._lanes["path"] = list(zip(mine, ours if truth else plain, strict=True))
        if truth:
            self._lanes["truth"] = list(zip(truth, theirs, strict=True))

    def _truth(self) -> list[Label]:
        """The labels of the clip in the tier of the text, or of words where it is spelt; by their times."""
        state, found = self.session.state, self._found
        if state.traced is None or found is None:
            return []
        usual = ["word"] if spelled(found.vocabulary) else ["digit", "phone"]
        tiers = [each.tier for each in found.text[:1]] + usual
        there = {each.tier for each in state.traced.sound.labels}
        tier = next((each for each in tiers if each in there), "")
        return [each for each in state.traced.sound.labels if each.tier == tier]

    def _on_clip(self, label: Label) -> Label:
        start, stop = (self.clip_time(each) for each in (label.start, label.end))
        return type(label)(start, stop, label.text, label.tier)

    def _off(self) -> float | None:
        """The mean distance in ms between where labels begin and truly do; None where they are not the same."""
        mine, truth = (self._lanes.get(name, []) for name in ("path", "truth"))
        if not truth or [each.text for each, _ in mine] != [each.text for each, _ in truth]:
            return None
        return 1000 * float(np.mean([abs(a.start - b.start) for (a, _), (b, _) in zip(mine, truth, strict=True)]))

    def _choose(self, index: int) -> None:
        self._which = index
        self.mark()
        self.repaint_later()

    # The picture.

    def _draw(self, trellis: Trellis) -> None:
        span, (low, high) = self.span(), self.rows
        values = trellis.occupation[:, low:high].astype(np.float32)
        frames, width = self._frames, self.device_width()
        self._goal = None
        first, last = max(frames.at(span.start), 0), min(frames.at(span.stop) + 1, len(values))
        if 0 < last - first < width:  # a pixel a frame: what is drawn is stretched
            self._image = 0, heat(values[first:last])
            self._goal = frames.begin(first), frames.begin(last)
            return
        shown = reduce.columns(values, frames.rate, frames.first, span.start, span.stop, width, "most")
        if not len(shown.values):
            self._image = None
            return
        height = max(1, round(self.heat_area().height() * self.canvas.devicePixelRatioF()))
        self._image = shown.first, heat(reduce.fewer_rows(shown.values, height, "most"))

    def heat_area(self) -> QRectF:
        """The part of the plot that has the states."""
        area = self.area()
        return area if self.header.is_folded() else area.adjusted(0, 0, 0, -_ROW * len(self._lanes))

    def paint(self, painter: QPainter, area: QRectF) -> None:
        self._kept.paint(painter, area, self._draw_all)

    def _draw_all(self, painter: QPainter, area: QRectF) -> None:
        box = self.heat_area()
        if self.trellis is None or box.height() < 2:
            return
        self._backdrop.paint(painter, box)
        if self._image is not None:
            first, image = self._image
            ratio = self.canvas.devicePixelRatioF()
            goal = QRectF(box.left() + first / ratio, box.top(), image.width() / ratio, box.height())
            if self._goal is not None:
                left, right = (self.axis().x(each) for each in self._goal)
                goal = QRectF(left, box.top(), right - left, box.height())
            painter.drawImage(goal, image)
        self._paint_rows(painter, box)
        line = self.axis()
        origin, step = self._frames.pixels(line)
        paint_path(painter, box, self._runs, self.rows, lambda frame: origin + frame * step)
        for index, each in enumerate(() if self.header.is_folded() else self._lanes.values()):
            row = QRectF(area.left(), box.bottom() + index * _ROW, area.width(), _ROW)
            painter.fillRect(row, theme.current().colour("panel"))
            paint_labels(painter, row, each, line, lambda time: time)

    def _paint_rows(self, painter: QPainter, box: QRectF) -> None:
        """Where rows are high enough to be told apart, a line between two labels."""
        low, high = self.rows
        height = box.height() / max(high - low, 1)
        if height < 5:
            return
        painter.setPen(QPen(theme.current().colour("grid"), 1, Qt.PenStyle.SolidLine))
        for state in range(low + low % 2, high, 2):
            y = round(box.top() + (state + 0.5 - low) * height) + 0.5
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))

    def ticks(self, area: QRectF) -> list[Tick]:
        trellis, found, box = self.trellis, self._found, self.heat_area()
        if trellis is None or found is None:
            return []
        low, high = self.rows
        height = box.height() / max(high - low, 1)
        ticks = [
            Tick(
                (box.top() + (state + 0.5 - low) * height - area.top()) / area.height(),
                named(found.vocabulary, int(trellis.states[state])) or "blank",
            )
            for state in range(low, high)
            if state % 2 or height > 16
        ]
        below = [] if self.header.is_folded() else list(self._lanes)
        return ticks + [
            Tick((box.bottom() + (index + 0.5) * _ROW - area.top()) / area.height(), name, strong=True)
            for index, name in enumerate(below)
        ]

    def scale(self) -> object:
        return self.trellis is None, self.rows, tuple(self._lanes), self.trellis and self.trellis.labels

    # What is under the pointer.

    def cell(self, point: QPointF) -> tuple[int, int] | None:
        """The frame and the state at a point; None beside them."""
        trellis, box = self.trellis, self.heat_area()
        if trellis is None or not box.contains(point):
            return None
        frame = self._frames.at(self.axis().time(point.x()))
        low, high = self.rows
        state = min(low + int((point.y() - box.top()) / box.height() * (high - low)), high - 1)
        return (frame, state) if 0 <= frame < len(trellis.occupation) else None

    def read(self, point: QPointF) -> Reading | None:
        found, trellis, cell = self._found, self.trellis, self.cell(point)
        if found is None or trellis is None or cell is None:
            return self._read_below(point) or super().read(point)
        frame, state = cell
        share, time = float(trellis.occupation[frame, state]), self.axis().time(point.x())
        label = named(found.vocabulary, int(trellis.states[state]))
        words_ = [label or "blank", f"label {state // 2 + 1} of {len(trellis.labels)}"] if label else ["blank"]
        words_ += [axis.clock(time), f"p {number(share, 3)}"]
        if trellis.path[frame] == state:
            words_.append(self._on_path(frame, state))
        return Reading(time, "   ".join(words_), share)

    def _on_path(self, frame: int, state: int) -> str:
        if not state % 2:
            return "best path: blank"
        begins = frame == 0 or self.trellis is None or self.trellis.path[frame - 1] != state
        return "best path: begins" if begins else "best path: repeated"

    def _below(self, point: QPointF) -> Label | None:
        """The label in the rows below at a point."""
        box = self.heat_area()
        index = int((point.y() - box.bottom()) // _ROW)
        rows = list(self._lanes.values())
        if self.header.is_folded() or not 0 <= index < len(rows):
            return None
        time = self.axis().time(point.x())
        return next((each for each, _ in rows[index] if each.start <= time < each.end), None)

    def _read_below(self, point: QPointF) -> Reading | None:
        label, time = self._below(point), self.axis().time(point.x())
        if label is None:
            return None
        return Reading(time, f"{label.text}   {axis.clock(label.start)} to {axis.clock(label.end)}")

    def clicked(self, point: QPointF) -> None:
        """Set the cursor, and play the cell: on the path all of its label, or of its blank, else that moment."""
        super().clicked(point)
        label, cell = self._below(point), self.cell(point)
        if label is not None:
            play(self.session, label.start, label.end)
        elif cell is not None:
            self._play(*cell)

    def key(self, event: QKeyEvent) -> bool:
        """Return plays what the path says at the cursor."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or self.trellis is None:
            return False
        frame = self._frames.at(self.session.state.cursor.time)
        if 0 <= frame < len(self.trellis.path):
            self._play(frame, int(self.trellis.path[frame]))
        return True

    def _play(self, frame: int, state: int) -> None:
        run = next((each for each in self._runs if each.state == state and each.start <= frame < each.stop), None)
        start, stop = (frame, frame + 1) if run is None else (run.start, run.stop)
        play(self.session, self._frames.begin(start), self._frames.begin(stop))

    def _folded(self, folded: bool) -> None:
        super()._folded(folded)
        if not folded:
            self.setMinimumHeight(_ROOM if self.trellis is not None else LOWEST)
