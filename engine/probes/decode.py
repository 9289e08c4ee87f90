"""Hearing a state: a ridge regression from the states of a layer to log-mel, and the sound of what it tells.

With X the states of a few neighbouring frames, about their mean, and Y the log-mel frames about theirs,
W = (X'X + r I)^-1 X'Y: closed form. X'X and X'Y are learnt once for all units; chosen ones take their part.

What is learnt on is bundled speech, and the clip that is heard: each part of it is read by what was learnt on its
other parts, so that nothing is read that was learnt on.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, augment
from engine.clip import from_array
from engine.events import Decoded, Progress
from engine.probes import states
from engine.trace import Key
from engine.vocode import BANDS, Picture

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from engine.events import Traced
    from engine.memo import Memo
    from engine.network import Network
    from engine.session import Depth

    Array = NDArray[np.float32]

BEFORE, AFTER = 2, 4
"""Neighbouring states that are read with each: a state tells more of the past than of the future."""
RIDGE = 0.3
"""r, as a share of the mean square of all that is read."""
SPEECH = ("speech-1", "speech-2", "speech-3", "digits", "digits-2", "phonemes", "cat")
"""The bundled clips that the decoder is learnt on, but for the one that is heard."""
SPEEDS = (0.85, 1.0, 1.2)
"""Each of them is read at these speeds, as if by several speakers."""
PARTS, GAP = 4, 0.2
"""The parts of the clip that is heard; so many seconds beside a part it shares its sound with."""
LEAST = 2.0
"""Seconds of a clip that is parted: of a shorter one there is nothing to learn."""


@dataclass(frozen=True, eq=False)
class Learnt:
    """The sums of one layer of a network, with C neighbours of N units, and K log-mel frames to a state.

    Over `count` states: xx [C N, C N], xy [C N, K BANDS], mean_x [C N], mean_y [K BANDS].
    """

    units: int
    count: int
    xx: NDArray[np.float64]
    xy: NDArray[np.float64]
    mean_x: NDArray[np.float64]
    mean_y: NDArray[np.float64]

    def beside(self, other: Learnt) -> Learnt:
        """The sums of both, about the mean of both; the few of the other count as much as the many of this."""
        much, x, y = self.count / other.count, other.mean_x - self.mean_x, other.mean_y - self.mean_y
        return Learnt(
            self.units,
            2 * self.count,
            self.xx + much * other.xx + self.count / 2 * np.outer(x, x),
            self.xy + much * other.xy + self.count / 2 * np.outer(x, y),
            self.mean_x + x / 2,
            self.mean_y + y / 2,
        )

    def decoder(self, units: Sequence[int] = (), without: bool = False) -> Decoder:
        """What these units tell, or all, or all `without` these. Raises StateError where there are none such."""
        if max(units, default=0) >= self.units:
            raise states.StateError(f"there is no unit {max(units)}; this layer has 0 to {self.units - 1}")
        asked = np.isin(np.arange(self.units), units) != without if units else np.ones(self.units, bool)
        chosen = np.flatnonzero(asked)
        if not len(chosen):
            raise states.StateError("every unit is left out: there is nothing to hear")
        columns = (np.arange(BEFORE + 1 + AFTER)[:, None] * self.units + chosen[None]).ravel()
        xx = self.xx[np.ix_(columns, columns)]
        ridge = RIDGE * max(float(np.trace(xx)) / len(xx), 1e-12)
        weights = np.linalg.solve(xx + ridge * np.eye(len(xx)), self.xy[columns])
        return Decoder(chosen, weights, self.mean_x[columns], self.mean_y)


@dataclass(frozen=True, eq=False)
class Decoder:
    """From states [T, N] to log-mel [T K, BANDS]."""

    units: NDArray[np.int64]
    weights: NDArray[np.float64]
    mean_x: NDArray[np.float64]
    mean_y: NDArray[np.float64]

    def __call__(self, values: Array) -> Array:
        read = neighbours(values[:, self.units]) - self.mean_x
        return (read @ self.weights + self.mean_y).reshape(-1, BANDS).astype(np.float32)


def neighbours(values: Array) -> NDArray[np.float64]:
    """[T, N] -> [T, C N]: each state with those before and after it; at the ends the last one stands for more."""
    padded = np.pad(values, ((BEFORE, AFTER), (0, 0)), mode="edge")
    return np.concatenate([padded[shift : shift + len(values)] for shift in range(BEFORE + 1 + AFTER)], 1).astype(
        float
    )


def pair(traced: Traced, layer: int) -> tuple[Array, Array]:
    """States [T, N] of a layer, and the log-mel frames [T K, BANDS] of the sound, K to a state."""
    values, series = states.at(traced.trace, layer)
    stride = round(traced.trace.series[Key("features")].rate / series.rate)
    sound = traced.sound.read()[:, 0]
    return values, picture(traced).of(sound, stride * len(values))


def picture(traced: Traced) -> Picture:
    """The mel picture on the clock of what the network hears."""
    rate = traced.sound.rate
    return Picture(rate, round(rate / traced.trace.series[Key("features")].rate))


def learn(pairs: Sequence[tuple[Array, Array]]) -> Learnt:
    """The sums of (states, log-mel) of several clips. Raises StateError without any."""
    if not pairs:
        raise states.StateError("there is no clip to learn from")
    x = np.concatenate([neighbours(values) for values, _ in pairs])
    y = np.concatenate([mel.reshape(len(values), -1) for values, mel in pairs]).astype(float)
    mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
    x -= mean_x
    return Learnt(pairs[0][0].shape[1], len(x), x.T @ x, x.T @ (y - mean_y), mean_x, mean_y)


def correlation(found: Array, truth: Array) -> float:
    """Pearson's correlation over time of each mel band, in the mean over the bands that move. [T, BANDS] each."""
    found, truth = found - found.mean(axis=0), truth - truth.mean(axis=0)
    sizes = np.sqrt((found**2).sum(axis=0) * (truth**2).sum(axis=0))
    moves = (truth**2).mean(axis=0) > 1e-6
    return (
        float(((found * truth).sum(axis=0)[moves] / np.maximum(sizes[moves], 1e-9)).mean()) if moves.any() else 0.0
    )


def hear(
    network: Network, traced: Traced, depth: Depth, memo: Memo
) -> Generator[Progress | Decoded | None, Any, None]:
    """Decode what `traced` saw at a depth back to sound; at last a Decoded.

    What was learnt on speech is kept in the memo. Raises StateError.
    """
    learnt = yield from speech(network, depth.layer, traced.trace.clip_id, memo)
    values, truth = pair(traced, depth.layer)
    rate = len(values) / traced.sound.seconds
    parts = PARTS if traced.sound.seconds >= LEAST else 1
    found, shuffled = yield from read(learnt, values, truth, depth, parts, round(GAP * rate))
    yield Progress(0.6, "finding a phase")
    sound = yield from picture(traced).sound(found, traced.sound.frames)
    sound /= max(1.0, float(np.abs(sound).max(initial=0.0)))
    clip = from_array(sound, traced.sound.rate, f"{traced.sound.name}, layer {depth.layer}")
    alike, by_chance = correlation(found, truth), correlation(shuffled, truth)
    on = "bundled speech" + f" and the other {PARTS - 1} of {PARTS} parts of this clip" * (parts > 1)
    yield Decoded(traced.trace.clip_id, network.id, depth, clip, alike, by_chance, traced.trace.start, on)


def read(
    learnt: Learnt, values: Array, truth: Array, depth: Depth, parts: int, gap: int
) -> Generator[None, Any, tuple[Array, Array]]:
    """Log-mel [T K, BANDS] of states [T, N], and that of the same states in another order. Raises StateError.

    Each part by what was learnt before and on the other parts, `gap` states away; a single one by the former.
    """
    order, size = np.random.default_rng(0).permutation(len(values)), len(truth) // len(values)
    found, shuffled = np.empty_like(truth), np.empty_like(truth)
    for start, stop in pairwise(np.linspace(0, len(values), parts + 1).astype(int).tolist()):
        yield None
        ends = slice(max(0, start - gap)), slice(stop + gap, None)
        others = [(values[each], truth.reshape(len(values), -1)[each]) for each in ends]
        others = [each for each in others if len(each[0])]
        whole = learnt.beside(learn(others)) if others else learnt
        decoder, mine = whole.decoder(depth.units, depth.without), slice(start * size, stop * size)
        found[mine] = decoder(values)[mine]
        shuffled[mine] = decoder(values[order])[mine]
    return found, shuffled


def speech(network: Network, layer: int, without: str, memo: Memo) -> Generator[Progress, Any, Learnt]:
    """What is learnt on the bundled speech, but for the clip of one id. It is kept in the memo."""
    key = ("decoder", network.id, network.settings, layer, without)
    learnt: Learnt | None = memo.get(key)
    if learnt is None:
        read = yield from _read(network, memo)
        learnt = learn([pair(traced, layer) for clip_id, traced in read if clip_id != without])
        memo.put(key, learnt, learnt.xx.nbytes + learnt.xy.nbytes)
    return learnt


def _read(network: Network, memo: Memo) -> Generator[Progress, Any, list[tuple[str, Traced]]]:
    """The bundled speech through the network, at each of SPEEDS, beside the id of its clip."""
    key = ("speech", network.id, network.settings)
    found: list[tuple[str, Traced]] | None = memo.get(key)
    if found is None:
        found = []
        for number, name in enumerate(SPEECH):
            clip = asset.open_bundled(name)
            for speed in SPEEDS:
                yield Progress(0.5 * number / len(SPEECH), f"reading speech through {network.name}")
                sound = augment.sped(clip.read()[:, 0], speed)
                found.append((clip.id, states.traced(network, from_array(sound, clip.rate, name), memo)))
        memo.put(key, found, sum(_bytes(traced) for _, traced in found))
    return found


def _bytes(traced: Traced) -> int:
    return sum(each.values.nbytes for each in traced.trace.series.values())
