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
    """The prefixes that the beam held, in the order in which they came; no two share a row at one frame.

    Those that lead to the winner have the row 0, each from where its label is said: one that is hardly likely is
    often held long before. Another takes the free row that is nearest to the one it grows out of: its own, where
    the best of its heirs goes on. One whose heir came at once has no line.
    """
    winner = set(beam.prefixes[0].nodes) | {0} if beam.prefixes else {0}
    kept = {each.id for each in beam.nodes if each.alive}
    for each in reversed(beam.nodes):  # what leads to one that is kept
        if each.id in kept and each.parent >= 0:
            kept.add(each.parent)
    starts = _starts(beam)
    heirs = _heirs(beam, winner, starts)
    taken: list[int] = [0]  # the frame from which each row is free again
    rows: dict[int, int] = {}
    found: list[Branch] = []
    for node in sorted((beam.nodes[each] for each in starts), key=lambda each: (starts[each.id], -each.score)):
        start, heir = starts[node.id], heirs.get(node.id)
        stop = max(node.last + 1, start + 1) if heir is None else min(node.last + 1, heir)
        source = rows.get(node.parent, -1)
        row = 0 if node.id in winner else _row(taken, start, source)
        rows[node.id] = row
        if stop <= start:  # its heir was there at once
            continue
        taken[row] = stop
        found.append(Branch(node, row, start, stop, source, node.id in kept, node.id in winner))
    return found


def _starts(beam: Beam) -> dict[int, int]:
    """The frame from which each prefix is drawn; none of one that the beam never held."""
    found = {each.id: each.frame for each in beam.nodes if each.last >= each.frame >= 0}
    best = beam.prefixes[0] if beam.prefixes else None
    for node, span in zip(best.nodes, best.spans, strict=False) if best is not None else ():
        if node in found:
            found[node] = max(found[node], min(span.start, beam.nodes[node].last))
    return found


def _heirs(beam: Beam, winner: set[int], starts: dict[int, int]) -> dict[int, int]:
    """By prefix, the frame at which one that continues it takes over its row: the winner's, else the best."""
    best: dict[int, Node] = {}
    for each in beam.nodes:
        if each.parent < 0 or each.id not in starts:
            continue
        old = best.get(each.parent)
        if old is None or (each.id in winner, each.score) > (old.id in winner, old.score):
            best[each.parent] = each
    return {parent: starts[each.id] for parent, each in best.items() if parent not in winner or each.id in winner}


def _row(taken: list[int], start: int, source: int) -> int:
    """The row of the parent where that is free, else the nearest that is; a new one where none is."""
    free = [row for row in range(1, len(taken)) if taken[row] <= start]
    if not free:
        taken.append(0)
        return len(taken) - 1
    return min(free, key=lambda row: (abs(row - max(source, 0)), row))
