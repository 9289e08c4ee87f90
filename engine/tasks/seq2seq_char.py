"""Characters: hear a cue and some tones, then write which they were, in their order or in reverse, and end."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import augment, noises
from engine.clip import Clip, Label, from_array
from engine.ended import END, Ended, spread
from engine.knob import Settings as Base
from engine.knob import knob
from engine.tasks.task import Batch, numbers
from engine.tones import FRAME, REST, Alphabet, Tones

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Item = tuple[Ints, Ints]

TIER = "written"
METRIC = "CER"
LENGTH = "longest"
AUGMENT = ("worst",)
HEARD = "tone"
"""The tier that says what is heard."""
_LETTERS = "abcdefgh"
_CUES = {"copy": 200.0, "reverse": 300.0}  # hertz
_SHORTEST = 3
_NOISES, _STEP, _BEST, _TIMES = ("white", "pink"), 5.0, 40.0, 6  # of training: decibels apart, and how often each


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task."""

    order: str = knob(
        "both",
        choices=("copy", "reverse", "both"),
        help="What the cue asks for: the tones as they came, in reverse, or now one and now the other",
    )
    longest: int = knob(8, _SHORTEST, 30, unit="tones", help="Tones in a sequence at the most")
    clips: int = knob(
        8000, 10, 100000, log=True, help="Training sequences; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")
    worst: float = knob(0.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")


def normaliser(settings: Settings) -> str:
    """Symbols are compared as they are."""
    return "none"


def build(settings: Settings) -> Characters:
    return Characters(settings)


class Characters(Ended, Tones):
    """What is written has a length of its own: its items are symbols [T] and characters [U], with the end.

    The error is that of characters (CER), by edit distance.
    """

    model = "seq2seq"
    asked: Any = None
    """No frame asks for anything: what is written lies beside the sound."""

    def __init__(self, settings: Settings) -> None:
        hertz = tuple(440.0 * 2 ** (each / 4) for each in range(len(_LETTERS)))
        alphabet = Alphabet((REST, *_CUES, *_LETTERS), (0.0, *_CUES.values(), *hertz))
        super().__init__(settings, alphabet, (END, *_LETTERS), self._drawn, TIER)

    def _drawn(self, rng: np.random.Generator) -> Item:
        """A rest, a cue and letters; and what is to be written of them."""
        cues = tuple(_CUES) if self.settings.order == "both" else (self.settings.order,)
        cue = str(rng.choice(cues))
        letters = rng.integers(1, 1 + len(_LETTERS), rng.integers(_SHORTEST, self.settings.longest + 1))
        symbols = np.r_[0, 1 + list(_CUES).index(cue), letters + len(_CUES)]
        return symbols.astype(np.int64), np.r_[letters if cue == "copy" else letters[::-1], 0].astype(np.int64)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Sequences in the order of their split; for training in an order and with noise drawn from the seed."""
        epoch, chosen = numbers(len(self.corpus.split(split)), split, index, size, seed)
        items = [self.item(split, number) for number in chosen]
        return self.collate(items, np.random.default_rng([seed, epoch, index]) if split == "train" else None)

    def collate(self, items: Sequence[Item], rng: np.random.Generator | None = None) -> Batch:
        """Several sequences in one batch; what is written is padded with ends. With a generator, in noise."""
        lengths, counts = (np.array([len(each) for each in side], np.int64) for side in zip(*items, strict=True))
        x = np.zeros((len(items), int(lengths.max()), self.table.shape[1]), np.float32)
        targets = np.zeros((len(items), int(counts.max())), np.int64)
        for row, (symbols, written) in enumerate(items):
            heard = self.table[None] if rng is None else self.noisy[int(rng.integers(len(self.noisy)))]
            times = np.zeros(len(symbols), int) if rng is None else rng.integers(len(heard), size=len(symbols))
            x[row, : len(symbols)] = heard[times, symbols]
            targets[row, : len(written)] = written
        return Batch(x, lengths, targets, counts)

    @functools.cached_property
    def noisy(self) -> NDArray[np.float32]:
        """What is heard of each symbol at each SNR, several times, [L, _TIMES, S, F]; first without noise."""
        rng, rate = np.random.default_rng(self.settings.seed), self.rate

        def once(snr: float) -> NDArray[np.float32]:
            kind, start = str(rng.choice(_NOISES)), int(rng.integers(1 << 20))
            return self.alphabet.table(
                lambda sound: augment.noised(sound, noises.segment(kind, "", 0, rate, len(sound), start), snr)
            )

        snrs = (np.inf, *np.arange(self.settings.worst, _BEST + 1, _STEP).tolist())
        return np.stack([[once(snr) for _ in range(_TIMES)] for snr in snrs])

    def decode(self, logits: NDArray[np.float32], seconds_per_frame: float) -> tuple[Label, ...]:
        """The characters up to the end, each as long as an output lasts on the clock that they are given."""
        return self._spread(self.read(logits), seconds_per_frame)

    def clip(self, symbols: Ints, classes: Ints, name: str) -> Clip:
        """A sequence to be heard: labelled with its tones, and with what is to be written, spread over them."""
        frame = FRAME / self.alphabet.rate
        heard = [
            Label((k - 0.5) * frame, (k + 0.5) * frame, self.alphabet.names[each], HEARD)
            for k, each in enumerate(symbols.tolist())
            if each
        ]
        written = self._spread(self.named(classes), frame * len(symbols) / len(classes))
        return from_array(self.alphabet.sound(symbols), self.rate, name, (*heard, *written))

    def _spread(self, names: Sequence[str], seconds: float) -> tuple[Label, ...]:
        return spread(names, seconds, FRAME / self.alphabet.rate / 2, TIER)

    def pinned(self) -> Clip:
        """Of the first that may be tried, the one with the most letters."""
        tried = self.corpus.split("test")
        some = [tried[number] for number in range(min(40, len(tried)))]
        return max(some, key=lambda clip: len(set(clip.text(TIER))))
