"""Lessons at the command line, and in the window from the map to a measured step."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app import cli, learned, lesson
from app.layout import WORKSPACES
from app.window import Window
from engine import page
from engine.lessons.lesson import Outcome
from tests.lessons.test_pages import FILES
from tests.waiting import analysed, pump
from widgets.panels.lessonmap import LessonRow

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def _nothing_learnt():
    learned.path().unlink(missing_ok=True)
    yield
    learned.path().unlink(missing_ok=True)


def run(*arguments):
    return cli.main([str(each) for each in arguments])


def test_ten_lessons_are_listed_under_the_names_of_the_plan(capsys):
    assert run("lessons", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["file"] for row in rows] == list(FILES)
    assert rows[3]["needs"] == [2, 3]
    assert not any(row["done"] for row in rows)


def test_what_has_passed_is_kept(capsys, tmp_path):
    assert run("lesson", 10, "--sounds", tmp_path) == 0
    assert "every check passed" in capsys.readouterr().out
    assert len(list(tmp_path.glob("*.wav"))) >= 1
    assert run("lessons", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["number"] for row in rows if row["done"]] == [10]


def test_a_check_that_fails_ends_with_code_1_and_is_no_longer_done(capsys, monkeypatch):
    found = page.find(10)
    learned.write(frozenset({(10, step.name) for step in found.steps}))
    bad = replace(found.steps[0], check=lambda: Outcome(False, "it was not so"))
    monkeypatch.setattr(page, "find", lambda _: replace(found, steps=(bad, found.steps[1])))
    assert run("lesson", 10, "--check") == 1
    said = capsys.readouterr().out
    assert "FAILED" in said
    assert "failed: oscillator" in said
    assert (10, "oscillator") not in learned.read()


def test_a_lesson_that_there_is_not_is_named(capsys):
    assert run("lesson", 11) == 2
    assert "1 to 10" in capsys.readouterr().err


def test_a_spoilt_file_of_what_was_learnt_is_passed_over():
    learned.path().parent.mkdir(parents=True, exist_ok=True)
    learned.path().write_text("[1, 2", encoding="utf-8")
    assert learned.read() == frozenset()


def test_listing_needs_neither_torch_nor_a_screen():
    code = "import sys; from app import cli; cli.main(['lessons'])"
    code += "; print([name for name in ('torch', 'PySide6') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr


def test_the_page_is_printed(capsys):
    assert run("lesson", 3) == 0
    assert "# Lesson 3: the GRU" in capsys.readouterr().out


def test_report_of_a_check(capsys):
    assert lesson._report(page.find(1), [("cat", Outcome(True, "so", (("a", "1"),), "1"))])["checks"] == [
        {"step": "cat", "passed": True, "text": "so", "values": {"a": "1"}, "answer": "1"}
    ]


@pytest.fixture(scope="module")
def window(qapp):
    made = Window(fresh=True)
    made.resize(1280, 800)
    made.show()
    pump(qapp, lambda: analysed(made))
    made.actions_by_name["workspace:Learn"].trigger()
    pump(qapp, lambda: made.session.state.learning and made.session.state.learning.lessons)
    yield made
    made.close()
    made.deleteLater()
    qapp.processEvents()


@pytest.mark.parametrize("number", range(1, 11), ids=FILES)
def test_every_lesson_is_opened_from_the_map_and_sets_the_workbench_up(qapp, window, number):
    learn, state = window.docks.learn, lambda: window.session.state
    if not learn.map.isVisible():
        learn.show_map()
    pump(qapp, lambda: len(learn.map.findChildren(LessonRow)) == 10)
    QTest.keyClick(learn.map.findChildren(LessonRow)[number - 1], Qt.Key.Key_Space)
    found = page.find(number)
    pump(qapp, lambda: list(learn.cards) == [step.name for step in found.steps])
    assert state().learning.page.lesson.number == number
    assert learn.pairs
    for each in learn.pairs.values():
        assert each.isVisible()
        assert each.told.text().startswith("Equal: of ")
    card, setup = learn.cards[found.steps[0].name], found.steps[0].setup
    next(each for each in card.findChildren(QPushButton) if each.text() == "Set up").click()
    pump(qapp, lambda: not setup.clip or state().clip.name == setup.clip)
    named = setup.network if not setup.model else ""  # with other knobs it is another network
    pump(qapp, lambda: not named or state().network.name == named)
    pump(qapp, lambda: dict(setup.model).items() <= state().network.settings.to_dict().items())
    pump(qapp, lambda: not setup.task or state().network.task == setup.task)
    for name in setup.shown:
        assert (window.lanes.lanes.get(name) or window.docks.docks[name]).isVisible(), name
    assert state().notice is None, state().notice


def test_in_the_window_from_the_map_to_a_measured_step(qapp):
    window = Window(fresh=True)
    window.show()
    try:
        pump(qapp, lambda: analysed(window))
        assert "Learn" in WORKSPACES
        window.actions_by_name["workspace:Learn"].trigger()
        learn = window.docks.learn
        pump(qapp, lambda: window.session.state.learning and window.session.state.learning.lessons)
        learn.opened.emit(1)
        pump(qapp, lambda: "rule" in learn.cards)
        learn.checked.emit("rule")
        pump(qapp, lambda: "rule" in window.session.state.learning.outcomes)
        assert window.session.state.learning.outcomes["rule"].passed
        assert (1, "rule") in learned.read()
        learn.linked.emit("term", "hidden~state")
        pump(qapp, lambda: window.session.state.learning.note is not None)
        learn.linked.emit("view", "inspector")
        assert window.docks.docks["inspector"].isVisible()
        learn.arranged.emit("cat")
        pump(qapp, lambda: analysed(window) and window.session.state.clip.name == "cat")
        pump(qapp, lambda: window.session.state.network.name == "phonemes-rnn-128")
        tone = np.asarray(window.session.state.clip.read())
        assert len(tone) > 1000
    finally:
        window.close()
        window.deleteLater()
        qapp.processEvents()
