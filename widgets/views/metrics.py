"""What came out: the text, its error, how long it took, and which network did it."""

from __future__ import annotations

import dataclasses
import math
import time
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine import errorname
from engine.session import IN_TRAINING, UNTRAINED
from engine.trace import Key
from widgets import parameters, theme
from widgets.scroll import scrolled
from widgets.tail import Tail
from widgets.view import View as Base

if TYPE_CHECKING:
    from engine.events import Traced
    from engine.network import Network
    from engine.session import Session

TITLE = "Metrics"
LANE = False
ORDER = 20
_GAINS = "The mean gain of all frequencies and moments; the workspace Denoise lets hear what is left."
_SOUND = "This network answers with sound; the workspace Denoise lets it be heard."
_PAUSE = 0.25
"""Seconds between two writings of the time taken."""
_CARD = ("data", "licence", "seed", "date")
_STEPS = {"chain": "sound", "picture": "spectrogram"}
"""What a step of the work is called in front of people, where its name is not a word they know."""
_METRICS = "DER, PER: the errors (missed, added, wrong) in a hundred digits or phonemes that were truly said."


class View(Base):
    """Words and figures only; all that stands still can be selected and copied.

    The part that follows every move of a knob has a label of its own: laying out all of it would cost as much as
    painting the lanes. The time taken is read, not watched: it is written a few times a second.
    """

    TITLE = TITLE

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        inside = QWidget()
        lines = QVBoxLayout(inside)
        lines.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        lines.setSpacing(theme.GRID)
        self._said = _label("Text and error")
        self._said.setToolTip(_METRICS)
        self._taken = _label("Time taken")
        self._known = _label("Network")
        self._figures = _label("Figures of the network")
        self._facts = _label("Parameters, front end and recipe")
        self._labels = (self._said, self._taken, self._known, self._figures, self._facts)
        self.tail = Tail("Heard")
        self.tail.hide()
        lines.addWidget(self.tail)
        for label in self._labels:
            lines.addWidget(label)
        lines.addStretch(1)
        scrolled(self, inside, TITLE)
        self._heard = ""
        self._written = -math.inf
        self._described: tuple[Network, str, str] | None = None
        self.watch("traced", "network", "transport", "jobs", "history")
        session.on("live", self._arrived)

    def sizeHint(self) -> QSize:
        return QSize(30 * theme.GRID, 40 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * theme.GRID, 12 * theme.GRID)

    def refresh(self) -> None:
        state = self.session.state
        if state.network is None and state.traced is None:
            for label in self._labels:
                label.setText("")
            self.tail.hide()
            self._described = None
            self.say("No network yet. Choose one in the Model panel to read what it hears.", "open_network")
            return
        self.say("")
        said = ""
        if not state.transport.live:
            self._heard = ""  # what is heard the next time is not its end
        self.tail.setVisible(state.transport.live)
        self.tail.show_text(self._heard or "…")
        if state.traced is not None and not state.transport.live:
            words = " ".join(each.text for each in state.traced.trace.text)
            said = _section("Heard", _big(words or "(nothing)")) + self._error(state.traced)
            gains = state.traced.trace.series.get(Key("mask"))
            if state.traced.cleaned is not None:
                said = _section("Made", _muted(_SOUND))
            if gains is not None:
                share = _big(f"{100 * float(gains.values.mean()):.0f} %")
                said = _section("Lets through", share + _muted(_GAINS))
        _write(self._said, said)
        self._write_timings(None if state.transport.live else state.traced)
        self._describe(state.network)

    def _write_timings(self, traced: Traced | None) -> None:
        if traced is None:
            _write(self._taken, "")
        elif time.monotonic() - self._written < _PAUSE:
            self.mark()  # the last figures of a drag are written too, a moment later
        else:
            self._written = time.monotonic()
            _write(self._taken, _timings(traced))

    def _describe(self, network: Network | None) -> None:
        """The network's card; what of it has not changed is not written again."""
        stands = self.session.state.stands
        described = None if network is None else (network, theme.current().name, stands)
        if described != self._described:
            self._described = described
            # In training the figures change with every snapshot, and nothing else does.
            _write(self._known, "" if network is None else _network(network, stands))
            _write(self._figures, "" if network is None else _figures(network))
            _write(self._facts, _about(network))

    def _error(self, traced: Traced) -> str:
        palette = theme.current()
        if not traced.length:
            return _muted("The clip has no labels, so its error is not known.")
        share = 100 * traced.edits / traced.length
        ink = palette.good if not traced.edits else palette.bad
        sign = "✓" if not traced.edits else "≠"
        name = escape(errorname.read_by(self.session.state.network))
        figure = f"<b style='color:{ink}'>{sign} {name} {share:.1f} %</b>"
        return f"<p style='margin:4px 0'>{figure} &nbsp;{traced.edits} of {traced.length} wrong</p>"

    def _arrived(self) -> None:
        for frames in self.session.state.live:
            heard = " ".join(each.text for each in frames.text)
            if heard and heard != self._heard:
                self._heard = heard
                self.mark()


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    policy = label.sizePolicy()  # what does not fit is cut alone, and all else wraps where the panel ends
    policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
    label.setSizePolicy(policy)
    flags = Qt.TextInteractionFlag
    label.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
    label.setAccessibleName(name)
    return label


def _write(label: QLabel, text: str) -> None:
    """Another text; the same one would be laid out again for nothing."""
    if label.text() != text:
        label.setText(text)
        label.setVisible(bool(text))


def _section(title: str, inside: str) -> str:
    return f"<p style='margin:12px 0 4px 0; color:{theme.current().muted}'>{title}</p>{inside}"


def _big(text: str) -> str:
    return f"<p style='margin:0; font-size:{theme.DISPLAY - 4}px; font-weight:600'>{escape(text)}</p>"


def _muted(text: str) -> str:
    return f"<p style='margin:4px 0; color:{theme.current().muted}'>{escape(text)}</p>"


def _table(rows: list[tuple[str, str]]) -> str:
    ink = theme.current().muted
    lines = (
        f"<tr><td width='88' style='color:{ink}; padding:1px 12px 1px 0'>{escape(name)}</td>"
        f"<td style='padding:1px 0'>{escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table cellspacing='0' cellpadding='0'>{''.join(lines)}</table>"


def _timings(traced: Traced) -> str:
    if not traced.timings:
        return ""
    rows = [(_STEPS.get(name, name), f"{value:.1f} ms") for name, value in traced.timings.items()]
    return _section("Time taken", _table(rows))


def _network(network: Network, stands: str) -> str:
    palette = theme.current()
    if stands == UNTRAINED:
        badge = f"<b style='color:{palette.warn}'>○ UNTRAINED</b>"
    elif stands == IN_TRAINING:
        badge = f"<span style='color:{palette.warn}'>○ {stands}</span>"
    else:
        badge = f"<span style='color:{palette.good}'>● {stands}</span>"
    rows = [("task", network.task), ("model", network.model), ("shape", _shape(network.settings))]
    if network.weights is not None:
        count = sum(int(each.size) for each in network.weights.values())
        rows.append(("size", f"{parameters.grouped(count)} weights"))
    rows += [(name, str(network.card[name])) for name in _CARD if _short(network.card.get(name))]
    if stands == UNTRAINED:
        rows.append(("next", "Train it, or choose a bundled network."))
    head = f"<p style='margin:0'><b>{escape(network.name)}</b> &nbsp;{badge}</p>"
    return _section("Network", head + _table(rows))


def _about(network: Network | None) -> str:
    """What does not change while a network is trained."""
    if network is None:
        return ""
    counted = (_section(title, table) for title, table in parameters.tables(network))
    return "".join(counted) + _front_end(network) + _recipe(network)


def _figures(network: Network) -> str:
    told = {name: _counted(value) for name, value in network.metrics.items()}
    rows = [(name.replace("_", " "), _figure(value)) for name, value in told.items() if _plain(value)]
    return _table(rows) if rows else ""


def _shape(settings: Any) -> str:
    """The settings that make the network: 2 x 128 LSTM, causal."""
    values = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    layers, hidden, cell = (values.get(name) for name in ("layers", "hidden", "cell"))
    if layers and hidden and cell:
        words = f"{layers} \N{MULTIPLICATION SIGN} {hidden} {str(cell).upper()}"
        if values.get("bidirectional"):
            words += ", both directions"
        once = values.get("readout", "frames") != "frames"
        return words + (", one answer a clip" if once else "" if values.get("bidirectional") else ", causal")
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


def _recipe(network: Network) -> str:
    """How it was trained, line by line as in the file."""
    lines = str(network.card.get("recipe") or "").strip()
    if not lines:
        return ""
    words = escape(lines).replace("\n", "<br>")
    return _section("Recipe", f"<p style='margin:0; font-size:{theme.SMALL}px'>{words}</p>")


def _short(value: Any) -> bool:
    """A recipe may be a whole file: that is read elsewhere."""
    return value not in (None, "") and len(str(value)) < 120 and "\n" not in str(value)


def _plain(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool) and value != ""


def _counted(value: Any) -> Any:
    """Some of so many, [94, 96], in words; all else as it is."""
    pair = isinstance(value, list | tuple) and len(value) == 2 and all(type(each) is int for each in value)
    return f"{value[0]} of {value[1]} ({value[0] / max(value[1], 1):.1%})" if pair else value


def _figure(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
