"""Attribution: how much each cell of the features has to do with one output.

gradient x input:  A = x dF/dx, with F = log(p / (1 - p)), the log odds of the class at the chosen step (log p
    alone hardly moves where a network is sure): what the features add, as far as F is a straight line;
integrated gradients (Sundararajan et al. 2017):  A = (x - b) * mean of dF/dx over the straight path from b to x.
    They are complete: their sum is F(x) - F(b). The baseline b is 0 everywhere: behind a front end that
    normalises, a sound that always is as it is on average.

The mean along the path is Gauss-Legendre quadrature in our own few lines. Captum has the same, and would bring
matplotlib with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from engine.probes.gradient import question

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray
    from torch import Tensor

    from engine.probes.gradient import Question

NODES, MOST = 16, 512
"""Points of the path to begin with, doubled while the sum is too far off, and at the most."""
GOOD = 0.005
"""The completeness error that is good enough."""
TOGETHER = 16
"""Points that are computed at once."""


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
    module: Any, x: NDArray[np.floating], step: int, output: int | None = None
) -> Attribution:
    """For a module on the CPU over features x [T, F]; of the likeliest class where none is given."""
    asked = question(module, x, step)
    output, ends = _ends(module, asked, output)
    return _attribution(asked, x, output, ends, _slopes(module, asked, output, np.ones(1), np.ones(1)), 1)


def integrated(
    module: Any, x: NDArray[np.floating], step: int, output: int | None = None
) -> Generator[None, Any, Attribution]:
    """Returns the same along the path from b, of as many nodes as completeness takes; yields in between."""
    asked = question(module, x, step)
    output, ends = _ends(module, asked, output)
    count = NODES
    while True:
        places, shares = np.polynomial.legendre.leggauss(count)
        slopes = torch.zeros_like(asked.x[0])
        for at in range(0, count, TOGETHER):
            part = slice(at, at + TOGETHER)
            slopes += _slopes(module, asked, output, (places[part] + 1) / 2, shares[part] / 2)
            yield None
        found = _attribution(asked, x, output, ends, slopes, count)
        if found.error <= GOOD or 2 * count > MOST:
            return found
        count *= 2


def _ends(module: Any, asked: Question, output: int | None) -> tuple[int, tuple[float, float]]:
    """The class, and F of it at the baseline and at x."""
    with torch.no_grad():
        y = _answers(module, asked, torch.cat([torch.zeros_like(asked.x), asked.x]))
    output = int(y[1].argmax()) if output is None else output
    at_zero, at_x = _odds(y, output).tolist()
    return output, (at_zero, at_x)


def _slopes(
    module: Any, asked: Question, output: int, places: NDArray[np.float64], shares: NDArray[np.float64]
) -> Tensor:
    """The sum over the path of share * dF/dx [T', F], at places from 0, the baseline, to 1."""
    along = torch.from_numpy(places).to(asked.x)[:, None, None] * asked.x
    with torch.enable_grad():
        along.requires_grad_()
        weighed = _odds(_answers(module, asked, along), output) @ torch.from_numpy(shares).to(asked.x)
    return torch.autograd.grad(weighed, along)[0].sum(0)


def _answers(module: Any, asked: Question, x: Tensor) -> Tensor:
    """The logits [B, C] for features x [B, T', F]."""
    y: Tensor = module(x, torch.full((len(x),), x.shape[1]), _spread(asked.state, len(x)))[0]
    return y[:, asked.row]


def _odds(y: Tensor, output: int) -> Tensor:
    """The log odds [B] of one class against all others, from logits [B, C]."""
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
