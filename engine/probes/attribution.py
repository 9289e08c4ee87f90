"""Attribution: how much each cell of the features has to do with one output.

gradient x input:  A = x dF/dx, with F = log(p / (1 - p)), the log odds of the class at the chosen step (log p
    alone hardly moves where a network is sure): what the features add, as far as F is a straight line;
integrated gradients (Sundararajan et al. 2017):  A = (x - b) * mean of dF/dx over the straight path from b to x.
    They are complete: their sum is F(x) - F(b). The baseline b is 0 everywhere: behind a front end that
    normalises, a sound that always is as it is on average.

The mean along the path is Gauss-Legendre quadrature over panels. What a panel's part has to add up to is known: F
at its end minus F at its start. A panel that misses it is halved: a recurrent network jumps where a gate gives
way, and so many points everywhere would take far longer. (Captum has no such panels, and brings matplotlib.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from engine.probes.gradient import apart, question

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from engine.placing import Placed
    from engine.probes.gradient import Question

NODES, MOST = 12, 6000
"""Points of a panel, and of all panels at the most."""
GOOD = 0.005
"""The error of the sum, as a share of it, that is good enough."""
FAINT = 0.1
"""Nats: a sum below this need not be met more closely than it."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """`values` [T, F] in nats, over all frames of the clip; `output` is the class, `share` its probability.

    `gain` is F(x) - F(b), and `error` how far the sum of `values` is from it, as a share of it; `nodes` the points
    of the path. Of gradient x input, one node, the error is what a straight line misses.
    """

    values: NDArray[np.float64]
    step: int
    output: int
    share: float
    gain: float
    error: float
    nodes: int


def gradient_times_input(
    module: Any, x: NDArray[np.floating], step: int, output: int | None = None, placed: Sequence[Placed] = ()
) -> Attribution:
    """For a module on the CPU over features x [T, F], with edits; of the likeliest class where none is given."""
    asked = question(module, x, step, placed)
    output, ends = _ends(module, asked, output)
    return _attribution(asked, x, output, ends, _slopes(module, asked, output, np.ones(1), np.ones(1))[0], 1)


def integrated(
    module: Any, x: NDArray[np.floating], step: int, output: int | None = None, placed: Sequence[Placed] = ()
) -> Generator[None, Any, Attribution]:
    """Returns the same along the path from b, of as many points as completeness takes; yields in between."""
    asked = question(module, x, step, placed)
    output, ends = _ends(module, asked, output)
    good = GOOD * max(abs(ends[1] - ends[0]), FAINT)
    slopes, points = torch.zeros_like(asked.x[0]), 0
    todo = [(0.0, 1.0, *ends)]
    while todo:
        start, stop, low, high = todo.pop()
        part, middle = _panel(module, asked, output, start, stop)
        points += NODES
        yield None
        missed = abs(float((part * asked.x[0]).sum()) - (high - low))
        if missed <= good * max(stop - start, 1 / 16) or points + NODES * len(todo) >= MOST:
            slopes += part
        else:
            half = (start + stop) / 2
            todo += [(half, stop, middle, high), (start, half, low, middle)]
    return _attribution(asked, x, output, ends, slopes, points)


def _ends(module: Any, asked: Question, output: int | None) -> tuple[int, tuple[float, float]]:
    """The class, and F of it at the baseline and at x."""
    with torch.no_grad():
        y = _answers(module, asked, torch.cat([torch.zeros_like(asked.x), asked.x]))
    output = int(y[1].argmax()) if output is None else output
    at_zero, at_x = _odds(y, output, apart(module)).tolist()
    return output, (at_zero, at_x)


def _panel(module: Any, asked: Question, output: int, start: float, stop: float) -> tuple[Tensor, float]:
    """The integral of dF/dx [T', F] over a part of the path, and F in the middle of it."""
    places, shares = np.polynomial.legendre.leggauss(NODES)
    at = (start + stop) / 2 + np.append(places, 0.0) * (stop - start) / 2
    weights = np.append(shares, 0.0) * (stop - start) / 2
    slopes, odds = _slopes(module, asked, output, at, weights)
    return slopes, float(odds[-1])


def _slopes(
    module: Any, asked: Question, output: int, places: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[Tensor, Tensor]:
    """The sum over the path of weight * dF/dx [T', F], at places from 0, the baseline, to 1; and F there."""
    along = torch.from_numpy(places).to(asked.x)[:, None, None] * asked.x
    with torch.enable_grad():
        along.requires_grad_()
        odds = _odds(_answers(module, asked, along), output, apart(module))
        total = odds @ torch.from_numpy(weights).to(asked.x)
    return torch.autograd.grad(total, along)[0].sum(0), odds.detach()


def _answers(module: Any, asked: Question, x: Tensor) -> Tensor:
    """The logits [B, C] for features x [B, T', F]."""
    with asked.acting.within(asked.first):
        more = {name: each.expand(len(x), *each.shape[1:]) for name, each in asked.more.items()}
        y: Tensor = module(x, torch.full((len(x),), x.shape[1]), _spread(asked.state, len(x)), **more)[0]
    return y[:, min(asked.row, y.shape[1] - 1)]


def _odds(y: Tensor, output: int, alone: bool = False) -> Tensor:
    """The log odds [B] of one class against all others, from logits [B, C]; or of one that stands `alone`."""
    if alone:
        return y[:, output]
    others = torch.cat([y[:, :output], y[:, output + 1 :]], 1)
    return y[:, output] - others.logsumexp(1)


def _spread(state: Any, count: int) -> Any:
    """A state of one item as that of a batch."""
    if isinstance(state, torch.Tensor):
        return state.expand(count, *state.shape[1:]).contiguous()
    return tuple(_spread(each, count) for each in state) if isinstance(state, tuple) else state


def _attribution(
    asked: Question, x: NDArray[np.floating], output: int, ends: tuple[float, float], slopes: Tensor, nodes: int
) -> Attribution:
    values = np.zeros(x.shape)
    values[asked.begin : asked.begin + asked.x.shape[1]] = (asked.x[0] * slopes).numpy()
    gain = ends[1] - ends[0]
    error = abs(float(values.sum()) - gain) / max(abs(gain), 1e-6)
    return Attribution(values, asked.step, output, float(1 / (1 + np.exp(-ends[1]))), gain, error, nodes)
