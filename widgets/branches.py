"""The tree of a beam search as rows of lines: each prefix a line while it lived, the winner's on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from engine.hypothesis import Beam, Node


class Branch(NamedTuple):
    """A prefix on its row, from frame `start` up to but not including `stop`; it grows out of row `source`.

    `source` is -1 for what grows out of nothing. `kept`: it was in the beam at the end; `best`: it leads to the
    best prefix.
    """

    node: Node
    row: int
    start: int
    stop: int
    source: int
    kept: bool
    best: bool


def branches(beam: Beam) -> list[Branch]:
    """Every prefix that the beam held, in the order in which they came; no two share a row at one frame.

    Those that lead to the winner have the row 0. A prefix takes over the row of the one that it continues where
    that is soon over, as a branch grows straight on; else the free row that is nearest.
    """
    winner = set(beam.prefixes[0].nodes) | {0} if beam.prefixes else {0}
    kept = {each.id for each in beam.nodes if each.alive}
    for each in reversed(beam.nodes):  # what leads to one that is kept
        if each.id in kept and each.parent >= 0:
            kept.add(each.parent)
    heirs = _heirs(beam, winner)
    taken: list[int] = [0]  # the frame from which each row is free again
    rows: dict[int, int] = {}
    found: list[Branch] = []
    for node in sorted((each for each in beam.nodes if each.last >= each.frame >= 0), key=_order):
        heir = heirs.get(node.id)
        stop = node.last + 1 if heir is None else max(min(node.last + 1, heir), node.frame + 1)
        source = rows.get(node.parent, -1)
        row = 0 if node.id in winner else _row(taken, node, source)
        rows[node.id] = row
        taken[row] = stop
        found.append(Branch(node, row, node.frame, stop, source, node.id in kept, node.id in winner))
    return found


def _order(node: Node) -> tuple[int, float]:
    return node.frame, -node.score


def _heirs(beam: Beam, winner: set[int]) -> dict[int, int]:
    """By prefix, the frame at which one that continues it takes over its row: the winner's, else the best."""
    best: dict[int, Node] = {}
    for each in beam.nodes:
        if each.parent < 0 or not each.last >= each.frame >= 0:
            continue
        old = best.get(each.parent)
        if old is None or (each.id in winner, each.score) > (old.id in winner, old.score):
            best[each.parent] = each
    return {parent: each.frame for parent, each in best.items() if parent not in winner or each.id in winner}


def _row(taken: list[int], node: Node, source: int) -> int:
    """The row of the parent where that is free, else the nearest that is; a new one where none is."""
    free = [row for row in range(1, len(taken)) if taken[row] <= node.frame]
    if not free:
        taken.append(0)
        return len(taken) - 1
    return min(free, key=lambda row: (abs(row - max(source, 0)), row))
