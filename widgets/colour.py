"""Colour maps as lookup tables: even in lightness, safe for the colour-blind, with a dark and a light form.

Each map is a path through OKLCH (Ottosson 2020: lightness, chroma, hue), so that equal steps of a value are
equal steps to the eye. Lightness alone orders every map, whatever the viewer sees of its hue.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = 255
"""An odd number, so that the middle of a diverging map is one entry and a value of 0 is exactly that colour."""

# Control points (lightness, chroma, hue in degrees), evenly spaced from the lowest value to the highest.
_PATHS: dict[str, tuple[tuple[float, float, float], ...]] = {
    # Magnitudes: from the lane's own ground to the brightest (or, on paper, the darkest) ink.
    "magnitude-dark": (
        (0.165, 0.012, 270), (0.30, 0.085, 292), (0.44, 0.135, 325),
        (0.58, 0.155, 380), (0.73, 0.135, 412), (0.86, 0.105, 440), (0.97, 0.045, 460),
    ),
    "magnitude-light": (
        (0.985, 0.004, 90), (0.90, 0.055, 80), (0.78, 0.105, 58),
        (0.63, 0.145, 30), (0.49, 0.14, -15), (0.35, 0.11, -55), (0.22, 0.06, -80),
    ),
    # Shares between 0 and 1: gates, posteriors, attention.
    "share-dark": (
        (0.165, 0.012, 270), (0.29, 0.065, 262), (0.44, 0.085, 240),
        (0.60, 0.095, 205), (0.76, 0.105, 160), (0.88, 0.115, 118), (0.96, 0.085, 104),
    ),
    "share-light": (
        (0.985, 0.004, 110), (0.91, 0.05, 120), (0.80, 0.085, 155),
        (0.66, 0.09, 195), (0.51, 0.095, 232), (0.37, 0.095, 260), (0.23, 0.06, 275),
    ),
    # Signed values: blue below, the lane's ground at 0, orange above, both sides alike in lightness.
    "signed-dark": (
        (0.86, 0.085, 225), (0.66, 0.125, 245), (0.42, 0.10, 258),
        (0.185, 0.004, 270), (0.42, 0.085, 48), (0.66, 0.14, 58), (0.86, 0.12, 78),
    ),
    "signed-light": (
        (0.32, 0.10, 262), (0.52, 0.135, 252), (0.77, 0.085, 240),
        (0.985, 0.002, 90), (0.78, 0.095, 66), (0.56, 0.145, 50), (0.37, 0.10, 42),
    ),
}  # fmt: skip


def table(kind: str, theme: str) -> NDArray[np.uint32]:
    """The LEVELS colours of `magnitude`, `share` or `signed` as 0xffRRGGBB, lowest value first."""
    return _table(f"{kind}-{theme}")


def indices(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    """Values of any shape as positions in a table; beyond the range they stop at its ends, NaN is the lowest."""
    step = (LEVELS - 1) / max(high - low, 1e-12)
    scaled = values * np.float32(step)
    scaled -= np.float32(low * step - 0.5)  # half a level, for the cast cuts
    np.fmax(scaled, 0, out=scaled)  # of a number and NaN, fmax takes the number
    np.minimum(scaled, LEVELS - 0.5, out=scaled)
    return scaled.astype(np.uint8)


@functools.cache
def _table(name: str) -> NDArray[np.uint32]:
    points = np.array(_PATHS[name])
    at = np.linspace(0, len(points) - 1, LEVELS)
    # Straight lines in a and b rather than in hue: a path through grey keeps no sudden hue.
    radians = np.deg2rad(points[:, 2])
    planes = (points[:, 0], points[:, 1] * np.cos(radians), points[:, 1] * np.sin(radians))
    lightness, a, b = (np.interp(at, np.arange(len(points)), plane) for plane in planes)
    rgb = np.rint(255 * _srgb(lightness, a, b)).astype(np.uint32)
    colours = np.uint32(0xFF000000) | rgb[0] << np.uint32(16) | rgb[1] << np.uint32(8) | rgb[2]
    colours.setflags(write=False)
    return colours


def _srgb(lightness: NDArray, a: NDArray, b: NDArray) -> NDArray:
    """OKLab to sRGB in [0, 1], [3, n]; colours outside the gamut are cut to it."""
    cones = np.array((
        lightness + 0.3963377774 * a + 0.2158037573 * b,
        lightness - 0.1055613458 * a - 0.0638541728 * b,
        lightness - 0.0894841775 * a - 1.2914855480 * b,
    )) ** 3  # fmt: skip
    to_rgb = np.array((
        (4.0767416621, -3.3077115913, 0.2309699292),
        (-1.2684380046, 2.6097574011, -0.3413193965),
        (-0.0041960863, -0.7034186147, 1.7076147010),
    ))  # fmt: skip
    linear = np.clip(to_rgb @ cones, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
