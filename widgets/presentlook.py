"""How captions are shown to an audience: size, colours and what stands beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QFont

from engine.knob import Settings as Knobs
from engine.knob import knob
from widgets import theme
from widgets.flow import Look

if TYPE_CHECKING:
    from collections.abc import Mapping

THEMES = ("dark", "light", "contrast", "own")
LAYOUTS = ("captions", "pictures")
NAMES: Mapping[str, str] = {
    "dark": "Dark", "light": "Light", "contrast": "High contrast", "own": "Own colours",
    "captions": "Captions alone", "pictures": "Captions and pictures",
}  # fmt: skip
LINES = 1080.0
"""Lines of the screen on which a point is 96/72 pixels: on a larger one the same share of it."""
_COLOURS = {
    "dark": ("#0b0d10", "#f4f6f9", "#97a1af"),
    "light": ("#fdfdfc", "#12161b", "#667180"),
    "contrast": ("#000000", "#ffffff", "#ffd84d"),
}
"""Behind the text, what is settled, what may still change: at least 4.5 : 1, high contrast 7 : 1."""
_SHARE = 0.62
"""Of the ink in own colours, what the ink of tentative words has."""


@dataclass(frozen=True)
class Settings(Knobs):
    """What of a presentation can be chosen. `ink` and `ground` are those of the theme `own`, as #rrggbb."""

    size: int = knob(72, 24, 160, step=4, unit="pt", help="How large the captions are")
    theme: str = knob("dark", choices=THEMES, help="Colours of the captions")
    layout: str = knob("captions", choices=LAYOUTS, help="What is shown beside the captions")
    ink: str = knob("#ffe9b8", hidden=True)
    ground: str = knob("#10233f", hidden=True)


def colours(settings: Settings) -> tuple[QColor, QColor, QColor]:
    """Behind the text, of what is settled, and of what may still change."""
    if settings.theme != "own":
        ground, ink, tentative = (QColor(each) for each in _COLOURS[settings.theme])
        return ground, ink, tentative
    ground, ink = QColor(settings.ground), QColor(settings.ink)
    return ground, ink, _between(ground, ink)


def look(settings: Settings, height: int) -> Look:
    """The look of captions on a screen of so many lines."""
    _, ink, tentative = colours(settings)
    face = theme.font(pixels(settings.size, height))
    face.setWeight(QFont.Weight.DemiBold if settings.theme == "contrast" else QFont.Weight.Medium)
    return Look(face, {"said": ink, "tentative": tentative})


def pixels(size: int, height: int) -> int:
    """Pixels of a size in points on a screen of so many lines: never less than points are on a screen of 1080."""
    return round(size * 96 / 72 * max(1.0, height / LINES))


def palette(settings: Settings) -> str:
    """The palette of the program that goes with it, for pictures beside the captions."""
    return "light" if colours(settings)[0].lightnessF() > 0.5 else "dark"


def contrast(one: QColor, other: QColor) -> float:
    """The contrast of two colours, 1 to 21 (W3C, Web Content Accessibility Guidelines 2.2, contrast ratio)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4
        for each in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _between(ground: QColor, ink: QColor) -> QColor:
    def mixed(one: float, other: float) -> float:
        return one + (other - one) * _SHARE

    return QColor.fromRgbF(
        mixed(ground.redF(), ink.redF()), mixed(ground.greenF(), ink.greenF()), mixed(ground.blueF(), ink.blueF())
    )
