"""The lessons in the window: opens pages, sets up the workbench, runs checks, and keeps what has passed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app import learned
from engine.events import Ended, Failed, Opened, Progress
from engine.lessons.lesson import Learning

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from app.wiring import Wiring
    from engine.clip import Clip
    from engine.lessons.lesson import Lesson, Outcome, Page, Setup, Step, Text
    from engine.session import Session

    Events = Generator[Any, Any, None]


@dataclass(frozen=True, eq=False)
class Shelf:
    """The lessons that there are."""

    lessons: tuple[Lesson, ...]


@dataclass(frozen=True, eq=False)
class Turned:
    """A page to be shown."""

    page: Page


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
    """Answers the Learn panel. `show(names)` makes lanes and panels seen; `play()` plays the clip."""

    def __init__(self, session: Session, wiring: Wiring, show: Callable[[tuple[str, ...]], None]) -> None:
        self.session, self.wiring, self._show = session, wiring, show
        self.play: Callable[[], None] = lambda: None
        self._to_play = ""
        for kind, handler in (
            (Shelf, self._shelved), (Turned, self._turned), (Checked, self._checked), (Noted, self._noted),
        ):  # fmt: skip
            wiring.on(kind, handler)
        wiring.on(Ended, self._over)
        wiring.on(Failed, self._over)
        session.on("traced", self._play_soon)

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
        self._turn_knobs(setup)
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
        """Open a sound in the workbench, and play it as soon as it is ready."""
        state = self.session.state
        if state.clip is not None and state.clip.id == clip.id and state.traced is not None:
            self._begin()
            return
        self._to_play = clip.id
        self.session.set("clip", clip)

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

    def _turn_knobs(self, setup: Setup) -> None:
        chain = self.session.state.chain
        for stage, knob, value in setup.chain:
            chain = tuple(
                replace(link, settings=link.settings.but(**{knob: value}), on=True)
                if link.stage == stage
                else link
                for link in chain
            )
        self.session.set("chain", chain)

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

    def _play_soon(self) -> None:
        traced = self.session.state.traced
        if self._to_play and traced is not None and traced.trace.clip_id == self._to_play:
            self._to_play = ""
            self._begin()

    def _begin(self) -> None:
        if not self.session.state.transport.playing:
            self.play()


def shelve() -> Events:
    """Every lesson; their modules are light."""
    from engine import page

    yield Shelf(page.lessons())


def turn(lesson: Lesson) -> Events:
    """The page of a lesson, its equations drawn."""
    from engine import page

    yield Turned(page.read(lesson))


def arranged(setup: Setup) -> Events:
    """The network and the clip of a step."""
    from app.jobs import Loaded
    from engine import asset, checkpoint

    if setup.network or setup.task:
        network = checkpoint.open_network(setup.network) if setup.network else checkpoint.untrained(setup.task)
        if setup.model:
            network = checkpoint.with_settings(network, network.settings.but(**dict(setup.model)))
        yield Loaded(network)
    if setup.clip:
        yield Opened(asset.open_bundled(setup.clip))


def checked(number: int, step: Step) -> Events:
    """What the check of a step measures."""
    yield Progress(-1.0, f"measuring: {step.title}")
    yield Checked(number, step.name, step.check())


def noted(lesson: Lesson, kind: str, target: str) -> Events:
    """What a link asks for, as a text of its own."""
    from engine import page

    yield Noted(page.note(lesson, kind, target))
