"""Captions of real recordings that come in real time: how late words are shown and settled, and what it costs."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import soxr

from app.bench import Figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.captions import Captions

    Array = NDArray[np.float32]

EACH = 40.0
"""Seconds of speech that are heard, in real time."""
SHOWN, SETTLED = 1.0, 2.5
"""Seconds after a word's end in which it is to be shown, and settled, at p95."""
_RATE = 16_000
_PAUSE = 0.8


def measure() -> list[Figure]:
    """On hand-marked sentences (TIMIT) where they are here, else on bundled ones by the captions' own times."""
    from engine import recognising
    from engine.audio.feed import Feed
    from engine.captioning import Settings, Speech, caption
    from engine.clip import from_array
    from engine.events import Captioned

    reader = recognising.build()
    sound, truth = _marked(EACH)
    reader.read(sound[: 2 * _RATE])  # what comes first warms it up
    feed = Feed(from_array(sound, _RATE, "speech"), _RATE)

    def read() -> Array | None:
        block = feed.read()
        return None if not len(block) and feed.ended else block

    took = [0.0, 0]
    shown: list[Captions] = []
    before, began = _spent(), time.perf_counter()
    feed.start()
    for event in caption(Speech(read, _RATE, Settings(), recogniser=_Timed(reader, took))):
        if isinstance(event, Captioned):
            shown.append(event.captions)
    wall = time.perf_counter() - began
    share = (_spent() - before) / wall
    late, settled, count = _delays(shown, truth)
    own = shown[-1].late
    by = "by hand-marked word ends" if truth else "by the times that the recogniser tells"
    figures = [
        Figure("shown, p50", late[0], "s", note=f"{count} words, {by}"),
        Figure("shown, p95", late[1], "s", SHOWN, note="target from a word's end"),
        Figure("settled, p50", settled[0], "s"),
        Figure("settled, p95", settled[1], "s", SETTLED),
        Figure(
            "of it computed, p95", (shown[-1].computed or (0.0, 0.0))[1], "s", note="the rest is sound to come"
        ),
        Figure("shown, p95, by the gauge", own[1] if own else float("nan"), "s", note="what the window tells"),
        Figure("real-time factor", took[0] / (len(sound) / _RATE), "", 1.0, note=f"{took[1]:.0f} readings"),
        Figure("share of one core", 100 * share, "%"),
    ]
    return figures


class _Timed:
    """A recogniser that counts what its readings take."""

    def __init__(self, reader: Any, took: list[float]) -> None:
        self.name, self.rate, self._reader, self._took = reader.name, reader.rate, reader, took

    def read(self, sound: Array) -> Any:
        began = time.perf_counter()
        words = self._reader.read(sound)
        self._took[0] += time.perf_counter() - began
        self._took[1] += 1
        return words


def _spent() -> float:
    times = os.times()
    return times.user + times.system


def _marked(seconds: float) -> tuple[Array, list[tuple[str, float]]]:
    """Sentences with pauses between them, and their words with the times at which they end; bundled ones none."""
    from engine import asset, catalog
    from engine.corpora.corpus import CorpusMissing

    timit = catalog.load("corpora", "timit")
    parts: list[Array] = []
    truth: list[tuple[str, float]] = []
    try:
        clips = timit.build(timit.Settings()).split("test")
    except CorpusMissing:
        clips = [asset.open_bundled(name) for name in ("speech-1", "speech-2", "speech-3")] * 4
    at = 0.0
    for clip in clips:
        if at >= seconds:
            break
        sound = clip.read().mean(axis=1, dtype=np.float32)
        sound = sound if clip.rate == _RATE else soxr.resample(sound, clip.rate, _RATE).astype(np.float32)
        truth += [(label.text, at + label.end) for label in clip.labels if label.tier == "word"]
        noise = np.random.default_rng(len(parts)).normal(0, 1e-4, round(_PAUSE * _RATE)).astype(np.float32)
        parts += [sound, noise]
        at += (len(sound) + len(noise)) / _RATE
    return np.concatenate(parts), truth


def _delays(
    shown: list[Captions], truth: list[tuple[str, float]]
) -> tuple[tuple[float, float], tuple[float, float], int]:
    """p50 and p95 from the end of each word that was heard rightly until it stands where it stays, and until it is
    settled; found from what was shown alone.
    """
    from engine.agreement import key
    from engine.captioning import whole

    final = whole(shown[-1])
    texts = [key(word.text) for word in final]
    first, settled = [0.0] * len(final), [0.0] * len(final)
    for captions in reversed(shown):  # from the end: as long as a word stands there
        standing = [key(word.text) for word in (*whole(captions), *captions.tentative)]
        count = len(whole(captions))
        for place, text in enumerate(texts):
            stands = place < len(standing) and standing[place] == text
            if stands and first[place] >= 0:
                first[place] = captions.heard
            elif first[place] > 0:
                first[place] = -first[place]  # it stood since then
            if place < count:
                settled[place] = captions.heard
    ends = _ends(texts, truth) if truth else {place: word.stop for place, word in enumerate(final)}
    late = [abs(first[place]) - end for place, end in ends.items()]
    after = [settled[place] - end for place, end in ends.items()]
    return _shares(late), _shares(after), len(ends)


def _ends(texts: list[str], truth: list[tuple[str, float]]) -> dict[int, float]:
    """The true end of each word that was heard rightly, by its place."""
    from engine import edit
    from engine.agreement import key

    aligned = edit.align(tuple(texts), tuple(key(text) for text, _ in truth))
    return {step.found: truth[step.truth][1] for step in aligned.steps if step.kind == "equal"}


def _shares(values: list[float]) -> tuple[float, float]:
    return (float(np.percentile(values, 50)), float(np.percentile(values, 95))) if values else (np.nan, np.nan)
