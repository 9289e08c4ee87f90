"""Melodies in the window: notes to begin with, networks that go on from them, and what came, heard and kept."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import generate, melody
from engine.clip import from_array
from engine.events import Composed, Made, Notice, Progress
from widgets.panels.melody import JOB

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from numpy.typing import NDArray

    from app.playing import Playing
    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.network import Network
    from engine.session import Session

    Events = Generator[Any, Any, None]

KEPT = 20
"""Melodies that are remembered."""
MOST = 800
"""Notes that can be given."""
SHOWN = ("hidden", "chances")
"""Lanes and panels that a melody brings into sight."""
LEAD = 8
"""Given notes that are heard before those of the network."""
_QUIET = "Noise is off, so that the network hears the melody as it made it. The Sound panel has it."


class Composing:
    """Answers the melody panel and its actions. `show(names)` makes lanes and panels seen."""

    def __init__(
        self, session: Session, wiring: Wiring, playing: Playing, show: Callable[[tuple[str, ...]], None]
    ) -> None:
        self.session, self.wiring, self.playing, self._show = session, wiring, playing, show
        self.stop_live: Callable[[], None] = lambda: None
        self._tunes = 0
        wiring.on(Made, self._made)

    @property
    def running(self) -> bool:
        return self.wiring.workers["background"].has(JOB)

    # The notes to begin with.

    def press(self, note: int) -> None:
        """One more note, heard at once."""
        opening = self.session.state.opening
        if len(opening) < MOST:
            self.session.set("opening", (*opening, note))
        self.playing.sample(sounding((note,)))

    def take_back(self) -> None:
        self.session.set("opening", self.session.state.opening[:-1])

    def clear(self) -> None:
        self.session.set("opening", ())

    def take_tune(self) -> None:
        """The first bars of a tune, another one each time, and heard: a question, and a passage."""
        self._tunes += 1
        notes, _ = melody.tune(np.random.default_rng([2**31, self._tunes]), 1)
        opening = tuple(notes[1 : 1 + melody.BAR * (melody.PHRASE - 1)].tolist())
        with self.session.as_one():
            self.session.set("opening", opening)
            self._reach()
        self.playing.sample(sounding(opening))

    # Making.

    def generate(self) -> None:
        """By the network that is shown, if it makes melodies, else by a bundled one; again to stop."""
        network = self.session.state.network
        able = network is not None and generate.generates(network)
        self._ask((network if able else generate.PAIR[1],))

    def both(self) -> None:
        """By an RNN and by an LSTM, on from the same notes."""
        self._ask(generate.PAIR)

    def show(self, made: Composed) -> None:
        """Show a melody and its network, and play it from a bar before the network's first note."""
        session = self.session
        if session.state.transport.live:
            self.stop_live()
        with session.as_one():
            self._quieten()
            session.set("network", made.network)
            session.set("clip", made.clip)
        self._show(SHOWN)
        self.playing.expect(made.start(max(0, made.given - LEAD)))

    def _ask(self, networks: tuple[Network | str | None, ...]) -> None:
        if self.running:
            self.wiring.workers["background"].stop(JOB)
            return
        state = self.session.state
        if state.composing is not None:
            self._reach()
            asked = (networks, state.opening, self.session.state.composing)
            self.wiring.submit("background", JOB, compose, *asked, doing="making a melody")

    def _reach(self) -> None:
        """As many bars as are given, and one for the network to make."""
        settings: Any = self.session.state.composing
        needed = min(len(self.session.state.opening) // melody.BAR + 1, 100)
        if settings is not None and settings.bars < needed:
            self.session.set("composing", settings.but(bars=needed))

    def _quieten(self) -> None:
        """No noise in the chain: the states are to be those of the network as it made the melody."""
        chain = self.session.state.chain
        if any(link.stage == "noise" and link.on for link in chain):
            self.session.set("chain", tuple(replace(each, on=each.on and each.stage != "noise") for each in chain))
            self.wiring.tell(_QUIET)

    def _made(self, event: Made) -> None:
        known = self.session.state.melodies
        self.session.set("melodies", (*known, *event.melodies)[-KEPT:])
        self.show(event.melodies[-1])


def sounding(notes: tuple[int, ...]) -> Clip:
    """Notes by themselves, as a clip."""
    return from_array(np.concatenate([_note(each) for each in notes]), melody.RATE, "notes")


@functools.lru_cache(len(melody.NAMES))
def _note(note: int) -> NDArray[np.float32]:
    return melody.sound([note])


def compose(networks: tuple[Network | str, ...], opening: tuple[int, ...], settings: generate.Settings) -> Events:
    """A melody by each network; those named are bundled ones."""
    from engine import checkpoint

    made = []
    for index, each in enumerate(networks):
        network = checkpoint.open_network(each) if isinstance(each, str) else each
        for event in generate.compose(network, opening, settings):
            if isinstance(event, Progress):
                yield replace(event, share=(index + event.share) / len(networks))
            else:
                made.append(event)
    yield Made(tuple(made))


def write(made: Composed, path: Path) -> Events:
    """MIDI at `path` and sound beside it, as `otoscope generate` writes them. Raises OSError."""
    yield Progress(0.0, f"writing {path.name}")
    beside = melody.write(made.notes, path, 30 / made.beat)
    yield Notice(f"Saved {path} and {beside.name}")
