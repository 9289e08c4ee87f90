"""The output that gradients are of: a mark at its moment, with its name, over a lane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from widgets import theme

if TYPE_CHECKING:
    from engine.events import Attributed, Echo
    from engine.session import State

WAITING = "The gradient is being followed back …"
LIVE = "Gradients are looked at in a clip: end the live view first."
ABSENT = "Gradients are followed through recurrent layers, and this network has none. Choose an RNN, LSTM or GRU."


def is_known(state: State, key: str) -> bool:
    """Whether the session's `echo` or `attributed` is of what the lanes show."""
    found, traced = getattr(state, key), state.traced
    return (
        found is not None
        and traced is not None
        and (found.clip_id, found.network_id) == (traced.trace.clip_id, traced.network_id)
    )


def missing(state: State, help_text: str) -> str:
    """Why there is nothing to show, and what would change that."""
    if state.transport.live:
        return LIVE
    if state.clip is None:
        return help_text
    return WAITING if state.traced is None or is_followed(state) else ABSENT


def is_followed(state: State) -> bool:
    """Whether gradients are followed through what was inspected: recurrent layers, which say so or have gates."""
    if state.traced is None or not state.traced.trace.find("h"):
        return False
    settings = state.network.settings if state.network is not None else None
    return hasattr(settings, "cell") or any(key.name.startswith("gate.") for key in state.traced.trace.series)


def edited(found: Echo | Attributed) -> str:
    """That gradients are those of an edited run, for a badge."""
    return "<br>with the edits" if found.edited else ""


def said(output: str, share: float) -> str:
    """An output and its probability in words."""
    return f"“{output}” {100 * share:.0f} %"


def paint_chosen(painter: QPainter, area: QRectF, x: float, text: str) -> None:
    """A line from top to bottom at x, with the text beside it at the top."""
    palette = theme.current()
    painter.fillRect(QRectF(round(x) - 1, area.top(), 2, area.height()), palette.colour("warn"))
    face = theme.font(theme.SMALL, bold=True)
    metrics = QFontMetricsF(face)
    tag = QRectF(x + 3, area.top() + 2, metrics.horizontalAdvance(text) + 8, metrics.height() + 2)
    if tag.right() > area.right():
        tag.moveRight(x - 3)
    if tag.height() > area.height() or not area.left() - 1 <= x <= area.right() + 1:
        return
    painter.fillRect(tag, palette.colour("raised", 0.9))
    painter.setFont(face)
    painter.setPen(palette.colour("warn"))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)
