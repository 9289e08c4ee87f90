"""Labelling: a class for each frame of a clip, and what all tasks of this kind share, whatever the classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import augment, catalog, framewise, noises
from engine.chain import Chain
from engine.clip import Label
from engine.drawn import Kept
from engine.edit import distance
from engine.stages.stage import Format, Link
from engine.tasks.task import Batch, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Sound = NDArray[np.float32]
    Classes = NDArray[np.int64]

SILENCE = "sil"
"""The class of frames in which nothing sounds; it is no part of a text."""
TIER = "phone"
HOP = 0.01
"""Seconds a frame of the front end, where it is not asked for another."""
NOISES = ("white", "pink", "brown", "babble", "crowd", "fan", "rain")
"""The noises of training. The other bundled ones stay unheard, for tests."""
_SHORTEST, _BRIEF = 3, 0.03  # frames and seconds; a shorter run of one class is taken for its neighbour
_MEAN, _STD = -9.0, 4.0  # of ln of mel power over clean and noisy training clips
_LOUD = 0.05  # of samples, root of their mean square where somebody speaks


@dataclass(frozen=True)
class Hearing:
    """How a front end hears: what a frame takes in and what of it counts, as far as its features know of that."""

    win_ms: float = 25.0
    hop_ms: float = 10.0
    top: float = 8000.0
    coefficients: int = 13
    levelled: bool = True


USUAL = Hearing()


class Labelling:
    """The methods of a task; a leaf adds `pinned`, and perhaps other `features`.

    `settings` have the knobs features, delay, worst, clean and speeds; `vocabulary` begins with SILENCE; the clips
    of `corpus` are mono, have the rate of the task, and labels of the tier "phone". Of a training clip
    a network is given `longest` seconds; 0: all of it.
    """

    rate = 16000
    model = "recurrent"

    def __init__(
        self,
        settings: Any,
        corpus: Any,
        vocabulary: tuple[str, ...],
        hearing: Hearing = USUAL,
        longest: float = 0.0,
    ) -> None:
        self.settings, self.corpus, self.vocabulary = settings, corpus, vocabulary
        self.frontend = _frontend(settings.features, self.rate, hearing)
        self._late = settings.delay * hearing.hop_ms / 1000
        self._most = max(1, round(1000 * longest / hearing.hop_ms)) if longest else 0  # frames of an example
        self._kept = Kept(corpus)

    def batches(self, split: str, size: int) -> int:
        return -(-len(self.corpus.split(split)) // size)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Clips in the order of their split, or for training in an order and with noise drawn from the seed."""
        epoch, chosen = numbers(len(self.corpus.split(split)), split, index, size, seed)
        items = []
        for number in chosen:
            clip = self._kept.clip(split, number)
            sound, labels = clip.read()[:, 0], clip.labels
            if split == "train":
                rng = np.random.default_rng([seed, epoch, number])
                if self.settings.speeds:
                    sound, labels = paced(sound, labels, float(rng.choice(augment.SPEEDS)))
                items.append(self._part(*self.example(self._hardened(sound, rng), labels), rng))
            else:
                items.append(self.example(sound, labels))
        return collate(items)

    def example(self, sound: Sound, labels: Sequence[Label]) -> tuple[Sound, Classes]:
        """Features [T, F] and what is to be said at each frame [T]: the classes, so many frames late."""
        frames, targets = self.features(sound, labels)
        late = np.zeros(min(self.settings.delay, len(targets)), np.int64)
        return frames, np.r_[late, targets][: len(targets)]

    def asked(self, labels: Sequence[Label], first: float, rate: float, count: int) -> Classes:
        """What is to be said at each of the `count` frames of the front end, the first at `first` seconds."""
        times = first + (np.arange(count) - self.settings.delay) / rate
        return classes(labels, times, self.vocabulary)

    def features(self, sound: Sound, labels: Sequence[Label]) -> tuple[Sound, Classes]:
        """What the network hears of sound [n] at 16 kHz, [T, F], and the class of each frame [T]."""
        chain = Chain(self.frontend, Format(float(self.rate)))
        frames = np.concatenate([chain.push(sound[:, None]), chain.flush()])
        times = chain.output.first + np.arange(len(frames)) / chain.output.rate
        return frames, classes(labels, times, self.vocabulary)

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """Cross entropy a frame, in nats; padding counts nowhere. Raises TargetError."""
        return {"cross entropy": framewise.cross_entropy(y, out_lengths, batch)}

    def decode(self, logits: Sound, seconds_per_frame: float) -> tuple[Label, ...]:
        """Runs of the likeliest class, put back by the delay; frame t reaches half a frame to either side."""
        labels = []
        called = np.argmax(logits, axis=1) if len(logits) else np.zeros(0, np.int64)
        for start, stop, name in _runs(called, max(_SHORTEST, round(_BRIEF / seconds_per_frame))):
            if self.vocabulary[name] != SILENCE:
                begins, ends = ((edge - 0.5) * seconds_per_frame - self._late for edge in (start, stop))
                labels.append(Label(max(begins, 0.0), max(ends, 0.0), self.vocabulary[name], TIER))
        return tuple(labels)

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        return distance(found, truth), len(truth)

    def _part(self, frames: Sound, wanted: Classes, rng: np.random.Generator) -> tuple[Sound, Classes]:
        """Features [T, F] and what is to be said [T], from anywhere in them as much as is wanted."""
        if not 0 < self._most < len(frames):
            return frames, wanted
        start = int(rng.integers(len(frames) - self._most + 1))
        return frames[start : start + self._most], wanted[start : start + self._most]

    def _hardened(self, sound: Sound, rng: np.random.Generator) -> Sound:
        """The sound with noise between 30 dB and the worst SNR, or clean."""
        if rng.random() < self.settings.clean:
            return sound
        start = int(rng.integers(1 << 20))
        noise = noises.segment(str(rng.choice(NOISES)), "", 0, self.rate, len(sound), start)
        return mixed(sound, noise, rng.uniform(self.settings.worst, max(30.0, self.settings.worst)))


def classes(labels: Sequence[Label], times: NDArray[np.floating], names: Sequence[str]) -> Classes:
    """The index in `names` [T] of the phoneme that sounds at each time in seconds; silence where none does.

    A label ends before its `end`; one whose text is not in `names` is skipped.
    """
    return framewise.classes(labels, times, names, TIER)


def paced(sound: Sound, labels: Sequence[Label], speed: float) -> tuple[Sound, tuple[Label, ...]]:
    """The sound [n] at a speed, [round(n / speed)], and its labels: the same words, at their new times."""
    moved = (replace(each, start=each.start / speed, end=each.end / speed) for each in labels)
    return augment.sped(sound, speed), tuple(moved)


def mixed(sound: Sound, noise: NDArray[np.floating], snr: float) -> Sound:
    """sound + a noise, with a such that the power of sound over that of the noise is `snr` in dB."""
    power = float(np.mean(np.square(sound, dtype=np.float64))), float(np.mean(np.square(noise, dtype=np.float64)))
    scale = np.sqrt(power[0] / max(power[1], 1e-12) * 10 ** (-snr / 10))
    return (sound + scale * noise).astype(np.float32)


def collate(items: Sequence[tuple[Sound, Classes]]) -> Batch:
    """Features and classes of several clips in one batch, padded with zeros at the end."""
    lengths = np.array([len(frames) for frames, _ in items], np.int64)
    x = np.zeros((len(items), int(lengths.max()), items[0][0].shape[1]), np.float32)
    targets = np.zeros(x.shape[:2], np.int64)
    for row, (frames, wanted) in enumerate(items):
        x[row, : len(frames)] = frames
        targets[row, : len(wanted)] = wanted
    return Batch(x, lengths, targets, lengths)


def _frontend(features: str, rate: int, hearing: Hearing) -> tuple[Link, ...]:
    win, hop = (round(rate * each / 1000) for each in (hearing.win_ms, hearing.hop_ms))
    heard = catalog.load("stages", features).Settings(win=win, hop=hop)
    if features != "raw":
        heard = heard.but(fmax=hearing.top)
    if features == "mfcc":
        heard = heard.but(n_mfcc=hearing.coefficients)
    if not hearing.levelled:
        return (Link(features, heard),)
    levelled = catalog.load("stages", "normalise_running").Settings()
    # What they usually are, so that the first sound after a silence is not blown up.
    if features == "logmel":
        levelled = levelled.but(mean=(_MEAN,) * heard.n_mels, std=(_STD,) * heard.n_mels)
    elif features == "raw":
        levelled = levelled.but(mean=(0.0,) * win, std=(_LOUD,) * win)
    return Link(features, heard), Link("normalise_running", levelled)


def _runs(called: Classes, shortest: int) -> list[tuple[int, int, int]]:
    """(start, stop, class) of each run, once short runs have joined the run before them (or the first after)."""
    edges = np.r_[0, np.flatnonzero(np.diff(called)) + 1, len(called)]
    joined: list[tuple[int, int, int]] = []
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        name = int(called[start]) if len(called) else 0
        if joined and (stop - start < shortest or joined[-1][2] == name):
            joined[-1] = (joined[-1][0], stop, joined[-1][2])
        elif joined and joined[-1][1] - joined[-1][0] < shortest:
            joined[-1] = (joined[-1][0], stop, name)
        elif stop > start:
            joined.append((start, stop, name))
    return joined
