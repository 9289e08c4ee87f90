"""Transcription: say of every frame which notes of synthesised music sound in it, several at once or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import augment, catalog, noises, notes
from engine.chain import Chain
from engine.clip import Label
from engine.edit import distance
from engine.knob import knob
from engine.notes import TIER, matches
from engine.stages.stage import Format, Link
from engine.tasks.task import Batch, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip

__all__ = ["TIER", "matches"]

METRIC = "1 \N{MINUS SIGN} F1"
AUGMENT = ("worst", "clean")
AHEAD = "delay"
_corpora: Any = catalog.load("corpora", "music")
_HOP = 320  # samples: 20 ms
_OCTAVES, _BANDS = 5, 24  # two above the highest note, for partials; quarter tones
_MEAN, _STD = -70.0, 20.0  # of dB
_NOISES, _BEST = ("white", "pink", "brown", "fan", "rain"), 40.0  # of training; dB
_LEAST, _GAP = 3, 3  # frames: a shorter note is none, and a shorter silence


@dataclass(frozen=True)
class Settings(_corpora.Settings):
    """The knobs of the task: those of its corpus, and when a note is told."""

    delay: int = knob(
        3,
        0,
        20,
        unit="frames",
        help="How long after it sounds a note is told; a causal network hears that much of what follows",
        effect="restart",
    )
    worst: float = knob(0.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")
    clean: float = knob(0.25, 0.0, 1.0, help="Share of training tunes without noise", effect="restart")


def build(settings: Settings) -> TranscribeNotes:
    return TranscribeNotes(settings)


class TranscribeNotes:
    """A probability for every pitch at each frame, each for itself; the error is 1 - F1 of the notes."""

    rate = _corpora.RATE
    model = "recurrent"
    apart = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        own = {key: getattr(settings, key) for key in ("voices", "clips", "seed")}
        self.corpus = _corpora.build(_corpora.Settings(**own))
        # The highest first, as on the screen.
        self.vocabulary = tuple(notes.name(each) for each in range(_corpora.HIGHEST, _corpora.LOWEST - 1, -1))
        self.frontend = _frontend()
        self._heard: dict[tuple[str, int], tuple[NDArray[np.float32], NDArray[np.int64]]] = {}

    def batches(self, split: str, size: int) -> int:
        return -(-len(self.corpus.split(split)) // size)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Tunes in the order of their split, or for training in an order drawn from the seed."""
        _, chosen = numbers(len(self.corpus.split(split)), split, index, size, seed)
        return collate([self._example(split, each) for each in chosen])

    def example(
        self, sound: NDArray[np.float32], labels: Sequence[Label]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Features [T, F] of sound [n] at 16 kHz, and which pitches are to be told at each frame [T, P]."""
        chain = Chain(self.frontend, Format(float(self.rate)))
        frames = np.concatenate([chain.push(sound[:, None]), chain.flush()])
        times = chain.output.first + (np.arange(len(frames)) - self.settings.delay) / chain.output.rate
        return frames, notes.framed(labels, times, self.vocabulary)

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """Binary cross entropy of every pitch for itself, in nats a frame; padding counts nowhere."""
        import torch

        targets = torch.as_tensor(batch.targets[:, : y.shape[1]], device=y.device).to(y.dtype)
        lengths = torch.as_tensor(out_lengths, device=y.device)
        real = torch.arange(y.shape[1], device=y.device)[None, :] < lengths[:, None]
        each = torch.nn.functional.binary_cross_entropy_with_logits(y[real], targets[real], reduction="sum")
        return {"cross entropy": each / real.sum().clamp(min=1)}

    def decode(self, logits: NDArray[np.float32], seconds_per_frame: float) -> tuple[Label, ...]:
        """Notes where a pitch is likelier than not, put back by the delay; by their starts."""
        late, found = self.settings.delay * _HOP / self.rate, []
        for start, stop, row in notes.played(logits > 0, _LEAST, _GAP):
            begins, ends = ((edge - 0.5) * seconds_per_frame - late for edge in (start, stop))
            found.append(Label(max(begins, 0.0), max(ends, 0.0), self.vocabulary[row], TIER))
        return tuple(found)

    def wrong(self, logits: NDArray[np.float32], batch: Batch, item: int) -> tuple[int, int]:
        """Of logits [T, P]: notes too many and missed, and all notes found and true; their ratio is 1 - F1."""
        seconds = _HOP / self.rate * max(1, round(len(batch.targets[item]) / max(1, len(logits))))
        sure = batch.targets[item, : batch.target_lengths[item]] - np.float32(0.5)
        return self.miscounted(self.decode(logits, seconds), self.decode(sure, _HOP / self.rate))

    def miscounted(self, found: Sequence[Label], truth: Sequence[Label]) -> tuple[int, int]:
        return notes.miscounted(found, truth)

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        """Of names alone, without their times."""
        return distance(found, truth), len(truth)

    def pinned(self) -> Clip:
        return _corpora.build(_corpora.Settings()).split("test")[2]

    def _example(self, split: str, number: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        if (split, number) not in self._heard:
            clip = self.corpus.split(split)[number]
            sound = clip.read()[:, 0]
            if split == "train":
                sound = self._hardened(sound, np.random.default_rng([self.settings.seed, number]))
            self._heard[split, number] = self.example(sound, clip.labels)
        return self._heard[split, number]

    def _hardened(self, sound: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """The sound with a noise of its own between 40 dB and the worst SNR, or without."""
        if rng.random() < self.settings.clean:
            return sound
        noise = noises.segment(str(rng.choice(_NOISES)), "", 0, self.rate, len(sound), int(rng.integers(1 << 20)))
        return augment.noised(sound, noise, rng.uniform(self.settings.worst, _BEST))


def _frontend() -> tuple[Link, ...]:
    lowest, width = 440.0 * 2 ** ((_corpora.LOWEST - 69) / 12), _OCTAVES * _BANDS
    cqt, normalise = (catalog.load("stages", name).Settings for name in ("cqt", "normalise"))
    heard = cqt(bins_per_octave=_BANDS, octaves=_OCTAVES, fmin=lowest, hop=_HOP, floor=-90.0)
    levels = normalise(over="global", mean=(_MEAN,) * width, std=(_STD,) * width)
    return Link("cqt", heard), Link("normalise", levels)


def collate(items: Sequence[tuple[NDArray[np.float32], NDArray[np.int64]]]) -> Batch:
    """Features and activity of several tunes in one batch, padded with zeros at the end."""
    lengths = np.array([len(frames) for frames, _ in items], np.int64)
    longest, (frames, active) = int(lengths.max()), items[0]
    x = np.zeros((len(items), longest, frames.shape[1]), np.float32)
    targets = np.zeros((len(items), longest, active.shape[1]), np.int64)
    for row, (frames, active) in enumerate(items):
        x[row, : len(frames)], targets[row, : len(active)] = frames, active
    return Batch(x, lengths, targets, lengths)
