"""Permutation-invariant training: several voices are found in any order, and judged in the one that fits best.

(Kolbæk and others, Multitalker Speech Separation with Utterance-Level Permutation Invariant Training, 2017)
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
import torch
from torch import Tensor

from engine.losses import si_sdr


def pairs(found: Tensor, wanted: Tensor) -> Tensor:
    """SI-SDR in dB of every found voice against every wanted one, both [B, S, n]: [B, S found, S wanted]."""
    batch, count, n = found.shape
    one = found[:, :, None].expand(batch, count, count, n).reshape(-1, n)
    other = wanted[:, None].expand(batch, count, count, n).reshape(-1, n)
    return si_sdr(one, other).reshape(batch, count, count)


def best(found: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """The mean SI-SDR [B] in the best order, and that order [B, S]: which found voice is the wanted 1, 2, ..."""
    every = pairs(found, wanted)
    count = every.shape[1]
    orders = torch.tensor(list(permutations(range(count))), device=found.device)
    means = torch.stack([every[:, order, torch.arange(count)].mean(-1) for order in orders], -1)
    value, index = means.max(-1)
    return value, orders[index]


def fitted(voices: np.ndarray, mix: np.ndarray) -> np.ndarray:
    """Voices [S, n] as loud as they are in the mix [n]: with the gains whose sum comes nearest to it.

    What is trained by SI-SDR has no loudness of its own.
    """
    gains, *_ = np.linalg.lstsq(voices.T.astype(np.float64), mix.astype(np.float64), rcond=None)
    return (voices * gains[:, None]).astype(np.float32)
