"""Pictures of the window's parts: PNG as they are on the screen, SVG to be enlarged, or on the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication, QPainter

from engine.replacing import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

KINDS = "PNG (*.png);;SVG (*.svg)"


class PictureError(ValueError):
    """A picture that cannot be written; the message names the file and says what to do."""


def copy(widget: QWidget) -> None:
    """What a widget shows, on the clipboard."""
    QGuiApplication.clipboard().setPixmap(widget.grab())


def save(widget: QWidget, path: Path) -> None:
    """Write what a widget shows as PNG or SVG, by the ending of `path`. Raises PictureError."""
    kind = path.suffix.lower()
    if kind not in (".png", ".svg"):
        raise PictureError(f"{path}: a picture is not written as {path.suffix!r}; use .png or .svg.")
    try:
        with replacing(path) as part:
            if not (_svg(widget, part) if kind == ".svg" else widget.grab().save(str(part), "PNG")):
                raise PictureError(f"{path} cannot be written; choose another place, or make room on the disk.")
    except OSError as error:
        raise PictureError(
            f"{path} cannot be written ({error.strerror or error}); choose another place."
        ) from error


def _svg(widget: QWidget, path: Path) -> bool:
    from PySide6.QtSvg import QSvgGenerator

    picture = QSvgGenerator()
    picture.setFileName(str(path))
    picture.setResolution(widget.logicalDpiX())
    picture.setSize(widget.size())
    picture.setViewBox(widget.rect())
    picture.setTitle(widget.accessibleName() or "Otoscope")
    painter = QPainter()
    if not painter.begin(picture):
        return False
    widget.render(painter, QPoint())
    return painter.end()
