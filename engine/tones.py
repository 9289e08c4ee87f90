"""Tones for letters: sequences of symbols that can be heard, one frame each, and the tasks that are made of them.

A symbol is a tone exactly as long as a frame of the front end, so what the network is given of it depends on that
symbol alone: batches are looked up in a table, and are the same as if the sound had gone through the chain.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import catalog, drawn, framewise
from engine.chain import Chain
from engine.clip import Label, from_array
from engine.edit import distance
from engine.knob import KnobError, knobs
from engine.stages.stage import Format, Link
from engine.tasks.task import Batch, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip

    Ints = NDArray[np.int64]
    Table = NDArray[np.float32]
    Draw = Callable[[np.random.Generator], tuple[Ints, Ints]]
    """Draws symbols [T] and the class that is asked for at each of them [T]; 0 where none is."""

FRAME = 1024
"""Samples of a symbol."""
REST = "rest"
SHARES = {"train": range(8), "valid": (8,), "test": (9,)}
"""Which tenth of all sequences each split takes, by a digest of their symbols: none is in two of them."""
_LOUD, _BANDS = 0.2, 64
_MEAN, _STD = -8.0, 4.0  # of ln of mel power, over tones and rests
_PART = {"train": "training part", "valid": "held-out part", "test": "part for tests"}
_TRIES = 1000  # where there are many, 0.9 ** 1000 is the chance that none of them is in a tenth
_ASIDE = 0.1  # the weight of frames at which nothing is asked


def sine(pitch: float, samples: int, rate: int) -> NDArray[np.float64]:
    """A plain tone of so many hertz [samples]."""
    return np.asarray(_LOUD * np.sin(2 * np.pi * pitch * np.arange(samples) / rate))


@dataclass(frozen=True)
class Alphabet:
    """Symbols by name with their hertz; the first is silent. At `rate` each is FRAME samples of `wave`."""

    names: tuple[str, ...]
    hertz: tuple[float, ...]
    rate: int = 8000
    wave: Callable[[float, int, int], NDArray[np.float64]] = sine

    @property
    def frontend(self) -> tuple[Link, ...]:
        """Log-mel with one frame a symbol, and fixed statistics."""
        kind = catalog.load("stages", "logmel").Settings
        heard = kind(n_mels=_BANDS, hop=FRAME, win=FRAME, n_fft=FRAME, fmin=0.0, fmax=min(self.rate / 2, 2000.0))
        statistics = catalog.load("stages", "normalise").Settings(
            over="global", mean=(_MEAN,) * _BANDS, std=(_STD,) * _BANDS
        )
        return Link("logmel", heard), Link("normalise", statistics)

    def sound(self, symbols: Sequence[int] | Ints) -> NDArray[np.float32]:
        """Symbols [T], the first of which is a rest, as sound [FRAME T - FRAME / 2]: frame t hears symbol t."""
        waves = np.stack([self.wave(each, FRAME, self.rate) for each in self.hertz])
        return waves[np.asarray(symbols)].reshape(-1)[FRAME // 2 :].astype(np.float32)

    def table(self, disturbed: Callable[[NDArray[np.float32]], NDArray[np.float32]] | None = None) -> Table:
        """What the network is given of each symbol [S, F]; of their sound [n] as it is `disturbed`, if it is."""
        sound = self.sound(np.r_[0, np.arange(len(self.names))])
        sound = sound if disturbed is None else disturbed(sound)
        chain = Chain(self.frontend, Format(float(self.rate)))
        return np.concatenate([chain.push(sound[:, None]), chain.flush()])[1:]


@dataclass(frozen=True)
class Corpus:
    """The three splits of the sequences of a task."""

    task: Tones
    licence: str = "CC0-1.0 (made by this program)"

    def split(self, name: str) -> drawn.Drawn:
        """Raises LookupError for an unknown split."""
        count = drawn.split(name, tuple(SHARES), self.task.settings.clips)
        return drawn.Drawn(count, lambda index: self.task.clip(*self.task.item(name, index), f"{name} {index}"))


class Tones:
    """A task over an alphabet: `draw` gives a sequence and what is asked at its frames, in `vocabulary`.

    The error is the share of frames at which something was asked and not answered rightly.
    """

    model = "recurrent"

    def __init__(
        self, settings: Any, alphabet: Alphabet, vocabulary: tuple[str, ...], draw: Draw, tier: str
    ) -> None:
        self.settings, self.alphabet, self.vocabulary, self.tier = settings, alphabet, vocabulary, tier
        self.draw = draw
        self.rate, self.frontend = alphabet.rate, alphabet.frontend
        self.table = alphabet.table()
        self.corpus = Corpus(self)
        self._frame = FRAME / alphabet.rate

    def batches(self, split: str, size: int) -> int:
        return -(-len(self.corpus.split(split)) // size)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Sequences in the order of their split, or for training in an order drawn from the seed."""
        _, chosen = numbers(len(self.corpus.split(split)), split, index, size, seed)
        return self.collate([self.item(split, number) for number in chosen])

    def asked(self, labels: Sequence[Label], first: float, rate: float, count: int) -> Ints:
        """What is to be answered at each of the `count` frames of the front end, the first at `first` seconds."""
        return framewise.classes(labels, first + np.arange(count) / rate, self.vocabulary, self.tier)

    def item(self, split: str, number: int) -> tuple[Ints, Ints]:
        """Symbols [T] and classes [T] of a sequence: the first that is drawn for it and belongs to the split.

        Raises KnobError where the knobs leave so few different ones that none does.
        """
        rng = np.random.default_rng([self.settings.seed, list(SHARES).index(split), number])
        for _ in range(_TRIES):
            symbols, classes = self.draw(rng)
            digest = hashlib.blake2b(symbols.astype("<i8").tobytes(), digest_size=4).digest()
            if int.from_bytes(digest, "little") % 10 in SHARES[split]:
                return symbols, classes
        counts = (each.name for each in knobs(type(self.settings)) if each.kind is int)
        longer = " or ".join(name for name in counts if name not in ("clips", "seed"))
        raise KnobError(
            f"There are too few different sequences: none of {_TRIES} falls into the {_PART[split]}. "
            f"Raise {longer}."
        )

    def collate(self, items: Sequence[tuple[Ints, Ints]]) -> Batch:
        """Several sequences in one batch, padded with zeros at the end."""
        lengths = np.array([len(symbols) for symbols, _ in items], np.int64)
        x = np.zeros((len(items), int(lengths.max()), self.table.shape[1]), np.float32)
        targets = np.zeros(x.shape[:2], np.int64)
        for row, (symbols, classes) in enumerate(items):
            x[row, : len(symbols)] = self.table[symbols]
            targets[row, : len(symbols)] = classes
        return Batch(x, lengths, targets, lengths)

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """Nats a frame at which something is asked, and a tenth of those where the right answer is a rest."""
        import torch

        targets = torch.as_tensor(batch.targets[:, : y.shape[1]], device=y.device)
        lengths = torch.as_tensor(out_lengths, device=y.device)
        real = torch.arange(y.shape[1], device=y.device)[None, :] < lengths[:, None]
        found = {}
        for name, mask, weight in (("asked", targets > 0, 1.0), ("rest", targets == 0, _ASIDE)):
            mask = mask & real
            if mask.any():
                found[name] = weight * torch.nn.functional.cross_entropy(y[mask], targets[mask])
        return found

    def wrong(self, logits: NDArray[np.float32], batch: Batch, item: int) -> tuple[int, int]:
        """Frames of logits [T, C] answered wrongly, and how many of them ask; a rest is no answer."""
        targets = batch.targets[item, : len(logits)]
        asked = targets > 0
        answers = 1 + np.argmax(logits[:, 1:], axis=1)
        return int(np.count_nonzero(answers[asked] != targets[asked])), int(np.count_nonzero(asked))

    def decode(self, logits: NDArray[np.float32], seconds_per_frame: float) -> tuple[Label, ...]:
        """A label for every frame that answers."""
        answers = np.argmax(logits, axis=1) if len(logits) else np.zeros(0, np.int64)
        return tuple(
            Label(
                max(0.0, (frame - 0.5) * seconds_per_frame),
                (frame + 0.5) * seconds_per_frame,
                self.vocabulary[answers[frame]],
                self.tier,
            )
            for frame in np.flatnonzero(answers).tolist()
        )

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        return distance(found, truth), len(truth)

    def truth(self, batch: Batch, item: int) -> tuple[str, ...]:
        targets = batch.targets[item, : batch.target_lengths[item]]
        return tuple(self.vocabulary[each] for each in targets[targets > 0])

    def clip(self, symbols: Ints, classes: Ints, name: str) -> Clip:
        """A sequence to be heard, labelled with what is to be answered."""
        labels = []
        for frame in np.flatnonzero(classes).tolist():
            start, end = ((frame + edge) * self._frame for edge in (-0.5, 0.5))
            labels.append(Label(max(0.0, start), end, self.vocabulary[classes[frame]], self.tier))
        return from_array(self.alphabet.sound(symbols), self.rate, name, tuple(labels))

    def pinned(self) -> Clip:
        return self.corpus.split("test")[0]
