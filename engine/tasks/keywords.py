"""Keywords: call a wake word or a digit when it is said, in a stream of other speech, whoever says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import alignment, catalog, disturb, spotting, trellis
from engine.clip import Label
from engine.corpora import keywords as corpora
from engine.edit import distance
from engine.knob import knob, knobs
from engine.stages.stage import Format, Link
from engine.tasks.task import Batch
from engine.wordset import SETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip

    Array = NDArray[np.float32]
    Item = tuple[Array, tuple[Label, ...], float]  # log-mel [T, F], labels, seconds a frame

TIER = "keyword"
METRIC = "error"
AUGMENT = ("strength", "worst")
HOP = 160
LOW = 60.0
_MEAN, _STD = -6.0, 2.7  # of the log-mel over training streams
_COLOUR = 1.2  # nats by which microphones and places differ from band to band
_LATE = 0.2  # seconds after _HELD in which a word may still be named
_HELD = 0.3  # seconds after its end in which it is: what is smoothed over some time has to last as long


@dataclass(frozen=True)
class Settings(corpora.Settings):
    """The knobs of the task: those of its corpus, how hard training is made, and when a word is called."""

    bands: int = knob(40, 12, 80, help="Mel bands", effect="restart")
    strength: float = knob(
        0.5, 0.0, 1.0, help="How far speed, vocal tract, room and colour are disturbed", effect="restart"
    )
    worst: float = knob(0.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")
    threshold: float = knob(
        0.5, 0.01, 1.0, step=0.01, help="How sure the network must be: higher, fewer false calls and more misses"
    )
    smooth: float = knob(
        spotting.SMOOTH, 0.0, 1.0, step=0.01, unit="s", help="What it says is smoothed over so long a time"
    )


def build(settings: Settings) -> Keywords:
    return Keywords(settings)


class Keywords:
    """Words by what is said of each frame, smoothed; the error is by edit distance."""

    rate = 16000
    model = "recurrent"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        own = {each.name: getattr(settings, each.name) for each in knobs(corpora.Settings)}
        self.corpus = corpora.build(corpora.Settings(**own))
        self.words = SETS[settings.words]
        self.vocabulary = ("", *self.words.words)
        self.frontend = _frontend(settings.bands, self.words.high)
        self._heard: dict[int, tuple[NDArray[np.float16], tuple[Label, ...], float]] = {}

    def batches(self, split: str, size: int) -> int:
        return -(-len(self.corpus.split(split)) // size)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Streams of a split in order; those of training are drawn and disturbed by the seed."""
        if split == "train":
            chance = np.random.default_rng([seed, index])
            drawn = chance.integers(self.settings.clips, size=size).tolist()
            return self.collate([self._drawn(number, chance) for number in drawn], chance)
        clips = self.corpus.split(split)
        places = range(index * size, min(len(clips), (index + 1) * size))
        return self.collate(
            [self.example(clip.read()[:, 0], clip.labels) for clip in map(clips.__getitem__, places)]
        )

    def example(self, sound: Array, labels: Sequence[Label], warp: float = 1.0) -> Item:
        """Log-mel [T, F] of sound [n] at 16 kHz, its labels, and the seconds a frame."""
        stage: Any = catalog.load("stages", "logmel").build(self.frontend[0].settings, Format(float(self.rate)))
        if warp != 1.0:
            stage.bank = disturb.warped(
                warp, stage.bank.tobytes(), len(stage.bank), 2 * self.words.high / self.rate
            )
        frames = np.concatenate([stage.push(sound[:, None]), stage.flush()])
        return frames, tuple(labels), HOP / self.rate

    def _drawn(self, number: int, chance: np.random.Generator) -> Item:
        """A training stream, heard with a microphone drawn by chance.

        It is disturbed once and kept, 25 kB each: making it takes longer than learning from it.
        """
        if number not in self._heard:
            rng = np.random.default_rng([self.settings.seed, number])
            frames, labels, seconds = self._disturbed(self._train.draw(rng), rng)
            self._heard[number] = frames.astype(np.float16), labels, seconds
        kept, labels, seconds = self._heard[number]
        bands = kept.shape[1]
        curve = chance.normal(0, _COLOUR * self.settings.strength, 6)
        colour = np.interp(np.arange(bands), np.linspace(0, bands - 1, 6), curve)
        return kept.astype(np.float32) + colour.astype(np.float32), labels, seconds

    @property
    def _train(self) -> Any:
        if not hasattr(self, "_streams"):
            self._streams = self.corpus.split("train")
        return self._streams

    def _disturbed(self, clip: Clip, rng: np.random.Generator) -> Item:
        """A training stream as others might have spoken it in another place."""
        strength = self.settings.strength
        sound, factor = disturb.heard(rng, clip.read()[:, 0], strength, self.settings.worst, ())
        warp = float(np.exp(strength * 0.2 * rng.integers(-7, 8) / 7))
        frames, _, seconds = self.example(sound, (), warp)
        labels = (Label(each.start / factor, each.end / factor, each.text, TIER) for each in clip.labels)
        return frames, tuple(labels), seconds

    def collate(self, items: Sequence[Item], rng: np.random.Generator | None = None) -> Batch:
        """Items as one batch, normalised as the front end does it; with `rng` also masked."""
        lengths = np.array([len(frames) for frames, _, _ in items], np.int64)
        counts = np.array([len(labels) for _, labels, _ in items], np.int64)
        x = np.zeros((len(items), int(lengths.max()), self.settings.bands), np.float32)
        targets = np.zeros((len(items), max(1, int(counts.max()))), np.int64)
        spans = np.zeros((*targets.shape, 2), np.float32)
        for row, (frames, labels, seconds) in enumerate(items):
            x[row, : len(frames)] = (frames - np.float32(_MEAN)) / np.float32(_STD)
            for place, label in enumerate(labels):
                targets[row, place] = self.vocabulary.index(label.text)
                spans[row, place] = label.start / seconds, label.end / seconds
            if rng is not None:
                disturb.mask(rng, x[row, : len(frames)], self.settings.strength)
        return Batch(x, lengths, targets, counts, spans)

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """Nats a word: of naming it in each frame from its last quarter or so, and of the whole stream by CTC."""
        assert batch.spans is not None
        stride, second = batch.x.shape[1] / y.shape[1], self.rate / HOP
        held = replace(batch, spans=batch.spans + np.array([0.0, _HELD * second], np.float32))
        return alignment.losses(y, out_lengths, held, stride, _LATE * second, 1.0)

    def decode(self, logits: Array, seconds_per_frame: float) -> tuple[Label, ...]:
        """The words of logits [T, C], each from the frame in which it is called to the last in which it is."""
        if not len(logits):
            return ()
        frames = max(1, round(self.settings.smooth / seconds_per_frame))
        values = spotting.smoothed(trellis.softmax(logits), frames)
        runs = spotting.spot(values, self.settings.threshold, max(1, round(spotting.APART / seconds_per_frame)))
        return tuple(
            Label(run.start * seconds_per_frame, run.stop * seconds_per_frame, self.vocabulary[run.label], TIER)
            for run in runs
        )

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        return distance(found, truth), len(truth)

    def pinned(self) -> Clip:
        return self.corpus.split("test")[0]


def _frontend(bands: int, high: float) -> tuple[Link, ...]:
    heard = catalog.load("stages", "logmel").Settings(
        n_mels=bands, hop=HOP, fmin=LOW, fmax=high, scale="htk", norm="none", floor=1e-8
    )
    fixed = catalog.load("stages", "normalise").Settings(over="global", mean=(_MEAN,) * bands, std=(_STD,) * bands)
    return Link("logmel", heard), Link("normalise", fixed)
