"""Bands: how norms fade, layer by layer, as strips of colour below a plot whose x axis they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets import colour, image, theme
from widgets.stroke import ink
from widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from widgets.plot import Plot

    Band = tuple[str, str, np.ndarray]

DECADES = 8
"""Powers of ten below the greatest of each band that the colours reach down to."""
_STRIP, _GAP, _CAPTION = 9, 6, 14


class Bands(QWidget):
    """`put(bands, step)`: of each its name, ink and norms [L, n], `step` apart on the plot's axis from 0 on."""

    def __init__(self, plot: Plot) -> None:
        super().__init__()
        self._plot, self._bands, self._step = plot, list["Band"](), 1.0
        plot.spanned.connect(lambda _: self.update())
        self.setToolTip(
            "A strip for each layer, the first at the bottom: the norm of its gradient, by powers of ten"
        )

    def put(self, bands: Sequence[Band], step: float) -> None:
        self._bands, self._step = list(bands), step
        self.setAccessibleName(f"Gradient by layer and time: {', '.join(name for name, *_ in bands)}")
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        strips = sum(len(norms) for *_, norms in self._bands)
        return QSize(0, strips * _STRIP + len(self._bands) * _GAP + _CAPTION)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            if (found := self._plot.window_of()) is not None:
                self._paint(painter, *found)
        finally:
            painter.end()

    def _paint(self, painter: QPainter, left: float, width: float, start: float, stop: float) -> None:
        """The axis goes from `start` to `stop` over `width` pixels from `left` on."""
        palette, y = theme.current(), 0.0
        table = colour.table("magnitude", palette.name)
        scale = width / max(stop - start, 1e-9)
        painter.setFont(theme.font(theme.SMALL))
        for name, tint, norms in self._bands:
            box = QRectF(left, y, width, len(norms) * _STRIP)
            painter.fillRect(box, palette.colour("ground"))
            with np.errstate(divide="ignore"):
                powers = np.log10(norms / max(float(norms.max(initial=0.0)), 1e-300)).astype(np.float32)
            shown = image.picture(powers.T, -DECADES, 0.0, table, True)
            painter.save()
            painter.setClipRect(box)
            whole = norms.shape[1] * self._step * scale
            painter.drawImage(QRectF(left - (start + self._step / 2) * scale, y, whole, box.height()), shown)
            painter.restore()
            painter.setPen(ink(tint))
            label = QRectF(0, y - 2, left - 6, box.height() + 4)
            painter.drawText(label, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            y += box.height() + _GAP
        painter.setPen(palette.colour("muted"))
        words = f"by layer; each from its most down to 10⁻{'⁰¹²³⁴⁵⁶⁷⁸⁹'[DECADES]} of it"
        painter.drawText(QRectF(left, y - _GAP + 2, width, _CAPTION), Qt.AlignmentFlag.AlignLeft, words)
