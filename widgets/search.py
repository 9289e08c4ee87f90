"""What views of a search share: whether it is of what is shown, why there is none, and where its frames lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import catalog
from engine.clip import Label
from engine.session import Span
from widgets.view import unread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.events import Searched
    from engine.hypothesis import Span as Placed
    from engine.session import Session, State
    from widgets.axis import Axis

HEARD = 0.2
"""Seconds that a click lets be heard at the least."""
SPACE = " "
_CLIP = "Open a sound to see how the network reads it."
_LIVE = "Live, text is read greedily as it comes: stop, and a clip is searched in every way."
_NONE = "This network reads by no CTC, so nothing is searched in what it answers."


def known(state: State) -> Searched | None:
    """What was searched in the clip that is shown, by its network; None while there is none."""
    found, clip, network = state.searched, state.clip, state.network
    if found is None or clip is None or network is None or state.transport.live:
        return None
    return found if (found.clip_id, found.network_id) == (clip.id, network.id) else None


def missing(state: State) -> str:
    """Why nothing can be shown, in words that say what would fill the view."""
    if state.transport.live:
        return _LIVE
    if state.clip is None:
        return _CLIP
    if state.network is None or state.traced is None:
        return "The sound is being analysed …"
    if not state.traced.network_id:
        return unread(state)
    if state.network.vocabulary[:1] != ("",):
        return f"{_NONE} Choose one that does in the Model panel: digits or phonemes."
    found = known(state)
    return found.note if found is not None and found.note else "What was said is being searched …"


@dataclass(frozen=True)
class Frames:
    """Frames of a search on the clip's clock: the middle of frame t lies at `first` + t / `rate` seconds."""

    first: float
    rate: float

    @classmethod
    def of(cls, found: Searched, state: State, clip_time: Callable[[float], float]) -> Frames:
        scale = state.traced.scale if state.traced is not None else 1.0
        return cls(clip_time(found.first), found.rate * scale)

    def begin(self, frame: float) -> float:
        """Where a frame begins, and the one before it ends."""
        return self.first + (frame - 0.5) / self.rate

    def pixels(self, axis: Axis) -> tuple[float, float]:
        """Where frame 0 begins on an axis, and how wide a frame is, in pixels."""
        origin = axis.x(self.begin(0))
        return origin, axis.x(self.begin(1)) - origin

    def at(self, time: float) -> int:
        """The frame at a time, be it before the first or behind the last."""
        return math.floor((time - self.first) * self.rate + 0.5)


def play(session: Session, start: float, stop: float) -> None:
    """Let a stretch of the clip be heard once, and no less of it than can be heard at all."""
    short, length = max(0.0, HEARD - (stop - start)) / 2, session.state.seconds
    start, stop = max(0.0, start - short), min(max(length, 0.0), stop + short)
    if stop > start:
        session.set("moment", None)
        session.set("moment", Span(start, stop))


def named(vocabulary: Sequence[str], label: int) -> str:
    """How a class is written; a space can be seen."""
    text = vocabulary[label] if label < len(vocabulary) else str(label)
    return "␣" if text in (SPACE, "|") else text


def spelled(vocabulary: Sequence[str]) -> bool:
    """Whether the classes are characters, of which spaces make words."""
    return SPACE in vocabulary or "|" in vocabulary


def labels(found: Searched, spans: Sequence[Placed], frames: Frames) -> list[Label]:
    """Each label of an alignment where it sounds, in seconds of the clip."""
    return [
        Label(frames.begin(each.start), frames.begin(each.stop), named(found.vocabulary, each.label), "aligned")
        for each in spans
    ]


def words(found: Searched, spans: Sequence[Placed], frames: Frames) -> list[Label]:
    """The words that characters make, from the first character of each to its last; else the labels themselves."""
    if not spelled(found.vocabulary):
        return labels(found, spans, frames)
    made: list[Label] = []
    text, start, stop = "", 0.0, 0.0
    for each in (*labels(found, spans, frames), None):
        if each is None or each.text == "␣":
            if text:
                made.append(Label(start, stop, text, "aligned"))
            text = ""
        else:
            start = start if text else each.start
            text, stop = text + each.text, each.end
    return made


def tier(state: State) -> str:
    """The tier of labels that the network writes."""
    network = state.network
    if network is None or network.task not in catalog.names("tasks"):
        return "text"
    return str(getattr(catalog.load("tasks", network.task), "TIER", "text"))
