"""What a training says in the terminal: one line that moves, and a line for each evaluation."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from engine.events import Began, Changed, Evaluated, Notice, Progress, Step

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console

    from engine.recipe import Recipe

OFTEN = 30.0
"""Seconds between two lines where there is no terminal in which one could move."""
_WIDE = 120  # columns of a terminal in which all of the line has room
_RECENT = 50  # steps over which the speed is told


class Teller:
    """Prints what the events of a training say, to a console; quietly where others print."""

    def __init__(self, console: Console, recipe: Recipe) -> None:
        from engine import errorname

        self.console = console
        self.metric = errorname.of(recipe.task, recipe.task_settings)
        self.held_out: Evaluated | None = None
        self.step = 0
        self._total = recipe.train.steps
        self._bar = bar(console)
        self._line = self._bar.add_task(recipe.name, total=self._total, said="starting")
        self._last: Step | None = None
        self._times: deque[tuple[float, float]] = deque(maxlen=_RECENT)
        self._plain_at = time.monotonic()

    def __enter__(self) -> Teller:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._bar.stop()

    def hear(self, event: Any) -> None:
        """Show an event. Those that nobody reads are skipped."""
        if isinstance(event, Began):
            self._begin(event)
        elif isinstance(event, Step):
            self._stepped(event)
        elif isinstance(event, Evaluated):
            self._times.clear()  # the time of an evaluation is no time of a step
            self.held_out = event if event.split == "valid" else self.held_out
            self._bar.update(self._line, said=self._said())
            self.say(figures(event, self.metric))
        elif isinstance(event, Progress):
            self._bar.update(self._line, said=f"{event.doing} {event.share:.0%}")
        elif isinstance(event, Changed):
            self.say(
                f"{event.key} is {event.after:g}"
                if isinstance(event.after, float)
                else f"{event.key} is {event.after}"
            )
        elif isinstance(event, Notice):
            self.say(event.text)

    def say(self, text: str) -> None:
        """A line that stays, above the one that moves."""
        self.console.print(text, soft_wrap=True, markup=False)

    def _begin(self, event: Began) -> None:
        self._total = event.total
        self._bar.update(self._line, total=event.total, completed=event.step)
        if event.step:
            self._bar.reset(self._line, total=event.total, completed=event.step, start=True)
            whose = f" of {event.parent}" if event.parent else ""
            self.say(f"going on from step {event.step}{whose}, to step {event.total}")

    def _stepped(self, event: Step) -> None:
        self.step = event.step
        self._times.append((time.monotonic(), event.values.get("frames", 0.0)))
        self._last = event
        said = self._said()
        self._bar.update(self._line, completed=event.step, said=said)
        if not self.console.is_terminal and time.monotonic() - self._plain_at > OFTEN:
            self._plain_at = time.monotonic()
            self.say(f"step {event.step} of {self._total}: {said}")

    def _said(self) -> str:
        """The last step in few words."""
        if self._last is None:
            return ""
        error = f", {self.metric} {self.held_out.error:.1%}" if self.held_out else ""
        return f"loss {self._last.loss:.4f}{error}, rate {self._last.values.get('lr', 0.0):.2g}{self._speed()}"

    def _speed(self) -> str:
        """Input frames a second of the last steps, batches and all."""
        if not self._times:
            return ""
        (since, _), (until, _) = self._times[0], self._times[-1]
        frames = sum(count for _, count in list(self._times)[1:])
        return f", {frames / (until - since):,.0f} frames/s" if until > since and frames else ""


def figures(event: Evaluated, metric: str) -> str:
    """An evaluation in words: what the loss was, and how many edits among how many labels."""
    where = "held-out" if event.split == "valid" else "training"
    counts = f"{event.edits} of {event.length}"
    more = "".join(f", {name} {value:.3f}" for name, value in event.values.items())
    return f"step {event.step}, {where} clips: loss {event.loss:.4f}, {metric} {event.error:.2%} ({counts}){more}"


def bar(console: Console) -> Any:
    """A line that moves: what is done, how much of it, how long it will take, and what there is to say.

    In a narrow terminal the name and the bar make room for the figures.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Line

    roomy = (TextColumn("{task.description}", markup=False), BarColumn(20)) if console.width >= _WIDE else ()
    return Line(
        *roomy,
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}", markup=False),
        console=console,
    )
