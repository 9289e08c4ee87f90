"""One recurrent layer in one or both directions, and what a probe is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from engine.cells import Cell, Kind, State
from engine.trace import Direction, Key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.models.model import Probe


class Layer(nn.Module):
    """One layer in one or both directions; the backward one runs over each item's own reversed frames."""

    def __init__(
        self, kind: Kind, inputs: int, hidden: int, bidirectional: bool, recurrent_dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.forwards = Cell(kind, inputs, hidden, recurrent_dropout)
        self.backwards = Cell(kind, inputs, hidden, recurrent_dropout) if bidirectional else None

    def forward(
        self, x: Tensor, lengths: Tensor, state: State | None = None, probe: Probe | None = None, layer: int = 1
    ) -> tuple[Tensor, State | None]:
        """x [B, T, F] -> [B, T, H] or, in both directions, [B, T, 2 H], and the forward cell's state."""
        h, after = self.forwards(x, lengths, state)
        if probe is not None:
            report(self.forwards, x, h, state, probe, layer, "forward")
        if self.backwards is None:
            return h, after
        flipped = reverse(x, lengths)
        back, _ = self.backwards(flipped, lengths, None)
        if probe is not None:
            report(
                self.backwards,
                flipped,
                back,
                None,
                lambda key, v: probe(key, reverse(v, lengths)),
                layer,
                "backward",
            )
        return torch.cat([h, reverse(back, lengths)], -1), after


def report(
    cell: Cell, x: Tensor, h: Tensor, state: State | None, probe: Probe, layer: int, direction: Direction
) -> None:
    """Tell a probe h, c and every gate of one cell."""
    probe(Key("h", layer, direction), h)
    values = cell.replay(x, h, state) if cell.edit is None else _looped(cell, x, state)
    for name, value in values.items():
        probe(Key(name if name == "c" else f"gate.{name}", layer, direction), value)


def _looped(cell: Cell, x: Tensor, state: State | None) -> dict[str, Tensor]:
    """Every gate and c as an edited run has them: the edit runs once more, and each value is noted after it."""
    edit, seen = cell.edit, dict[str, list[Tensor]]()

    def noted(t: int, name: str, value: Tensor) -> Tensor:
        changed = edit(t, name, value) if edit is not None else None
        seen.setdefault(name, []).append(value if changed is None else changed)
        return seen[name][-1]

    cell.edit = noted
    try:
        cell.loop(x, torch.full((len(x),), x.shape[1], device=x.device), state)
    finally:
        cell.edit = edit
    return {name: torch.stack(steps, 1) for name, steps in seen.items() if name not in ("h", "h'", "c'")}


def reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """x [B, T, ...] with each item's first `lengths` frames in reverse; the padding stays where it is."""
    if bool((lengths == x.shape[1]).all()):
        return x.flip(1)
    time = torch.arange(x.shape[1], device=x.device)[None]
    index = torch.where(time < lengths[:, None], lengths[:, None] - 1 - time, time)
    return x.gather(1, index.reshape(*index.shape, *[1] * (x.ndim - 2)).expand_as(x))


def cells(module: Any) -> Iterator[tuple[int, Direction, Cell]]:
    """Every cell of a module with its layer, from 1, and direction."""
    recurrent = (each for each in getattr(module, "layers", ()) if isinstance(each, Layer))
    for layer, each in enumerate(recurrent, 1):
        yield layer, "forward", each.forwards
        if each.backwards is not None:
            yield layer, "backward", each.backwards
