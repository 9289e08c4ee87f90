"""Piano roll: the notes that a network tells, over those that are truly played, on the rows of a keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine import catalog
from engine.trace import Key
from widgets import axis, roll, theme
from widgets.lane import Lane, Reading, Tick
from widgets.roll import Keys, Note
from widgets.strip import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QPointF, QRectF
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QWidget

    from engine.clip import Label
    from engine.events import Frames
    from engine.session import Session
    from engine.trace import Series, Trace
    from widgets.roll import Look

TITLE = "Piano roll"
LANE = True
ORDER = 78
AUTO = True
"""Shown only where the network tells notes."""
_KEY = Key("posterior")
_WORDS = {"bar": "told", "hatched": "told, but not played", "frame": "played", "dashed": "played, but not told"}


class View(Lane):
    """True notes are frames, dashed where they were missed; told ones are bars, hatched where they are wrong."""

    TITLE = TITLE
    NAMES = ("posterior",)
    WEIGHT = 4
    WATCHED = (*Lane.WATCHED, "network")
    ABOUT = (
        "Notes over time, the higher the pitch the higher up. Bars are what the network tells, the paler the less "
        "likely; frames are what is truly played. A hatched bar is wrong, a dashed frame was missed. A note is "
        "right if its pitch is, and if it begins within 50 ms of the true one. F1 is the harmonic mean of two "
        "shares: of bars that are right, and of frames that were found."
    )
    HELP = "Open a sound to see the notes that a network hears in it."
    ABSENT = "This network tells no notes. Open transcribe_notes in the Model panel: it hears them in music."

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.keys = Keys(60, 71)
        self.notes: dict[Look, list[Note]] = {}
        """By the look of each, on the clip's clock."""
        self._heard: tuple[Label, ...] = ()

    def fits(self, trace: Trace) -> bool:
        """Of a melody that the network has made, the lane Melody has more to show."""
        found = trace.series.get(_KEY)
        return self.session.state.melody is None and found is not None and bool(_rows(found.rows))

    def refresh(self) -> None:
        rows = self._known()
        if not rows:
            self._say_nothing()
            return
        self.say("")
        told, true = self._labels()
        mine, theirs = self._right(told, true)
        self.notes = {"frame": [], "dashed": [], "bar": [], "hatched": []}
        for k, label in enumerate(true):
            self._add("frame" if k in theirs else "dashed", label, 1.0)
        for k, label in enumerate(told):
            self._add("bar" if k in mine or not true else "hatched", label, self._likely(label, rows))
        pitches = {note.pitch for each in self.notes.values() for note in each}
        self.keys = Keys(min(rows), max(rows)) if self.live or not pitches else roll.keys_of(pitches)
        self.header.set_badge(self.badge())

    def badge(self) -> str:
        traced, palette = self.session.state.traced, theme.current()
        signs = "▬ told"
        if self.live or traced is None:
            return signs
        if not traced.length or not (self.notes["frame"] or self.notes["dashed"]):
            return f"{signs}<br>no truth known"
        ink = palette.good if not traced.edits else palette.bad
        share = 100 * (1 - traced.edits / traced.length)
        wrong = f"{len(self.notes['dashed'])} missed, {len(self.notes['hatched'])} extra"
        return f"<b style='color:{ink}'>F1 {share:.1f} %</b><br>{wrong}<br>▭ played  {signs}"

    def paint(self, painter: QPainter, area: QRectF) -> None:
        roll.paint_keys(painter, area, self.keys)
        line = self.axis()
        for look, notes in self.notes.items():
            roll.paint_notes(painter, area, notes, self.keys, line.x, look)

    def ticks(self, area: QRectF) -> list[Tick]:
        return [Tick(share, name) for share, name in self.keys.marks(area.height())]

    def scale(self) -> object:
        return self.keys

    def read(self, point: QPointF) -> Reading | None:
        area, rows = self.area(), self._known()
        if not rows:
            return super().read(point)
        time = self.axis().time(point.x())
        pitch = self.keys.pitch((point.y() - area.top()) / area.height())
        parts, value = [roll.name_of(pitch), axis.clock(time)], None
        series = None if self.live else self._series()
        if series is not None and pitch in rows:
            first, rate = self.clock(series)
            frame = int(np.floor((time - first) * rate + 0.5))
            if 0 <= frame < len(series.values):
                value = float(series.values[frame, rows[pitch]])
                parts.append(f"p {number(value, 3)}")
        parts += [
            _WORDS[look]
            for look, notes in self.notes.items()
            if any(each.pitch == pitch and each.start <= time < each.stop for each in notes)
        ]
        return Reading(time, "   ".join(parts), value, _KEY, rows.get(pitch))

    def arrive(self, frames: Frames) -> None:
        if frames.text:
            self._heard = frames.text

    def clear_live(self) -> None:
        self._heard = ()

    def _series(self) -> Series | None:
        traced = self.session.state.traced
        return traced.trace.series.get(_KEY) if traced is not None else None

    def _known(self) -> dict[int, int]:
        """The pitches that the network knows, and which of its classes each is."""
        if self.live:
            network = self.session.state.network
            return _rows(network.vocabulary) if network is not None else {}
        series = self._series()
        return _rows(series.rows) if series is not None else {}

    def _labels(self) -> tuple[Sequence[Label], Sequence[Label]]:
        """Notes told and true, on the clock of the trace."""
        traced, network = self.session.state.traced, self.session.state.network
        if self.live or traced is None:
            return self._heard, ()
        tier = getattr(_module(network.task), "TIER", "") if network is not None else ""
        return traced.trace.text, [each for each in traced.sound.labels if each.tier == tier]

    def _right(self, told: Sequence[Label], true: Sequence[Label]) -> tuple[set[int], set[int]]:
        """The places of those told and of those true that belong together; all where the task does not say."""
        network = self.session.state.network
        matches = getattr(_module(network.task), "matches", None) if network is not None else None
        if matches is None:
            return set(range(len(told))), set(range(len(true)))
        pairs = matches(told, true)
        return {mine for mine, _ in pairs}, {theirs for _, theirs in pairs}

    def _likely(self, label: Label, rows: dict[int, int]) -> float:
        """How likely a note was while it was told, on the average."""
        series, row = None if self.live else self._series(), rows.get(roll.pitch_of(label.text) or -1)
        if series is None or row is None:
            return 1.0
        begin = series.frame(label.start)
        return float(series.values[begin : max(begin, series.frame(label.end)) + 1, row].mean())

    def _add(self, look: Look, label: Label, strength: float) -> None:
        pitch = roll.pitch_of(label.text)
        if pitch is not None:
            times = self.clip_time(label.start), self.clip_time(label.end)
            self.notes[look].append(Note(*times, pitch, strength))

    def _say_nothing(self) -> None:
        self.notes = {}
        self.header.set_badge("")
        traced = self.session.state.traced
        if not self.live and traced is None:
            self.say(self.HELP if self.session.state.clip is None else "The sound is being analysed …")
        else:
            self.say(self.ABSENT)


def _rows(names: Sequence[object]) -> dict[int, int]:
    """Which class each pitch is; of a class that is no note there is none."""
    found = ((roll.pitch_of(name), row) for row, name in enumerate(names) if isinstance(name, str))
    return {pitch: row for pitch, row in found if pitch is not None}


def _module(task: str) -> object:
    return catalog.load("tasks", task) if task in catalog.names("tasks") else None
