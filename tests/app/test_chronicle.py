"""The chronicle: what trainings tell becomes one change of the history a tick; runs are set beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import chronicle
from app.chronicle import MOST, Chronicle
from engine import checkpoint
from engine.events import Began, Changed, Evaluated, Halted, Snapshot, Step
from engine.session import Session


@pytest.fixture
def session():
    return Session()


def tell(session, *events):
    teller = Chronicle(session)
    for event in events:
        teller.take(event)
    teller.write()


def run(name, steps=3, first=0):
    folder = Path("/runs") / name
    return Began(name, "", 10, folder, first), *(Step(first + k, 0, 1.0) for k in range(1, steps + 1))


def numbers(history):
    return [each.step for each in history.steps]


def test_all_that_came_is_one_change(session):
    changes = []
    end = session.on("history", lambda: changes.append(session.state.history))
    network = checkpoint.untrained("phonemes")
    tell(
        session,
        *run("a"),
        Evaluated(3, "valid", 0.5, 1, 10),
        Changed(3, "lr", 0.1, 0.2),
        Snapshot(3, network, (1, 3)),
    )
    end()
    (history,) = changes
    assert (history.began.name, numbers(history), history.kept) == ("a", [1, 2, 3], (1, 3))
    assert (len(history.evaluated), len(history.changes)) == (1, 1)


def test_steps_alone_wait_a_moment_and_nothing_else_does(session, monkeypatch):
    chronicle = Chronicle(session)

    def took(*events):
        for event in events:
            chronicle.take(event)
        chronicle.write()
        return numbers(session.state.history)

    monkeypatch.setattr("app.chronicle.EVERY", 60.0)
    assert took(*run("a", 1)) == [1]
    assert took(Step(2, 0, 1.0)) == [1]
    assert took(Step(3, 0, 1.0), Evaluated(3, "valid", 0.5, 1, 10)) == [1, 2, 3]
    assert took(Step(4, 0, 1.0)) == [1, 2, 3]
    monkeypatch.setattr("app.chronicle.EVERY", 0.0)
    assert took() == [1, 2, 3, 4]


def test_a_run_that_begins_sets_the_one_before_it_aside(session):
    tell(session, *run("a"))
    tell(session, *run("b", steps=2), *run("c", steps=1))
    assert session.state.history.began.name == "c"
    assert [each.began.name for each in session.state.compared] == ["a", "b"]
    assert [numbers(each) for each in session.state.compared] == [[1, 2, 3], [1, 2]]
    for number in range(2 * MOST):
        tell(session, *run(f"run {number}"))
    assert len(session.state.compared) == MOST
    assert session.state.compared[-1].began.name == f"run {2 * MOST - 2}"


def test_a_run_without_a_step_is_not_compared(session):
    tell(session, *run("a", steps=0))
    tell(session, *run("b"))
    assert session.state.compared == ()


def test_a_run_that_goes_on_keeps_what_it_told_up_to_there(session):
    tell(session, *run("a", steps=5), Changed(4, "lr", 0.1, 0.2), Changed(1, "clip", 1.0, 2.0))
    tell(session, *run("a", steps=2, first=3))
    assert numbers(session.state.history) == [1, 2, 3, 4, 5]
    assert [each.key for each in session.state.history.changes] == ["clip"]
    assert session.state.history.began.step == 0
    assert session.state.compared == ()


def test_a_run_that_is_shown_again_is_no_more_compared(session):
    tell(session, *run("a"))
    tell(session, *run("b"))
    tell(session, *run("a"))
    assert [each.began.name for each in session.state.compared] == ["b"]


def test_halted_goes_back_and_holds_until_the_next_step(session):
    tell(session, *run("a"), Halted(4, "no number", 2, 0.05))
    assert session.state.history.halted.lr == 0.05
    assert numbers(session.state.history) == [1, 2]
    tell(session, Step(3, 0, 1.0))
    assert session.state.history.halted is None
    assert numbers(session.state.history) == [1, 2, 3]


def test_of_a_long_run_the_older_steps_are_thinned(session, monkeypatch):
    monkeypatch.setattr(chronicle, "LONGEST", 100)
    for first in range(0, 1000, 10):
        tell(session, *(Step(number, 0, 1.0 / (1 + number)) for number in range(first, first + 10)))
        assert len(session.state.history.steps) <= 100
    numbers = [each.step for each in session.state.history.steps]
    assert numbers[0] == 0
    assert numbers == sorted(set(numbers))
    assert numbers[-20:] == [*range(980, 1000)]
