"""The microphone through a denoiser to headphones: which one, how it is mixed, how late and how loaded it is."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QToolButton, QVBoxLayout, QWidget

from widgets import theme
from widgets.knobs import Form
from widgets.mix import Mix
from widgets.view import Follower

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMenu

    from engine.events import Offer
    from engine.session import Session

_ABOUT = "Hear the microphone without its noise. Wear headphones: through a loudspeaker it howls."
_TOLD = (
    "Latency: from the microphone to the ear, by the devices' own numbers. Load: the time that steps of the "
    "denoiser take, of the time that their sound lasts. Dropped: blocks that were lost. Underruns: how often the "
    "loudspeaker had to wait; then silence is put in, and what is too late is cut out. ppm: how much faster than "
    "it comes the sound is played, for two devices have two clocks."
)
_ONLY = "Only denoisers that answer from the past alone run live. One that needs the whole sound runs in windows."
_LATE = (
    "Live, a pause is known when it has lasted: what is kept comes back 0.9 s after the last word, and goes 0.1 s "
    "after the next has begun. In the panel Denoise it does both in time."
)
_BUTTONS = ("monitor", "bypass"), ("record", "keep")
LATE = 0.52
"""Seconds that one is late by in windows (engine/windowed.py)."""


class MonitorPanel(QWidget):
    """Writes `monitoring` and `denoising` of the session, and shows `monitored`."""

    def __init__(self, session: Session, actions: Mapping[str, QAction], menus: Mapping[str, QMenu]) -> None:
        super().__init__()
        self.session = session
        self._dirty = True
        self._listed: object = None
        self._forms: dict[str, Form | Mix] = {}
        self.choice = QComboBox()
        self.choice.setAccessibleName("Live denoiser")
        self.choice.setToolTip(_ONLY)
        self.choice.setWhatsThis(_ONLY)
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.activated.connect(self._chosen)
        self.why = _words("")
        self.load = QProgressBar()
        self.load.setFixedHeight(8)
        self.load.setTextVisible(False)
        self.load.setRange(0, 100)
        self.load.setAccessibleName("Load: time taken of the time allowed")
        self.told = QLabel()
        self.told.setTextFormat(Qt.TextFormat.RichText)
        self.told.setWordWrap(True)
        self.told.setAccessibleName("How the live denoising goes")
        self.told.setToolTip(_TOLD)
        self.told.setWhatsThis(_TOLD)
        self._place = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID)
        column.addWidget(_words(_ABOUT))
        column.addWidget(self.choice)
        column.addLayout(_devices(menus))
        column.addWidget(self.why)
        for names in _BUTTONS:
            column.addLayout(_row([_button(actions[name]) for name in names]))
        column.addWidget(self.load)
        column.addWidget(self.told)
        column.addLayout(self._place)
        self.late = _words(_LATE)
        column.addWidget(self.late)
        for key in ("monitoring", "monitored", "offers", "denoising", "transport"):
            session.on(key, self._mark)

    def tick(self) -> None:
        """Show what the session holds, if anything changed and it can be seen."""
        if not self._dirty or not self.isVisible():
            return
        self._dirty = False
        state = self.session.state
        self._list()
        self._show_form("monitoring", state.monitoring, lambda now: Form(now, "monitoring", only=("buffer",)))
        self._show_form("denoising", state.denoising, lambda now: Mix(now, "denoising"))
        self.late.setVisible(getattr(state.denoising, "keep", 0.0) > 0)
        account: Any = state.monitored
        self.load.setVisible(account is not None)
        if account is None:
            self.told.setText(_muted("Off. Latency, load and losses are told here while it runs."))
            return
        self.load.setValue(min(100, round(100 * account.load)))
        self.told.setText(_account(account))

    def _mark(self) -> None:
        self._dirty = True

    # Which denoiser.

    def _list(self) -> None:
        state = self.session.state
        asked = state.monitoring
        now = (getattr(asked, "denoiser", ""), getattr(asked, "windows", False))
        if (state.offers, now) == self._listed:
            return
        self._listed = state.offers, now
        with QSignalBlocker(self.choice):
            self.choice.clear()
            self.choice.addItem("The best that is here", ("", False))
            for words, data in entries(state.offers):
                self.choice.addItem(words, data)
            place = next((n for n in range(self.choice.count()) if self.choice.itemData(n) == now), 0)
            self.choice.setCurrentIndex(place)
        left_out = [each.title for each in state.offers if each.latency is None]
        self.why.setText(f"Not live as they are, for they need the whole sound: {', '.join(left_out)}.")
        self.why.setVisible(bool(left_out))

    def _chosen(self, index: int) -> None:
        name, windows = self.choice.itemData(index)
        asked: Any = self.session.state.monitoring
        if asked is not None:
            self.session.set("monitoring", replace(asked, denoiser=name, windows=windows))

    # The knobs and buttons.

    def _show_form(self, key: str, settings: Any, make: Callable[[Any], Form | Mix]) -> None:
        if settings is None:
            return
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = make(settings)
            form.changed.connect(lambda value, merge: self.session.set(key, value, merge))
            form.ended.connect(self.session.end_merge)
            self._place.addWidget(form)
        elif form.settings != settings:
            form.show_settings(settings)


def _button(action: QAction) -> Follower:
    button = Follower(action, " the denoiser")
    button.setCheckable(action.isCheckable())
    button.setChecked(action.isChecked())
    action.toggled.connect(button.setChecked)
    return button


def _devices(menus: Mapping[str, QMenu]) -> QHBoxLayout:
    """Buttons that open the menus of the devices, by their words."""
    made = []
    for words, menu in menus.items():
        button = QToolButton()
        button.setText(f"{words.capitalize()} \N{BLACK DOWN-POINTING SMALL TRIANGLE}")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        button.setMenu(menu)
        button.setToolTip(f"Which {words} device is used, as under Sound > {words.capitalize()}")
        button.setAccessibleName(f"{words.capitalize()} device")
        made.append(button)
    row = _row(made)
    row.addStretch(1)
    return row


def _row(buttons: Sequence[QWidget]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(theme.GRID // 2)
    for each in buttons:
        row.addWidget(each)
    return row


def entries(offers: tuple[Offer, ...]) -> list[tuple[str, tuple[str, bool]]]:
    """What can be chosen: words, and (name, whether in windows). What cannot be had is left out."""
    found = []
    for each in offers:
        if each.trouble:
            continue
        if each.latency is None:
            found.append((f"{each.title}, in windows: {1000 * LATE:.0f} ms late", (each.name, True)))
        else:
            late = f", {1000 * each.latency:.0f} ms late" if each.latency >= 0 else ""
            found.append((f"{each.title}{late}", (each.name, False)))
    return found


def _account(account: Any) -> str:
    palette = theme.current()
    parts = f"{_ms(account.algorithmic)} denoiser, {_ms(account.buffers)} buffers"
    slowest = f"slowest step {_tenth(account.took)} of {_ms(account.allowed)} ms"
    rows = [
        ("latency", f"{_ms(account.latency)} ms", parts),
        ("load", f"{100 * account.load:.0f} %", slowest),
        ("dropped", str(account.dropped), f"{account.overruns} steps too slow"),
        ("underruns", str(account.underruns), _filled(account)),
    ]
    ink = palette.muted
    lines = (
        f"<tr><td style='color:{ink}; padding:0 8px 2px 0'>{name}</td>"
        f"<td style='padding:0 8px 2px 0'><b>{value}</b></td>"
        f"<td style='color:{ink}; font-size:{theme.SMALL - 1}px; padding:1px 0 2px 0'>{escape(more)}</td></tr>"
        for name, value, more in rows
    )
    said = f"<p style='margin:4px 0; color:{palette.warn}'>{escape(account.said())}</p>" if account.said() else ""
    return f"<table cellspacing='0' cellpadding='0'>{''.join(lines)}</table>{said}"


def _filled(account: Any) -> str:
    if not account.filled and not account.cut:
        return f"clocks {account.drift:+.0f} ppm"
    return f"{_ms(account.filled)} ms put in, {_ms(account.cut)} cut, {account.drift:+.0f} ppm"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f}"


def _tenth(seconds: float) -> str:
    return f"{1000 * seconds:.1f}"


def _muted(text: str) -> str:
    return f"<p style='margin:4px 0; color:{theme.current().muted}'>{escape(text)}</p>"


def _words(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("role", "muted")
    label.setFont(theme.font(theme.SMALL))
    return label
