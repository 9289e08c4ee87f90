"""Phonemes: say of every frame which synthetic phoneme sounds in it, or that none does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, augment, catalog, framewise, noises
from engine.chain import Chain
from engine.clip import Label
from engine.edit import distance
from engine.knob import Settings as Base
from engine.knob import knob
from engine.stages.stage import Format, Link
from engine.tasks.task import Batch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip

TIER = "phone"
METRIC = "PER"
LENGTH = "words"
NOISES = ("white", "pink", "brown", "babble", "crowd", "fan", "rain")
"""The noises of training. The other bundled ones stay unheard, for tests."""
AUGMENT = ("worst", "clean", "speeds")
HOP = 0.01  # seconds a frame of the front end
_SHORTEST = 3  # frames; a shorter run of one class is taken for its neighbour
_MEAN, _STD = -9.0, 4.0  # of ln of mel power over clean and noisy training clips
_KEPT = 1000  # clips in memory, about 150 kB each: making one takes ten times as long as its features


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task: those of its corpus, the features, and how hard training is made."""

    phonemes: int = knob(10, 5, 10, help="How many phonemes there are; the first three say cat", effect="restart")
    words: int = knob(4, 1, 8, help="Words in a clip", effect="restart")
    clips: int = knob(
        600, 10, 10000, log=True, help="Training clips; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")
    features: str = knob("logmel", choices=("logmel", "mfcc"), help="What the network hears", effect="restart")
    delay: int = knob(
        8,
        0,
        20,
        unit="frames",
        help="How long after its sound a phoneme is named; a causal network hears that much of what follows",
        effect="restart",
    )
    worst: float = knob(0.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")
    clean: float = knob(0.25, 0.0, 1.0, help="Share of training clips without noise", effect="restart")
    speeds: bool = knob(False, help="Training clips at 0.9, 1.0 and 1.1 times their speed", effect="restart")


def build(settings: Settings) -> Phonemes:
    return Phonemes(settings)


class Phonemes:
    """Frame labelling: a class for each frame, with an error rate of phonemes by edit distance."""

    rate = 16000
    model = "recurrent"

    def __init__(self, settings: Settings) -> None:
        corpora: Any = catalog.load("corpora", "phonemes")
        self._corpora = corpora
        self.settings = settings
        keys = ("phonemes", "words", "clips", "seed")
        self.corpus = corpora.build(corpora.Settings(**{key: getattr(settings, key) for key in keys}))
        self.vocabulary: tuple[str, ...] = corpora.vocabulary(settings.phonemes)
        self.frontend = _frontend(settings.features)
        self._heard: dict[tuple[str, int], Clip] = {}

    def batches(self, split: str, size: int) -> int:
        return -(-len(self.corpus.split(split)) // size)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Clips in the order of their split, or for training in an order and with noise drawn from the seed."""
        count = len(self.corpus.split(split))
        epoch, place = divmod(index, self.batches(split, size))
        order = np.arange(count)
        if split == "train":
            order = np.random.default_rng([seed, epoch]).permutation(count)
        items = []
        for number in order[place * size : (place + 1) * size]:
            clip = self._clip(split, int(number))
            sound, labels = clip.read()[:, 0], clip.labels
            if split == "train":
                rng = np.random.default_rng([seed, epoch, int(number)])
                if self.settings.speeds:
                    sound, labels = paced(sound, labels, float(rng.choice(augment.SPEEDS)))
                sound = self._hardened(sound, rng)
            items.append(self.example(sound, labels))
        return collate(items)

    def example(
        self, sound: NDArray[np.float32], labels: Sequence[Label]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Features [T, F] and what is to be said at each frame [T]: the classes, so many frames late."""
        frames, classes = self.features(sound, labels)
        late = np.zeros(min(self.settings.delay, len(classes)), np.int64)
        return frames, np.r_[late, classes][: len(classes)]

    def features(
        self, sound: NDArray[np.float32], labels: Sequence[Label]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """What the network hears of sound [n] at 16 kHz, [T, F], and the class of each frame [T]."""
        chain = Chain(self.frontend, Format(float(self.rate)))
        frames = np.concatenate([chain.push(sound[:, None]), chain.flush()])
        times = chain.output.first + np.arange(len(frames)) / chain.output.rate
        return frames, self._corpora.classes(labels, times, self.vocabulary)

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """Cross entropy a frame, in nats; padding counts nowhere. Raises TargetError."""
        return {"cross entropy": framewise.cross_entropy(y, out_lengths, batch)}

    def decode(self, logits: NDArray[np.float32], seconds_per_frame: float) -> tuple[Label, ...]:
        """Runs of the likeliest class, put back by the delay; frame t reaches half a frame to either side."""
        labels = []
        late = self.settings.delay * HOP
        for start, stop, name in _runs(np.argmax(logits, axis=1) if len(logits) else np.zeros(0, np.int64)):
            if self.vocabulary[name] != self._corpora.SILENCE:
                begins, ends = ((edge - 0.5) * seconds_per_frame - late for edge in (start, stop))
                labels.append(Label(max(begins, 0.0), max(ends, 0.0), self.vocabulary[name], TIER))
        return tuple(labels)

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        return distance(found, truth), len(truth)

    def pinned(self) -> Clip:
        return asset.open_bundled("phonemes")

    def _clip(self, split: str, number: int) -> Clip:
        if (split, number) not in self._heard:
            if len(self._heard) >= _KEPT:
                self._heard.pop(next(iter(self._heard)))
            self._heard[split, number] = self.corpus.split(split)[number]
        return self._heard[split, number]

    def _hardened(self, sound: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """The sound with noise between 30 dB and the worst SNR, or clean."""
        if rng.random() < self.settings.clean:
            return sound
        start = int(rng.integers(1 << 20))
        noise = noises.segment(str(rng.choice(NOISES)), "", 0, self.rate, len(sound), start)
        return mixed(sound, noise, rng.uniform(self.settings.worst, max(30.0, self.settings.worst)))


def _frontend(features: str) -> tuple[Link, ...]:
    heard = catalog.load("stages", features).Settings()
    levelled = catalog.load("stages", "normalise_running").Settings()
    if features == "logmel":
        # What log-mel usually is, so that the first sound after a silence is not blown up.
        levelled = levelled.but(mean=(_MEAN,) * heard.n_mels, std=(_STD,) * heard.n_mels)
    return Link(features, heard), Link("normalise_running", levelled)


def paced(
    sound: NDArray[np.float32], labels: Sequence[Label], speed: float
) -> tuple[NDArray[np.float32], tuple[Label, ...]]:
    """The sound [n] at a speed, [round(n / speed)], and its labels: the same words, at their new times."""
    moved = (replace(each, start=each.start / speed, end=each.end / speed) for each in labels)
    return augment.sped(sound, speed), tuple(moved)


def mixed(sound: NDArray[np.float32], noise: NDArray[np.floating], snr: float) -> NDArray[np.float32]:
    """sound + a noise, with a such that the power of sound over that of the noise is `snr` in dB."""
    power = float(np.mean(np.square(sound, dtype=np.float64))), float(np.mean(np.square(noise, dtype=np.float64)))
    scale = np.sqrt(power[0] / max(power[1], 1e-12) * 10 ** (-snr / 10))
    return (sound + scale * noise).astype(np.float32)


def collate(items: Sequence[tuple[NDArray[np.float32], NDArray[np.int64]]]) -> Batch:
    """Features and classes of several clips in one batch, padded with zeros at the end."""
    lengths = np.array([len(frames) for frames, _ in items], np.int64)
    x = np.zeros((len(items), int(lengths.max()), items[0][0].shape[1]), np.float32)
    targets = np.zeros(x.shape[:2], np.int64)
    for row, (frames, classes) in enumerate(items):
        x[row, : len(frames)] = frames
        targets[row, : len(classes)] = classes
    return Batch(x, lengths, targets, lengths)


def _runs(classes: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """(start, stop, class) of each run, once short runs have joined the run before them (or the first after)."""
    edges = np.r_[0, np.flatnonzero(np.diff(classes)) + 1, len(classes)]
    joined: list[tuple[int, int, int]] = []
    for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        name = int(classes[start]) if len(classes) else 0
        if joined and (stop - start < _SHORTEST or joined[-1][2] == name):
            joined[-1] = (joined[-1][0], stop, joined[-1][2])
        elif joined and joined[-1][1] - joined[-1][0] < _SHORTEST:
            joined[-1] = (joined[-1][0], stop, name)
        elif stop > start:
            joined.append((start, stop, name))
    return joined
