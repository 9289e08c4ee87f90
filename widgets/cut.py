"""Edits in front of people: what can be done with a gate or a state, and where it is done in a strip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from widgets import theme
from widgets.anatomy import keeps

if TYPE_CHECKING:
    from engine.surgery import Edit
    from widgets.axis import Axis
    from widgets.strip import Strip

_SHORT = {"freeze": "frozen", "reset": "reset", "paste": "pasted"}


def offers(name: str, kind: str = "") -> list[tuple[str, float | None]]:
    """What can be done with a gate or state of a kind of cell, in words, and the value that it is given.

    None keeps that of before.
    """
    meant = {
        "f": ("c is kept", "c is forgotten"),
        "i": ("all that is new is written", "nothing is written: c only fades"),
        "o": ("all of c is passed on", "h is 0, c lives on"),
        "r": ("the candidate sees all of h", "the candidate sees nothing of h"),
        "z": ("h stays as it is", "h is overwritten"),
    }
    if not keeps(kind):
        meant["z"] = meant["z"][::-1]
    if name in meant:
        wide, shut = meant[name]
        found: list[tuple[str, float | None]] = [
            (f"Force &open, 1: {wide}", 1.0),
            (f"Force &shut, 0: {shut}", 0.0),
        ]
        found.append(("Set a &value, 0.5 first", 0.5))
    else:
        found = [("&Zero", 0.0), ("Set a &value, 0.5 first", 0.5)]
    return [*found, ("&Freeze: keep the value of before", None)]


def rects(edit: Edit, strip: Strip, box: QRectF, axis: Axis) -> list[QRectF]:
    """Where an edit lies in a strip that fills `box`: neighbouring rows are one; a moment has a width of 0."""
    key = strip.key
    if edit.lasts:
        mine = edit.key == key
    else:
        mine = key.name in ("h", "c") and (
            not edit.layer or (edit.layer, edit.direction) == (key.layer, key.direction)
        )
    if not mine:
        return []
    left = axis.x(edit.start)
    wide = axis.x(edit.stop) - left if edit.lasts else 0.0
    if not edit.units:
        return [QRectF(left, box.top(), wide, box.height())]
    rows = np.array(sorted(int(strip.share(unit) * strip.rows) for unit in edit.units if unit < strip.rows))
    each = box.height() / strip.rows
    parts = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(rows) else []
    return [QRectF(left, box.top() + int(part[0]) * each, wide, len(part) * each) for part in parts]


def paint_edit(painter: QPainter, edit: Edit, where: list[QRectF]) -> None:
    """Outlines, dotted where it is switched off, and a tag that says in a word what is done."""
    palette = theme.current()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    style = Qt.PenStyle.SolidLine if edit.on else Qt.PenStyle.DotLine
    halo, core = QPen(palette.colour("ground"), 3), QPen(palette.colour("accent"), 1, style)
    for rect in where:
        for pen in (halo, core):
            painter.setPen(pen)
            if rect.width():
                painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
            else:
                painter.drawLine(rect.topLeft(), rect.bottomLeft())
    if where:
        word = _SHORT.get(edit.how) or f"= {edit.value:g}".replace("-", "\N{MINUS SIGN}")
        _paint_word(painter, where[0], word)


def _paint_word(painter: QPainter, rect: QRectF, word: str) -> None:
    face = theme.font(theme.SMALL - 1)
    metrics = QFontMetricsF(face)
    tag = QRectF(rect.left() + 1, rect.top() + 1, metrics.horizontalAdvance(word) + 6, metrics.height() - 1)
    palette = theme.current()
    painter.fillRect(tag, palette.colour("accent"))
    painter.setFont(face)
    painter.setPen(palette.colour("on_accent"))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, word)
