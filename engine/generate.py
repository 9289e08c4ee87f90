"""Generating: notes drawn one after another from what a network expects, each given back to it as the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, checkpoint
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.network import Network

    Floats = NDArray[np.floating]


class NotGenerating(ValueError):
    """A network that cannot go on by itself; the message says which can."""


@dataclass(frozen=True)
class Settings(Base):
    """How a note is drawn."""

    temperature: float = knob(
        1.0, 0.0, 5.0, step=0.05, help="0 takes the likeliest note each time; 1 draws as often as is expected"
    )
    top_k: int = knob(0, 0, 100, help="Only so many of the likeliest notes are drawn from; 0: all")
    top_p: float = knob(
        1.0, 0.01, 1.0, step=0.01, help="Only the likeliest notes are drawn from that together have such a share"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Where chance begins: same seed, same notes")


def distribution(logits: Floats, settings: Settings) -> NDArray[np.float64]:
    """How likely each class is drawn [C], from logits [C].

    p_i = exp(l_i / T) / sum_j exp(l_j / T), T -> 0 leaving the likeliest alone; then all but the top_k go, and of
    these, likeliest first, those after which the share top_p is reached; what is left is scaled to 1.
    """
    logits = np.asarray(logits, np.float64)
    order = np.argsort(-logits, kind="stable")
    if settings.temperature == 0.0:
        return np.eye(len(logits))[order[0]]
    odds = np.exp((logits - logits.max()) / settings.temperature)
    odds /= odds.sum()
    if settings.top_k:
        odds[order[settings.top_k :]] = 0.0
        odds /= odds.sum()
    before = np.cumsum(odds[order]) - odds[order]  # the share of those that are likelier
    odds[order[before >= settings.top_p]] = 0.0
    drawn: NDArray[np.float64] = odds / odds.sum()
    return drawn


def draw(logits: Floats, settings: Settings, rng: np.random.Generator) -> int:
    """A class drawn from logits [C]."""
    return int(rng.choice(len(logits), p=distribution(logits, settings)))


def go_on(network: Network, notes: Sequence[int], count: int, settings: Settings) -> tuple[list[int], Floats]:
    """`count` notes behind those given (at least the first rest), and how likely each of all was [count, C].

    Raises NotGenerating for a network that does not tell the next symbol of a sequence or hears the future.
    """
    import torch

    task: Any = build.task_of(network)
    if network.task != "melody" or not network.live:
        raise NotGenerating(
            f"{network.name} does not tell the next note: generating needs a causal network of the task melody, "
            f"such as {', '.join(each for each in checkpoint.bundled() if each.startswith('melody'))}"
        )
    module, rng = build.build(network), np.random.default_rng(settings.seed)
    found: list[int] = []
    seen = []
    with torch.inference_mode():
        given = torch.from_numpy(task.table[list(notes)][None])
        state = module.init_state(1)
        for _ in range(count):
            y, _, state = module(given, torch.tensor([given.shape[1]]), state)
            logits = y[0, -1].numpy().copy()
            logits[0] = -np.inf  # no rest within a tune
            seen.append(distribution(logits, settings))
            found.append(int(rng.choice(len(logits), p=seen[-1])))
            given = torch.from_numpy(task.table[found[-1:]][None])
    return found, np.array(seen)
