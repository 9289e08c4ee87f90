"""What is stored: linear probes that read from h which phoneme sounded k frames ago, on clips that they never saw.

A probe is a least-squares classifier in closed form: with X the states and Y a column for each phoneme, 1 where it
sounded k frames before, W = (X'X + r I)^-1 X'Y, and the greatest of X W is its answer. Frames in which nothing was
said k frames ago are not asked.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import catalog
from engine.events import Progress, Stored
from engine.labelling import classes
from engine.memo import Memo
from engine.probes import states

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.network import Network

    Array = NDArray[np.floating]
    Classes = NDArray[np.int64]
    Read = list[tuple[dict[int, Array], Classes]]
    """Of each clip the states [T, N] by layer, and the class [T] of each frame; 0 is silence."""

LEARNT, TRIED = 48, 24
"""Synthetic clips of some two seconds that are learnt on, and others, in other voices, that it is tried on."""
REACH, POINTS = 0.6, 21
"""Seconds that are looked back, at so many points."""
RIDGE = 1e-3


def probe(network: Network) -> Generator[Progress | Stored, Any, None]:
    """Accuracy of every layer at every k; at last a Stored. Raises StateError, and StageError for other inputs."""
    corpora: Any = catalog.load("corpora", "phonemes")
    own = network.task_settings.to_dict() if network.task == "phonemes" else {}
    knobs = {name: own[name] for name in ("phonemes", "seed") if name in own}
    corpus, names = corpora.build(corpora.Settings(**knobs)), corpora.vocabulary(knobs.get("phonemes", 10))
    read = dict[str, Any](train=[], test=[])
    memo, rate, done = Memo(64 << 20), 1.0, 0
    for split, count in (("train", LEARNT), ("test", TRIED)):
        clips = corpus.split(split)
        for number in range(count):
            yield Progress(done / (LEARNT + TRIED + POINTS), "reading synthetic words")
            one, rate = _read(network, clips[number], names, memo)
            read[split].append(one)
            done += 1
    back = np.unique(np.linspace(0, REACH * rate, POINTS).round().astype(int))
    found: dict[int, list[tuple[float, float, float]]] = {layer: [] for layer in read["train"][0][0]}
    for k in back:
        yield Progress(done / (LEARNT + TRIED + POINTS), f"asking what was {k / rate:.2f} s ago")
        done += 1
        for layer, points in found.items():
            points.append(asked(read["train"], read["test"], layer, int(k)))
    curves = {layer: np.array(points).T for layer, points in found.items()}
    yield Stored(
        network.id,
        back / rate,
        MappingProxyType({layer: each[0] for layer, each in curves.items()}),
        MappingProxyType({layer: each[1] for layer, each in curves.items()}),
        next(iter(curves.values()))[2],
    )


def asked(learnt: Read, tried: Read, layer: int, k: int) -> tuple[float, float, float]:
    """Accuracy of a probe on other clips; the same with their states in another order; that of the best guess."""
    x, classes = pairs(learnt, layer, k)
    weights = solved(x, classes)
    x, truth = pairs(tried, layer, k)
    order = np.random.default_rng(k).permutation(len(x))
    guess = np.bincount(truth).max() / len(truth)
    return right(x @ weights, truth), right(x[order] @ weights, truth), float(guess)


def pairs(read: Read, layer: int, k: int) -> tuple[Array, Classes]:
    """States [n, N + 1], with a 1 behind each, and the class that sounded k frames before each, never silence."""
    rows, classes = list[Any](), list[Any]()
    for values, named in read:
        x, before = values[layer][k:], named[: len(named) - k]
        said = before > 0
        rows.append(x[said])
        classes.append(before[said])
    x = np.concatenate(rows).astype(float)
    if not len(x):
        raise states.StateError("nothing is said so far back in these clips")
    return np.concatenate([x, np.ones((len(x), 1))], axis=1), np.concatenate(classes)


def solved(x: Array, classes: Classes) -> Array:
    """The weights [N + 1, C] of the least-squares classifier."""
    xx = x.T @ x
    wanted = np.eye(int(classes.max()) + 1)[classes]
    return np.linalg.solve(xx + RIDGE * np.trace(xx) / len(xx) * np.eye(len(xx)), x.T @ wanted)


def right(scores: Array, truth: Classes) -> float:
    """The share of answers that are the truth."""
    return float((scores.argmax(axis=1) == truth).mean())


def _read(
    network: Network, clip: Clip, names: Sequence[str], memo: Memo
) -> tuple[tuple[dict[int, Array], Classes], float]:
    trace = states.traced(network, clip, memo).trace
    values = {layer: states.at(trace, layer) for layer in range(1, states.layers(trace) + 1)}
    if not values:
        raise states.StateError(f"{network.name} has no recurrent layer to read from; choose an RNN, LSTM or GRU")
    series = values[1][1]
    times = series.first + np.arange(len(series.values)) / series.rate
    return (
        {layer: each for layer, (each, _) in values.items()},
        classes(clip.labels, times, names),
    ), series.rate
