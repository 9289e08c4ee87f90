"""Tagging: say of a whole clip which sounds are in it, any number of them, whatever else is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine import catalog, clipwise
from engine.knob import Settings as Base
from engine.knob import knob

TIER = "tag"
METRIC = "tag error"
SET = True
_HOP = 320  # samples: a clip of 3 s is 150 frames


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task."""

    sounds: int = knob(3, 1, 6, help="Sounds in a clip at most", effect="restart")
    seconds: float = knob(3.0, 2.0, 20.0, unit="s", help="How long a clip is", effect="restart")
    clips: int = knob(
        600, 10, 10000, log=True, help="Training clips; the other splits have a fifth", effect="restart"
    )
    seed: int = knob(0, 0, 2**31 - 1, help="Another seed, another corpus", effect="restart")


def build(settings: Settings) -> clipwise.Tags:
    corpora: Any = catalog.load("corpora", "scenes")
    corpus = corpora.build(corpora.Settings(**settings.to_dict()))
    return clipwise.Tags(settings, corpus, corpora.TAGS, clipwise.frontend(hop=_HOP), TIER)
