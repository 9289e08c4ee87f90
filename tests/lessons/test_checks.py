"""The checks of the lessons: they pass, are heard, tell the truth, and a model that has forgotten fails them."""

from __future__ import annotations

import pytest

from engine import exercise, page
from engine.lessons.lesson import Guess, Lesson
from tests.lessons.recomputed import RECOMPUTED
from tests.lessons.spied import LESSONS, spied, steps

each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.file for lesson in LESSONS])
LAWS = {
    1: ("equal",),
    2: ("vanishing", "equal", "highway"),
    3: ("plan", "torch", "conventions"),
    4: ("equal", "time"),
    5: ("shapes", "deep", "both"),
    6: ("paper", "steps", "waveform"),
    7: ("gradients", "torch", "radius", "clipping"),
    8: ("packing",),
    9: ("attention", "reach"),
    10: ("oscillator",),
    11: ("argument", "masks", "shape", "absent"),
}
"""Steps about any weights at all: nothing in them has learnt. They set two writings of one computation side by
side, or weights that are written down beside what comes of them."""


def is_law(lesson: Lesson, name: str) -> bool:
    return name in LAWS[lesson.number]


def each_step(laws: bool) -> pytest.MarkDecorator:
    found = [(lesson, name) for lesson, name in steps() if is_law(lesson, name) == laws]
    ids = [f"{lesson.number}-{name}" for lesson, name in found]
    return pytest.mark.parametrize(("lesson", "name"), found, ids=ids)


@each_lesson
def test_every_check_passes_and_something_is_heard(lesson: Lesson) -> None:
    outcomes = {step.name: spied(lesson.number, step.name).outcome for step in lesson.steps}
    assert [name for name, outcome in outcomes.items() if not outcome.passed] == []
    assert all(outcome.text and outcome.values for outcome in outcomes.values())
    assert sum(len(outcome.sounds) for outcome in outcomes.values()) >= 1
    for step in lesson.steps:
        outcome = outcomes[step.name]
        assert all(clip.seconds > 0.2 and abs(clip.read()).max() > 0.01 for clip in outcome.sounds), step.name


@each_lesson
def test_every_step_asks_for_a_guess_that_its_check_answers(lesson: Lesson) -> None:
    for step in lesson.steps:
        guess, answer = step.guess, spied(lesson.number, step.name).outcome.answer
        assert guess is not None, step.name
        assert answer, step.name
        assert guess.right(answer, answer), step.name
        assert not guess.choices or answer in guess.choices, step.name
        assert len([each for each in guess.choices if guess.right(each, answer)]) <= 1


@each_lesson
def test_what_a_student_reads_is_found_in_another_way_too(lesson: Lesson) -> None:
    for step in lesson.steps:
        found = spied(lesson.number, step.name)
        RECOMPUTED[lesson.number, step.name](found.outcome, found.nets)


@each_lesson
def test_what_is_learnt_and_what_is_a_law_is_told_apart(lesson: Lesson) -> None:
    for step in lesson.steps:
        assert spied(lesson.number, step.name).learns != is_law(lesson, step.name), step.name


@each_step(laws=False)
def test_what_was_learnt_is_gone_when_the_weights_are_shuffled(lesson: Lesson, name: str) -> None:
    assert not lesson.step(name).check(exercise.shuffled).passed


@each_step(laws=True)
def test_a_law_is_held_against_the_very_weights_that_it_is_about(lesson: Lesson, name: str) -> None:
    """With other weights on one side the two are no more alike: what is compared is not the same thing twice."""
    assert not lesson.step(name).check(exercise.shuffled).passed


def test_lessons_need_only_those_before_them() -> None:
    assert [lesson.number for lesson in LESSONS] == list(range(1, 12))
    for lesson in LESSONS:
        assert all(0 < needed < lesson.number for needed in lesson.needs)
        assert lesson.needs or lesson.number == 1


def test_a_guess_is_right_when_it_is_near_enough() -> None:
    assert Guess("?", unit="%", near=0.2).right("11,5", "10")
    assert not Guess("?", unit="%", near=0.2).right("13", "10")
    assert Guess("?", near=2.0).right("12", "10")
    assert not Guess("?", near=2.0).right("many", "10")
    assert not Guess("?", ("a", "b")).right("", "a")


@pytest.mark.parametrize("number", [1, 7])
def test_the_rule_of_lesson_1_and_the_gradients_of_lesson_7_are_one_function(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def note(kind: str, *_: object) -> float:
        asked.append(kind)
        return 0.0

    monkeypatch.setattr(exercise, "gradient_error", note)
    page.find(number).step({1: "rule", 7: "gradients"}[number]).check()
    assert "rnn" in asked


def test_the_pictures_of_a_lesson_are_drawn_in_its_card(qtbot) -> None:
    """An RNN's field is a band below the diagonal: above it the picture is as empty as the ground."""
    from widgets.panels.step import StepCard

    step, outcome = page.find(9).step("field"), spied(9, "field").outcome
    card = StepCard(step, 1)
    qtbot.addWidget(card)
    card.resize(600, 700)
    card.show()
    card.show_state(outcome, True, False)
    (drawn,) = card._drawn
    image = drawn.grab().toImage()
    scale = image.width() / 590
    before, after, ground = (image.pixelColor(round(x * scale), round(y * scale)) for x, y in
                             ((164, 182), (240, 120), (10, 200)))  # fmt: skip
    assert after == ground
    assert before != ground
    assert drawn.height() == drawn.heightForWidth(drawn.width())
