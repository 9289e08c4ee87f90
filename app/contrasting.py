"""Contrasting: what was said beside what was read, aligned anew as long as somebody looks at it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from engine import pipeline
from engine.clip import Label
from engine.events import Contrasted, Ended
from engine.session import NETWORK
from widgets.search import known

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.events import Searched, Traced
    from engine.network import Network
    from engine.session import Session

    Events = Generator[Any, Any, None]

NAME, VIEW = "aligning the texts", "diff"
TIERS = ("word", "text", "digit")
"""Labels that say what captions should have read, the first that there are."""


def contrast(traced: Traced, network: Network, searched: Searched | None) -> Events:
    """The job: the text of the search, else of the inspection. It imports what it needs where it runs."""
    from engine import contrast as engine

    tier = engine.tier_of(network, traced.sound.labels)
    truth = [each for each in traced.sound.labels if each.tier == tier]
    found = searched.text if searched is not None else traced.trace.text
    made = engine.contrast(traced.trace.clip_id, network, tier, truth, found, traced.sound.language)
    yield replace(made, search=pipeline.read_by(searched.decoding)) if searched is not None else made


def contrast_captions(
    clip_id: str, truth: tuple[Label, ...], words: tuple[Label, ...], script: tuple[str, ...], language: str
) -> Events:
    """The same of captions."""
    from engine import contrast as engine

    yield engine.captioned(clip_id, truth, words, script, language)


class Contrasting:
    """Submits to the worker `inspect`. `looks(view)` says whether a view of that name can be seen; `captioned()`
    what clip was captioned, and where on it captions began.
    """

    def __init__(
        self,
        session: Session,
        wiring: Wiring,
        looks: Callable[[str], bool],
        captioned: Callable[[], tuple[Clip, float] | None] = lambda: None,
    ) -> None:
        self.session, self.wiring, self.looks, self.captioned = session, wiring, looks, captioned
        self._asked: tuple[Any, ...] = ()
        wiring.on(Contrasted, lambda event: session.set("contrasted", event))
        wiring.on(Ended, self._over)

    def tick(self) -> None:
        """Ask anew where another text is shown, as long as somebody looks."""
        if self.looks(VIEW):
            self._network() if self.session.state.reader == NETWORK else self._captions()

    def _network(self) -> None:
        """The text of the network, or of the search where there is one of this inspection."""
        state = self.session.state
        traced, network = state.traced, state.network
        if traced is None or network is None or state.transport.live or network.id != traced.network_id:
            return
        searched = known(state)
        if self._new(traced, searched):
            self.wiring.submit("inspect", NAME, contrast, traced, network, searched, doing=NAME)

    def _captions(self) -> None:
        """What was captioned, as soon as the last word is settled: a long talk takes a while to be aligned."""
        state = self.session.state
        if state.captions is None or state.transport.captioning:
            if state.contrasted is not None:
                self.session.set("contrasted", None)
            return
        script, read = state.script, state.readings[0].position if state.readings else 0
        sound, first = self.captioned() or (None, 0.0)
        here = state.clip is not None and sound is not None and sound.id == state.clip.id
        truth = state.clip.labels if here and state.clip is not None else ()
        of = sound.language if sound is not None and not (script and read) else ""
        clock = (state.traced.trace.start, state.traced.scale) if here and state.traced is not None else (0.0, 1.0)
        if self._new(state.captions, script, read, truth, of, clock):
            place = partial(_placed, *clock)
            tier = next((tier for tier in TIERS if any(each.tier == tier for each in truth)), "")
            said = tuple(
                replace(each, start=place(each.start), end=place(each.end)) for each in truth if each.tier == tier
            )
            lines = (*(line.words for line in state.captions.lines), state.captions.words)
            words = tuple(
                Label(place(first + each.start), place(first + each.stop), each.text, "word")
                for line in lines
                for each in line
            )
            aloud = script.words[:read] if script is not None else ()
            asked = (sound.id if here and sound is not None else "", said, words, aloud, of)
            self.wiring.submit("inspect", NAME, contrast_captions, *asked, doing=NAME)

    def _over(self, event: Ended) -> None:
        """One that was stopped before its end is asked again."""
        if event.job == NAME and event.stopped:
            self._asked = ()

    def _new(self, *asked: object) -> bool:
        """Whether this was not what was asked for last."""
        same = len(asked) == len(self._asked)
        same = same and all(one is other or one == other for one, other in zip(asked, self._asked, strict=True))
        if not same:
            self._asked = asked
        return not same


def _placed(start: float, scale: float, time: float) -> float:
    """A time of the clip on the clock of its inspection."""
    return start + (time - start) * scale
