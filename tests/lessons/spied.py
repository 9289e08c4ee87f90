"""What a check has worked with: its outcome, the networks that it taught, and those that it opened."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from engine import catalog, exercise, page

if TYPE_CHECKING:
    from engine.lessons.lesson import Lesson, Outcome
    from engine.scratch.net import Net

LESSONS = page.lessons()


@dataclass(frozen=True)
class Spied:
    """`nets` are those that the check taught, with their tasks, in order; `opened` the bundled ones by name."""

    outcome: Outcome
    nets: list[tuple[Net, Any]]
    opened: list[str]

    @property
    def learns(self) -> bool:
        return bool(self.nets or self.opened)


@functools.cache
def spied(number: int, name: str) -> Spied:
    """The check of a step, run once."""
    nets: list[tuple[Net, Any]] = []
    opened: list[str] = []
    melodies: Any = catalog.load("lessons", "generation")
    teach, open_, learn = exercise.taught, exercise.network, melodies._learnt

    def taught(kind: str, task: Any, *arguments: Any, **more: Any) -> Net:
        nets.append((teach(kind, task, *arguments, **more), task))
        return nets[-1][0]

    def learnt() -> Net:
        nets.append((learn(), None))
        return nets[-1][0]

    def network(bundled: str, *through: Any) -> Any:
        opened.append(bundled)
        return open_(bundled, *through)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exercise, "taught", taught)
        patch.setattr(exercise, "network", network)
        patch.setattr(melodies, "_learnt", learnt)
        return Spied(page.find(number).step(name).check(), nets, opened)


def steps() -> list[tuple[Lesson, str]]:
    """Every step of every lesson."""
    return [(lesson, step.name) for lesson in LESSONS for step in lesson.steps]
