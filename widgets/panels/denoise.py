"""The denoise panel: what can be heard, which denoisers are at work, and how what they make is mixed."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.mix import Mix
from widgets.view import Follower

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QAction, QResizeEvent

    from engine.events import Audible, Offer
    from engine.knob import Settings
    from engine.session import Session, State
    from engine.stages.stage import Link

_ABOUT = "Tick denoisers to compare them. A number is a key: press it, or the button, while the sound plays."
_FILES = (
    "A denoiser of your own: an ONNX file that hears 16 kHz in small steps (DTLN, GTCRN, UL-UNAS, FastEnhancer, "
    "NSNet2 and their like), or a checkpoint that was trained here. It can be dropped on the window too."
)
_ADDED = "{noise} noise is added at {snr:.0f} dB. A recording that is noisy already needs none."
_MATCHED = (
    "Every sound is made as loud as the clean one, so that what is louder does not seem better. What was removed "
    "keeps its own level."
)


class Ear(QToolButton):
    """A key of the keyboard as a button: it lets one sound be heard."""

    def __init__(self, audible: Audible) -> None:
        super().__init__()
        self.name = audible.name
        word = "Removed" if audible.name.startswith("residual:") else "Hear"
        self.setText(f"{audible.key} {word}".strip())
        self.setCheckable(True)
        self.setFixedHeight(24)
        key = f" (key {audible.key})" if audible.key else ""
        self.setToolTip(f"{audible.help}{key}")
        self.setWhatsThis(self.toolTip())
        self.setAccessibleName(f"Hear {audible.words}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)


class DenoisePanel(QWidget):
    """`toggled(name, on)` asks for a denoiser or no longer; `again(name)` for one that was stopped."""

    toggled = Signal(str, bool)
    again = Signal(str)

    def __init__(self, session: Session, actions: Mapping[str, QAction], settings: Settings) -> None:
        super().__init__()
        self.session = session
        self._dirty = True
        self._built: object = None
        self.ears: dict[str, Ear] = {}
        self.rows: dict[str, _Row] = {}
        self._grid = QVBoxLayout()
        self._grid.setSpacing(8)
        self.form = Mix(session.state.denoising or settings, "denoising")
        self.form.changed.connect(lambda value, merge: session.set("denoising", value, merge))
        self.form.ended.connect(session.end_merge)
        self.matched = QCheckBox("Equally loud")
        self.matched.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # clicked, it would take the space bar, which plays
        self.matched.setToolTip(_MATCHED)
        self.matched.setWhatsThis(_MATCHED)
        self.matched.toggled.connect(lambda on: self._transport(matched=on))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(_words(_ABOUT))
        self.added = _Added(lambda: session.set("chain", _unnoised(session.state.chain)))
        column.addWidget(self.added)
        column.addLayout(self._grid)
        add = Follower(actions["add_denoiser"])
        add.setToolTip(_FILES)
        add.setWhatsThis(_FILES)
        line = QHBoxLayout()
        line.addWidget(add)
        line.addStretch(1)
        column.addLayout(line)
        column.addWidget(self.form)
        column.addWidget(self.matched)
        self.said = _words("")
        column.addWidget(self.said)
        self.absent = _words("")
        self.absent.setTextFormat(Qt.TextFormat.RichText)
        column.addWidget(self.absent)
        for key in ("chain", "audible", "offers", "denoisers", "denoising", "enhanced", "transport", "jobs"):
            session.on(key, self._mark)
        self.tick()

    def tick(self) -> None:
        """Show what the session holds, if anything changed."""
        if not self._dirty:
            return
        self._dirty = False
        state = self.session.state
        built = (state.audible, tuple((each.name, each.title) for each in present(state)))
        if built != self._built:
            self._built = built
            self._build(state)
        self.added.show_noise(_noise(state.chain))
        for name, ear in self.ears.items():
            ear.setChecked(name == state.transport.heard)
        for offer in state.offers:
            if offer.name in self.rows:
                self.rows[offer.name].show_state(state, offer)
        with QSignalBlocker(self.matched):
            self.matched.setChecked(state.transport.matched)
        if state.denoising is not None and self.form.settings != state.denoising:
            self.form.show_settings(state.denoising)
        self.said.setText("" if state.transport.matched else "Each sound is heard at its own level.")
        self.said.setVisible(not state.transport.matched)
        shown = present(state)
        away: dict[str, list[str]] = {}
        for each in state.offers:
            if each not in shown:
                away.setdefault(each.trouble, []).append(each.title)
        told = (f"<p><b>{', '.join(titles)}</b>: {html.escape(why)}</p>" for why, titles in away.items())
        self.absent.setText("<p>Not here yet</p>" + "".join(told) if away else "")
        self.absent.setVisible(bool(away))

    def _mark(self) -> None:
        self._dirty = True

    def _build(self, state: State) -> None:
        """The rows anew: they are few, and change as denoisers are asked for."""
        focused = next((name for name, row in self.rows.items() if row.box.hasFocus()), "")
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.ears, self.rows = {}, {}
        known = {each.name: each for each in state.audible}
        for name in ("processed", "clean"):
            if (audible := known.get(name)) is not None:
                self._grid.addWidget(_line(QLabel(audible.words), self._ear(audible)))
        if not state.offers:
            self._grid.addWidget(_words("Looking for denoisers …"))
        for offer in present(state):
            there = (known.get(f"{kind}:{offer.name}") for kind in ("enhanced", "residual"))
            row = self.rows[offer.name] = _Row(offer, [self._ear(each) for each in there if each is not None])
            row.toggled.connect(self.toggled)
            row.again.connect(self.again)
            self._grid.addWidget(row)
        if focused in self.rows:
            self.rows[focused].box.setFocus()

    def _ear(self, audible: Audible) -> Ear:
        ear = self.ears[audible.name] = Ear(audible)
        ear.clicked.connect(lambda: self._transport(heard=audible.name))
        return ear

    def _transport(self, **changes: object) -> None:
        transport = replace(self.session.state.transport, **changes)  # type: ignore[arg-type]
        self.session.set("transport", transport)
        self._dirty = True


class _Box(QCheckBox):
    """A box that gives up the end of its words where keys stand beside it: a file may have any name."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self._words = words
        self.setToolTip(words)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - (self.sizeHint().width() - self.fontMetrics().horizontalAdvance(self.text()))
        self.setText(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room))

    def minimumSizeHint(self) -> QSize:
        return QSize(8 * theme.GRID, super().minimumSizeHint().height())


class _Row(QWidget):
    """One denoiser: a box, what it is called and costs, how far it is, and the keys of its sounds."""

    toggled = Signal(str, bool)
    again = Signal(str)

    def __init__(self, offer: Offer, ears: list[Ear]) -> None:
        super().__init__()
        self.name = offer.name
        self.box = _Box(offer.title)
        self.box.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # clicked, it would take the space bar, which plays
        self.box.setAccessibleName(f"Denoise by {offer.title}")
        self.box.toggled.connect(lambda on: self.toggled.emit(self.name, on))
        self.told = _words("")
        self.told.setContentsMargins(20, 0, 0, 0)
        self.bar = QProgressBar()
        self.bar.setFixedHeight(6)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(f"How far {offer.title} is")
        self.stopped = QToolButton()
        self.stopped.setText("Run again")
        self.stopped.setToolTip(f"It was stopped: denoise the sound by {offer.title} from its beginning")
        self.stopped.setWhatsThis(self.stopped.toolTip())
        self.stopped.clicked.connect(lambda: self.again.emit(self.name))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(_line(self.box, *ears))
        column.addWidget(self.told)
        column.addWidget(self.bar)
        column.addWidget(self.stopped, 0, Qt.AlignmentFlag.AlignLeft)

    def show_state(self, state: State, offer: Offer) -> None:
        """Whether it is asked for, and how it stands."""
        asked = self.name in (state.denoisers or ())
        with QSignalBlocker(self.box):
            self.box.setChecked(asked)
        job = next((each for name, each in state.jobs.items() if name == f"denoise by {self.name}"), None)
        there = any(each.name == self.name for each in state.enhanced)
        self.told.setText(offer.trouble or costs(offer))
        self.told.setVisible(bool(self.told.text()))
        self.told.setProperty("role", "warning" if offer.trouble else "muted")
        self.told.style().polish(self.told)
        self.bar.setVisible(asked and job is not None)
        if job is not None:
            self.bar.setRange(0, 100 if job.share >= 0 else 0)
            self.bar.setValue(round(100 * max(job.share, 0.0)))
        self.stopped.setVisible(asked and job is None and not there and not offer.trouble and self._was_busy)
        self._was_busy = self._was_busy or job is not None

    _was_busy = False


class _Added(QWidget):
    """What noise the chain adds, and a button that leaves it out."""

    def __init__(self, leave_out: Callable[[], None]) -> None:
        super().__init__()
        self.told, self.button = _words(""), QToolButton()
        self.button.setText("Add none")
        self.button.setAccessibleName("Add no noise")
        self.button.setToolTip("Take away the noise that the chain adds")
        self.button.setFixedHeight(24)
        self.button.clicked.connect(leave_out)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        row.addWidget(self.told, 1)
        row.addWidget(self.button)

    def show_noise(self, link: Link | None) -> None:
        self.setVisible(link is not None)
        if link is not None:
            values = link.settings.to_dict()
            self.told.setText(_ADDED.format(noise=str(values["kind"]).capitalize(), snr=values["snr"]))


def _noise(chain: Sequence[Link]) -> Link | None:
    """The stage that adds noise, where it is on."""
    return next((each for each in chain if each.stage == "noise" and each.on), None)


def _unnoised(chain: Sequence[Link]) -> tuple[Link, ...]:
    return tuple(replace(each, on=each.on and each.stage != "noise") for each in chain)


def present(state: State) -> list[Offer]:
    """The denoisers that have a row: those that can be asked for, or are."""
    return [each for each in state.offers if not each.trouble or each.name in (state.denoisers or ())]


def costs(offer: Offer) -> str:
    """How late a denoiser is and how large, in words."""
    late = offer.latency
    if late is None:
        return "needs the whole sound" + _size(offer.parameters)
    return "" if late < 0 else f"{1000 * late:.0f} ms late" + _size(offer.parameters)


def _size(parameters: int) -> str:
    if parameters <= 0:
        return ""
    large = parameters >= 1_000_000
    return f", {parameters / (1e6 if large else 1e3):.{1 if large else 0}f} {'M' if large else 'k'} weights"


def _words(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("role", "muted")
    label.setFont(theme.font(theme.SMALL))
    return label


def _line(first: QWidget, *ears: Ear) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    row.addWidget(first, 1)
    for ear in ears:
        row.addWidget(ear)
    return line
