"""Search by memory: how long 200 ms take to be found again in an hour of states."""

from __future__ import annotations

import time

from app.bench import Figure, median

TURNS = 15
HOUR = 3600.0
MOST = 100.0
"""Milliseconds that a search of an hour may take."""


def measure() -> list[Figure]:
    """The bundled speech again and again until it is an hour, through 2 x 128; by some units and all."""
    from engine import asset, checkpoint
    from engine.memo import Memo
    from engine.probes import search, states

    network, memo = checkpoint.open_network("phonemes-lstm-128"), Memo()
    clips = [asset.open_bundled(name) for name in ("speech-1", "speech-2", "speech-3", "digits", "digits-2")]
    parts = [
        search.of(network.id, [(states.traced(network, clip, memo).trace, clip.name, None)]) for clip in clips
    ]
    turns = -(-HOUR // sum(each.seconds for each in parts))
    index = search.joined(parts * int(turns))
    words, length = index.words[2], round(0.2 * index.rate)
    figures = [Figure("seconds of states", index.seconds, "s"), Figure("memory", words.nbytes / 1e6, "MB")]
    for name, all_units in (("the units that switch", False), ("all units", True)):
        taken = []
        for turn in range(TURNS):
            query = words[:, 40 + 7 * turn : 40 + 7 * turn + length]
            units = range(128) if all_units else search.active(query, 128)
            began = time.perf_counter()
            search.search(index, 2, query, search.mask(units, 128))
            taken.append(time.perf_counter() - began)
        figures.append(Figure(f"an hour, by {name}", 1e3 * median(taken[1:]), "ms", MOST))
    return figures
