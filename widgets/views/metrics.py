"""What came out: the text, its error, how long it took, and which network did it."""

from __future__ import annotations

import dataclasses
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout

from engine import catalog
from widgets import theme
from widgets.view import View as Base

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from engine.events import Traced
    from engine.network import Network
    from engine.session import Session

TITLE = "Metrics"
LANE = False
ORDER = 20
_CARD = ("data", "licence", "recipe", "seed", "date")


class View(Base):
    """Words and figures only; all of it can be selected and copied."""

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.RichText)
        self._label.setWordWrap(True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._label.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        flags = Qt.TextInteractionFlag
        self._label.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self._label.setAccessibleName("Text, error, timings and network")
        area = QScrollArea()
        area.setWidget(self._label)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        self._heard = ""
        self.watch("traced", "network", "transport")
        session.on("live", self._arrived)

    def sizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, 40 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * theme.GRID, 12 * theme.GRID)

    def refresh(self) -> None:
        state = self.session.state
        if state.network is None and state.traced is None:
            self._label.setText("")
            self.say("No network yet. Choose one in the Model panel to read what it hears.", "open_network")
            return
        self.say("")
        parts = []
        if state.transport.live:
            parts.append(_section("Heard", _big(self._heard or "…")))
        elif state.traced is not None:
            words = " ".join(each.text for each in state.traced.trace.text)
            parts.append(_section("Text", _big(words or "(nothing)")))
            parts.append(self._error(state.traced))
            parts.append(_timings(state.traced))
        if state.network is not None:
            parts.append(_network(state.network))
            parts.append(_front_end(state.network))
        self._label.setText("".join(parts))

    def _error(self, traced: Traced) -> str:
        palette = theme.current()
        if not traced.length:
            return _muted("The clip has no labels, so its error is not known.")
        share = 100 * traced.edits / traced.length
        ink = palette.good if not traced.edits else palette.bad
        sign = "✓" if not traced.edits else "≠"
        figure = f"<b style='color:{ink}'>{sign} {self._metric()} {share:.1f} %</b>"
        return f"<p style='margin:4px 0'>{figure} &nbsp;{traced.edits} of {traced.length} wrong</p>"

    def _metric(self) -> str:
        network = self.session.state.network
        if network is None or network.task not in catalog.names("tasks"):
            return "error"
        return escape(str(getattr(catalog.load("tasks", network.task), "METRIC", "error")))

    def _arrived(self) -> None:
        for frames in self.session.state.live:
            if frames.text:
                self._heard = " ".join(each.text for each in frames.text)
                self.mark()


def _section(title: str, inside: str) -> str:
    return f"<p style='margin:12px 0 4px 0; color:{theme.current().muted}'>{title}</p>{inside}"


def _big(text: str) -> str:
    return f"<p style='margin:0; font-size:{theme.DISPLAY - 4}px; font-weight:600'>{escape(text)}</p>"


def _muted(text: str) -> str:
    return f"<p style='margin:4px 0; color:{theme.current().muted}'>{escape(text)}</p>"


def _table(rows: list[tuple[str, str]]) -> str:
    ink = theme.current().muted
    lines = (
        f"<tr><td style='color:{ink}; padding:1px 12px 1px 0'>{escape(name)}</td>"
        f"<td style='padding:1px 0'>{escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table cellspacing='0' cellpadding='0'>{''.join(lines)}</table>"


def _timings(traced: Traced) -> str:
    if not traced.timings:
        return ""
    return _section("Time taken", _table([(name, f"{value:.1f} ms") for name, value in traced.timings.items()]))


def _network(network: Network) -> str:
    palette = theme.current()
    if network.trained:
        badge = f"<span style='color:{palette.good}'>● trained</span>"
    else:
        badge = f"<b style='color:{palette.warn}'>○ UNTRAINED</b>"
    rows = [("task", network.task), ("model", network.model), ("shape", _shape(network.settings))]
    if network.weights is not None:
        count = sum(int(each.size) for each in network.weights.values())
        rows.append(("size", f"{count:,} weights".replace(",", "\u202f")))
    rows += [(name, str(network.card[name])) for name in _CARD if network.card.get(name) not in (None, "")]
    rows += [(name.replace("_", " "), _figure(value)) for name, value in network.metrics.items() if _plain(value)]
    if not network.trained:
        rows.append(("next", "Train it, or choose a bundled network."))
    head = f"<p style='margin:0'><b>{escape(network.name)}</b> &nbsp;{badge}</p>"
    return _section("Network", head + _table(rows))


def _shape(settings: Any) -> str:
    """The settings that make the network: 2 x 128 LSTM, causal."""
    values = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    layers, hidden, cell = (values.get(name) for name in ("layers", "hidden", "cell"))
    if layers and hidden and cell:
        words = f"{layers} \N{MULTIPLICATION SIGN} {hidden} {str(cell).upper()}"
        return words + (", both directions" if values.get("bidirectional") else ", causal")
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _front_end(network: Network) -> str:
    rows = []
    for link in network.frontend:
        if not link.on:
            continue
        values = {field.name: getattr(link.settings, field.name) for field in dataclasses.fields(link.settings)}
        words = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items() if _plain(value))
        rows.append((link.stage.replace("_", " "), words))
    return _section("Front end", _table(rows)) if rows else ""


def _plain(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool) and value != ""


def _figure(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
