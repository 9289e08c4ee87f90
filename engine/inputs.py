"""What flows into a network: its axes, checked before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def checked(x: Tensor, lengths: Tensor, inputs: int) -> None:
    """Raises ValueError where the axes of x are not (batch, time, `inputs` features), in words that tell how."""
    wanted = f"x must be (batch, time, feature) = (B, T, {inputs}) with lengths (B,)"
    got = f"got x {tuple(x.shape)} and lengths {tuple(lengths.shape)}"
    if x.ndim != 3 or lengths.ndim != 1:
        raise ValueError(f"{wanted}; {got}")
    if x.shape[2] != inputs or len(lengths) != len(x):
        raise ValueError(f"{wanted}; {got}: {_remedy(tuple(x.shape), inputs, len(lengths))}")
    if len(lengths) and int(lengths.max()) > x.shape[1]:
        raise ValueError(f"{wanted}; {got}: a length of {int(lengths.max())} is more than the {x.shape[1]} frames")


def _remedy(shape: tuple[int, ...], inputs: int, batch: int) -> str:
    """Which permutation of the axes would be right."""
    for order in ((1, 0, 2), (0, 2, 1), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        if shape[order[0]] == batch and shape[order[2]] == inputs:
            return f"permute its axes with x.permute{order}"
    return "the front end and the network do not belong together"
