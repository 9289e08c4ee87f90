"""Posteriors: how likely each class is at each frame, the text decoded from them, and what was truly said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from engine import catalog, errorname
from widgets import theme
from widgets.align import align
from widgets.heat import HeatLane
from widgets.labels import paint_labels
from widgets.lane import Tick
from widgets.tags import beside, paint_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QWidget

    from engine.clip import Label
    from engine.events import Frames
    from engine.session import Session
    from engine.trace import Key, Series
    from widgets.labels import Mark
    from widgets.strip import Strip

TITLE = "Posteriors"
LANE = True
ORDER = 80
_ROW = 20


class View(HeatLane):
    """Truth above, the heat map of the classes, the decoded text below; wrong ones have a sign and a colour."""

    TITLE = TITLE
    NAMES = ("posterior",)
    KIND = "share"
    HOW = "most"
    WEIGHT = 4
    ABOUT = (
        "How likely each class is at each frame, from 0 to 1; blank means nothing new. Below: the text that this "
        "gives; above: what was truly said. A minus stands for a missed one, a plus for one too many, ≠ for a "
        "wrong one. DER and PER are the error rates of digits and phonemes: all of these, of those truly said."
    )
    ABSENT = "This network has no classes to show."

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._truth: list[tuple[Label, Mark]] = []
        self._found: list[tuple[Label, Mark]] = []
        self._unedited: list[tuple[Label, Mark]] = []
        """What was heard before states were edited."""
        self._places: tuple[Label, ...] = ()
        """Where the sounds are that a clip is to be tagged with: framed in the rows of their classes."""
        self._heard: list[tuple[Label, Mark]] = []

    def refresh(self) -> None:
        self._texts()
        super().refresh()

    def source(self) -> Mapping[Key, Series]:
        """None of a network that answers with sound: its samples are no classes."""
        traced = self.session.state.traced
        return {} if not self.live and traced is not None and traced.cleaned is not None else super().source()

    def _texts(self) -> None:
        state = self.session.state
        self._places = ()
        if self._overlaps():
            self._truth, self._found, self._unedited = [], [], []
            return
        if self.live or state.traced is None:
            self._truth, self._found = [], self._heard if self.live else []
            self._unedited = []
            return
        found = state.traced.trace.text
        now = self._compare(found)
        tier = found[0].tier if found else self._tier()
        truth = [label for label in state.traced.sound.labels if label.tier == tier]
        if self._task("SET"):
            self._tags(found, truth)
            return
        if not truth:
            self._truth, self._found = [], list(zip(found, now, strict=True))
            return
        mine, theirs = align([label.text for label in found], [label.text for label in truth])
        self._found = list(zip(found, mine, strict=True))
        self._truth = list(zip(truth, theirs, strict=True))

    def _tags(self, found: tuple[Label, ...], truth: list[Label]) -> None:
        """Of a task whose labels are a set."""
        traced = self.session.state.traced
        assert traced is not None
        span, told = (traced.trace.start, traced.sound.seconds), traced.difference
        self._truth = beside(truth, found, "missing", *span)
        self._unedited = [] if told is None else beside(told.text, found, "missing", *span)
        against = truth or (None if told is None else told.text)
        self._found = beside(found, against, "extra", *span)
        self._places = tuple(truth)

    def _compare(self, found: tuple[Label, ...]) -> list[Mark]:
        """Marks for what is heard against what was heard without edits, which get theirs, too."""
        told = self.session.state.traced.difference if self.session.state.traced is not None else None
        if told is None:
            self._unedited = []
            return ["plain"] * len(found)
        now, before = align([label.text for label in found], [label.text for label in told.text])
        self._unedited = list(zip(told.text, before, strict=True))
        return now

    def _overlaps(self) -> bool:
        """Whether labels may lie over each other, as notes do, which have a lane of their own."""
        return self._task("matches") is not None

    def _tier(self) -> str:
        return str(self._task("TIER") or "text")

    def _task(self, name: str) -> object:
        """What the network's task says of itself; None where there is no such task."""
        network = self.session.state.network
        if network is None or network.task not in catalog.names("tasks"):
            return None
        return getattr(catalog.load("tasks", network.task), name, None)

    def badge(self) -> str:
        traced, network, palette = self.session.state.traced, self.session.state.network, theme.current()
        if self.live or traced is None:
            return f"{self.strips[0].rows} classes"
        if not traced.length:
            return f"{self.strips[0].rows} classes<br>no truth known{self._changes()}"
        share = 100 * traced.edits / traced.length
        ink = palette.good if not traced.edits else palette.bad
        name, by = ("error", "") if network is None else errorname.parts(network.task, network.task_settings)
        wrong = f"{traced.edits} of {traced.length} wrong{self._changes()}"
        texts = f"<br>texts as {by}" if by else ""
        return f"<b style='color:{ink}'>{name} {share:.1f} %</b>{texts}<br>{wrong}"

    def _changes(self) -> str:
        """How much edits have changed, for the badge."""
        traced, palette = self.session.state.traced, theme.current()
        told = traced.difference if traced is not None else None
        if told is None:
            return ""
        ink = palette.bad if told.frames or told.words else palette.muted
        words = f"{told.words} word{'' if told.words == 1 else 's'}"
        return f"<br><span style='color:{ink}'>edits: {words}<br>{told.frames} of {told.count} frames</span>"

    def ends(self, strip: Strip) -> tuple[str, str]:
        low, high = super().ends(strip)
        return low, f"probability {high}"

    def span_of(self, key: Key, series: Series) -> tuple[float, float]:
        return 0.0, 1.0

    def heat_area(self) -> QRectF:
        area = self.area()
        if self.header.is_folded():
            return area
        below = 0 if self._overlaps() else 2 if self._below() else 1
        return area.adjusted(0, _ROW if self._truth else 0, 0, -_ROW * below)

    def _below(self) -> bool:
        """Whether what was heard without edits has a row of its own."""
        traced = self.session.state.traced
        return not self.live and traced is not None and traced.difference is not None

    def paint(self, painter: QPainter, area: QRectF) -> None:
        super().paint(painter, area)
        if self.header.is_folded() or not self.strips or self._overlaps():
            return
        line, heat = self.axis(), self.heat_area()
        paint_places(painter, heat, self.strips[0].series.rows, self._places, line, self.clip_time)
        panel = theme.current().colour("panel")
        rows = [(self._found, QRectF(area.left(), heat.bottom(), area.width(), _ROW))]
        if self._truth:
            rows.append((self._truth, QRectF(area.left(), area.top(), area.width(), _ROW)))
        if self._below():
            rows.append((self._unedited, QRectF(area.left(), heat.bottom() + _ROW, area.width(), _ROW)))
        for labels, row in rows:
            painter.fillRect(row, panel)
            paint_labels(painter, row, labels, line, self.clip_time)

    def scale(self) -> object:
        return super().scale(), bool(self._truth), self._below(), self._overlaps()

    def ticks(self, area: QRectF) -> list[Tick]:
        found = super().ticks(area)
        if self.strips and not self._overlaps():
            below = self._below()
            found.append(Tick(1 - (1.5 if below else 0.5) * _ROW / area.height(), "heard", strong=True))
            if below:
                found.append(Tick(1 - _ROW / 2 / area.height(), "before"))
            if self._truth:
                found.append(Tick(_ROW / 2 / area.height(), "truth", strong=True))
        return found

    def arrive(self, frames: Frames) -> None:
        super().arrive(frames)
        if frames.text:
            self._heard = [(label, "plain") for label in frames.text]

    def clear_live(self) -> None:
        super().clear_live()
        self._heard = []
