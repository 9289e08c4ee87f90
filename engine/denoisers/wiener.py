"""Wiener filter: each frequency is weighed by its share of speech; no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.suppression import Suppressed

if TYPE_CHECKING:
    from pathlib import Path

TITLE = "Wiener filter"


def names() -> tuple[str, ...]:
    return ("wiener",)


def fits(path: Path) -> bool:
    return False


def build(source: str | Path) -> Suppressed:
    return Suppressed("wiener")
