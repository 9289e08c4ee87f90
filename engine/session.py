"""The session: the one observable document. A frozen State, replaced a field at a time by the main thread.

The fields of the State are one list, however long: all that is shown is found here, and nowhere else.
"""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from psygnal import SignalInstance

from engine.undo import Undo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from engine.account import Account
    from engine.captions import Captions, Origin
    from engine.clip import Clip
    from engine.correction import Correction
    from engine.events import (
        Attributed,
        Audible,
        Began,
        BreakMap,
        Changed,
        Composed,
        Contrasted,
        Decoded,
        Dissected,
        Echo,
        Enhanced,
        Evaluated,
        Frames,
        Halted,
        Judged,
        LocalSnr,
        Match,
        Notice,
        Offer,
        Pictured,
        Progress,
        Prosody,
        Recalled,
        Seam,
        Searched,
        Stored,
        Traced,
    )
    from engine.events import Step as TrainingStep
    from engine.knob import Settings
    from engine.lessons.lesson import Learning
    from engine.limits import Options
    from engine.network import Network
    from engine.recognising import Choice
    from engine.remembered import Index
    from engine.script import Reading, Script
    from engine.stages.stage import Link
    from engine.surgery import Edit, Memory
    from engine.trace import Key


@dataclass(frozen=True)
class Cursor:
    """Where the user points or plays: a time in seconds, and the unit of a series, if any."""

    time: float = 0.0
    key: Key | None = None
    unit: int | None = None


@dataclass(frozen=True)
class Span:
    """A stretch of time in seconds."""

    start: float
    stop: float

    @property
    def seconds(self) -> float:
        return self.stop - self.start


@dataclass(frozen=True)
class Depth:
    """How deep in a network one listens: a layer (0: what it hears), through some of its units or without them."""

    layer: int = 1
    units: tuple[int, ...] = ()
    without: bool = False


@dataclass(frozen=True)
class Transport:
    """What playback does, and which sound is heard: clip, processed, or another lane's name."""

    playing: bool = False
    scrubbing: bool = False
    loop: bool = False
    follow: bool = True
    heard: str = "processed"
    volume: float = 1.0
    recording: bool = False
    live: bool = False
    frozen: bool = False
    captioning: bool = False
    matched: bool = True
    """Whether all sounds are made as loud as each other."""


@dataclass(frozen=True)
class Walk:
    """A clip that is gone through one frame of the network at a time, on the clip's clock.

    Frame k lies at `first + k / rate` seconds; the walk goes over begin <= k < end. The cursor says where it is.
    """

    first: float
    rate: float
    begin: int
    end: int

    def time(self, frame: int) -> float:
        return self.first + frame / self.rate

    def frame(self, time: float) -> int:
        """The nearest frame, kept inside the walk."""
        return max(self.begin, min(self.end - 1, round((time - self.first) * self.rate)))


ASIDE = -1
UNTRAINED, IN_TRAINING = "untrained", "in training"


@dataclass(frozen=True, eq=False)
class History:
    """What is known of one training run, in order.

    `began` says which run; `counted` are those of the steps that tell how large the gradients of the weights were,
    ever fewer of a long run; `kept` are the steps whose snapshots lie in its folder, and `at` is the one that is
    looked at: None for the newest, ASIDE where a network of no step of it is.
    """

    steps: Sequence[TrainingStep] = ()
    evaluated: tuple[Evaluated, ...] = ()
    changes: tuple[Changed, ...] = ()
    counted: tuple[TrainingStep, ...] = ()
    kept: tuple[int, ...] = ()
    began: Began | None = None
    halted: Halted | None = None
    at: int | None = None


@dataclass(frozen=True, eq=False)
class Curve:
    """Values y [n] over x [n], and the place of one that is to be marked."""

    x: NDArray[Any]
    y: NDArray[Any]
    mark: float | None = None


DENOISED = "+denoised"
NETWORK, CAPTIONS = "network", "captions"
"""Who has read what is compared with what was said."""
_ROUNDING = 0.01  # seconds by which a stage that keeps the length may miss it


@dataclass(frozen=True, eq=False)
class State:
    """Everything that is shown. Every value is frozen; a change replaces a value."""

    clip: Clip | None = None
    chain: tuple[Link, ...] = ()
    picture: Link | None = None
    network: Network | None = None
    device: str = "auto"
    traced: Traced | None = None
    live: tuple[Frames, ...] = ()
    training: Settings | None = None
    """How a network is to be trained: what a run has taken on is told by its history."""
    history: History = field(default_factory=History)
    compared: tuple[History, ...] = ()
    """Other runs, drawn beside this one."""
    cursor: Cursor = field(default_factory=Cursor)
    view: Span = field(default_factory=lambda: Span(0.0, 1.0))
    pointed: Cursor | None = None
    """The unit and the time under the pointer, in a lane that has units."""
    walk: Walk | None = None
    """In step mode: what lies ahead of the cursor is veiled."""
    dissected: Dissected | None = None
    """What drives the unit that is looked at, where the diagram of the cell can be seen."""
    edits: tuple[Edit, ...] = ()
    """Changes of the network's states and gates, in the order in which they were made."""
    memory: Memory | None = None
    """States that were copied, to be pasted."""
    selection: Span | None = None
    moment: Span | None = None
    """A short stretch of the clip that is to be heard once, at once; None again when it was."""
    depth: Depth | None = None
    """What is to be heard of the states; None while nobody asks."""
    decoded: Decoded | None = None
    backward: Settings | None = None
    """What is asked of the gradients: the spectral radius to look with, the kind of attribution."""
    echo: Echo | None = None
    """What the output at the cursor depends on, back in time; `attributed`: what of the sound it has heard."""
    attributed: Attributed | None = None
    seaming: bool = False
    """Whether streaming and offline are compared; `seam` is what came of it."""
    seam: Seam | None = None
    recalling: bool = False
    """Whether moments are searched that are like the selection; `recalled` is what was found."""
    recalled: Recalled | None = None
    index: Index | None = None
    """The states of a folder, searched too."""
    prosody: Prosody | None = None
    """How high, loud, voiced and fast the processed sound is, where that is looked at."""
    stored: Stored | None = None
    """What linear probes have found in the states of a network."""
    composing: Settings | None = None
    """How melodies are made; `opening` are the notes that they begin with."""
    opening: tuple[int, ...] = ()
    denoisers: tuple[str, ...] | None = None
    """The denoisers that are asked for, names or files; None until somebody looks at them."""
    denoising: Options | None = None
    """How what they make is mixed with the noisy sound."""
    offers: tuple[Offer, ...] = ()
    enhanced: tuple[Enhanced, ...] = ()
    """What they made of the processed sound, in the order in which they were asked for."""
    pictured: Pictured | None = None
    breaking: Settings | None = None
    """What the break-it map is to be of; `breakmap` is as much of it as is known."""
    breakmap: BreakMap | None = None
    judged: Judged | None = None
    """What metrics say of the sounds that can be compared; `local_snr`: of each moment of them."""
    local_snr: LocalSnr | None = None
    audible: tuple[Audible, ...] = ()
    """What the number keys let be heard, where that is more than the chain's sounds."""
    monitoring: Settings | None = None
    """What is asked of the denoiser between microphone and headphones; `monitored`: how it goes, while it runs."""
    monitored: Account | None = None
    captioning: Settings | None = None
    """How speech is captioned live; `captions`: what was said so far, kept until captions begin anew."""
    captions: Captions | None = None
    origin: Origin | None = None
    """The clip that they were heard in; None of a microphone."""
    corrections: tuple[Correction, ...] = ()
    """Words of the captions that were heard wrong, and what was said."""
    recognisers: tuple[Choice, ...] = ()
    """Those that can be chosen, and of the others how to get them; empty until somebody looks."""
    script: Script | None = None
    """A text that is read aloud; `readings`: how far each recogniser has heard it, that of the captions first."""
    readings: tuple[Reading, ...] = ()
    beside: str | None = None
    """A second recogniser that hears the same; DENOISED: the same one, its sound denoised. None: there is none."""
    bypassed: tuple[str, ...] = ()
    """Stations of the pipeline that the sound passes by, beside the links of the chain that are off."""
    decoding: Settings | None = None
    """How text is searched in what a network answers; `searched`: the hypotheses that were found."""
    searched: Searched | None = None
    contrasting: str = NETWORK
    """Whose reading is compared with what was said; `contrasted`: both side by side, where that is looked at."""
    contrasted: Contrasted | None = None
    melodies: tuple[Composed, ...] = ()
    """Those that were made, the newest last."""
    visit: Match | None = None
    """A moment that is to be gone to and heard, in this clip or another file; None again when it was."""
    transport: Transport = field(default_factory=Transport)
    peaks: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    jobs: Mapping[str, Progress] = field(default_factory=lambda: MappingProxyType({}))
    notice: Notice | None = None
    status: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    sort: str = "index"
    learning: Learning | None = None
    """What the Learn panel shows; None until it is seen."""

    @property
    def reader(self) -> str:
        """Who has read what is compared: captions only where there are any."""
        return CAPTIONS if self.contrasting == CAPTIONS and self.captions is not None else NETWORK

    @property
    def stands(self) -> str:
        """Where the network that is shown stands: untrained, in training, trained, or of which step of a run."""
        at = self.history.at
        if at is not None and at != ASIDE:
            return f"of step {at}"
        if at is None and "train" in self.jobs:
            return IN_TRAINING
        return "trained" if self.network is not None and self.network.trained else UNTRAINED

    @property
    def looked(self) -> Cursor:
        """The unit under the pointer, else the one clicked last; at its time, unless time goes on by itself."""
        if self.pointed is None:
            return self.cursor
        still = not (self.transport.playing or self.transport.live or self.walk is not None)
        return self.pointed if still else replace(self.pointed, time=self.cursor.time)

    @property
    def melody(self) -> Composed | None:
        """The melody that the clip is, if it is one."""
        shown, by = (
            self.clip.id if self.clip is not None else "",
            self.network.id if self.network is not None else "",
        )
        found = [each for each in reversed(self.melodies) if each.clip.id == shown]
        return next((each for each in found if each.network.id == by), found[0] if found else None)

    @property
    def seconds(self) -> float:
        """Where all that is seen and heard ends, on the clip's clock: the chain may make more of a clip."""
        end = self.clip.seconds if self.clip is not None else 0.0
        if self.clip is None or self.traced is None or self.traced.trace.clip_id != self.clip.id:
            return end
        made = self.traced.trace.start + self.traced.sound.seconds / self.traced.scale
        return made if made > end + _ROUNDING else end


KEYS = tuple(each.name for each in dataclasses.fields(State))
SORTS = ("index", "correlation", "peak")
"""The orders of units that `sort` names."""
UNDOABLE = frozenset(
    ("clip", "chain", "picture", "network", "training", "edits", "composing", "opening", "denoisers", "denoising")
) | {"corrections", "bypassed"}


class Session:
    """Holds the State, tells of changes, and remembers them for undo.

    Only the thread that made it may write, and a listener may not write back into the key it hears.
    """

    def __init__(self, **values: Any) -> None:
        self.state = State(**values)
        self._thread = threading.get_ident()
        self._changed = {key: SignalInstance(name=key) for key in KEYS}
        self._setting: list[str] = []
        self._undo = Undo()

    def on(self, key: str, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener()` after every change of `key`; a bound method is held weakly. Returns its end."""
        changed = self._changed[key]
        changed.connect(listener)
        return lambda: changed.disconnect(listener, missing_ok=True)

    def set(self, key: str, value: Any, merge: str | None = None) -> None:
        """Replace one value. Changes in a row with one `merge` word (the moves of a drag) undo as one."""
        before = getattr(self.state, key)
        if before is value or (before == value):
            return
        self._write(key, value)
        if key in UNDOABLE and before is not None:  # nothing is put back into its place
            self._undo.add(key, before, value, merge)

    def mark(self, key: str, merge: str | None = None) -> None:
        """From here on `key` may change by itself, by `amend`: all of that will be taken back together."""
        now = getattr(self.state, key)
        if now is not None:
            self._undo.mark(key, now, merge)

    def amend(self, key: str, value: Any) -> None:
        """Replace a value that changes by itself: that is a part of its last change, wherever that lies, and what
        was taken back of other keys can still be made again."""
        before = getattr(self.state, key)
        self._write(key, value)
        self._undo.amend(key, before, value)

    def as_one(self) -> AbstractContextManager[None]:
        """All that is changed inside is taken back together."""
        return self._undo.as_one()

    @property
    def edited(self) -> bool:
        """Whether there is something to take back."""
        return self._undo.edited

    def end_merge(self) -> None:
        """The drag is over: what follows is a new entry."""
        self._undo.end_merge()

    def forget(self) -> None:
        """Another document begins: there is nothing to take back."""
        self._undo.forget()

    def undo(self) -> bool:
        """Take the last undoable change back. False where there is none."""
        return self._undo.undo(self._write)

    def redo(self) -> bool:
        """Make the change last taken back again. False where there is none."""
        return self._undo.redo(self._write)

    def _write(self, key: str, value: Any) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError(f"session.{key} was written from another thread; yield an event instead")
        if key in self._setting:
            raise RuntimeError(f"a listener of session.{key} wrote it back")
        self.state = dataclasses.replace(self.state, **{key: value})
        self._setting.append(key)
        try:
            self._changed[key].emit()
        finally:
            self._setting.pop()
