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
from engine import build, exercise, page, recipe, surgery
from engine.lessons.lesson import Outcome
from tests.lessons.test_pages import FILES
from tests.waiting import analysed, pump
from widgets.panels.lessonmap import LessonRow

pytestmark = pytest.mark.alone
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
    assert run("lesson", 12) == 2
    assert "1 to 11" in capsys.readouterr().err


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
def window(qapp, tmp_path_factory):
    made = Window(fresh=True)
    made.runs.folder = tmp_path_factory.mktemp("runs")
    made.resize(1280, 800)
    made.show()
    pump(qapp, lambda: analysed(made))
    made.actions_by_name["workspace:Learn"].trigger()
    pump(qapp, lambda: made.session.state.learning and made.session.state.learning.lessons)
    yield made
    made.runs.asks = False
    made.close()
    made.deleteLater()
    qapp.processEvents()


def set_up(qapp, window, name):
    """Press "Set up" on the card of a step and wait for it."""
    worker = window.wiring.workers["background"]
    card = window.docks.learn.cards[name]
    next(each for each in card.findChildren(QPushButton) if each.text() == "Set up").click()
    pump(qapp, lambda: not worker.has("arrange") and not worker.events)


def open_lesson(qapp, window, number):
    window.docks.learn.opened.emit(number)
    wanted = [step.name for step in page.find(number).steps]
    pump(qapp, lambda: list(window.docks.learn.cards) == wanted)


@pytest.fixture
def trained(window, monkeypatch):
    """The trainings that were asked for: the task, and the knobs; none begins."""
    asked = []
    monkeypatch.setattr(
        window.runs, "start", lambda: asked.append((window.session.state.network, window.runs.settings))
    )
    return asked


@pytest.mark.parametrize("number", range(1, 12), ids=FILES)
def test_every_step_of_every_lesson_sets_the_workbench_up(qapp, window, trained, number):
    open_lesson(qapp, window, number)
    state = lambda: window.session.state  # noqa: E731 - read anew at each look
    for step in page.find(number).steps:
        setup = step.setup
        trained.clear()
        set_up(qapp, window, step.name)
        if setup.clip:
            assert state().clip.name == setup.clip, step.name
        elif setup.network or setup.task:
            assert state().clip.id == build.task_of(state().network).pinned().id, step.name
        if setup.network or setup.task:
            assert state().network.task == setup.task or setup.model or state().network.name == setup.network
            assert state().network.model == setup.kind or not setup.kind
            assert dict(setup.model).items() <= state().network.settings.to_dict().items()
        assert setup.cursor is None or state().cursor.time == setup.cursor, step.name
        assert bool(trained) == bool(setup.train), step.name
        for network, settings in trained:
            assert (network.task, network.trained) == (setup.task, False)
            assert dict(setup.train).items() <= settings.to_dict().items()
        for name in setup.shown:
            assert (window.lanes.lanes.get(name) or window.docks.docks[name]).isVisible(), (step.name, name)
        acting = {link.stage for link in state().chain if link.on}
        assert "noise" not in acting, step.name
        pump(qapp, lambda: analysed(window) or state().network is None)
        assert state().cursor.time == (setup.cursor or state().cursor.time), step.name
        assert state().notice is None, state().notice


def test_a_step_begins_without_noise_and_edits_and_all_of_it_is_taken_back_at_once(qapp, window, trained):
    open_lesson(qapp, window, 1)
    session = window.session
    noisy = tuple(
        replace(link, settings=link.settings.but(snr=-10.0), on=True) if link.stage == "noise"
        else replace(link, settings=link.settings.but(semitones=7.0)) if link.stage == "pitch" else link
        for link in session.state.chain
    )  # fmt: skip
    session.set("chain", noisy)
    session.set("edits", (surgery.Edit("set", 0.0, 1.0, "h", 1, value=0.0),))
    before = session.state
    set_up(qapp, window, "cat")
    pump(qapp, lambda: analysed(window) and session.state.traced.trace.clip_id == session.state.clip.id)
    assert [label.text for label in session.state.traced.trace.text] == ["k", "æ", "t"]
    assert session.state.edits == ()
    assert session.undo()
    for key in ("chain", "edits", "network", "clip"):
        assert getattr(session.state, key) is getattr(before, key), key
    assert session.redo()
    assert session.state.clip.name == "cat"


def test_a_sound_of_a_lesson_is_played_as_it_is(qapp, window, monkeypatch):
    """A tone of 330 Hz is one, though the knobs of the sound stood on a fifth higher, in noise."""
    session, asked = window.session, []
    monkeypatch.setattr(window.playing, "expect", asked.append)
    chain = (
        replace(link, on=True) if link.stage == "noise"
        else replace(link, settings=link.settings.but(semitones=7.0)) if link.stage == "pitch" else link
        for link in window.default_chain()
    )  # fmt: skip
    session.set("chain", tuple(chain))
    tone = exercise.sound(np.sin(2 * np.pi * 330 * np.arange(16000) / 16000), "a tone")
    window.docks.learn.heard.emit(tone)
    assert asked == [0.0]
    assert session.state.transport.heard == "processed"
    pump(qapp, lambda: analysed(window) and session.state.traced.trace.clip_id == tone.id)
    heard = session.state.traced.sound
    samples = heard.read()[:, 0]
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    peak = int(power.argmax())
    assert peak * heard.rate / len(samples) == pytest.approx(330, abs=2)
    assert power[peak - 3 : peak + 4].sum() > 0.999 * power.sum()


def test_masks_of_a_step_end_with_it(qapp, window, trained):
    open_lesson(qapp, window, 8)
    set_up(qapp, window, "masked")
    masks = lambda: [link.settings.preview for link in window.session.state.chain if link.stage == "specaugment"]  # noqa: E731
    assert masks() == [True]
    set_up(qapp, window, "packing")
    assert masks() == [False]


def test_a_training_of_a_step_begins_and_leaves_one_that_runs_alone(qapp, window):
    open_lesson(qapp, window, 7)
    set_up(qapp, window, "clipping")
    try:
        pump(qapp, lambda: window.session.state.history.began is not None)
        began = window.session.state.history.began
        asked = recipe.parse(began.recipe, began.name)
        assert (asked.task, asked.train.clip, window.runs.settings.clip) == ("copy", 0.25, 0.25)
        pump(qapp, lambda: len(window.session.state.history.steps) > 2)
        set_up(qapp, window, "gradients")
        assert window.runs.settings.clip == 0.25
        assert "A training runs" in window.session.state.notice.text
        assert window.session.state.history.began is began
    finally:
        window.runs.stop()
        pump(qapp, lambda: not window.runs.training)
        window.session.set("notice", None)


@pytest.mark.parametrize("number", range(1, 12), ids=FILES)
def test_every_lesson_is_opened_from_the_map(qapp, window, number):
    learn, state = window.docks.learn, lambda: window.session.state
    if not learn.map.isVisible():
        learn.show_map()
    pump(qapp, lambda: len(learn.map.findChildren(LessonRow)) == 11)
    QTest.keyClick(learn.map.findChildren(LessonRow)[number - 1], Qt.Key.Key_Space)
    found = page.find(number)
    pump(qapp, lambda: list(learn.cards) == [step.name for step in found.steps])
    assert state().learning.page.lesson.number == number
    assert learn.pairs
    for each in learn.pairs.values():
        assert each.isVisible()
        assert each.told.text().startswith("Equal: of ")


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
