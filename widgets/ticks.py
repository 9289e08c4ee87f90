"""Round values along an axis of any quantity, even or logarithmic, and how they are written."""

from __future__ import annotations

import itertools
import math

from widgets.axis import round_step
from widgets.strip import MINUS

_PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def even(low: float, high: float, count: float, least: float = 0.0) -> list[float]:
    """Round values from low to high, `count` steps at most, each no less than `least`."""
    told_apart = 1e-12 * max(abs(low), abs(high))  # closer ones are nearly the same number
    step = round_step(max((high - low) / max(count, 1), least, told_apart))
    made = _multiples(step, low, high)
    # A step may be a trifle below what was asked for (round_step), and then one more has room.
    return made if len(made) <= max(count, 1) + 1 else _multiples(round_step(1.5 * step), low, high)


def _multiples(step: float, low: float, high: float) -> list[float]:
    return [index * step for index in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def decades(low: float, high: float, count: float) -> list[float]:
    """Round values from 10**low to 10**high for an axis of logarithms: at most about `count`.

    1, 2 and 5 of each power of ten where they have room, else every so many powers; of less than two, even ones.
    """
    digits = (1, 2, 5) if 3 * (high - low) <= count else (1,)
    stride = max(1, math.ceil((high - low) / max(count, 1)))
    powers = range(stride * math.floor(low / stride), math.ceil(high) + 1, stride)
    made = [digit * 10.0**power for power in powers for digit in digits]
    inside = [each for each in made if low - 1e-9 <= math.log10(each) <= high + 1e-9]
    return inside if len(inside) > 1 else [each for each in even(10.0**low, 10.0**high, count) if each > 0]


def texts(values: list[float]) -> list[str]:
    """Round values that lie evenly, all written alike: 0.05 0.10, 10k 20k, 0.00002 as 2e-5."""
    most = max(map(abs, values), default=0.0)
    step = min((b - a for a, b in itertools.pairwise(values)), default=most) or 1.0
    if not most:
        return ["0"] * len(values)
    if 1e-3 <= most < 1e13:
        scale, prefix = next((pair for pair in _PREFIXES if most >= 10 * pair[0]), (1.0, ""))
        places = max(0, -math.floor(math.log10(step / scale) + 1e-9))
        return [_signed(f"{each / scale:.{places}f}") + (prefix if each else "") for each in values]
    figures = max(0, math.floor(math.log10(most) + 1e-9) - math.floor(math.log10(step) + 1e-9))
    return [_power(f"{each:.{figures}e}") if each else "0" for each in values]


def short(value: float, figures: int = 4) -> str:
    """One value for people: 0.1234, 12 345, 2.5e-5; what is no number says which it is."""
    if math.isnan(value):
        return "no number"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    if 1e4 <= abs(value) < 1e9:
        return _signed(f"{value:,.0f}".replace(",", "\u202f"))
    text = f"{value:.{figures}g}"
    return _power(text) if "e" in text else _signed(text)


def _power(text: str) -> str:
    """2.0e-05 as 2.0e-5."""
    mantissa, power = text.split("e")
    return _signed(f"{mantissa}e{int(power)}")


def _signed(text: str) -> str:
    """With a real minus sign, and none before nothing."""
    text = text.replace("-", MINUS)
    return text.removeprefix(MINUS) if not any(each in "123456789" for each in text.split("e")[0]) else text
