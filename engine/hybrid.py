"""A hybrid recogniser: a small network names the state of every frame, a hidden Markov model strings them.

H. Bourlard and N. Morgan, "Connectionist speech recognition" (1994): log p(frame | state) is, up to what all
states share, log p(state | frame) - log p(state). Trained from a flat start by Viterbi: align, learn, align again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import hmm
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.hmm import Lexicon

    Array = NDArray[np.float32]
    Item = tuple[Array, tuple[str, ...]]  # features [T, F], and the words that are said


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the network and of its training."""

    hidden: int = knob(128, 8, 1024, log=True, help="Units of each of the two hidden layers")
    context: int = knob(5, 0, 20, unit="frames", help="Frames before and after that the network sees, too")
    passes: int = knob(
        4, 0, 20, help="How often it aligns the clips anew and learns from that; 0: flat start alone"
    )
    epochs: int = knob(6, 1, 100, help="How often it sees every frame between two alignments")
    batch: int = knob(256, 16, 8192, log=True, help="Frames of a step")
    rate: float = knob(2e-3, 1e-5, 0.1, log=True, help="Learning rate of Adam")
    dropout: float = knob(0.2, 0.0, 0.9, help="Share of hidden units that are left out in training")
    penalty: float = knob(2.0, -20.0, 50.0, unit="nats", help="What every word costs when a string is read")
    least: int = knob(300, 1, 100_000, log=True, help="Steps of learning between two alignments, at the least")


@dataclass(frozen=True, eq=False)
class Hybrid:
    """A trained recogniser. `priors` [S] and `stay` [S] are those of the states of its lexicon."""

    lexicon: Lexicon
    settings: Settings
    network: Any
    priors: NDArray[np.float64]
    stay: NDArray[np.float64]

    def logs(self, features: Array) -> NDArray[np.float64]:
        """log p(frame | state) [T, S] up to what all states share, of features [T, F]."""
        return posteriors(self.network, features, self.settings.context) - np.log(self.priors)

    def align(self, features: Array, said: Sequence[str]) -> list[tuple[str, int]]:
        """Where each of the words that are said begins, in frames; nothing where they do not fit."""
        graph = hmm.linear(self.lexicon, said, self.stay)
        return graph.said(graph.best(self.logs(features))[1])

    def read(self, features: Array) -> tuple[str, ...]:
        """The words of features [T, F]: any number of them, in any order."""
        graph = hmm.loop(self.lexicon, self.stay, self.settings.penalty)
        return tuple(word for word, _ in graph.said(graph.best(self.logs(features))[1]))


def train(items: Sequence[Item], lexicon: Lexicon, settings: Settings, seed: int = 0) -> Hybrid:
    """From features and what is said in them, with no time of any word known. Raises ValueError for no clip."""
    if not items:
        raise ValueError("a recogniser cannot be trained from no clip")
    rng = np.random.default_rng(seed)
    targets, stay = [_flat(item, lexicon) for item in items], hmm.unknown(lexicon.count)
    network = _network(items[0][0].shape[1] * (2 * settings.context + 1), lexicon.count, settings, seed)
    x = np.concatenate([spliced(features, settings.context) for features, _ in items])
    priors = _priors(targets, lexicon.count)
    for _ in range(settings.passes):
        _learn(network, x, np.concatenate(targets), settings, rng)
        paths = []
        for place, (features, said) in enumerate(items):
            graph = hmm.linear(lexicon, said, stay)
            logs = posteriors(network, features, settings.context) - np.log(priors)
            path = graph.best(logs)[1]
            if len(path):  # a clip that is too short for its words stays as it was
                targets[place] = graph.states[path]
                paths.append((graph, path))
        stay, priors = hmm.durations(paths, lexicon.count), _priors(targets, lexicon.count)
    _learn(network, x, np.concatenate(targets), settings, rng)
    return Hybrid(lexicon, settings, network, priors, stay)


def posteriors(network: Any, features: Array, context: int) -> NDArray[np.float64]:
    """log p(state | frame) [T, S] of features [T, F]."""
    import torch

    network.eval()
    with torch.inference_mode():
        logits = network(torch.from_numpy(spliced(features, context)))
        found: NDArray[np.float64] = logits.log_softmax(1).double().numpy()
    return found


def spliced(features: Array, context: int) -> Array:
    """Each frame of features [T, F] with those around it: [T, (2 context + 1) F]; the ends are repeated."""
    wide = np.pad(features, ((context, context), (0, 0)), "edge")
    return np.concatenate([wide[place : place + len(features)] for place in range(2 * context + 1)], axis=1)


def parameters(network: Any) -> int:
    return sum(each.numel() for each in network.parameters())


def _flat(item: Item, lexicon: Lexicon) -> NDArray[np.int64]:
    features, said = item
    words = (hmm.SILENCE, *said, hmm.SILENCE)
    return hmm.flat([state for word in words for state in lexicon.states(word)], len(features))


def _priors(targets: Sequence[NDArray[np.int64]], count: int) -> NDArray[np.float64]:
    seen = np.bincount(np.concatenate(targets), minlength=count) + 1.0
    return seen / seen.sum()


def _network(inputs: int, outputs: int, settings: Settings, seed: int) -> Any:
    import torch
    from torch import nn

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Linear(inputs, settings.hidden),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.hidden, settings.hidden),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.hidden, outputs),
        )


def _learn(
    network: Any, x: Array, targets: NDArray[np.int64], settings: Settings, rng: np.random.Generator
) -> None:
    """Cross entropy against the states of all frames x [n, I], for as many epochs as there are to be."""
    import torch

    network.train()
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.rate)
    inputs, wanted = torch.from_numpy(x), torch.from_numpy(targets)
    steps = max(settings.least, settings.epochs * -(-len(x) // settings.batch))
    with torch.random.fork_rng():
        torch.manual_seed(int(rng.integers(1 << 31)))
        order = np.zeros(0, np.int64)
        for _ in range(steps):
            if len(order) < min(settings.batch, len(x)):
                order = np.concatenate([order, rng.permutation(len(x))])
            chosen, order = torch.from_numpy(order[: settings.batch]), order[settings.batch :]
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(network(inputs[chosen]), wanted[chosen]).backward()
            optimiser.step()
