"""The activation explorer: slopes and their products against independent figures."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from widgets.panels.activation import FUNCTIONS, ActivationPanel, Explored, products, slope


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_slope_is_the_derivative(function):
    x = np.linspace(-4, 4, 81) + 0.013
    wanted = (FUNCTIONS[function](x + 1e-6) - FUNCTIONS[function](x - 1e-6)) / 2e-6
    np.testing.assert_allclose(slope(function, x), wanted, atol=1e-8)


@pytest.mark.parametrize(
    ("function", "centre", "one"), [("sigmoid", 0.0, 0.25), ("tanh", 0.0, 1.0), ("tanh", 1.0, 0.41997434)]
)
def test_without_spread_the_product_is_a_power(function, centre, one):
    found = products(Explored(function=function, centre=centre, spread=0.0, steps=30))
    np.testing.assert_allclose(found[1], one ** np.arange(31), rtol=1e-6)


def test_wide_sums_leave_less_of_an_error_and_a_sigmoid_least():
    def left(**knobs) -> float:
        return float(products(Explored(steps=40, **knobs))[1, -1])

    assert left(function="tanh", spread=0.2) > 10 * left(function="tanh", spread=1.0) > 0
    assert left(function="sigmoid", spread=1.0) < left(function="tanh", spread=1.0)
    assert left(function="relu", spread=1.0) == 0.0
    assert left(function="relu", centre=5.0, spread=0.5) == 1.0


def test_the_knobs_move_the_picture(qtbot):
    panel = ActivationPanel()
    qtbot.addWidget(panel)
    panel.resize(300, 700)
    panel.show()
    before, said = panel.grab().toImage(), panel.words.text()
    panel.form.changed.emit(Explored(function="sigmoid", steps=100), "spread")
    assert panel.words.text() != said
    assert "100 steps" in panel.words.text()
    assert panel.grab().toImage() != before
    assert {each.text() for each in panel.form.findChildren(QLabel)} >= {"Function", "Spread", "Steps", "Centre"}
