"""The activation explorer: a function, its slope, and what is left of an error after many slopes in a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.knob import Settings, knob
from widgets import theme
from widgets.knobs import Form
from widgets.plot import Line, Plot, Scale

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from PySide6.QtGui import QShowEvent

    Values = NDArray[np.float64]

PATHS = 401
"""Draws of a sequence of sums; what is shown is their median, and where eight of ten of them lie."""


@dataclass(frozen=True)
class Explored(Settings):
    function: str = knob("tanh", choices=("sigmoid", "tanh", "relu"), help="what the sum in a unit goes through")
    centre: float = knob(0.0, -5.0, 5.0, step=0.1, help="where the sums lie in the mean")
    spread: float = knob(
        1.0, 0.0, 5.0, step=0.05, help="standard deviation of the sums: wide ones reach where the slope is small"
    )
    steps: int = knob(50, 1, 200, unit="steps", help="how many slopes an error goes through, one after another")


FUNCTIONS: dict[str, Callable[[Values], Values]] = {
    "sigmoid": lambda x: 0.5 + 0.5 * np.tanh(0.5 * x),
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0.0),
}


def slope(function: str, x: Values) -> Values:
    """f'(x): sigmoid' = s (1 - s), tanh' = 1 - tanh^2, relu' = 1 above 0 and else 0."""
    y = FUNCTIONS[function](x)
    if function == "relu":
        return np.where(x > 0, 1.0, 0.0)
    return y * (1 - y) if function == "sigmoid" else 1 - y**2


def products(explored: Explored) -> Values:
    """[3, steps + 1]: the product of f' after 0, 1, ... steps, for the 10th, 50th and 90th of 100 draws."""
    noise = np.random.default_rng(0).standard_normal((PATHS, explored.steps))
    slopes = slope(explored.function, explored.centre + explored.spread * noise)
    whole = np.concatenate([np.ones((PATHS, 1)), np.cumprod(slopes, 1)], 1)
    return np.quantile(whole, (0.1, 0.5, 0.9), axis=0)


class ActivationPanel(QWidget):
    """Knobs over two plots and a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.form = Form(Explored(), "activation")
        self.form.changed.connect(lambda settings, _merge: self.explore(settings))
        self.curve, self.product = Plot("The function and its slope"), Plot("Product of the slopes")
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("role", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID)
        column.setSpacing(theme.GRID // 2)
        column.addWidget(self.form)
        for plot in (self.curve, self.product):
            plot.setMinimumHeight(20 * theme.GRID)
            column.addWidget(plot, 1)
        column.addWidget(self.words)
        self._explored = False

    def showEvent(self, event: QShowEvent) -> None:
        """Nothing is reckoned before somebody looks."""
        if not self._explored:
            self.explore(self.form.settings)
        super().showEvent(event)

    def explore(self, explored: Settings) -> None:
        """Show a function with these sums."""
        assert isinstance(explored, Explored)
        self._explored = True
        x = np.linspace(-6, 6, 481)
        density = np.exp(-0.5 * ((x - explored.centre) / max(explored.spread, 0.02)) ** 2)
        name = explored.function
        self.curve.put(
            [
                Line("sums", x, density, "muted", faint=True),
                Line("slope f′", x, slope(name, x), "warn"),
                Line(f"f = {name}", x, np.clip(FUNCTIONS[name](x), -1.2, 1.2), "accent"),
            ],
            x=Scale("sum"),
            y=Scale("f, slope, and how often a sum occurs"),
        )
        low, middle, high = products(explored)
        steps = np.arange(len(middle), dtype=float)
        self.product.put(
            [
                Line("lowest tenth", steps, low, "muted", faint=True),
                Line("highest tenth", steps, high, "muted", faint=True),
                Line("median", steps, middle, "accent"),
            ],
            x=Scale("step", whole=True),
            y=Scale("product of the slopes", log=True),
        )
        left = f"{middle[-1]:.2g}" if middle[-1] > 0 else "nothing"
        self.words.setText(f"After {explored.steps} steps {left} of an error is left, in the median.")

    def dress(self) -> None:
        """After a change of theme."""
        self.curve.touch()
        self.product.touch()
