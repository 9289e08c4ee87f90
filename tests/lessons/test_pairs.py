"""What the pages show side by side: the code runs, both sides return the same, and other numbers part them."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest
import torch

from engine import catalog, exercise, page
from engine.lessons.lesson import Lesson, Pair
from engine.pairs import pair

LESSONS = page.lessons()
each_pair = pytest.mark.parametrize("name", catalog.names("pairs"))


def shown(lesson: Lesson) -> list[Pair]:
    return [part for part in page.read(lesson).parts if isinstance(part, Pair)]


def run(code: str, given: dict[str, Any]) -> list[np.ndarray]:
    """What the code of a page returns, the names of which are given."""
    space: dict[str, Any] = {"np": np, "torch": torch}
    exec(f"def on_the_page({', '.join(given)}):\n{textwrap.indent(code, '    ')}", space)
    found = space["on_the_page"](**given)
    many = found if isinstance(found, list | tuple) else (found,)
    return [each.detach().numpy() if isinstance(each, torch.Tensor) else each for each in many]


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.file for lesson in LESSONS])
def test_every_lesson_shows_numpy_beside_torch_and_that_they_are_equal(lesson: Lesson) -> None:
    pairs, text = shown(lesson), page.source(lesson)
    assert pairs
    for each in pairs:
        assert each.equal
        assert each.told.startswith("Equal: of ")
        assert text.index(each.numpy) < text.index(each.torch) < text.index(each.told)


def test_every_pair_stands_on_a_page() -> None:
    assert sorted(each.name for lesson in LESSONS for each in shown(lesson)) == list(catalog.names("pairs"))


@each_pair
def test_the_code_that_is_shown_runs_and_returns_the_same(name: str) -> None:
    each, drawn = pair.pair(name), exercise.draw(catalog.load("pairs", name).SHAPES, seed=3)
    assert "torch" not in each.numpy
    assert "torch." in each.torch
    ours = run(each.numpy, {key: value.copy() for key, value in drawn.items()})
    theirs = run(each.torch, {key: torch.tensor(value) for key, value in drawn.items()})
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@each_pair
def test_other_numbers_on_one_side_part_the_two(name: str) -> None:
    leaf: Any = catalog.load("pairs", name)
    assert pair.apart(leaf.in_numpy, leaf.in_torch, leaf.SHAPES, exercise.shuffled)[0] > 1e-2


def test_what_is_not_equal_is_said_to_be_so() -> None:
    halved = pair.apart(lambda x: 0.5 * x, lambda x: x, {"x": (4,)})
    assert halved == (pytest.approx(0.5 * np.abs(exercise.draw({"x": (4,)})["x"]).max()), 4)
    assert pair.told(*halved).startswith("Not equal: of 4 numbers one differs by 0.")
    assert pair.apart(lambda x: x[:2], lambda x: x, {"x": (4,)})[0] == np.inf
    both = pair.apart(lambda x: (x, x * np.nan), lambda x: (x, x), {"x": (4,)})
    assert pair.told(*both).startswith("Not equal")
