"""The status bar: device, network, latency, lost blocks, and every job with its progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QWidget

if TYPE_CHECKING:
    from engine.events import Progress
    from engine.session import Session

_HELP = {
    "device": "Where the network computes. Change it under Model.",
    "network": "The network that is shown, and whether it is trained.",
    "latency": "How long the last picture took to compute, or live: from a block of sound to its columns.",
    "dropped": "Live: blocks of sound that were lost, and steps of the network that took over 5 ms.",
}


class Status(QStatusBar):
    """Reads `session.status` (device, latency, dropped), the network and the jobs."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setSizeGripEnabled(False)
        self._labels: dict[str, QLabel] = {}
        for name in ("device", "network", "latency", "dropped"):
            label = QLabel()
            label.setToolTip(_HELP[name])
            label.setWhatsThis(_HELP[name])
            label.setContentsMargins(8, 0, 8, 0)
            self.addWidget(label)
            self._labels[name] = label
        self._jobs: dict[str, tuple[QLabel, QProgressBar]] = {}
        self._dirty = True
        for key in ("status", "network", "jobs", "device"):
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
        dropped, late = state.status.get("dropped"), state.status.get("late", 0)
        self._say("dropped", "" if dropped is None else f"{dropped} dropped, {late} late")
        for name in [name for name in self._jobs if name not in state.jobs]:
            for widget in self._jobs.pop(name):
                self.removeWidget(widget)
                widget.deleteLater()
        for name, progress in state.jobs.items():
            self._show_job(name, progress)

    def _say(self, name: str, text: str) -> None:
        label = self._labels[name]
        label.setText(text)
        label.setAccessibleName(f"{name}: {text}")
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
        label.setText(words if unknown else f"{words} {progress.share:.0%}")
        bar.setAccessibleName(f"Progress: {words}")
        bar.setRange(0, 0 if unknown else 1000)
        if not unknown:
            bar.setValue(round(progress.share * 1000))

    def _mark(self) -> None:
        self._dirty = True

    def widgets(self) -> tuple[QWidget, ...]:
        """The parts, for tests."""
        return (*self._labels.values(), *(each for pair in self._jobs.values() for each in pair))
