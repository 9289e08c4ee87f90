"""What was understood of speech."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.captions import Captions
    from engine.clip import Label
    from engine.hypothesis import Beam, Lattice, Trellis
    from engine.knob import Settings
    from engine.wer import Rate


@dataclass(frozen=True, eq=False)
class Searched:
    """What a search over a network's outputs found: the hypotheses behind the text of an inspection.

    `decoding` are the settings it was made with. The middle of frame t of the hypotheses lies at `first` +
    t / `rate` seconds on the trace's clock. `trellis` is of the best prefix; `reference` of what was said, where
    that is known and the network can spell it. `text` are the words of the best prefix, on the trace's clock;
    `edits` and `length` are counted against the clip's labels (0 where unlabelled).
    """

    clip_id: str
    network_id: str
    decoding: Settings
    vocabulary: tuple[str, ...]
    first: float
    rate: float
    beam: Beam
    trellis: Trellis
    reference: Trellis | None
    lattice: Lattice
    text: tuple[Label, ...]
    edits: int = 0
    length: int = 0
    milliseconds: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class Pair:
    """A step from what was said to what was read: equal, substitute, delete or insert, and the labels of both.

    `said` and `read` are the words as they were compared; "" and no label where there is none.
    """

    kind: str
    said: str
    read: str
    truth: Label | None = None
    found: Label | None = None


@dataclass(frozen=True, eq=False)
class Contrasted:
    """What was said beside what was read, aligned, on the trace's clock; `normaliser` says what of it is compared.

    `network_id` says who has read: a network, or "captions". `tier` says what the labels are. `characters` are the
    errors of single characters, None where labels are no words.
    """

    clip_id: str
    network_id: str
    tier: str
    normaliser: str
    pairs: tuple[Pair, ...]
    words: Rate
    characters: Rate | None = None
    language: str = ""
    """Of the clip, where it is told."""
    search: str = ""
    """By which the network's text was found, in words; "" where it is the likeliest of every frame."""


@dataclass(frozen=True, eq=False)
class Captioned:
    """What the captions show at this moment; `over` with the last of them, when nothing more will come."""

    captions: Captions
    over: bool = False
