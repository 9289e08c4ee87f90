"""LaTeX equations as pictures, drawn here: nothing is asked of any network."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from engine.lessons.lesson import Formula

SIZE = 100.0


class FormulaError(ValueError):
    """An equation that cannot be drawn; the message holds it."""


@functools.lru_cache(1024)
def draw(latex: str) -> Formula:
    """The equation as SVG, black on nothing; sizes in em. Raises FormulaError."""
    ziamath = _library()
    try:
        made = ziamath.Math.fromlatex(latex, size=SIZE)
        picture = made.svgxml()
        svg = made.svg()
        _, top, width, height = map(float, picture.attrib["viewBox"].split())
    except Exception as error:  # whatever its parser stumbles over
        raise FormulaError(f"{latex}: {error}") from error
    return Formula(latex, svg, width / SIZE, -top / SIZE, (height + top) / SIZE)


@functools.cache
def _library() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the way in which it finds its own font
        import ziamath

    ziamath.config.svg2 = False  # one path a glyph: Qt's SVG knows no symbols
    return ziamath
