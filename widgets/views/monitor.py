"""The microphone through a denoiser to headphones: which one, how it is mixed, how late and how loaded it is."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QAction, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.knobs import Form
from widgets.view import Follower
from widgets.view import View as Base

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent
    from PySide6.QtWidgets import QMenu

    from engine.events import Offer
    from engine.session import Session

TITLE = "Live denoising"
LANE = False
ORDER = 95
_ABOUT = "Hear the microphone without its noise. Wear headphones: through a loudspeaker it howls."
_TOLD = (
    "Latency: from the microphone to the ear, by the devices' own numbers. Load: the time that steps of the "
    "denoiser take, of the time that their sound lasts. Dropped: blocks that were lost. Underruns: how often the "
    "loudspeaker had to wait; then silence is put in, and what is too late is cut out. ppm: how much faster than "
    "it comes the sound is played, for two devices have two clocks."
)
_ONLY = "Only denoisers that answer from the past alone run live. One that needs the whole sound runs in windows."
_BUTTONS = ("monitor", "bypass", "record", "keep")
LATE = 0.52
"""Seconds that one is late by in windows (engine/windowed.py)."""


class View(Base):
    """Writes `monitoring` and `denoising` of the session, and shows `monitored`."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        self._column.setSpacing(theme.GRID)
        self._column.addWidget(_words(_ABOUT))
        self.choice = QComboBox()
        self.choice.setAccessibleName("Live denoiser")
        self.choice.setToolTip(_ONLY)
        self.choice.setWhatsThis(_ONLY)
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.activated.connect(self._chosen)
        self._column.addWidget(self.choice)
        self.why = _words("")
        self._column.addWidget(self.why)
        self._buttons = QVBoxLayout()
        self._buttons.setSpacing(theme.GRID // 2)
        self._column.addLayout(self._buttons)
        self._forms: dict[str, Form] = {}
        self._place = QVBoxLayout()
        self._column.addLayout(self._place)
        self.load = QProgressBar()
        self.load.setFixedHeight(8)
        self.load.setTextVisible(False)
        self.load.setRange(0, 100)
        self.load.setAccessibleName("Load: time taken of the time allowed")
        self._column.addWidget(self.load)
        self.told = QLabel()
        self.told.setTextFormat(Qt.TextFormat.RichText)
        self.told.setWordWrap(True)
        self.told.setAccessibleName("How the live denoising goes")
        self.told.setToolTip(_TOLD)
        self.told.setWhatsThis(_TOLD)
        self._column.addWidget(self.told)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(f"{TITLE}, to be scrolled")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        self._listed: object = None
        self.watch("monitoring", "monitored", "offers", "denoising", "transport")

    def sizeHint(self) -> QSize:
        return QSize(36 * theme.GRID, 54 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * theme.GRID, 12 * theme.GRID)

    def showEvent(self, event: QShowEvent) -> None:
        if not self._buttons.count():
            self._add_buttons()
        super().showEvent(event)

    def set_menus(self, **menus: QMenu) -> None:
        """Buttons that open menus, by their words."""
        row = QHBoxLayout()
        row.setSpacing(theme.GRID // 2)
        for words, menu in menus.items():
            button = QToolButton()
            button.setText(f"{words.capitalize()} ▾")
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
            button.setMenu(menu)
            button.setToolTip(f"Which {words} device is used, as under Sound > {words.capitalize()}")
            button.setAccessibleName(f"{words.capitalize()} device")
            row.addWidget(button)
        row.addStretch(1)
        self._column.insertLayout(self._column.indexOf(self.why), row)

    def refresh(self) -> None:
        state = self.session.state
        self._list()
        self._show_form("monitoring", state.monitoring, ("buffer",))
        self._show_form("denoising", state.denoising, ("wet", "limit"))
        account: Any = state.monitored
        self.load.setVisible(account is not None)
        if account is None:
            self.told.setText(_muted("Off. Latency, load and losses are told here while it runs."))
            return
        self.load.setValue(min(100, round(100 * account.load)))
        self.told.setText(_account(account))

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
            for words, data, enabled in entries(state.offers):
                self.choice.addItem(words, data)
                model = self.choice.model()
                if not enabled and isinstance(model, QStandardItemModel):
                    model.item(self.choice.count() - 1).setEnabled(False)
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

    def _show_form(self, key: str, settings: Any, only: tuple[str, ...]) -> None:
        if settings is None:
            return
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = Form(settings, key, only=only)
            form.changed.connect(lambda value, merge: self._turned(key, value, merge, only))
            form.ended.connect(self.session.end_merge)
            self._place.addWidget(form)
        elif form.settings != settings:
            form.show_settings(settings)

    def _turned(self, key: str, value: Any, merge: str, only: tuple[str, ...]) -> None:
        """What the form does not show is as the session has it."""
        now: Any = getattr(self.session.state, key)
        self.session.set(key, replace(now, **{name: getattr(value, name) for name in only}), merge)

    def _add_buttons(self) -> None:
        row = None
        for place, name in enumerate(_BUTTONS):
            if (action := self.window().findChild(QAction, name)) is None:
                continue
            if place % 2 == 0 or row is None:
                row = QHBoxLayout()
                row.setSpacing(theme.GRID // 2)
                self._buttons.addLayout(row)
            button = Follower(action, " the denoiser")
            button.setCheckable(action.isCheckable())
            button.setDefault(name == "monitor")
            button.setChecked(action.isChecked())
            action.toggled.connect(button.setChecked)
            row.addWidget(button)


def entries(offers: tuple[Offer, ...]) -> list[tuple[str, tuple[str, bool], bool]]:
    """What can be chosen: words, (name, whether in windows), and whether it can be had now."""
    found = []
    for each in offers:
        if each.trouble:
            continue
        if each.latency is None:
            found.append((f"{each.title}, in windows: {1000 * LATE:.0f} ms late", (each.name, True), True))
        else:
            late = f", {1000 * each.latency:.0f} ms late" if each.latency >= 0 else ""
            found.append((f"{each.title}{late}", (each.name, False), True))
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
        f"<td style='color:{ink}; padding:0 0 2px 0'>{escape(more)}</td></tr>"
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
