"""Acting: the run as edited, through the cells' own loop where a graph of it is needed; as engine/rerun.py.

A gate that is forced passes nothing to what would have made it; no error goes past a state that is set, reset or
pasted. What is frozen is a copy of the value in the step before, and so leads back to that.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from engine.layer import cells
from engine.placing import given

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from engine.placing import Placed


class Acting:
    """Edits of a module, which act `within`."""

    def __init__(self, module: Any, placed: Sequence[Placed]) -> None:
        self._cells = []
        for layer, direction, cell in cells(module):
            if mine := [each for each in placed if (each.layer, each.direction) == (layer, direction)]:
                self._cells.append((cell, _Edits(mine)))

    @contextmanager
    def within(self, first: int) -> Iterator[None]:
        """For a run that begins with step `first`; what it finds frozen is of the run up to there."""
        for cell, edits in self._cells:
            cell.edit = lambda t, name, value, edits=edits: edits(first + t, name, value)
        try:
            yield
        finally:
            for cell, _ in self._cells:
                cell.edit = None


class _Edits:
    """Those of one cell, each at its steps as the cell counts them."""

    def __init__(self, placed: Sequence[Placed]) -> None:
        self._placed = [(each, each.edit.key.name.removeprefix("gate.")) for each in placed]
        self._kept: dict[tuple[str, int], Tensor] = {}
        self._wanted = {(name, max(each.a, 1) - 1) for each, name in self._placed if each.edit.how == "freeze"}

    def __call__(self, t: int, name: str, value: Tensor) -> Tensor:
        for each, changes in self._placed:
            if each.edit.lasts and name == changes and each.a <= t < each.b:
                value = self._changed(each, t, name, value)
            elif not each.edit.lasts and name.endswith("'") and t == each.a:
                value = _put(each, name[0], value)
        if (name, t) in self._wanted:
            self._kept[name, t] = value
        return value

    def _changed(self, each: Placed, t: int, name: str, value: Tensor) -> Tensor:
        if each.edit.how == "set":
            return _put(each, name, value)
        known = max(each.a, 1) - 1
        if t <= known:  # at the very beginning there is nothing before that could be kept: the first step is
            return value
        units, _ = given(each, name, value.shape[-1])
        return torch.where(torch.from_numpy(units), self._kept[name, known], value)


def _put(each: Placed, name: str, value: Tensor) -> Tensor:
    units, values = given(each, name, value.shape[-1])
    return torch.where(torch.from_numpy(units), torch.from_numpy(values).to(value.dtype), value)
