"""The lessons in the window: opens pages, sets up the workbench, runs checks, and keeps what has passed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app import learned
from engine.events import Ended, Failed, Progress
from engine.lessons.lesson import Learning
from engine.links import role
from engine.recipe import TrainSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from app.playing import Playing
    from app.runs import Runs
    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.lessons.lesson import Lesson, Outcome, Page, Setup, Step, Text
    from engine.network import Network
    from engine.session import Session
    from engine.stages.stage import Link

    Events = Generator[Any, Any, None]

_TRAINS = "A training runs; its curves are shown. Stop it and set the step up again to begin the step's own."


@dataclass(frozen=True, eq=False)
class Shelf:
    """The lessons that there are."""

    lessons: tuple[Lesson, ...]


@dataclass(frozen=True, eq=False)
class Turned:
    """A page to be shown."""

    page: Page


@dataclass(frozen=True, eq=False)
class Arranged:
    """What a step is set up with."""

    setup: Setup
    network: Network | None
    clip: Clip | None


@dataclass(frozen=True, eq=False)
class Checked:
    """What the check of a step has measured."""

    lesson: int
    step: str
    outcome: Outcome


@dataclass(frozen=True, eq=False)
class Noted:
    """What a link of the page has asked for."""

    note: Text


class Lessons:
    """Answers the Learn panel. `show(names)` makes lanes and panels seen.

    What a lesson shows and lets be heard does not go through what the user has done to the sound: it goes through
    `chain` without its noise.
    """

    def __init__(
        self,
        session: Session,
        wiring: Wiring,
        playing: Playing,
        runs: Runs,
        show: Callable[[tuple[str, ...]], None],
        chain: tuple[Link, ...],
    ) -> None:
        self.session, self.wiring, self.playing, self.runs, self._show = session, wiring, playing, runs, show
        self.stop_live: Callable[[], None] = lambda: None
        self._plain = tuple(replace(link, on=link.on and link.stage != "noise") for link in chain)
        for kind, handler in (
            (Shelf, self._shelved), (Turned, self._turned), (Arranged, self._arranged), (Checked, self._checked),
            (Noted, self._noted),
        ):  # fmt: skip
            wiring.on(kind, handler)
        wiring.on(Ended, self._over)
        wiring.on(Failed, self._over)

    @property
    def learning(self) -> Learning:
        return self.session.state.learning or Learning()

    def start(self) -> None:
        """Find the lessons, when the panel is seen for the first time."""
        if self.session.state.learning is None:
            self.session.set("learning", Learning())
            self.wiring.submit("inspect", "lessons", shelve, doing="opening the lessons")

    def open(self, number: int) -> None:
        """Show the page of a lesson; nothing for a number that there is not."""
        for lesson in self.learning.lessons:
            if lesson.number == number:
                self.wiring.submit("inspect", "lesson", turn, lesson, doing=f"opening lesson {number}")

    def arrange(self, name: str) -> None:
        """Set the workbench up for a step."""
        setup = self._step(name).setup
        if setup is None:
            return
        self._show(setup.shown)
        self.wiring.submit("background", "arrange", arranged, setup, doing="setting up the step")

    def check(self, name: str) -> None:
        """Run the check of a step in the background; one at a time."""
        lesson = self._lesson()
        if lesson is None or self.learning.running:
            return
        self._set(running=name)
        step = lesson.step(name)
        self.wiring.submit("background", "check", checked, lesson.number, step, doing=f"measuring: {step.title}")

    def hear(self, clip: Clip) -> None:
        """Open a sound in the workbench, and play it as it is as soon as it is ready; masks stay, for the eye."""
        session = self.session
        if session.state.transport.live:
            self.stop_live()
        with session.as_one():
            sounding = (link for link in self._plain if role(link) != "mask")
            session.set("chain", (*sounding, *(link for link in session.state.chain if role(link) == "mask")))
            session.set("clip", clip)
        self.playing.hear("processed")
        self.playing.expect(0.0)

    def follow(self, kind: str, target: str) -> None:
        """A link of the page: a view is shown, anything else becomes a note."""
        if kind == "view":
            self._show((target,))
        else:
            lesson = self._lesson()
            self.wiring.submit("inspect", "note", noted, lesson, kind, target, doing=f"looking up {target}")

    def close_note(self) -> None:
        self._set(note=None)

    def _set(self, **changes: Any) -> None:
        self.session.set("learning", replace(self.learning, **changes))

    def _lesson(self) -> Lesson | None:
        page = self.learning.page
        return page.lesson if page is not None else None

    def _step(self, name: str) -> Step:
        lesson = self._lesson()
        assert lesson is not None
        return lesson.step(name)

    def _arranged(self, event: Arranged) -> None:
        """All of it is one change, to be taken back at once; a training that runs is left alone."""
        session, setup = self.session, event.setup
        if session.state.transport.live:
            self.stop_live()
        trains = bool(setup.train) and not self.runs.training
        with session.as_one():
            session.set("edits", ())
            session.set("chain", _with_knobs(self._plain, setup))
            if event.network is not None:
                session.set("network", event.network)
            if event.clip is not None:
                session.set("clip", event.clip)
            if trains:
                session.set("training", TrainSettings().but(**dict(setup.train)))
                self.runs.start()
        if setup.cursor is not None:
            session.set("cursor", replace(session.state.cursor, time=setup.cursor))
        if setup.train and not trains:
            self.wiring.tell(_TRAINS)

    def _shelved(self, event: Shelf) -> None:
        self._set(lessons=event.lessons, done=learned.read())

    def _turned(self, event: Turned) -> None:
        self._set(page=event.page, outcomes=MappingProxyType({}), note=None)

    def _checked(self, event: Checked) -> None:
        done = self.learning.done | {(event.lesson, event.step)}
        if not event.outcome.passed:
            done = done - {(event.lesson, event.step)}
        self._set(running="", done=done)
        lesson = self._lesson()
        if lesson is not None and lesson.number == event.lesson:
            self._set(outcomes=MappingProxyType({**self.learning.outcomes, event.step: event.outcome}))
        try:
            learned.write(done)
        except OSError as error:
            self.wiring.tell(f"{learned.path()}: {error.strerror}; what you have done is not kept.", "warning")

    def _over(self, event: Ended | Failed) -> None:
        """A check has broken off, or was stopped."""
        if event.job == "check" and self.learning.running:
            self._set(running="")

    def _noted(self, event: Noted) -> None:
        self._set(note=event.note)


def _with_knobs(chain: tuple[Link, ...], setup: Setup) -> tuple[Link, ...]:
    """The chain with the knobs of a step turned, and what has them switched on."""
    for stage, knob, value in setup.chain:
        chain = tuple(
            replace(link, settings=link.settings.but(**{knob: value}), on=True) if link.stage == stage else link
            for link in chain
        )
    return chain


def shelve() -> Events:
    """Every lesson; their modules are light."""
    from engine import page

    yield Shelf(page.lessons())


def turn(lesson: Lesson) -> Events:
    """The page of a lesson, its equations drawn."""
    from engine import page

    yield Turned(page.read(lesson))


def arranged(setup: Setup) -> Events:
    """The network and the clip of a step; a network that is named without a clip has the example of its task."""
    from engine import asset, build, checkpoint

    network, clip = None, asset.open_bundled(setup.clip) if setup.clip else None
    if setup.network or setup.task:
        if setup.network:
            network = checkpoint.open_network(setup.network)
        else:
            network = checkpoint.untrained(setup.task, model=setup.kind or None)
        if setup.model:
            network = checkpoint.with_settings(network, network.settings.but(**dict(setup.model)))
        clip = clip or build.task_of(network).pinned()
    yield Arranged(setup, network, clip)


def checked(number: int, step: Step) -> Events:
    """What the check of a step measures."""
    yield Progress(-1.0, f"measuring: {step.title}")
    yield Checked(number, step.name, step.check())


def noted(lesson: Lesson, kind: str, target: str) -> Events:
    """What a link asks for, as a text of its own."""
    from engine import page

    yield Noted(page.note(lesson, kind, target))
