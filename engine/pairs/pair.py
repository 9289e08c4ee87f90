"""What a pair is, and how far its two sides are apart.

A leaf has `in_numpy` and `in_torch`, two functions of the same float64 arrays, whose shapes stand in `SHAPES` by
their names: the one gets arrays, the other tensors. Each returns one array or several. The page shows what the
functions do, and what is measured on arrays that are drawn.
"""

import ast
import functools
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import catalog, exercise
from engine.lessons.lesson import Pair, Through

Array = NDArray[np.float64]
EQUAL = 1e-12
"""What float64 may differ by where the same sum is added up in another order."""


@functools.cache
def pair(name: str) -> Pair:
    """A leaf as it is shown: both sources, and the difference that was measured. Raises catalog.UnknownLeaf."""
    leaf: Any = catalog.load("pairs", name)
    text = Path(leaf.__file__).read_text(encoding="utf-8")
    furthest, count = apart(leaf.in_numpy, leaf.in_torch, leaf.SHAPES)
    sides = _body(text, "in_numpy"), _body(text, "in_torch")
    return Pair(name, catalog.about("pairs", name), *sides, told(furthest, count), furthest <= EQUAL)


def told(furthest: float, count: int) -> str:
    """What was measured, in words."""
    if furthest <= EQUAL:
        return f"Equal: of {count:,} numbers none differs by more than {exercise.tiny(furthest)}."
    return f"Not equal: of {count:,} numbers one differs by {furthest:.2g}."


def apart(
    in_numpy: Callable[..., Any],
    in_torch: Callable[..., Any],
    shapes: Mapping[str, tuple[int, ...]],
    through: Through = exercise.as_they_are,
) -> tuple[float, int]:
    """The largest difference of what both return, and how many numbers that is; `through` changes NumPy's arrays.

    The difference is infinite where they return other shapes.
    """
    import torch

    drawn = exercise.draw(shapes)
    ours = _arrays(in_numpy(**{name: np.array(value) for name, value in through(drawn).items()}))
    found = in_torch(**{name: torch.tensor(value) for name, value in drawn.items()})
    many = found if isinstance(found, list | tuple) else (found,)
    theirs = _arrays(tuple(each.detach().numpy() for each in many))
    count = sum(each.size for each in theirs)
    if [each.shape for each in ours] != [each.shape for each in theirs]:
        return float("inf"), count
    # Not by max(), which passes over a difference that is no number.
    return float(np.max([exercise.furthest(*each) for each in zip(ours, theirs, strict=True)])), count


def _arrays(found: Any) -> list[Array]:
    return [np.asarray(each) for each in found] if isinstance(found, list | tuple) else [np.asarray(found)]


def _body(text: str, name: str) -> str:
    """What a function does, without its head and its docstring."""
    (node,) = (each for each in ast.parse(text).body if isinstance(each, ast.FunctionDef) and each.name == name)
    first = node.body[1 if ast.get_docstring(node) else 0]
    return textwrap.dedent("\n".join(text.split("\n")[first.lineno - 1 : node.end_lineno]))
