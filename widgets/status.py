"""The status bar: device, network, latency, lost blocks, cost, what was done to the sound unasked, and jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QStatusBar, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from engine.events import Progress
    from engine.session import Session

_HELP = {
    "device": "Where the network computes. Change it under Model.",
    "network": "The network that is shown, and whether it is trained.",
    "latency": "How long the last picture took to compute, or live: from a block of sound to its columns.",
    "dropped": "Live: blocks of sound that were lost; how far pictures are behind the sound, where that can be "
    "seen; of a denoiser the steps that took longer than their sound lasts.",
    "cost": "What the work costs.",
}


class Badge(QLabel):
    """One line that ends in dots where there is no room for it; the whole of it is its tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "badge")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._whole = ""
        self.hide()

    def say(self, text: str) -> None:
        if text == self._whole:  # the layout of a whole window hangs on this line
            return
        self._whole = text
        self.setToolTip(f"What was done to the sound, and what it means for the pictures: {text}.")
        self.setWhatsThis(self.toolTip())
        self.setAccessibleName(f"badges: {text}")
        self.setVisible(bool(text))
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        wide = self.fontMetrics().horizontalAdvance(self._whole) + _FRAME
        return QSize(wide, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(64, self.sizeHint().width()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - _FRAME + 2
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room))


_WIDEST = 280
"""Pixels of a fact at the most."""
_FRAME = 16
"""Pixels that the border and padding of a badge take of its width."""
_SIDE = 8
"""Pixels left free at each side of a label."""
_SLACK = 32
"""Pixels that the costs may leave free: they change every second, and need not lay out the bar each time."""
_FREE = (1 << 24) - 1
"""Pixels: as large as the layout likes, QWIDGETSIZE_MAX."""


HINT = "Wheel zooms, drag moves, Shift-drag selects, a click picks a unit and a time; F1 explains the thing there"


class Hint(QLabel):
    """What the mouse does in the lanes, in what room is left; it asks for none."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setProperty("role", "muted")
        self.setContentsMargins(_SIDE, 0, _SIDE, 0)
        self.setToolTip(text)
        self.setWhatsThis(text)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        wide = self.fontMetrics().horizontalAdvance(self.toolTip()) + 2 * _SIDE + 2
        return QSize(wide, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - 2 * _SIDE
        self.setText(self.fontMetrics().elidedText(self.toolTip(), Qt.TextElideMode.ElideRight, room))


class Status(QStatusBar):
    """Reads `session.status` (device, latency, dropped, cost), the network, the jobs and the note of the trace."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setSizeGripEnabled(False)
        self.setContentsMargins(0, 0, 8, 0)
        self._labels: dict[str, QLabel] = {}
        for name in _HELP:
            label = QLabel()
            label.setToolTip(_HELP[name])
            label.setWhatsThis(_HELP[name])
            label.setContentsMargins(_SIDE, 0, _SIDE, 0)
            self.addWidget(label)
            self._labels[name] = label
        self.badge = Badge()
        self.addWidget(self.badge, 1)
        self.hint = Hint(HINT)
        self.addPermanentWidget(self.hint)
        self._jobs: dict[str, tuple[QLabel, QProgressBar]] = {}
        self._dirty = True
        for key in ("status", "network", "jobs", "device", "traced"):
            session.on(key, self._mark)
        self.tick()

    def tick(self) -> None:
        """Show what changed since the last tick."""
        if not self._dirty:
            return
        self._dirty = False
        state = self.session.state
        network = state.network
        self._say("device", str(state.status.get("device", "starting")))
        self._say(
            "network", f"{network.name}{'' if network.trained else ', untrained'}" if network else "no network yet"
        )
        self._say("latency", str(state.status.get("latency", "")))
        dropped, late = state.status.get("dropped"), state.status.get("late", "")
        self._say("dropped", "" if dropped is None else ", ".join(filter(None, (f"{dropped} dropped", late))))
        self._say("cost", str(state.status.get("cost", "")), _SLACK, 2 * _WIDEST)
        # Not a What's This: that is about the thing, not about this moment.
        self._labels["cost"].setToolTip(str(state.status.get("costs", _HELP["cost"])))
        self.badge.say(state.traced.trace.note if state.traced is not None else "")
        for name in [name for name in self._jobs if name not in state.jobs]:
            for widget in self._jobs.pop(name):
                self.removeWidget(widget)
                widget.deleteLater()
        for name, progress in state.jobs.items():
            self._show_job(name, progress)

    def _say(self, name: str, text: str, slack: int = 0, widest: int = _WIDEST) -> None:
        label = self._labels[name]
        # A network's file may have any name; the window does not grow with it.
        shown = label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, widest)
        if shown != label.text():
            label.setText(shown)
            label.setAccessibleName(f"{name}: {text}")
            if label.isVisible():  # of a fixed size: figures as wide as the last do not lay out the whole window
                wide = label.fontMetrics().size(0, shown).width() + 2 * _SIDE
                if not 0 <= label.minimumWidth() - wide <= slack:
                    label.setFixedSize(wide, label.sizeHint().height())
            else:
                label.setMinimumSize(0, 0)
                label.setMaximumSize(_FREE, _FREE)
        label.setVisible(bool(text))

    def _show_job(self, name: str, progress: Progress) -> None:
        if name not in self._jobs:
            label, bar = QLabel(), QProgressBar()
            bar.setFixedSize(96, 12)
            bar.setTextVisible(False)
            bar.setRange(0, 1000)
            for widget in (label, bar):
                self.addPermanentWidget(widget)
            self._jobs[name] = (label, bar)
        label, bar = self._jobs[name]
        unknown = progress.share < 0
        words = progress.doing or name
        label.setText(words if unknown else f"{words} {100 * progress.share:.0f} %")
        bar.setAccessibleName(f"Progress: {words}")
        bar.setRange(0, 0 if unknown else 1000)
        if not unknown:
            bar.setValue(round(progress.share * 1000))

    def _mark(self) -> None:
        self._dirty = True

    def widgets(self) -> tuple[QWidget, ...]:
        """The parts, for tests."""
        return (*self._labels.values(), self.badge, *(each for pair in self._jobs.values() for each in pair))
