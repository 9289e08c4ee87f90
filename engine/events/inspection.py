"""What a network did with a sound."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.clip import Clip, Label
    from engine.session import Depth, Span
    from engine.trace import Key, Series, Terms, Trace


@dataclass(frozen=True, eq=False)
class Difference:
    """What edits of the network's states have changed, against the same run without them.

    `text` is what was heard without them, `words` the edit operations between the two. `frames` of `count` answers
    have another class on top. `spans` are the stretches in which a series has moved, on the trace's clock. `idle`
    says of edits, by their place in the list, why they could not act.
    """

    text: tuple[Label, ...] = ()
    words: int = 0
    frames: int = 0
    count: int = 0
    spans: Mapping[Key, tuple[Span, ...]] = field(default_factory=lambda: MappingProxyType({}))
    idle: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, eq=False)
class Traced:
    """One inspection: the processed sound, what the network did with it, its text, and the error where known.

    `clean` is sample-aligned with `sound`: the source links alone. All series, the text and the labels of both
    share one clock: the first sample lies at trace.start, and a time t is the clip's start + (t - start) / scale.
    `edits` and `length` are the edit operations against the clip's labels and their number (0 where unlabelled).
    `timings` in milliseconds by part: chain, network, total. `masked` is what the masks leave of the sound, where
    any acts. The last `padding` seconds of the sound are silence that was added. `difference` is there where
    states were edited. `cleaned` is what a network that takes noise out makes of the sound, with its edits.
    """

    trace: Trace
    sound: Clip
    clean: Clip
    network_id: str
    scale: float = 1.0
    edits: int = 0
    length: int = 0
    timings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    masked: Clip | None = None
    padding: float = 0.0
    difference: Difference | None = None
    cleaned: Clip | None = None
    stages: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Milliseconds that each stage took when it last ran; `load`, `network` and `decode` among them."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """The states of a layer as sound, sample-aligned with that of the inspection whose clip is named.

    `correlation` is that of the decoded log-mel with the true one, over time, in the mean
    of the bands; `shuffled` the same where the states come in another order. `learnt` says on what the decoder
    was: never on the part of the clip that it reads.
    """

    clip_id: str
    network_id: str
    depth: Depth
    sound: Clip
    correlation: float
    shuffled: float
    start: float = 0.0
    """Where in the clip it begins, in seconds."""
    learnt: str = "bundled speech"


@dataclass(frozen=True, eq=False)
class Dissected:
    """What drives one unit at one frame: the terms of each gate, of h itself for a plain RNN.

    `key` names its h; `time` is the frame's, on the clip's clock or, live, the stream's. Without terms `note` says
    why. `before` are its h and c of the frame before, where an edit has put others in their place.
    """

    key: Key
    unit: int
    time: float
    terms: Mapping[str, Terms]
    note: str = ""
    before: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, eq=False)
class Seam:
    """Where a run block by block and one all at once part, by series (`sound` among them), on the trace's clock.

    `key` parts most, by the share of what it reaches: there `greatest`, in its unit, is the greatest difference;
    it lies at `time` in `unit`. `text` says all of it in words.
    """

    clip_id: str
    network_id: str
    spans: Mapping[Key, tuple[Span, ...]]
    greatest: float
    key: Key
    unit: int
    time: float
    text: str


@dataclass(frozen=True, eq=False)
class Prosody:
    """How high, loud, voiced and fast a sound is: `prosody.f0`, `.energy`, `.voicing` and `.rate`, [T, 1] each.

    They lie on the clock of the inspection whose processed sound is named.
    """

    sound_id: str
    series: Mapping[Key, Series]
