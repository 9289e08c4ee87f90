"""A lesson: a page, and steps that set up the workbench, ask for a guess, and measure. Frozen values all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.clip import Clip

Weights = Mapping[str, Any]
Through = Callable[[Weights], Weights]
"""What a check sends the weights of its model through before it measures: usually nothing happens to them."""


@dataclass(frozen=True)
class Setup:
    """How the workbench is arranged for a step: without noise and edits, and with all other knobs as at first.

    `clip` is a bundled clip, `network` a bundled network, `task` one whose untrained network is shown, of the
    model `kind` where it is not the task's own; without a clip these bring the example of their task. `model` are
    the knobs of the network that are turned, `chain` the (stage, knob, value) of the sound that are, `shown` the
    lanes and panels to be seen, `cursor` in seconds, `train` the knobs of a training that begins. What is empty
    stays as it is.
    """

    clip: str = ""
    task: str = ""
    kind: str = ""
    network: str = ""
    model: tuple[tuple[str, Any], ...] = ()
    chain: tuple[tuple[str, str, Any], ...] = ()
    shown: tuple[str, ...] = ()
    cursor: float | None = None
    train: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Guess:
    """What is asked before the measurement: one of `choices`, or where there are none a number in `unit`.

    A number is right within `near`, or within that share of the answer where it is below 1.
    """

    question: str
    choices: tuple[str, ...] = ()
    unit: str = ""
    near: float = 0.2

    def right(self, said: str, answer: str) -> bool:
        """Whether what was said is close enough to the answer; a text that is no number never is."""
        if self.choices:
            return said == answer
        try:
            given, wanted = float(said.replace(",", ".")), float(answer)
        except ValueError:
            return False
        return abs(given - wanted) <= (self.near if self.near >= 1 else self.near * abs(wanted))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a check has measured: `values` are (what, number with its unit); `answer` is that to the guess.

    `pictures` are SVG by name, in which "black" takes the colour of the text (engine/drawing.py).
    """

    passed: bool
    text: str
    values: tuple[tuple[str, str], ...] = ()
    answer: str = ""
    sounds: tuple[Clip, ...] = ()
    pictures: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Step:
    """One step of a lesson. Its `check` measures on data that no training has seen, in seconds, not minutes."""

    name: str
    title: str
    check: Callable[..., Outcome]
    setup: Setup | None = None
    guess: Guess | None = None


@dataclass(frozen=True)
class Lesson:
    """Number and file name as in the learning plan; `needs` are the lessons that come before.

    `numbers` computes a small worked example: the live numbers of the symbols on the page.
    """

    number: int
    file: str
    about: str
    needs: tuple[int, ...]
    steps: tuple[Step, ...]
    numbers: Callable[[], Mapping[str, Any]] | None = None

    @property
    def title(self) -> str:
        """The words of the file name."""
        return self.file.partition("_")[2].replace("_", " ")

    def step(self, name: str) -> Step:
        """Raises LookupError, which names the steps there are."""
        for each in self.steps:
            if each.name == name:
                return each
        raise LookupError(
            f"lesson {self.number} has no step {name!r}; it has: {', '.join(s.name for s in self.steps)}"
        )


@dataclass(frozen=True)
class Formula:
    """An equation, drawn: `svg` in black, and its size above and below the base line in em."""

    latex: str
    svg: str
    width: float
    ascent: float
    descent: float


@dataclass(frozen=True)
class Text:
    """A stretch of a page: Markdown in which every formula is a mark (see engine/page.py); `shown` stand alone."""

    markdown: str
    formulas: tuple[Formula, ...]


@dataclass(frozen=True)
class Place:
    """Where the card of a step stands on a page."""

    step: str


@dataclass(frozen=True)
class Pair:
    """One computation in the words of NumPy and of torch; `told` says by how much what they return differs."""

    name: str
    about: str
    numpy: str
    torch: str
    told: str
    equal: bool


@dataclass(frozen=True, eq=False)
class Page:
    """A lesson's page, ready to be drawn."""

    lesson: Lesson
    parts: tuple[Text | Place | Pair, ...]


@dataclass(frozen=True, eq=False)
class Learning:
    """What the Learn panel shows: all lessons, the one that is open, and what was measured and done so far.

    `outcomes` are by step name; `done` holds (lesson, step); `running` is the step that is being checked, and
    `note` what a link of the page has asked for.
    """

    lessons: tuple[Lesson, ...] = ()
    page: Page | None = None
    outcomes: Mapping[str, Outcome] = field(default_factory=lambda: MappingProxyType({}))
    done: frozenset[tuple[int, str]] = frozenset()
    running: str = ""
    note: Text | None = None

    def is_done(self, lesson: Lesson) -> bool:
        """Whether every step of it has passed."""
        return all((lesson.number, step.name) in self.done for step in lesson.steps)
