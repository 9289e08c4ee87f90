"""Drawings of lessons as SVG: heat maps, words and lines, in inks that stand on a light ground and a dark one."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

INK = (46, 124, 214)
"""Red, green and blue of a heat map; what is less is seen through more."""


@dataclass(frozen=True)
class Box:
    """A rectangle in the units of a drawing."""

    left: float
    top: float
    width: float
    height: float


def drawing(width: float, height: float, parts: Iterable[str]) -> str:
    """The SVG of parts that lie on each other in this order. What is "black" takes the colour of the text."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}">'
    return "".join([head, *parts, "</svg>"])


def heat(box: Box, values: NDArray[np.floating], ink: tuple[int, int, int] = INK) -> str:
    """Values [rows, columns] from 0 to 1, the first row at the top."""
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = ink
    pixels[..., 3] = np.rint(255 * np.clip(values, 0, 1))
    data = base64.b64encode(png(pixels)).decode()
    place = f'x="{box.left:g}" y="{box.top:g}" width="{box.width:g}" height="{box.height:g}"'
    return f'<image {place} preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'


def frame(box: Box) -> str:
    place = f'x="{box.left:g}" y="{box.top:g}" width="{box.width:g}" height="{box.height:g}"'
    return f'<rect {place} fill="none" stroke="black" stroke-opacity="0.35" stroke-width="0.7"/>'


def words(x: float, y: float, text: str, anchor: str = "start", size: float = 11, faint: bool = False) -> str:
    """A line of text whose base line is at y; `anchor` is start, middle or end."""
    shade = ' fill-opacity="0.7"' if faint else ""
    style = f'font-family="sans-serif" font-size="{size:g}" text-anchor="{anchor}" fill="black"{shade}'
    return f'<text x="{x:g}" y="{y:g}" {style}>{escape(text)}</text>'


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Red, green, blue and alpha [rows, columns, 4] as a PNG file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows, columns = pixels.shape[:2]
    lines = np.concatenate([np.zeros((rows, 1), np.uint8), pixels.reshape(rows, -1)], 1)  # 0: no filter
    head = struct.pack(">IIBBBBB", columns, rows, 8, 6, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts
