"""Melody: say after each note which comes next; an answer follows from a question more than sixteen notes ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import melody
from engine.knob import Settings as Base
from engine.knob import knob
from engine.tones import REST, Alphabet, Tones

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.tasks.task import Batch

TIER = "note"
METRIC = "error in answers"
LENGTH = "passage"
_RATE = 4000  # a note of 1024 samples then lasts 256 ms


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task."""

    phrases: int = knob(2, 1, 8, help="Questions with their answers in a tune")
    passage: int = knob(2, 0, 8, unit="bars", help="Bars of eight notes between a question and its answer")
    clips: int = knob(
        600, 10, 10000, log=True, help="Training tunes; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")


def build(settings: Settings) -> Melody:
    return Melody(settings)


class Melody(Tones):
    """The next note at each note; the error is that in answers, the only notes that can all be known."""

    def __init__(self, settings: Settings) -> None:
        hertz = tuple(melody.hertz(each) for each in melody.SCALE)
        names = (REST, *melody.NAMES)
        alphabet = Alphabet(names, (0.0, *hertz), _RATE, melody.struck)
        super().__init__(settings, alphabet, names, self._next, TIER)

    def _next(self, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        notes, _ = melody.tune(rng, self.settings.phrases, self.settings.passage)
        return notes, np.append(notes[1:], 0)

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """As of every task of tones, and once more for the answers, which are few."""
        import torch

        found = dict(super().loss(y, out_lengths, batch))
        targets = torch.as_tensor(batch.targets[:, : y.shape[1]], device=y.device)
        asked = torch.as_tensor(self._answers(y.shape[1], melody.BAR), device=y.device) & (targets > 0)
        found["answers"] = torch.nn.functional.cross_entropy(y[asked], targets[asked])
        return found

    def wrong(self, logits: NDArray[np.float32], batch: Batch, item: int) -> tuple[int, int]:
        """Notes of answers that logits [T, C] tell wrongly, and how many there are."""
        return self.missed(logits, batch.targets[item], melody.BAR)

    def missed(self, logits: NDArray[np.float32], targets: NDArray[np.int64], first: int) -> tuple[int, int]:
        """The same for the `first` notes of each answer. Logits [T, C], the next note at each [T]."""
        asked = self._answers(len(logits), first) & (targets[: len(logits)] > 0)
        told = 1 + np.argmax(logits[:, 1:], axis=1)
        return int(np.count_nonzero(told[asked] != targets[: len(logits)][asked])), int(np.count_nonzero(asked))

    def _answers(self, frames: int, first: int) -> NDArray[np.bool_]:
        """Where one of the `first` notes of an answer comes next [frames]."""
        phrase = melody.BAR * (2 + self.settings.passage)
        place = np.arange(frames) % phrase - (phrase - melody.BAR)
        return (place >= 0) & (place < first)
