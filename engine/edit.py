"""Edit distance: the fewest substitutions, deletions and insertions that turn one sequence into another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    Columns = tuple[list[int], list[int]]

Kind = Literal["equal", "substitute", "delete", "insert"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LARGEST = 1 << 28
"""Cells of the table that are kept at once; of longer sequences one is cut into halves (D. Hirschberg, 1975)."""


class Step(NamedTuple):
    """One step from the truth to what was found; its places in both.

    Of a deletion `found` is the place before which the item is missing, of an insertion `truth` is the place
    before which it is too many.
    """

    kind: Kind
    truth: int
    found: int


@dataclass(frozen=True)
class Alignment:
    """What was said beside what was found, with the steps from one to the other, in order."""

    truth: tuple[str, ...]
    found: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def pairs(self) -> Iterator[tuple[Kind, str, str]]:
        """Kind, true item and found item of each step; "" where there is none."""
        for kind, i, j in self.steps:
            yield kind, "" if kind == "insert" else self.truth[i], "" if kind == "delete" else self.found[j]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Substitutions, deletions and insertions."""
        kinds = [step.kind for step in self.steps]
        return kinds.count("substitute"), kinds.count("delete"), kinds.count("insert")

    @property
    def errors(self) -> int:
        """The edit distance."""
        return sum(self.counts)


def distance(found: Sequence[Hashable], truth: Sequence[Hashable]) -> int:
    """V. Levenshtein's distance (1965)."""
    _, i, j = _trimmed(truth, found)
    return _column(truth[i.start : i.stop], found[j.start : j.stop])[-1]


def align(found: Sequence[str], truth: Sequence[str]) -> Alignment:
    """A cheapest way from `truth` to `found`; where several are, one that rather keeps than replaces."""
    same, i, j = _trimmed(truth, found)
    steps = [Step("equal", place, place) for place in range(same)]
    steps += _steps(truth, found, i, j)
    ends = zip(range(i.stop, len(truth)), range(j.stop, len(found)), strict=True)
    steps += [Step("equal", *place) for place in ends]
    return Alignment(tuple(truth), tuple(found), tuple(steps))


def _trimmed(truth: Sequence[Hashable], found: Sequence[Hashable]) -> tuple[int, range, range]:
    """How many items both begin with, and the ranges of each that are left when both ends are cut."""
    shorter = min(len(truth), len(found))
    same = next((k for k in range(shorter) if truth[k] != found[k]), shorter)
    ends = range(1, shorter - same + 1)
    end = next((k - 1 for k in ends if truth[-k] != found[-k]), shorter - same)
    return same, range(same, len(truth) - end), range(same, len(found) - end)


def _table(truth: Sequence[Hashable], found: Sequence[Hashable], every: bool = True) -> Columns:
    """The differences down each column of the table of costs, as bits of integers: where one is +1, where -1.

    Bit i of column j is D[i + 1, j] - D[i, j], of `truth` downwards; without `every`, of the last column alone. It
    takes a few operations on integers of len(truth) bits for each item found. Source: G. Myers, "A fast bit-vector
    algorithm for approximate string matching", 1999, as H. Hyyrö (2003) gives it for whole sequences.
    """
    places: dict[Hashable, int] = {}
    for i, item in enumerate(truth):
        places[item] = places.get(item, 0) | 1 << i
    mask = (1 << len(truth)) - 1
    more, less = mask, 0
    columns: Columns = ([more], [less])
    for item in found:
        match = places.get(item, 0) | less
        free = (((match & more) + more) ^ more) | match
        right, left = less | ~(free | more), more & free
        right, left = right << 1 | 1, left << 1
        more, less = (left | ~(free | right)) & mask, right & free & mask
        if every:
            columns[0].append(more)
            columns[1].append(less)
    return columns if every else ([more], [less])


def _column(truth: Sequence[Hashable], found: Sequence[Hashable]) -> list[int]:
    """The last column of the table: what it costs to turn truth[:i] into `found`, for every i."""
    (more,), (less,) = _table(truth, found, every=False)
    ups, downs = (f"{each:0{len(truth) or 1}b}"[::-1] for each in (more, less))
    costs = [len(found)]
    for i in range(len(truth)):
        costs.append(costs[-1] + (ups[i] == "1") - (downs[i] == "1"))
    return costs


def _steps(truth: Sequence[str], found: Sequence[str], rows: range, columns: range) -> list[Step]:
    """The steps between these places of both."""
    if len(columns) > 1 and len(rows) * len(columns) > LARGEST:
        middle = (columns.start + columns.stop) // 2
        before = _column(truth[rows.start : rows.stop], found[columns.start : middle])
        after = _column(truth[rows.start : rows.stop][::-1], found[middle : columns.stop][::-1])[::-1]
        cost = [one + other for one, other in zip(before, after, strict=True)]
        at = rows.start + cost.index(min(cost))
        left = _steps(truth, found, range(rows.start, at), range(columns.start, middle))
        return left + _steps(truth, found, range(at, rows.stop), range(middle, columns.stop))
    more, less = _table(truth[rows.start : rows.stop], found[columns.start : columns.stop])
    i, j, steps = len(rows), len(columns), []
    while i or j:
        kind: Kind = "equal"
        if not j or (i and more[j] >> (i - 1) & 1):
            kind, i = "delete", i - 1
        elif not i or less[j - 1] >> (i - 1) & 1:
            kind, j = "insert", j - 1
        else:
            i, j = i - 1, j - 1
            kind = "equal" if truth[rows[i]] == found[columns[j]] else "substitute"
        steps.append(Step(kind, rows.start + i, columns.start + j))
    return steps[::-1]
