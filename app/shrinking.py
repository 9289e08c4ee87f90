"""A network in smaller numbers: 32, 16 and 8 bits beside each other, measured on this machine."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

    from engine.network import Network
    from engine.shrunk import Form


@dataclass(frozen=True)
class Shrunk:
    """The forms of a network as rows of words, the heading first, and what INT8 misses; no file is kept."""

    network_id: str
    rows: tuple[tuple[str, ...], ...]
    trouble: tuple[str, ...] = ()


def measure(network: Network) -> Generator[Any, Any, None]:
    """The job: imports what it needs where it runs. Raises PortError for a network that has no single steps."""
    from engine import shrunk

    with tempfile.TemporaryDirectory() as folder:
        found = yield from shrunk.forms(network, Path(folder), "test")
    yield Shrunk(network.id, rows(found), tuple(shrunk.trouble(found)))


def rows(found: tuple[Form, ...]) -> tuple[tuple[str, ...], ...]:
    """Size, its share of FP32's, milliseconds a step, and the characters that are right, where any are written."""
    scored = found[0].accuracy is not None
    made = [("", "kB", "share", "ms a step", *(("right",) if scored else ()))]
    for each in found:
        right = () if each.accuracy is None else (f"{each.accuracy:.1%}",)
        share = f"{each.size / found[0].size:.0%}"
        made.append((each.name, f"{each.size / 1000:.0f}", share, f"{each.p50:.3f}", *right))
    return tuple(made)
