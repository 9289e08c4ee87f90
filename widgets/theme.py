"""The look of the program: two palettes, one accent, one type face, an 8-pixel grid.

`apply(app, "dark")` dresses the whole program; a view asks `current()` when it paints.
"""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from widgets.sheet import sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

GRID = 8
"""The grid: every margin, gap and height is a multiple of it, or its half."""
TEXT, SMALL, LARGE, DISPLAY = 12, 11, 14, 22
"""Type sizes in logical pixels."""
FAMILIES = ["Inter", "Segoe UI", "SF Pro Text", "Roboto", "Noto Sans", "DejaVu Sans Condensed", "DejaVu Sans"]


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as #rrggbb."""

    name: str
    window: str
    """Behind everything."""
    panel: str
    """Docks, headers, menus."""
    raised: str
    """Buttons, fields."""
    ground: str
    """Behind data."""
    line: str
    """Borders between parts."""
    grid: str
    """Lines behind data."""
    text: str
    muted: str
    """Secondary text: still 4.5 : 1 on `panel`."""
    faint: str
    """Disabled text and what must not catch the eye."""
    accent: str
    on_accent: str
    good: str
    warn: str
    bad: str
    under: str
    """The reference behind a curve: the clean waveform."""
    curves: tuple[str, ...]
    """Lines in one picture that must be told apart: h, c, and the gates, in this order."""

    def colour(self, name: str, alpha: float = 1.0) -> QColor:
        """A colour of the palette by field name, with an opacity: not to be changed, for all share it."""
        return _colour(getattr(self, name), alpha)


@functools.lru_cache(256)
def _colour(text: str, alpha: float) -> QColor:
    made = QColor(text)
    made.setAlphaF(alpha)
    return made


DARK = Palette(
    name="dark", window="#101216", panel="#171a20", raised="#232831", ground="#0b0d10", line="#2b313b",
    grid="#1f242c", text="#e4e8ee", muted="#98a2b0", faint="#5d6673", accent="#58a6ff", on_accent="#06131f",
    good="#5fc08a", warn="#e3b341", bad="#ff7b72", under="#59636f",
    curves=("#58a6ff", "#e4e8ee", "#e3a64a", "#5fc0a0", "#d08be0", "#ff8f7a"),
)  # fmt: skip
LIGHT = Palette(
    name="light", window="#eceef1", panel="#f7f8fa", raised="#ffffff", ground="#fdfdfc", line="#d3d8df",
    grid="#e8ebef", text="#1b2129", muted="#566170", faint="#98a1ad", accent="#0b62c4", on_accent="#ffffff",
    good="#1a7f4b", warn="#8f5f00", bad="#c4261d", under="#b3bac4",
    curves=("#0b62c4", "#1b2129", "#a86500", "#0f7f62", "#8a3fa0", "#c04a30"),
)  # fmt: skip
PALETTES = {each.name: each for each in (DARK, LIGHT)}


def apply(app: QApplication, name: str) -> None:
    """Dress the program in `dark` or `light`. Raises KeyError for another name."""
    palette = PALETTES[name]
    if app.property("theme") is None:  # once: it makes every widget look for its style anew
        app.setStyle("Fusion")
        app.setFont(font())
    app.setProperty("theme", name)
    app.setPalette(_qt_palette(palette))
    app.setStyleSheet(sheet(palette))


_WORN: list[Palette] = []


@contextlib.contextmanager
def worn(name: str) -> Iterator[None]:
    """What is painted inside wears another palette than the program: a part of a window that has its own."""
    _WORN.append(PALETTES[name])
    try:
        yield
    finally:
        _WORN.pop()


def current() -> Palette:
    """The palette in use; dark before any was applied."""
    if _WORN:
        return _WORN[-1]
    app = QApplication.instance()
    return PALETTES.get(str(app.property("theme")) if app else "dark", DARK)


def font(size: int = TEXT, bold: bool = False) -> QFont:
    """The program's type face with tabular figures, `size` logical pixels high."""
    return QFont(_font(size, bold))


@functools.lru_cache(32)
def _font(size: int, bold: bool) -> QFont:
    made = QFont()
    made.setFamilies(FAMILIES)
    made.setPixelSize(size)
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def _qt_palette(palette: Palette) -> QPalette:
    """What Fusion needs for the parts that no style sheet reaches."""
    role = QPalette.ColorRole
    colours = {
        role.Window: "panel", role.WindowText: "text", role.Base: "ground", role.AlternateBase: "panel",
        role.Text: "text", role.Button: "raised", role.ButtonText: "text", role.BrightText: "bad",
        role.Highlight: "accent", role.HighlightedText: "on_accent", role.Link: "accent",
        role.ToolTipBase: "raised", role.ToolTipText: "text", role.PlaceholderText: "faint",
        role.Light: "line", role.Midlight: "raised", role.Mid: "line", role.Dark: "window", role.Shadow: "window",
        role.Accent: "accent",
    }  # fmt: skip
    made = QPalette()
    for which, name in colours.items():
        made.setColor(which, palette.colour(name))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, palette.colour("faint"))
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, palette.colour("line"))
    return made


def elided(text: str, width: float, face: QFont) -> str:
    """The text, cut with an ellipsis where it is wider than `width` logical pixels."""
    from PySide6.QtGui import QFontMetricsF

    return QFontMetricsF(face).elidedText(text, Qt.TextElideMode.ElideRight, width)
