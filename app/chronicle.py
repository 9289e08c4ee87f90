"""The chronicle: what trainings tell goes into the session's history, gathered to a few changes a second."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine import events
from engine.session import History
from engine.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.session import Session

MOST = 8
"""Runs that are kept beside the one of now: more lines than that nobody tells apart."""
EVERY = 0.2
"""Seconds between two changes for steps alone: nobody reads faster, and every change makes panels look anew."""
LONGEST = 20_000
"""Steps that are kept of a run: then the older ones are thinned, so that a training of days fills no memory. The
run's folder has all."""
COUNTED = 200
"""Steps with sizes of gradients that are kept of a run, or half as many and the newest."""
TOLD = (events.Began, events.Step, events.Evaluated, events.Changed, events.Halted, events.Snapshot)


class Chronicle:
    """`take` events as they come; `write` changes `session.history` once, and what is compared with it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._came: list[Any] = []
        self._wrote = 0.0

    def take(self, event: Any) -> None:
        self._came.append(event)

    def write(self) -> None:
        """Put what came into the session. A run that begins sets the one before it aside."""
        due = time.monotonic() >= self._wrote + EVERY
        if not self._came or not (due or any(not isinstance(each, events.Step) for each in self._came)):
            return
        self._wrote = time.monotonic()
        came, self._came = self._came, []
        history, compared = told(came, self.session.state.history, self.session.state.compared)
        if compared is not self.session.state.compared:
            self.session.set("compared", compared)
        self.session.set("history", history)


def told(
    came: Sequence[Any], history: History, compared: tuple[History, ...] = ()
) -> tuple[History, tuple[History, ...]]:
    """The history with events in their order, and the runs that are compared with it."""
    turns = [index for index, event in enumerate(came) if isinstance(event, events.Began | events.Halted)]
    for first, last in zip([0, *turns], [*turns, len(came)], strict=True):
        if first == last:
            continue
        turn = came[first]
        if isinstance(turn, events.Began):
            history, compared = begun(turn, history, compared)
        elif isinstance(turn, events.Halted):
            history = replace(_until(history, turn.back), halted=turn)
        history = longer(history, came[first:last])
    return history, compared


def begun(
    event: events.Began, history: History, compared: tuple[History, ...]
) -> tuple[History, tuple[History, ...]]:
    """The history of a run that begins, and the runs that are compared with it.

    A run that goes on in its own folder keeps what it had told up to there.
    """
    folder = None if event.folder is None else event.folder.resolve()
    if history.began is not None and folder is not None and _folder(history) == folder:
        if event.step == 0:
            return History(began=event), compared
        went_on = replace(_until(history, event.step), at=None, halted=None)
        return replace(went_on, began=replace(event, step=history.began.step)), compared
    if history.steps:
        compared = with_run(compared, history)
    return History(began=event), tuple(each for each in compared if folder is None or _folder(each) != folder)


def with_run(compared: tuple[History, ...], history: History) -> tuple[History, ...]:
    """The runs that are compared, and one more; the same run is there once, and the oldest goes."""
    folder = _folder(history)
    others = [each for each in compared if each is not history and (folder is None or _folder(each) != folder)]
    return (*others, replace(history, at=None, halted=None))[-MOST:]


def longer(history: History, came: Iterable[Any]) -> History:
    """The history with what a run has told since: steps, evaluations, changes, and which snapshots it keeps.

    A step ends a halt.
    """
    steps: list[events.Step] = []
    evaluated, changes, kept, halted = [], [], history.kept, history.halted
    for event in came:
        if isinstance(event, events.Step):
            steps.append(event)
            halted = None
        elif isinstance(event, events.Evaluated):
            evaluated.append(event)
        elif isinstance(event, events.Changed):
            changes.append(event)
        elif isinstance(event, events.Snapshot) and event.kept:
            kept = event.kept
    told = Steps.of(history.steps).plus(steps)
    while len(told) > LONGEST:
        told = told.thinned()
    return replace(
        history,
        steps=told,
        evaluated=(*history.evaluated, *evaluated),
        counted=fewer((*history.counted, *(each for each in steps if each.magnitudes))),
        changes=(*history.changes, *changes),
        kept=kept,
        halted=halted,
    )


def fewer(counted: tuple[events.Step, ...]) -> tuple[events.Step, ...]:
    """Every second of too many, and always the first and the newest."""
    while len(counted) > COUNTED:
        counted = (*counted[:-1:2], counted[-1])
    return counted


def _until(history: History, step: int) -> History:
    """What was told up to a step."""
    return replace(
        history,
        steps=Steps(each for each in history.steps if each.step <= step),
        evaluated=tuple(each for each in history.evaluated if each.step <= step),
        counted=tuple(each for each in history.counted if each.step <= step),
        changes=tuple(each for each in history.changes if each.step <= step),
        kept=tuple(each for each in history.kept if each <= step),
    )


def _folder(history: History) -> Any:
    began = history.began
    return None if began is None or began.folder is None else began.folder.resolve()
