"""The pipeline: the way of the sound to its text, station by station, each timed and each to be bypassed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QPushButton,
    QToolButton,
    QWidget,
)

from engine import pipeline
from widgets import search, theme
from widgets.scroll import scrolled
from widgets.view import View as Base
from widgets.view import guarded

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from engine.pipeline import Station
    from engine.session import Session

TITLE = "Pipeline"
LANE = False
ORDER = 24
VIEWS = {
    "load": ("waveform",),
    "mono": ("waveform",),
    "resample": ("spectrogram",),
    "pad": ("waveform", "sound"),
    "disturb": ("sound", "masks"),
    "denoise": ("sound", "clean"),
    "mel": ("spectrogram", "features"),
    "mfcc": ("features",),
    "features": ("features",),
    "network": ("hidden", "model"),
    "decode": ("trellis", "beam", "posteriors"),
    "text": ("diff", "metrics"),
}
"""The lanes and docks that each station opens."""
ROW = 30
_PART = 52
"""Pixels of the bar of a station's share of the time."""


class View(Base):
    """A row for each station: a switch, its name, which opens its view, what it does, and its milliseconds."""

    TITLE = TITLE
    opened = Signal(tuple)
    """The lanes and docks that a station wants to be seen."""
    saved = Signal()
    """The pipeline is to be written to a file."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.rows = {name: _Row(name) for name in pipeline.STATIONS}
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        grid.setHorizontalSpacing(theme.GRID // 2)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(2, 1)
        for index, (name, row) in enumerate(self.rows.items()):
            for column, part in enumerate((row.switch, row.open, row.what)):
                grid.addWidget(part, index, column)
            row.switch.setVisible(name not in pipeline.ENDS)
            row.switch.clicked.connect(partial(self.turn, name))
            row.open.clicked.connect(partial(self._open, name))
        save = QPushButton("Save as JSON…")
        save.setToolTip("Write sound, chain and network to a file: `otoscope run FILE` runs it again, bit by bit")
        save.setWhatsThis(save.toolTip())
        save.clicked.connect(lambda _=False: self.saved.emit())
        grid.addWidget(save, len(self.rows), 1, 1, 2, Qt.AlignmentFlag.AlignLeft)
        grid.setRowStretch(len(self.rows) + 1, 1)
        self._inside = scrolled(self, inside, TITLE)
        self._inside.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.watch("clip", "chain", "network", "traced", "searched", "bypassed", "transport")

    def sizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, ROW * (len(self.rows) + 1) + 2 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * theme.GRID, 12 * theme.GRID)

    def refresh(self) -> None:
        state = self.session.state
        self._inside.setVisible(state.clip is not None)
        if state.clip is None:
            self.say("Open a sound to see its way to a text.", "open")
            return
        self.say("")
        traced = state.traced
        took = dict(traced.stages) if traced is not None else {}
        searched = search.known(state) if "decode" not in state.bypassed else None
        words = searched.text if searched is not None else traced.trace.text if traced is not None else ()
        if searched is not None:
            took["decode"] = searched.milliseconds
        reading = searched.decoding if searched is not None else None
        text = " ".join(each.text for each in words)
        found = pipeline.stations(state.chain, state.network, state.bypassed, took, text, reading)
        most = max((each.milliseconds or 0.0 for each in found), default=0.0)
        for each in found:
            self.rows[each.name].show_station(each, most)

    def turn(self, name: str, _: bool = False) -> None:
        """Let the sound pass a station by, or through it again; it can be taken back."""
        state = self.session.state
        chain, bypassed = pipeline.turned(state.chain, state.bypassed, name)
        if chain != state.chain:
            self.session.set("chain", chain)
        if bypassed != state.bypassed:
            self.session.set("bypassed", bypassed)
        self.mark()

    def _open(self, name: str, _: bool = False) -> None:
        self.opened.emit(VIEWS[name])


class _Row:
    """The parts of one station."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.switch = QCheckBox()
        self.switch.setAccessibleName(f"Bypass {name}")
        self.open = QToolButton()
        self.open.setText(name)
        self.open.setProperty("flat", True)
        self.open.setFixedHeight(ROW - 6)
        self.what = _What()
        self.open.setAccessibleName(f"Show {name}")
        self.switch.setWhatsThis(f"Bypass {name}")
        self.open.setWhatsThis(f"A click shows {name}.")

    def show_station(self, each: Station, most: float) -> None:
        self.switch.setChecked(each.on)
        self.switch.setEnabled(each.there)
        told = f"{'Bypass' if each.on else 'No longer bypass'} {each.name}"
        told = told if each.there else f"{each.name}: {each.detail}"
        self.switch.setToolTip(told)
        self.switch.setWhatsThis(told)
        self.switch.setAccessibleName(told)
        self.open.setToolTip(f"{each.about} A click shows it.")
        self.open.setWhatsThis(f"{each.about} A click shows it.")
        self.what.show_station(each, most)


class _What(QWidget):
    """What a station does now, its milliseconds, and a bar of them beside the slowest."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(ROW - 4)
        self.setMinimumWidth(90)
        self._station: Station | None = None
        self._share = 0.0

    def show_station(self, each: Station, most: float) -> None:
        self._station, self._share = each, (each.milliseconds or 0.0) / most if most > 0 else 0.0
        took = "" if each.milliseconds is None else f", {_time(each.milliseconds)}"
        self.setToolTip(f"{each.name}: {each.detail}{took}")
        self.setAccessibleName(f"{each.name}: {each.detail}{took}")
        self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter)
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        each, palette, face = self._station, theme.current(), theme.font(theme.SMALL)
        if each is None:
            return
        painter.setFont(face)
        took = "" if each.milliseconds is None else _time(each.milliseconds)
        room = _PART if took else 0
        box = QRectF(0, 0, self.width() - room - 6, self.height())
        painter.setPen(palette.colour("text" if each.on else "faint"))
        text = QFontMetricsF(face).elidedText(each.detail, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if took:
            right = QRectF(self.width() - _PART, 0, _PART, self.height())
            painter.setPen(palette.colour("muted"))
            painter.drawText(right, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, took)
            bar = QRectF(right.left(), self.height() - 4, _PART, 2)
            painter.fillRect(bar, palette.colour("grid"))
            painter.fillRect(bar.adjusted((1 - self._share) * _PART, 0, 0, 0), palette.colour("accent"))


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.2f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"
