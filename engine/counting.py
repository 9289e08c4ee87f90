"""How many weights one recurrent layer has: d inputs, h units."""

from __future__ import annotations

BLOCKS = {"rnn": 1, "lstm": 4, "gru": 3}
"""Matrices of a cell: one for each gate and the candidate."""
_BIASES = {"rnn": 1, "lstm": 1, "gru": 0}
"""Vectors beside each matrix in the learning plan's equations: those of its GRU have none."""


def plan_sizes(kind: str, d: int, h: int) -> int:
    """By the learning plan's equations, in which h' and x are joined: n (h (h + d) + b h)."""
    return BLOCKS[kind] * (h * (h + d) + _BIASES[kind] * h)


def torch_sizes(kind: str, d: int, h: int) -> int:
    """As torch keeps them: two biases beside each matrix."""
    return BLOCKS[kind] * (h * (h + d) + 2 * h)
