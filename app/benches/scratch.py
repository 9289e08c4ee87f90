"""Forward and backward through an LSTM: the one from scratch in NumPy against torch's nn.LSTM, one thread each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from app.bench import Figure, median

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS, CLIPS, INPUTS, HIDDEN = 200, 32, 128, 128
TURNS = 31
MOST = 1.0


def measure() -> list[Figure]:
    """Medians of TURNS alternated passes: the ratio of the two in a turn is what the target is about."""
    import torch

    from engine import device

    device.limit_threads()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    x, dh = (rng.standard_normal((STEPS, size, CLIPS)).astype(np.float32) for size in (INPUTS, HIDDEN))
    figures = []
    for kind, target in (("lstm", MOST), ("rnn", None), ("gru", None)):
        ours, theirs = scratch_pass(kind, x, dh), torch_pass(kind, x, dh)
        taken = [(ours(), theirs()) for _ in range(TURNS + 2)][2:]
        name = kind.upper()
        for words, place in (("from scratch", 0), ("torch", 1)):
            forward, both = (1e3 * median([each[place][k] for each in taken]) for k in (0, 1))
            figures.append(Figure(f"{name} {words}", both, note=f"forward {forward:.1f} ms"))
        ratio = median([one[1] / other[1] for one, other in taken])
        figures.append(Figure(f"{name} from scratch / torch", ratio, "", target, note=f"{TURNS} turns"))
    return figures


def scratch_pass(kind: str, x: Any, dh: Any) -> Callable[[], tuple[float, float]]:
    """Goes forward and backward once; the seconds after each, from the start. x [T, D, B], dh [T, H, B]."""
    from engine.scratch.exchange import CELLS

    cell = CELLS[kind].draw(x.shape[1], dh.shape[1], np.random.default_rng(0))

    def go() -> tuple[float, float]:
        began = time.perf_counter()
        for each in cell.grads.values():
            each[...] = 0.0
        cell.forward(x)
        half = time.perf_counter()
        cell.backward(dh)
        return half - began, time.perf_counter() - began

    return go


def torch_pass(kind: str, x: Any, dh: Any) -> Callable[[], tuple[float, float]]:
    """The same by torch's own layer, with the gradient by the input as well."""
    import torch

    module: Any = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](x.shape[1], dh.shape[1])
    leaf, slope = (torch.from_numpy(each.transpose(0, 2, 1).copy()) for each in (x, dh))
    leaf.requires_grad_()

    def go() -> tuple[float, float]:
        began = time.perf_counter()
        module.zero_grad()
        leaf.grad = None
        h, _ = module(leaf)
        half = time.perf_counter()
        h.backward(slope)
        return half - began, time.perf_counter() - began

    return go
