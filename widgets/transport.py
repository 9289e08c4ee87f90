"""The transport: record, play, loop, which sound is heard, the time, the level and the volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from widgets import glyph, theme
from widgets.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from engine.events import Audible
    from engine.session import Session

LANES = (
    ("clean", "Clean"),
    ("processed", "Processed"),
    ("noise", "Noise"),
    ("masked", "Masked"),
    ("state", "State"),
)
"""What can be heard, by its name in the session, in the order of the keys 1 to 5."""
MOST = 5
"""Sounds that have room for their names in the row; of more, the buttons show the keys alone."""
_HELP = {
    "clean": "Hear the sound as it came in (key 1 or A)",
    "processed": "Hear what the network hears (key 2 or B)",
    "noise": "Hear only what the chain added (key 3)",
    "masked": "Hear what the masks leave: draw them on the spectrogram (key 4)",
    "state": "Hear what a layer holds, as the panel Hear the state has decoded it (key 5)",
}


class Transport(QWidget):
    """Buttons are the window's own actions; `heard(name)` and `volume(share)` are asked for by hand."""

    heard = Signal(str)
    volume = Signal(float)

    def __init__(self, session: Session, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self.session = session
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 4, 8, 4)
        self._row.setSpacing(4)
        for name in ("record", "keep", "live"):
            self._button(actions[name], words=True)
        self._gap()
        for name in ("to_start", "play", "step_on", "loop"):
            self._button(actions[name])
        self._gap()
        self._word("Hear", "Which sound is played, and drawn in colour in the waveform")
        self._lanes()
        self._gap()
        self.time = QLabel()
        self.time.setFont(theme.font(theme.LARGE, bold=True))
        self.time.setAccessibleName("Time of the cursor and length")
        self.time.setToolTip("The cursor's time, and the length of what is shown")
        self._row.addWidget(self.time)
        self.badge = QLabel()
        self.badge.setProperty("role", "muted")
        self._row.addWidget(self.badge)
        self._row.addStretch(1)
        self.meter = Meter()
        self._word("Level", self.meter.toolTip())
        self._row.addWidget(self.meter)
        self._gap()
        self._loudness()
        self._dirty = True
        for key in ("transport", "cursor", "traced", "clip", "live", "walk", "decoded", "audible"):
            session.on(key, self._mark)
        self.tick()

    def tick(self) -> None:
        """Show the session's transport, if it changed."""
        if not self._dirty:
            return
        self._dirty = False
        state = self.session.state
        self._offer()
        self._buttons[state.transport.heard if state.transport.heard in self._buttons else "processed"].setChecked(
            True
        )
        if "state" in self._buttons:
            self._buttons["state"].setVisible(state.decoded is not None)
        length = state.seconds
        if state.traced is not None and state.clip is not None and state.clip.id == state.traced.trace.clip_id:
            length *= state.traced.scale
        live, frozen = state.transport.live, state.transport.frozen
        if not live:
            self._say_time(f"{minutes(state.cursor.time)} / {minutes(length)}")
        elif state.live:
            last = state.live[-1]
            self._say_time(minutes(last.start + len(last.samples) / last.rate))
        self.badge.setText("frozen" if live and frozen else "live" if live else self._step())

    def _step(self) -> str:
        """In step mode, how far it is."""
        walk = self.session.state.walk
        if walk is None:
            return ""
        return f"step {walk.frame(self.session.state.cursor.time) - walk.begin + 1} of {walk.end - walk.begin}"

    def _say_time(self, text: str) -> None:
        """The label never shrinks: another size would lay out the whole window anew, 50 times a second live."""
        wide = self.time.fontMetrics().horizontalAdvance(text) + theme.GRID
        if wide > self.time.maximumWidth() or not self.time.text():
            self.time.setFixedSize(wide, self.time.sizeHint().height())
        self.time.setText(text)

    def _mark(self) -> None:
        self._dirty = True

    def _button(self, action: QAction, words: bool = False) -> None:
        button = QToolButton()
        button.setDefaultAction(action)
        style = Qt.ToolButtonStyle
        button.setToolButtonStyle(style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly)
        button.setAccessibleName(action.text().replace("&", ""))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if words:  # its words are never cut: the meter gives way
            button.setMinimumHeight(28)
        else:
            button.setMinimumSize(28, 28)
        self._row.addWidget(button)

    def _word(self, text: str, tip: str) -> None:
        """A name beside what it names."""
        label = QLabel(text)
        label.setProperty("role", "muted")
        label.setToolTip(tip)
        label.setWhatsThis(tip)
        self._row.addWidget(label)
        self._row.addSpacing(4)

    def _lanes(self) -> None:
        self._buttons: dict[str, QToolButton] = {}
        self._choices = QHBoxLayout()
        self._choices.setSpacing(4)
        self._row.addLayout(self._choices)
        self._group = QButtonGroup(self)
        self._offered: object = None
        self._offer()

    def _offer(self) -> None:
        """A button for every sound that can be heard, where these are others than before."""
        audible = self.session.state.audible
        if audible == self._offered:
            return
        self._offered = audible
        for old in self._buttons.values():
            self._group.removeButton(old)
            self._choices.removeWidget(old)
            old.hide()
            old.deleteLater()
        crowded = len(audible) > MOST
        theirs = [(each.name, each.key if crowded else f"{each.key} {each.short}", each) for each in audible]
        own = [(name, words, None) for name, words in LANES]
        self._buttons = {name: self._choice(name, words, each) for name, words, each in theirs or own}

    def _choice(self, name: str, words: str, audible: Audible | None) -> QToolButton:
        button = QToolButton()
        button.setText(words.strip() or "♪")
        button.setCheckable(True)
        told = _HELP[name] if audible is None else f"{audible.words}: {audible.help} (key {audible.key or 'none'})"
        button.setToolTip(told)
        button.setWhatsThis(told)
        button.setAccessibleName(f"Hear {words.lower() if audible is None else audible.words}")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setMinimumHeight(28)
        button.clicked.connect(lambda _=False, name=name: self.heard.emit(name))
        self._group.addButton(button)
        self._choices.addWidget(button)
        return button

    def _loudness(self) -> None:
        self.speaker = QLabel()
        self.dress()
        self._row.addWidget(self.speaker)
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setValue(round(self.session.state.transport.volume * 100))
        slider.setFixedWidth(56)
        slider.setAccessibleName("Volume")
        slider.setToolTip("Volume of the playback")
        slider.setWhatsThis(slider.toolTip())
        slider.valueChanged.connect(lambda value: self.volume.emit(value / 100))
        self._row.addWidget(slider)

    def dress(self) -> None:
        """Draw the glyphs anew in the colours of the theme."""
        self.speaker.setPixmap(glyph.icon("speaker").pixmap(16, 16))

    def _gap(self) -> None:
        line = QFrame()
        line.setFixedWidth(9)
        self._row.addWidget(line)


def minutes(time: float) -> str:
    """`01:02.34`, hours only where there are any."""
    hundredths = max(0, round(time * 100))
    whole, rest = divmod(hundredths, 100)
    total, seconds = divmod(whole, 60)
    hours, total = divmod(total, 60)
    return (f"{hours}:" if hours else "") + f"{total:02d}:{seconds:02d}.{rest:02d}"
