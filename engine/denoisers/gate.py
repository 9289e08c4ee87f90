"""Spectral gate: frequencies that do not stand above the noise are shut; no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.suppression import Suppressed

if TYPE_CHECKING:
    from pathlib import Path

TITLE = "Spectral gate"


def names() -> tuple[str, ...]:
    return ("gate",)


def fits(path: Path) -> bool:
    return False


def build(source: str | Path) -> Suppressed:
    return Suppressed("gate")
