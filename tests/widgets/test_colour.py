"""Colour maps: even and one-way in lightness, a true middle, and ends that hold whatever comes."""

from __future__ import annotations

import numpy as np
import pytest

from widgets import colour


def lightness(kind: str, theme: str) -> np.ndarray:
    """CIE L* of every colour, 0 to 100."""
    table = colour.table(kind, theme)
    rgb = np.stack([(table >> shift) & 0xFF for shift in (16, 8, 0)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = np.array([0.2126, 0.7152, 0.0722]) @ linear
    return 116 * np.cbrt(np.maximum(luminance, 0.008856)) - 16


@pytest.mark.parametrize("kind", ["magnitude", "share"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_lightness_alone_orders_the_values(kind, theme):
    steps = np.diff(lightness(kind, theme)) * (1 if theme == "dark" else -1)
    assert (steps > -0.05).all()
    assert abs(steps.sum()) > 70, "the whole range of lightness is used"
    parts = steps.reshape(2, -1).sum(axis=1)
    assert parts.max() / parts.min() < 1.5, "equal steps of a value look alike"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_signed_values_part_at_the_middle(theme):
    values = lightness("signed", theme) * (1 if theme == "dark" else -1)
    middle = colour.LEVELS // 2
    assert values.argmin() in range(middle - 3, middle + 4)
    assert (np.diff(values[: middle - 2]) < 0.05).all()
    assert (np.diff(values[middle + 2 :]) > -0.05).all()
    assert values[0] == pytest.approx(values[-1], abs=6), "both ends weigh the same"


def test_indices_hold_at_the_ends_and_at_zero():
    values = np.array([-9, -1, 0, 1, 9, np.nan, np.inf, -np.inf], np.float32)
    last = colour.LEVELS - 1
    assert colour.indices(values, -1.0, 1.0).tolist() == [0, 0, last // 2, last, last, 0, last, 0]


def test_indices_leave_the_values_alone():
    values = np.linspace(-2, 2, 50, dtype=np.float32)
    before = values.copy()
    colour.indices(values, -1.0, 1.0)
    assert np.array_equal(values, before)
