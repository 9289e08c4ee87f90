"""Digit strings as they are heard, however they are read: corpus, front end and disturbances of two tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, catalog, disturb
from engine.clip import Label
from engine.corpora import digits as corpora
from engine.edit import distance
from engine.knob import knob, knobs
from engine.stages.stage import Format, Link
from engine.tasks.task import Batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip

    Array = NDArray[np.float32]
    Item = tuple[Array, tuple[Label, ...], float]  # log-mel [T, F], labels, seconds a frame

TIER = "digit"
METRIC = "DER"
AUGMENT = ("clipped", "strength", "worst")
LOW, HIGH = 60.0, 3800.0
"""Hertz: mel bands up to where recordings of 8 kHz end, so that telephones and studios look alike."""
HOP = 160
_MEAN, _STD = -5.0, 2.5  # of the log-mel over noisy training clips
_COLOUR = 1.6  # nats by which microphones and places differ from band to band


@dataclass(frozen=True)
class Heard(corpora.Settings):
    """What is heard, however it is read: the knobs of the corpus, and how hard training is made."""

    bands: int = knob(
        40, 12, 80, help="Mel bands; with few of them the pitch of a voice is not seen", effect="restart"
    )
    strength: float = knob(
        1.0, 0.0, 1.0, help="How far speed, pitch, dynamics, room and masks are disturbed", effect="restart"
    )
    worst: float = knob(0.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")


class DigitStrings:
    """Strings of digits; the first of the vocabulary is none."""

    rate = 16000
    vocabulary: tuple[str, ...]
    hop, window = HOP, 400
    """Samples from frame to frame, and of a frame."""

    def __init__(self, settings: Heard) -> None:
        self.settings: Any = settings
        own = {each.name: getattr(settings, each.name) for each in knobs(corpora.Settings)}
        self.corpus: Any = corpora.build(corpora.Settings(**own))
        self.frontend = _frontend(settings.bands, self.hop, self.window)
        self._heard: dict[tuple[int, int], tuple[NDArray[np.float16], tuple[Label, ...], float]] = {}

    def batches(self, split: str, size: int) -> int:
        return -(-len(self.corpus.split(split)) // size)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Strings of a split in order; those of training are drawn and disturbed by the seed."""
        clips = self.corpus.split(split)
        if split == "train":
            # Those of a batch have one number of digits, so that little of it is padding.
            chance = np.random.default_rng([seed, index])
            count = 1 + index % self.settings.longest
            return self.collate([self._drawn(index * size + item, count, chance) for item in range(size)], chance)
        chosen = [clips[place] for place in range(index * size, min(len(clips), (index + 1) * size))]
        return self.collate([self.example(clip.read()[:, 0], clip.labels) for clip in chosen])

    def example(self, sound: Array, labels: Sequence[Label], hop: int = 0, warp: float = 1.0) -> Item:
        """Log-mel [T, F] of sound [n] at 16 kHz, its labels, and the seconds a frame; by another hop if given."""
        hop = hop or self.hop
        settings = self.frontend[0].settings.but(hop=hop)
        stage: Any = catalog.load("stages", "logmel").build(settings, Format(float(self.rate)))
        if warp != 1.0:
            stage.bank = disturb.warped(warp, stage.bank.tobytes(), len(stage.bank), 2 * HIGH / self.rate)
        frames = np.concatenate([stage.push(sound[:, None]), stage.flush()])
        return frames, tuple(labels), hop / self.rate

    def _drawn(self, number: int, count: int, chance: np.random.Generator) -> Item:
        """The training string of a number, of `count` digits, heard with a microphone drawn by chance.

        It is disturbed once and kept, 20 kB each: making it takes longer than learning from it.
        """
        if (number, count) not in self._heard:
            rng = np.random.default_rng([self.settings.seed, number])
            frames, labels, seconds = self._disturbed(self.corpus.split("train").draw(rng, count), rng)
            self._heard[number, count] = frames.astype(np.float16), labels, seconds
        kept, labels, seconds = self._heard[number, count]
        bands = kept.shape[1]
        curve = chance.normal(0, _COLOUR * self.settings.strength, 6)
        colour = np.interp(np.arange(bands), np.linspace(0, bands - 1, 6), curve)
        return kept.astype(np.float32) + colour.astype(np.float32), labels, seconds

    def _disturbed(self, clip: Clip, rng: np.random.Generator) -> Item:
        """A training string as another speaker in another place might have said it."""
        strength = self.settings.strength
        sound, factor = disturb.heard(
            rng, clip.read()[:, 0], strength, self.settings.worst, corpora.other_speech()
        )
        # Strings are joined from digits said with care: hurried speech is up to half as long.
        hop = round(self.hop * float(np.exp(strength * rng.uniform(-0.4, 0.9))))
        warp = float(np.exp(strength * 0.12 * rng.integers(-7, 8) / 7))
        frames, _, seconds = self.example(sound, (), hop, warp)
        labels = (Label(each.start / factor, each.end / factor, each.text, TIER) for each in clip.labels)
        return frames, tuple(labels), seconds

    def collate(self, items: Sequence[Item], rng: np.random.Generator | None = None) -> Batch:
        """Items as one batch, normalised as the front end does it; with `rng` also disturbed and masked."""
        lengths = np.array([len(frames) for frames, _, _ in items], np.int64)
        x = np.stack(
            [np.pad(frames, ((0, lengths.max() - len(frames)), (0, 0)), "edge") for frames, _, _ in items]
        )
        x = (x - np.float32(_MEAN)) / np.float32(_STD)
        counts = np.array([len(labels) for _, labels, _ in items], np.int64)
        targets = np.zeros((len(items), max(1, counts.max())), np.int64)
        spans = np.zeros((*targets.shape, 2), np.float32)
        for row, (frames, labels, seconds) in enumerate(items):
            x[row, len(frames) :] = 0
            for place, label in enumerate(labels):
                targets[row, place] = self.vocabulary.index(label.text)
                spans[row, place] = label.start / seconds, label.end / seconds
            if rng is not None:
                # Compressors and microphones change how far consonants lie below vowels.
                x[row] *= np.exp(self.settings.strength * rng.uniform(-0.4, 0.4))
                disturb.mask(rng, x[row, : len(frames)], self.settings.strength)
        return Batch(x, lengths, targets, counts, spans)

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        return distance(found, truth), len(truth)

    def pinned(self) -> Clip:
        return asset.open_bundled("digits")


def _frontend(bands: int, hop: int, window: int) -> tuple[Link, ...]:
    heard = catalog.load("stages", "logmel").Settings(
        n_mels=bands, hop=hop, win=window, fmin=LOW, fmax=HIGH, scale="htk", norm="none", floor=1e-8
    )
    # Fixed statistics: a running mean would follow what is said, and name a digit by those before it. That a
    # network hears through any microphone, near or far, is learnt.
    fixed = catalog.load("stages", "normalise").Settings(over="global", mean=(_MEAN,) * bands, std=(_STD,) * bands)
    return Link("logmel", heard), Link("normalise", fixed)
