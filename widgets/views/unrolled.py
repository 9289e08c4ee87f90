"""The network unrolled through time: a node for every layer and frame, its arrows upwards and along the time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from engine.trace import Key
from widgets import axis, colour, nodes, theme, unroll
from widgets.lane import Lane, Reading, Tick
from widgets.nodes import Grid
from widgets.ring import keep
from widgets.strip import number

if TYPE_CHECKING:
    from PySide6.QtGui import QColor
    from PySide6.QtWidgets import QWidget

    from engine.events import Frames
    from engine.session import Session
    from widgets.ring import Ring
    from widgets.unroll import Groups, Row

TITLE = "Unrolled"
LANE = True
ORDER = 45
LEFT_OUT = True
_CHOICES = ["fold as needed", "every frame"]


@dataclass(frozen=True, eq=False)
class Net:
    """What is drawn: the rows with h [T, N], the class posteriors [T, U or 1, C], and the clock of the frames."""

    rows: list[Row]
    states: dict[Key, np.ndarray]
    answers: np.ndarray | None
    classes: tuple[str, ...]
    first: float
    rate: float
    readout: str

    @property
    def count(self) -> int:
        return len(next(iter(self.states.values())))

    def time(self, frame: Any) -> Any:
        return self.first + frame / self.rate

    def name(self, which: int) -> str:
        """What a class is called; nothing for the blank."""
        return self.classes[which] if which < len(self.classes) else str(which)

    def frame(self, time: float) -> int:
        return max(0, min(self.count - 1, int(np.floor((time - self.first) * self.rate + 0.5))))


class View(Lane):
    """Zooming in unfolds the nodes; a click goes to the frame of one, and to its layer."""

    TITLE = TITLE
    WEIGHT = 5
    WATCHED = ("view", "clip", "traced", "network")
    NAMES = ("h",)
    ABOUT = (
        "Every layer at every frame: time goes to the right, the input comes from below, the output leaves at the "
        "top. The stronger a node's colour, the more its units say (mean of |h|); in the layer whose unit was "
        "clicked it is that unit's value. Zoom in, and nodes that stand for several frames unfold. A dashed "
        "line goes from an output to the next input where a network goes on by itself."
    )

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.net: Net | None = None
        self._rings: dict[Key, Ring] = {}
        self._every = False
        self.header.chosen.connect(self._choose)
        self.watch("cursor")
        self.overlay("melodies")

    def _choose(self, index: int) -> None:
        self._every = index == 1
        self.mark()
        self.repaint_later()

    # What there is.

    def refresh(self) -> None:
        self.net = self._live_net() if self.live else self._net()
        self.header.set_choices(_CHOICES, int(self._every))
        if self.net is None:
            self.header.set_badge("")
            self.header.set_bar(None)
            self._say_nothing()
            return
        self.say("")
        size, count = self.groups().size, sum(row.kind == "h" for row in self.net.rows)
        nodes = "1 node: 1 frame" if size == 1 else f"1 node: {size} frames"
        self.header.set_badge(f"{count * self.net.count} states<br>{nodes}")
        self.header.set_bar(colour.table("share", theme.current().name), "|h| 0", "1")

    def _say_nothing(self) -> None:
        if self.live:
            self.say("Waiting for sound from the microphone …")
        elif self.session.state.traced is None:
            self.say("Open a sound or record one to fill this lane.")
        else:
            self.say("The chosen network has no recurrent layer. Choose an RNN, LSTM or GRU.")

    def _net(self) -> Net | None:
        traced = self.session.state.traced
        if traced is None:
            return None
        keys = traced.trace.find("h")
        if not keys or not len(traced.trace.series[keys[0]].values):
            return None
        first, rate = self.clock(traced.trace.series[keys[0]])
        answers = traced.trace.series.get(Key("posterior"))
        states = {key: traced.trace.series[key].values for key in keys}
        classes = () if answers is None else tuple(map(str, answers.rows))
        shares = None if answers is None else answers.values
        count, readout = len(states[keys[0]]), self._readout()
        if readout == "frames" and shares is not None and len(shares) < count:
            readout = "written"
        return Net(unroll.rows(keys), states, shares, classes, first, rate, readout)

    def _live_net(self) -> Net | None:
        span = self.span()
        keys = [key for key in self._rings if key.name == "h"]
        if not keys:
            return None
        found = {key: self._rings[key].between(span.start, span.stop) for key in keys}
        least = min(len(values) for values, _ in found.values())
        if not least:
            return None
        rate, first = self._rings[keys[0]].rate, found[keys[0]][1]
        states = {key: np.nan_to_num(values[:least]) for key, (values, _) in found.items()}
        ring = self._rings.get(Key("posterior"))
        answers = None if ring is None else np.nan_to_num(ring.between(span.start, span.stop)[0][:least])
        network = self.session.state.network
        names = network.vocabulary if network is not None else ()
        return Net(unroll.rows(keys), states, answers, names, first, rate, "frames")

    def _readout(self) -> str:
        network = self.session.state.network
        return str(getattr(network.settings, "readout", "frames")) if network is not None else "frames"

    def arrive(self, frames: Frames) -> None:
        if not self.isVisible():  # left out by default: then it costs nothing
            return
        for key, series in frames.series.items():
            if key.name in ("h", "posterior") and len(series.values):
                keep(self._rings, key, series)

    def clear_live(self) -> None:
        self._rings.clear()

    # Where it lies.

    def groups(self) -> Groups:
        """The nodes of a row that can be seen."""
        net = self.net
        assert net is not None
        span, pixels = self.span(), 1 / (net.rate * self.axis().step)
        size = unroll.fold(pixels, unroll.LEAST if self._every else unroll.NEAR)
        first, last = ((at - net.first) * net.rate for at in (span.start, span.stop))
        return unroll.seen(first, last, size, net.count)

    def level(self, index: int) -> float:
        """The middle of a row, counted from the bottom."""
        area, count = self.area(), len(self.net.rows) if self.net is not None else 1
        return area.bottom() - (index + 0.5) / count * area.height()

    def ticks(self, area: QRectF) -> list[Tick]:
        if self.net is None:
            return []
        count = len(self.net.rows)
        return [Tick(1 - (k + 0.5) / count, row.name, strong=True) for k, row in enumerate(self.net.rows)]

    def scale(self) -> object:
        return None if self.net is None else tuple(row.name for row in self.net.rows)

    def veils(self, area: QRectF) -> list[QRectF]:
        """Row by row: a pass that runs backwards has come from the right. The input is there from the start."""
        at, walk, net = self.frontier(), self.session.state.walk, self.net
        if at is None or walk is None or net is None:
            return []
        height, found = area.height() / len(net.rows), []
        before = at - 1 / (walk.rate * self.axis().step)
        for index, row in enumerate(net.rows):
            top = self.level(index) - height / 2
            if row.direction == "backward":
                found.append(QRectF(area.left(), top, max(before - area.left(), 0.0), height))
            elif row.kind != "x":
                found.append(QRectF(at, top, max(area.right() - at, 0.0), height))
        return found

    # The picture.

    def paint(self, painter: QPainter, area: QRectF) -> None:
        net = self.net
        if net is None:
            return
        groups, axis_ = self.groups(), self.axis()
        if not len(groups):
            return
        x = np.array([axis_.x(float(each)) for each in net.time(groups.middle())])
        rows = range(len(net.rows))
        apart = groups.size / (net.rate * axis_.step)
        grid = Grid(net.rows, x, [self.level(row) for row in rows], apart, area.height() / len(net.rows))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, apart >= nodes.ROUND)
        if apart >= nodes.ROUND:
            nodes.paint_arrows(painter, grid, net.readout == "frames")
            nodes.paint_feedback(painter, grid, self._fed_back(net, groups))
        self._paint_answers(painter, net, groups, grid)
        for row, each in enumerate(net.rows):
            if each.kind == "x":
                nodes.paint_nodes(painter, grid, row, [theme.current().colour("muted")] * len(x))
            elif each.kind == "h":
                nodes.paint_nodes(painter, grid, row, self._inks(net, each, groups), pile=groups.size > 1)
        self._paint_here(painter, net, groups, grid)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _fed_back(self, net: Net, groups: Groups) -> list[int]:
        """The nodes whose input is what the network itself has said before: the notes of a melody that it made."""
        made = self.session.state.melody
        if made is None or self.live or groups.size > 1 or net.readout != "frames":
            return []
        frames = (net.frame(made.start(place) + made.beat / 2) for place in range(made.given, len(made.notes)))
        return [frame - groups.begin for frame in frames if groups.begin < frame < groups.end]

    def _paint_answers(self, painter: QPainter, net: Net, groups: Groups, grid: Grid) -> None:
        """What leaves at the top: something for each frame, what it writes, or one answer for the clip."""
        if net.answers is None or not len(net.answers):
            return
        if net.readout == "frames":
            blank = net.classes.index("") if "" in net.classes else None
            classes, sure = unroll.best(net.answers[: net.count], groups, blank)
            names = [net.name(int(each)) for each in classes]
            nodes.paint_nodes(painter, grid, len(net.rows) - 1, nodes.tints("share", sure), names)
            return
        if net.readout == "written":  # it has no time of its own, and is spread over what was heard
            count, which = len(net.answers), net.answers.argmax(axis=1)
            times = net.time((np.arange(count) + 0.5) * net.count / count - 0.5)
            x = np.array([self.axis().x(float(each)) for each in times])
            ink = nodes.tints("share", net.answers[np.arange(count), which])
            spread = replace(grid, x=x, apart=net.count / count / (net.rate * self.axis().step))
            nodes.paint_nodes(painter, spread, len(net.rows) - 1, ink, [net.name(int(each)) for each in which])
            return
        end, area = self.axis().x(float(net.time(net.count - 1))), self.area()
        begin = self.axis().x(float(net.time(0)))
        middle = (max(area.left(), begin) + min(area.right(), end)) / 2
        at = min(max(end if net.readout == "last" else middle, area.left() + 16), area.right() - 16)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        nodes.paint_answer(painter, grid, at, end if net.readout == "last" else None)
        which = int(net.answers[0].argmax())
        one = replace(grid, x=np.array([at]), apart=4 * nodes.LARGEST)
        ink = nodes.tints("share", net.answers[:1, which])
        nodes.paint_nodes(painter, one, len(net.rows) - 1, ink, [net.name(which)])

    def _inks(self, net: Net, row: Row, groups: Groups) -> list[QColor]:
        """The colours of a layer: of the chosen unit where it is one of this layer, else of the mean of |h|."""
        assert row.key is not None
        unit, values = self.session.state.cursor.unit, net.states[row.key]
        if row.shows(self.session.state.cursor.key) and unit is not None and unit < values.shape[1]:
            return nodes.tints("signed", unroll.unit(values[:, unit], groups))
        return nodes.tints("share", unroll.strength(values, groups))

    def _paint_here(self, painter: QPainter, net: Net, groups: Groups, grid: Grid) -> None:
        """A ring around the node that the cursor is at."""
        cursor = self.session.state.cursor
        place = net.frame(cursor.time) // groups.size - groups.begin
        row = next((index for index, each in enumerate(net.rows) if each.shows(cursor.key)), None)
        if not self.runs and row is not None and 0 <= place < len(grid.x) and grid.apart >= nodes.ROUND:
            nodes.paint_ring(painter, QPointF(grid.x[place], grid.y[row]), grid.radius)

    # What is under the pointer.

    def read(self, point: QPointF) -> Reading | None:
        net, time = self.net, self.axis().time(point.x())
        if net is None:
            return super().read(point)
        count, area = len(net.rows), self.area()
        row = net.rows[max(0, min(count - 1, int((area.bottom() - point.y()) / area.height() * count)))]
        frame = net.frame(time)
        if row.key is None:
            return Reading(time, f"{ {'x': 'input', 'y': 'output'}[row.kind] }   {axis.clock(time)}")
        values, cursor = net.states[row.key][frame], self.session.state.cursor
        unit = cursor.unit if row.shows(cursor.key) and cursor.unit is not None else int(np.abs(values).argmax())
        if unit >= len(values):
            return super().read(point)
        when, value = float(net.time(frame)), float(values[unit])
        words = f"layer {row.name}   frame {frame + 1}   {axis.clock(when)}   h of unit {unit} {number(value, 3)}"
        return Reading(when, words, value, replace(row.key, name="h"), unit)
