"""Phones: say of every frame of real English speech which of 39 phones sounds in it (TIMIT, in OTOSCOPE_DATA)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import catalog
from engine.knob import Settings as Base
from engine.knob import knob
from engine.labelling import TIER, Labelling
from engine.phones import VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.clip import Clip

__all__ = ["AHEAD", "AUGMENT", "METRIC", "TIER", "Settings", "build"]

METRIC = "PER"
"""Of the 38 phones that sound. Figures elsewhere mostly count silences too, which are easy: theirs are lower."""
AHEAD = "delay"
AUGMENT = ("worst", "clean", "speeds")


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task: those of its corpora, the features, and how hard training is made."""

    clips: int = knob(5000, 10, 5000, log=True, help="Training sentences of TIMIT at the most", effect="restart")
    fold: int = knob(
        0,
        0,
        5,
        help="Which sixth of a sample's speakers is the test; the next one is for validation",
        effect="restart",
    )
    arctic: bool = knob(
        False,
        help="Sentences of one more speaker are learnt from, in which a machine marked the phones",
        effect="restart",
    )
    features: str = knob(
        "logmel", choices=("logmel", "mfcc", "raw"), help="What the network hears", effect="restart"
    )
    delay: int = knob(
        5,
        0,
        20,
        unit="frames",
        help="How long after its sound a phone is named; a causal network hears that much of what follows",
        effect="restart",
    )
    worst: float = knob(10.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")
    clean: float = knob(0.5, 0.0, 1.0, help="Share of training sentences without noise", effect="restart")
    speeds: bool = knob(True, help="Training sentences at 0.9, 1.0 and 1.1 times their speed", effect="restart")


def build(settings: Settings) -> Phones:
    return Phones(settings)


@dataclass(frozen=True)
class Corpus:
    """TIMIT, and for training ARCTIC too, if wanted. Raises CorpusMissing where one of them is not here."""

    timit: Any
    arctic: Any

    def split(self, name: str) -> Sequence[Clip]:
        clips = self.timit.split(name)
        return clips if name != "train" or self.arctic is None else clips + self.arctic.split(name)


class Phones(Labelling):
    """Frame labelling of read sentences, with an error rate of phones by edit distance."""

    def __init__(self, settings: Settings) -> None:
        timit: Any = catalog.load("corpora", "timit")
        arctic: Any = catalog.load("corpora", "arctic")
        corpus = Corpus(
            timit.build(timit.Settings(clips=settings.clips, fold=settings.fold)),
            arctic.build(arctic.Settings()) if settings.arctic else None,
        )
        super().__init__(settings, corpus, VOCABULARY)

    def pinned(self) -> Clip:
        """The first sentence of the test. Raises CorpusMissing where there is no TIMIT."""
        return self.corpus.split("test")[0]
