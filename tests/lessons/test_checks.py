"""The checks of the lessons: they pass, they are heard, and a model that has forgotten fails them."""

from __future__ import annotations

import pytest

from engine import exercise, page
from engine.lessons.lesson import Guess, Lesson

LESSONS = page.lessons()
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.file for lesson in LESSONS])


@each_lesson
def test_every_check_passes_and_something_is_heard(lesson: Lesson) -> None:
    outcomes = {step.name: step.check() for step in lesson.steps}
    assert [name for name, outcome in outcomes.items() if not outcome.passed] == []
    assert all(outcome.text and outcome.values for outcome in outcomes.values())
    assert sum(len(outcome.sounds) for outcome in outcomes.values()) >= 1
    for step in lesson.steps:
        outcome = outcomes[step.name]
        assert all(clip.seconds > 0.2 and abs(clip.read()).max() > 0.01 for clip in outcome.sounds), step.name
        if step.guess is not None:
            assert outcome.answer, step.name
            assert step.guess.right(outcome.answer, outcome.answer), step.name
            assert not step.guess.choices or outcome.answer in step.guess.choices, step.name
            assert len([each for each in step.guess.choices if step.guess.right(each, outcome.answer)]) <= 1


@pytest.mark.parametrize(
    ("lesson", "name"),
    [(lesson, step.name) for lesson in LESSONS for step in lesson.steps],
    ids=lambda each: each if isinstance(each, str) else str(each.number),
)
def test_a_check_fails_when_the_weights_of_its_model_are_shuffled(lesson: Lesson, name: str) -> None:
    assert not lesson.step(name).check(exercise.shuffled).passed


def test_lessons_need_only_those_before_them() -> None:
    assert [lesson.number for lesson in LESSONS] == list(range(1, 11))
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

    step = page.find(9).step("field")
    outcome = step.check()
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
