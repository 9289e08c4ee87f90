"""Search by memory: moments at which the same units switch on and off as in a stretch that was chosen.

Every 20 ms each unit has two bits: it has risen, or fallen, by more than 0.2 within the last 60 ms. Two stretches
of one length are as similar as their bits: those that both have, as a share of those that any has (Jaccard).
The bits of 64 units in one machine word make an hour of states a matter of milliseconds.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.events import Indexed, Match, Notice, Opened, Progress, Recalled
from engine.memo import Memo
from engine.probes import states
from engine.remembered import Index, Place
from engine.trace import LONGEST

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.events import Traced
    from engine.network import Network
    from engine.session import Span
    from engine.trace import Trace

    Words = NDArray[np.uint64]
    """Bits by time: [W, T], 64 units' rises or falls in a word."""

STEP, WITHIN, MOVED = 0.02, 0.06, 0.2
CHOSEN = 32
"""Units that are compared where none are chosen: those that switch most often."""
MOST = 30
"""Moments in a playlist."""
_PART = 16384  # times at once: what is added up stays in the cache


def bits(values: NDArray[np.float32], rate: float) -> tuple[NDArray[np.bool_], float]:
    """Rises and falls [T', 2 N] of states [T, N], and how many a second."""
    every = max(1, round(STEP * rate))
    values = values[::every]
    back = max(1, round(WITHIN * rate / every))
    change = np.zeros_like(values)
    change[back:] = values[back:] - values[:-back]
    return np.concatenate([change > MOVED, change < -MOVED], axis=1), rate / every


def packed(found: NDArray[np.bool_]) -> Words:
    """Bits [T, B] as words [W, T]."""
    rows = np.packbits(found, axis=1, bitorder="little")
    rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 8)))
    return np.ascontiguousarray(rows.view("<u8").astype(np.uint64).T)


def of(network_id: str, parts: Sequence[tuple[Trace, str, Path | None]], name: str = "") -> Index:
    """The index of several traces, each with the name and the file of its clip. Raises StateError."""
    places, layers, rate, begin = list[Place](), dict[int, list[Any]](), 1.0, 0
    for trace, clip, path in parts:
        count = 0
        for layer in range(1, states.layers(trace) + 1):
            values, series = states.at(trace, layer)
            found, rate = bits(values, series.rate)
            layers.setdefault(layer, []).append(packed(found))
            count, first = len(found), series.first
        if count:
            places.append(Place(clip, path, begin, count, first))
            begin += count
    if not layers:
        raise states.StateError("there are no states to search in; choose a recurrent network")
    joined = {layer: np.concatenate(each, axis=1) for layer, each in layers.items()}
    return Index(network_id, rate, joined, tuple(places), name)


def active(words: Words, units: int) -> tuple[int, ...]:
    """The units, of so many, that switch most often in words [W, T]: at most CHOSEN, and none that never does."""
    rows = np.unpackbits(np.ascontiguousarray(words.T).astype("<u8").view(np.uint8), axis=1, bitorder="little")
    often = rows[:, : 2 * units].sum(axis=0, dtype=np.int64).reshape(2, units).sum(axis=0)
    chosen = np.argsort(-often, kind="stable")[:CHOSEN]
    return tuple(sorted(int(unit) for unit in chosen if often[unit]))


def mask(units: Sequence[int], count: int) -> Words:
    """A word [W, 1] with the bits of some units, of `count`."""
    row = np.zeros((1, 2 * count), bool)
    row[0, list(units)] = row[0, [unit + count for unit in units]] = True
    return packed(row)


def similarity(words: Words, query: Words, chosen: Words) -> NDArray[np.float32]:
    """How similar the stretch that begins at each frame is to the query [W, K]: [T - K + 1], 0 to 1."""
    length, count = query.shape[1], max(0, words.shape[1] - query.shape[1] + 1)
    query = query & chosen
    common, any_ = np.zeros(count, np.uint16), np.zeros(words.shape[1] + 1, np.int64)
    rows = [row for row in range(len(words)) if chosen[row, 0]]
    has = np.zeros(words.shape[1], np.uint16)
    part, counted = np.empty(_PART, np.uint64), np.empty(_PART, np.uint8)
    for start in range(0, words.shape[1], _PART):
        stop = min(start + _PART, words.shape[1])
        for row in rows:
            np.bitwise_and(words[row, start:stop], chosen[row, 0], out=part[: stop - start])
            has[start:stop] += np.bitwise_count(part[: stop - start], out=counted[: stop - start])
        stop = min(stop, count)
        for row in rows:
            for shift in np.flatnonzero(query[row]):
                here = words[row, start + shift : stop + shift]
                if len(here):
                    np.bitwise_and(here, query[row, shift], out=part[: len(here)])
                    common[start:stop] += np.bitwise_count(part[: len(here)], out=counted[: len(here)])
    np.cumsum(has, out=any_[1:])
    own = int(np.bitwise_count(query).sum())
    either = own + (any_[length:] - any_[:-length])[:count] - common
    return (common / np.maximum(either, 1)).astype(np.float32)


def search(
    index: Index, layer: int, query: Words, chosen: Words, most: int = MOST, without: tuple[int, int] | None = None
) -> tuple[Match, ...]:
    """The moments of an index most similar to words [W, K], the best first; none overlaps another.

    `without`: frames that the query itself was taken from. Raises StateError where the layer is not in the index.
    """
    if layer not in index.words:
        raise states.StateError(
            f"layer {layer} is not in the index of {index.name or 'this clip'}; index it again"
        )
    length = query.shape[1]
    found = similarity(index.words[layer], query, chosen)
    for place in index.places:  # a stretch lies in one clip
        found[max(0, place.begin + place.count - length + 1) : place.begin + place.count] = 0
    if without is not None:
        found[max(0, without[0] - length + 1) : without[1]] = 0
    begins = np.array([place.begin for place in index.places])
    matches = list[Match]()
    while len(matches) < most and len(found):
        best = int(found.argmax())
        if found[best] <= 0:
            break
        place = index.places[int(np.searchsorted(begins, best, side="right")) - 1]
        start = place.first + (best - place.begin) / index.rate
        matches.append(Match(float(found[best]), place.name, place.path, start, start + length / index.rate))
        found[max(0, best - length + 1) : best + length] = 0
    return tuple(matches)


def recall(traced: Traced, span: Span, layer: int, folder: Index | None = None) -> Generator[Recalled, Any, None]:
    """Search the inspected clip, and a folder, for what happens in a stretch of the clip. Raises StateError."""
    trace, began = traced.trace, time.perf_counter()
    own = of(traced.network_id, [(trace, "", None)])
    (place,) = own.places
    first, last = (trace.start + (each - trace.start) * traced.scale for each in (span.start, span.stop))
    start, stop = (round((each - place.first) * own.rate) for each in (first, last))
    start, stop = max(0, start), min(place.count, max(stop, start + 2))
    if stop - start < 2:
        raise states.StateError("nothing of that stretch is analysed; choose one that can be seen")
    words, units = own.words[layer], states.at(trace, layer)[0].shape[1]
    query = words[:, start:stop]
    chosen = active(query, units)
    if not chosen:
        raise states.StateError(f"no unit of layer {layer} switches in that stretch; choose a livelier one")
    bits_of, seconds = mask(chosen, units), own.seconds
    found = [*search(own, layer, query, bits_of, without=(start, stop))]
    if folder is not None and folder.network_id == traced.network_id:
        found += search(folder, layer, query, bits_of)
        seconds += folder.seconds
    best = tuple(sorted(found, key=lambda match: -match.similarity)[:MOST])
    took = 1e3 * (time.perf_counter() - began)
    yield Recalled(trace.clip_id, traced.network_id, span, layer, chosen, _on_clip(best, traced), seconds, took)


def _on_clip(matches: Sequence[Match], traced: Traced) -> tuple[Match, ...]:
    """Those in the inspected clip on its clock: the chain may have made it longer."""
    zero, scale = traced.trace.start, traced.scale
    moved = (
        replace(each, start=zero + (each.start - zero) / scale, stop=zero + (each.stop - zero) / scale)
        if each.path is None
        else each
        for each in matches
    )
    return tuple(moved)


def build(network: Network, folder: Path) -> Generator[Progress | Notice | Indexed, Any, None]:
    """The index of every sound in a folder and below; at last an Indexed. Files that cannot be read are named.

    Of a long file, each minute begins with empty states. Raises StateError where nothing can be read.
    """
    from engine.audio.error import AudioError
    from engine.audio.file import SUFFIXES, decode

    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    memo, indices, bad = Memo(64 << 20), list[Index](), list[str]()
    for number, path in enumerate(files):
        yield Progress(number / len(files), f"indexing {path.name}")
        try:
            clip = next(each.clip for each in decode(path) if isinstance(each, Opened))
        except (AudioError, OSError) as error:
            bad.append(f"{path.name}: {error}")
            continue
        for start in np.arange(0.0, clip.seconds, LONGEST):
            indices.append(_one(network, clip, float(start), path, memo))
            yield Progress((number + start / clip.seconds) / len(files), f"indexing {path.name}")
    if bad:
        yield Notice(f"{len(bad)} of {len(files)} files could not be read and are left out: {bad[0]}", "warning")
    if not indices:
        raise states.StateError(f"{folder} holds no sound that can be read; choose a folder of recordings")
    yield Indexed(joined(indices, folder.name))


def _one(network: Network, clip: Clip, start: float, path: Path, memo: Memo) -> Index:
    trace = states.traced(network, clip, memo, start, min(clip.seconds, start + LONGEST)).trace
    return of(network.id, [(trace, path.name, path)])


def joined(indices: Sequence[Index], name: str = "") -> Index:
    """Several indices of one network as one."""
    places, begin = list[Place](), 0
    for each in indices:
        places += [Place(p.name, p.path, begin + p.begin, p.count, p.first) for p in each.places]
        begin += sum(p.count for p in each.places)
    words = {key: np.concatenate([each.words[key] for each in indices], axis=1) for key in indices[0].words}
    return Index(indices[0].network_id, indices[0].rate, words, tuple(places), name)
