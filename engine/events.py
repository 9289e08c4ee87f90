"""Events: the frozen things that jobs yield and the session receives."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from engine.captions import Captions
    from engine.clip import Clip, Label
    from engine.hypothesis import Beam, Lattice, Trellis
    from engine.knob import Settings
    from engine.network import Network
    from engine.remembered import Index
    from engine.session import Depth, Span
    from engine.trace import Key, Series, Terms, Trace
    from engine.wer import Rate


@dataclass(frozen=True)
class Set:
    """A command to a running job: turn a live-safe knob."""

    key: str
    value: Any


@dataclass(frozen=True)
class Progress:
    """How far a job is, 0 to 1, and what it is doing."""

    share: float
    doing: str = ""


@dataclass(frozen=True)
class Notice:
    """Something the user should know: what happened, to which file or device, and what to do.

    `actions` name those of the window that do it: a button each.
    """

    text: str
    level: str = "info"  # info, warning, error
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Failed:
    """A job ended by an exception. `text` is for people; `error` is for the log."""

    job: str
    text: str
    error: BaseException


@dataclass(frozen=True)
class Ended:
    """A job is over: finished, or stopped before its end."""

    job: str
    stopped: bool = False


@dataclass(frozen=True, eq=False)
class Opened:
    """A clip is ready to be shown."""

    clip: Clip


@dataclass(frozen=True, eq=False)
class Restored:
    """A session is read: values for it by key, in the order in which they are to be set.

    `path` is its file, if it has one; `unsaved`: it is not what lies there.
    """

    path: Path | None
    values: Mapping[str, Any]
    unsaved: bool = False


@dataclass(frozen=True, eq=False)
class Peaked:
    """The peak pyramid of a clip is complete."""

    clip_id: str
    peaks: Any


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
class Captioned:
    """What the captions show at this moment; `over` with the last of them, when nothing more will come."""

    captions: Captions
    over: bool = False


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
class Decay:
    """How a gradient fades: its norms [n], float64, from the chosen step back in time, `rate` of them a second.

    `horizon`, in seconds, is as far back as norms reach that are a hundredth of the greatest; where it is not
    `ended`, it is at least that. `slope` is what the logarithm of the norm grows by with every step back. `layers`
    [L, n] are the norms of each layer by itself. Of a plain RNN `bound` is the most that a step can multiply the
    norm of the last layer by, and `limits` [n] the most that `norms` can be; 0 and None where they are not known.
    """

    name: str
    cell: str
    norms: NDArray[np.float64]
    rate: float
    horizon: float
    ended: bool
    slope: float
    layers: NDArray[np.float64]
    bound: float = 0.0
    limits: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class Echo:
    """How strongly one output depends on every state before it, with the loss L = -log p of its class.

    `series` [T, 1] by layer and direction, on the trace's clock: `grad.h` and `grad.c`, the norms of dL/dh_t and
    dL/dc_t; `grad.W`, `grad.U` and, where there are biases, `grad.b`: how much of the gradient of the weights for
    the input, of the recurrent ones and of the biases has come together from the chosen step back to t, as a share
    of its most. `time` is the chosen step's on that clock, `output` its class in words, with the probability
    `share`. `others`: an RNN, an LSTM and a GRU beside it. `highway` [n], of an LSTM's first layer back from the
    chosen step: the mean of dc/dc_t by autograd with the gates as given, and of the forget gates' product; where
    there is none, `why`. `edited` says whether edits acted.
    """

    clip_id: str
    network_id: str
    series: Mapping[Key, Series]
    time: float
    output: str
    share: float
    decay: Decay
    others: tuple[Decay, ...] = ()
    highway: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    why: str = ""
    edited: bool = False


@dataclass(frozen=True, eq=False)
class Attributed:
    """How much each cell of the features adds to the log odds of one output, in nats: `series` [T, F].

    `gain` is what all of them add, and `error` how far the sum of the cells is from that, as a share of it.
    `edited` says whether edits acted.
    """

    clip_id: str
    network_id: str
    series: Series
    time: float
    output: str
    share: float
    gain: float
    error: float
    method: str
    edited: bool = False


@dataclass(frozen=True, eq=False)
class Prosody:
    """How high, loud, voiced and fast a sound is: `prosody.f0`, `.energy`, `.voicing` and `.rate`, [T, 1] each.

    They lie on the clock of the inspection whose processed sound is named.
    """

    sound_id: str
    series: Mapping[Key, Series]


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


@dataclass(frozen=True)
class Offer:
    """A denoiser that can be asked for: its latency in seconds, None where it needs the whole sound, and its size.

    Both are -1 until they are known. `trouble` says why it cannot be had, and what to do.
    """

    name: str
    title: str
    latency: float | None = -1.0
    parameters: int = -1
    trouble: str = ""


@dataclass(frozen=True, eq=False)
class Enhanced:
    """What a denoiser makes of a processed sound, whose clip `sound_id` names, and what it takes away.

    `made` is what it gave by itself, and `pauses` [n, 1] how surely nobody speaks, from 0 to 1: of both and of the
    noisy sound `sound` is mixed. All of them are aligned to the sample. `mask` [T, F] are its gains on the trace's
    clock; one that has none is measured, and its note says so.
    """

    clip_id: str
    sound_id: str
    name: str
    title: str
    sound: Clip
    residual: Clip
    made: Clip
    pauses: Series
    mask: Series
    start: float = 0.0


@dataclass(frozen=True, eq=False)
class Pictured:
    """Spectrograms of sounds, by the names that they are heard by; and `difference:` and `mask:` of denoisers.

    `sounds` are the clips that they are of, by id.
    """

    sounds: tuple[str, ...]
    series: Mapping[str, Series]


@dataclass(frozen=True)
class Audible:
    """A sound that a number key lets be heard: its name in the transport, its words, one word, the key."""

    name: str
    words: str
    short: str
    key: str = ""
    help: str = ""


@dataclass(frozen=True)
class Column:
    """A metric in a table: `title` and `unit`, with so many `digits` behind the point; whether `more` is better.

    `about` says what it tells, between which ends, and what it needs.
    """

    name: str
    title: str
    unit: str
    digits: int
    more: bool
    about: str


@dataclass(frozen=True)
class Cell:
    """What a metric says; without a value, `note` says why there is none."""

    value: float | None
    note: str = ""


@dataclass(frozen=True, eq=False)
class BreakMap:
    """Where a denoiser breaks: a metric [K, S] by rows, kinds of noise say, and rising SNRs in dB.

    NaN is not yet known, or has no number for one of the `reasons` [row, column]. Below `fails` speech is called
    broken; `edges` say for each row below which SNR that is (-inf nowhere here, inf everywhere, NaN unknown), and
    `text` says it in a sentence.
    """

    clip_id: str
    denoiser: str
    metric: str
    rows: tuple[str, ...]
    snrs: tuple[float, ...]
    values: NDArray[np.float32]
    fails: float
    edges: tuple[float, ...]
    text: str
    share: float
    reasons: Mapping[tuple[int, int], str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, eq=False)
class Judged:
    """What metrics say of versions of a processed sound from `start` to `stop` seconds of it: by version, a cell
    for each column. `ids` are the clips of the versions, by name.
    """

    sound_id: str
    start: float
    stop: float
    columns: tuple[Column, ...]
    rows: Mapping[str, tuple[Cell, ...]]
    ids: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class LocalSnr:
    """Speech over error in decibels [T, 1] by version of a processed sound, on the trace's clock."""

    sound_id: str
    ids: tuple[str, ...]
    series: Mapping[str, Series]


@dataclass(frozen=True)
class Match:
    """A moment whose states switch as those that were searched for; `path` is None in the clip that is shown."""

    similarity: float
    name: str
    path: Path | None
    start: float
    stop: float


@dataclass(frozen=True, eq=False)
class Recalled:
    """The moments most similar to a stretch of a clip, the best first, judged by `units` of a layer.

    The search took `took` milliseconds over `seconds` of sound.
    """

    clip_id: str
    network_id: str
    span: Span
    layer: int
    units: tuple[int, ...]
    matches: tuple[Match, ...]
    seconds: float
    took: float


@dataclass(frozen=True, eq=False)
class Indexed:
    """The states of a folder of sounds are ready to be searched."""

    index: Index


@dataclass(frozen=True, eq=False)
class Stored:
    """How well linear probes read from each layer which phoneme sounded so many `seconds` ago [K].

    Accuracies [K], 0 to 1: `accuracy` and, with the states in another order, `shuffled` by layer; `chance` is that
    of the best guess.
    """

    network_id: str
    seconds: NDArray[np.float64]
    accuracy: Mapping[int, NDArray[np.float64]]
    shuffled: Mapping[int, NDArray[np.float64]]
    chance: NDArray[np.float64]

    def horizon(self, layer: int) -> float:
        """Seconds back to which a layer tells more than half of what it tells at its best, beyond chance."""
        above = self.accuracy[layer] - self.chance
        good = above >= above.max() / 2
        return float(self.seconds[int(good.nonzero()[0][-1])]) if above.max() > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Composed:
    """A melody that a network has made note after note; the first `given` of `notes` [N] were put in.

    Notes are classes by `names`; note n sounds from `begin + n * beat` for `beat` seconds of `clip`. `logits`
    [N, C] are those from which each was, or would have been, drawn by `settings`. `answers` are the notes that
    could be known, by their places: they follow from what came before.
    """

    clip: Clip
    network: Network
    notes: tuple[int, ...]
    given: int
    logits: NDArray[np.float64]
    settings: Settings
    names: tuple[str, ...]
    begin: float
    beat: float
    answers: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    def at(self, time: float) -> int:
        """The place of the note that sounds at a time, or of the nearest one."""
        return min(max(int((time - self.begin) // self.beat), 0), len(self.notes) - 1)

    def start(self, place: int) -> float:
        """Where a note begins, in seconds of the clip."""
        return self.begin + place * self.beat

    @property
    def right(self) -> tuple[int, int]:
        """How many of the notes that could be known the network has found, and how many there were to find."""
        asked = [place for place in self.answers if self.given <= place < len(self.notes)]
        return sum(self.notes[place] == self.answers[place] for place in asked), len(asked)


@dataclass(frozen=True, eq=False)
class Made:
    """Melodies that were asked for together, on from the same notes."""

    melodies: tuple[Composed, ...]


@dataclass(frozen=True, eq=False)
class Frames:
    """What the live chain made of one block: new samples [n], new columns of every series, the text so far.

    `start` is the time of the first sample in seconds of the stream; `Series.first` counts from the stream's
    beginning too. `rate` is that of the samples.
    """

    start: float
    samples: NDArray[np.float32]
    series: Mapping[Key, Series]
    text: tuple[Label, ...] = ()
    took: float = 0.0
    dropped: int = 0
    rate: float = 16000.0


@dataclass(frozen=True)
class Began:
    """A run begins, or is opened: its folder, its recipe as TOML, and the step before its first.

    `parent` names the run it was forked from, at that step; `total` is the steps it is to have.
    """

    name: str
    recipe: str
    total: int
    folder: Path | None = None
    step: int = 0
    parent: str = ""


@dataclass(frozen=True)
class Changed:
    """A live knob of training was turned: it acts from the step after `step` on."""

    step: int
    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Halted:
    """Training waits: the loss or a gradient was no number, or too large, at `step`; no weight was changed by it.

    It has gone back to the weights of step `back`; `Set("lr", value)` lets it go on from there, `lr` is advised.
    """

    step: int
    text: str
    back: int
    lr: float


MAGNITUDES = tuple(10.0 ** (third / 3) for third in range(-30, 7))
"""Edges between which gradients are counted, from 1e-10 to 100, three to a decade."""


@dataclass(frozen=True)
class Step:
    """One step of training: the loss, its terms, and what was measured with them.

    `values` holds the terms by name, and: lr; gradient and clipped, the norm before and after clipping; angle, the
    degrees by which cutting its values turned it, where they are cut; weights, their norm; seconds, the time of
    the step without making its batch; busy, as much of it as this thread had a processor, where there is no other
    device; frames, the input frames that were no padding; memory in bytes.

    At the first step and the last of an epoch `magnitudes` tells by layer how many weights had a gradient, before
    it was clipped, below the first of MAGNITUDES, between each two, and from the last on: all weights, in sum.
    """

    step: int
    epoch: int
    loss: float
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    magnitudes: Mapping[str, tuple[int, ...]] | None = None


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The weights after a step, copied out and read-only. `kept`: the steps whose snapshots lie in the run."""

    step: int
    network: Network
    kept: tuple[int, ...] = ()


@dataclass(frozen=True)
class Found:
    """What trying learning rates has found: the loss at each of them, and the rate that is advised."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    advised: float


@dataclass(frozen=True)
class Evaluated:
    """Error on a split: edit operations over length, and the loss. `valid` is held out; `train` is learnt from.

    `values` are further figures of the whole split, by name.
    """

    step: int
    split: str
    loss: float
    edits: int
    length: int
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def error(self) -> float:
        return self.edits / max(self.length, 1)


@dataclass(frozen=True)
class Estimated:
    """What a run will take: seconds in all, bytes of memory at the most, and seconds a step; and how long the
    longest sequence of what was tried is, in frames of `frame` seconds."""

    seconds: float
    memory: float
    step_seconds: float
    frames: int = 0
    frame: float = 0.0

    @property
    def length(self) -> str:
        """The longest sequence in words."""
        return f"sequences of up to {self.frames * self.frame:.1f} s, {self.frames} frames"
