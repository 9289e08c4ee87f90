"""Margins: by how much networks are better than the first of them, seed by seed, and how sure that is.

A seed draws the same batches for all, so that what it brings to two networks falls away in their difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.comparison import interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    Row = Mapping[str, Any]

SIDES = {"SI-SDR gain": (1.0, "dB"), "error": (-100.0, "points")}
"""What is set against each other, the first that all have: its sign is such that more is better, and its unit."""


def margins(networks: Mapping[str, Row]) -> dict[str, Any] | None:
    """The side, its unit, the first network's name, and of each other one the differences to it.

    `networks` are the rows of a comparison; each margin has "mean", "ci95" and "values". None where there is
    nothing to compare, or no value of each seed.
    """
    names = list(networks)
    known = (side for side in SIDES if all(networks[name][side]["values"] for name in names))
    side = next(known, None)
    if side is None or len(names) < 2:
        return None
    scale, unit = SIDES[side]
    first, found = networks[names[0]][side]["values"], {}
    for name in names[1:]:
        values = [scale * (one - other) for one, other in zip(networks[name][side]["values"], first, strict=True)]
        mean, half = interval(values)
        found[name] = {"mean": mean, "ci95": half, "values": values}
    return {"side": side, "unit": unit, "over": names[0], "networks": found}


def verdict(found: Row) -> str:
    """The margins in words: who is surely better than the first, surely worse, or neither."""
    said = []
    for name, each in found["networks"].items():
        half = each["ci95"]
        word = "says nothing of chance, with one seed"
        if half is not None:
            word = "is no sure difference" if abs(each["mean"]) <= half else "is a sure one"
        spread = "" if half is None else f" ± {half:.2f}"
        said.append(f"{name} over {found['over']}: {each['mean']:+.2f}{spread} {found['unit']}, which {word}.")
    return " ".join(said)
