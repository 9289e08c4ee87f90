"""What an output depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engine.trace import Key, Series


@dataclass(frozen=True, eq=False)
class Decay:
    """How a gradient fades: its norms [n], float64, from the chosen step back in time, `rate` of them a second.

    `horizon`, in seconds, is as far back as norms reach that are a hundredth of the greatest; where it is not
    `ended`, it is at least that. `slope` is what the logarithm of the norm grows by with every step back. `layers`
    [L, n] are the norms of each layer by itself. Of a plain RNN `bound` is the most that a step can multiply the
    norm of the last layer by, and `limits` [n] the most that `norms` can be; 0 and None where they are not known.
    """

    name: str
    cell: str
    norms: NDArray[np.float64]
    rate: float
    horizon: float
    ended: bool
    slope: float
    layers: NDArray[np.float64]
    bound: float = 0.0
    limits: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class Echo:
    """How strongly one output depends on every state before it, with the loss L = -log p of its class.

    `series` [T, 1] by layer and direction, on the trace's clock: `grad.h` and `grad.c`, the norms of dL/dh_t and
    dL/dc_t; `grad.W`, `grad.U` and, where there are biases, `grad.b`: how much of the gradient of the weights for
    the input, of the recurrent ones and of the biases has come together from the chosen step back to t, as a share
    of its most. `time` is the chosen step's on that clock, `output` its class in words, with the probability
    `share`. `others`: an RNN, an LSTM and a GRU beside it. `highway` [n], of an LSTM's first layer back from the
    chosen step: the mean of dc/dc_t by autograd with the gates as given, and of the forget gates' product; where
    there is none, `why`. `edited` says whether edits acted.
    """

    clip_id: str
    network_id: str
    series: Mapping[Key, Series]
    time: float
    output: str
    share: float
    decay: Decay
    others: tuple[Decay, ...] = ()
    highway: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    why: str = ""
    edited: bool = False


@dataclass(frozen=True, eq=False)
class Attributed:
    """How much each cell of the features adds to the log odds of one output, in nats: `series` [T, F].

    `gain` is what all of them add, and `error` how far the sum of the cells is from that, as a share of it.
    `edited` says whether edits acted.
    """

    clip_id: str
    network_id: str
    series: Series
    time: float
    output: str
    share: float
    gain: float
    error: float
    method: str
    edited: bool = False
