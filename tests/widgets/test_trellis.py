"""The lane Trellis: its cells, its path by shapes, its rows as time is zoomed, and what a click plays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage

from engine.clip import Label
from engine.session import Cursor, Span
from tests import example
from widgets import theme
from widgets.pathway import runs
from widgets.views import trellis


@pytest.fixture
def view(qtbot):
    made = trellis.View(example.full())
    qtbot.addWidget(made)
    made.resize(1000, 400)
    made.show()
    made.tick()
    return made


def point(view, frame: float, state: int) -> QPointF:
    """The middle of a cell."""
    low, high = view.rows
    box = view.heat_area()
    y = box.top() + (state - low + 0.5) / (high - low) * box.height()
    return QPointF(view.axis().x(frame / example.FRAMES), y)


def grey(view) -> np.ndarray:
    shown = view.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), shown.bytesPerLine() // 4, 4)
    return raw[:, : shown.width(), :3][..., ::-1].astype(int)


def test_a_cell_tells_its_label_its_time_and_its_probability(view):
    found = view.session.state.searched.reference
    rng = np.random.default_rng(0)
    for _ in range(30):
        frame, state = int(rng.integers(500)), int(rng.integers(17))
        read = view.read(point(view, frame, state))
        assert read.value == pytest.approx(float(found.occupation[frame, state]))
        assert read.time == pytest.approx(frame / example.FRAMES, abs=0.003)
        assert read.text.startswith("blank" if state % 2 == 0 else example.SAID[state // 2])
        assert ("best path" in read.text) == (found.path[frame] == state)


def test_the_rows_are_the_text_and_its_blanks(view):
    states = view.trellis.states
    assert [example.WORDS[each] for each in states[1::2]] == list(example.SAID)
    assert set(states[0::2].tolist()) == {0}
    shown = [tick.text for tick in view.ticks(view.area()) if not tick.strong]
    assert shown[1::2] == list(example.SAID)


def test_a_click_on_the_path_plays_all_of_a_label_and_elsewhere_that_moment(qtbot, view):
    session, found = view.session, view.trellis
    run = next(each for each in runs(found.path) if each.state == 3)
    qtbot.mouseClick(
        view.canvas, Qt.MouseButton.LeftButton, pos=point(view, (run.start + run.stop) / 2, 3).toPoint()
    )
    moment, length = session.state.moment, (run.stop - run.start) / example.FRAMES
    middle = (run.start + run.stop - 1) / 2 / example.FRAMES
    assert moment.seconds == pytest.approx(max(length, 0.2), abs=1e-6)
    assert (moment.start + moment.stop) / 2 == pytest.approx(middle, abs=1e-6)
    assert session.state.cursor.time == pytest.approx(middle, abs=0.02)
    off = 5 if found.path[300] != 5 else 7
    view.clicked(point(view, 300, off))
    moment = session.state.moment
    assert (moment.start + moment.stop) / 2 == pytest.approx(3.0, abs=1e-6)
    assert moment.seconds == pytest.approx(0.2)


def test_return_plays_what_the_path_says_at_the_cursor(qtbot, view):
    run = next(each for each in runs(view.trellis.path) if each.state == 9)
    middle = (run.start + run.stop - 1) / 2 / example.FRAMES
    view.session.set("cursor", Cursor(middle))
    view.canvas.setFocus()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Return)
    moment = view.session.state.moment
    assert (moment.start + moment.stop) / 2 == pytest.approx(middle, abs=0.01)


def test_the_path_tells_beginnings_repeats_and_blanks_by_shape(view):
    """Filled where a label begins, hollow where it is repeated, a dot in a blank: whatever the colours are."""
    run = next(each for each in runs(view.trellis.path) if each.state == 3 and each.stop - each.start > 3)
    start, stop = run.start / example.FRAMES, run.stop / example.FRAMES
    view.session.set("view", Span(start - 0.1, stop + 0.1))
    view.session.set("cursor", Cursor(0.0))
    view.tick()
    picture = grey(view)
    accent = theme.current().colour("accent")
    ink = np.array([accent.red(), accent.green(), accent.blue()])

    def near(frame: float, state: int, reach: int = 2) -> np.ndarray:
        at = point(view, frame, state).toPoint()
        return picture[at.y() - reach : at.y() + reach + 1, at.x() - reach : at.x() + reach + 1]

    def inked(cells: np.ndarray) -> float:
        return float((np.abs(cells - ink).max(axis=-1) < 40).mean())

    assert inked(near(run.start, 3)) > 0.9
    for frame in range(run.start + 1, run.stop - 1):
        assert inked(near(frame, 3, 1)) < 0.1, "a repeat is hollow"
        assert inked(near(frame, 3, 4)) > 0.1, "but has an edge"
    blank = near(run.start - 3, 2, 5)
    bright = blank.min(axis=-1) > 180
    assert 0.02 < bright[3:8, 3:8].mean(), "a light dot"
    assert bright.mean() < 0.3, "which is small"
    assert inked(blank) < 0.1


def test_zooming_in_time_leaves_the_labels_that_are_there(view):
    whole = view.rows
    view.session.set("view", Span(1.0, 1.8))
    view.tick()
    low, high = view.rows
    inside = view.trellis.path[100:181]
    assert whole == (0, 17)
    assert (low, high) == (max(0, int(inside[0]) - 2), min(17, int(inside[-1]) + 3))
    assert view.cell(point(view, 140, low + 1)) == (140, low + 1)


def test_what_was_read_can_be_shown_instead(view):
    found = view.session.state.searched
    assert view.trellis is found.reference
    view.header.chosen.emit(1)
    view.tick()
    assert view.trellis is found.trellis
    view.session.set("searched", replace(found, reference=None))
    view.tick()
    assert view.trellis is found.trellis
    assert "what was read" in view.badge(view.session.state.searched, view.trellis)


def test_aligned_labels_lie_beside_the_true_ones(view):
    found = view.trellis
    rows = view._lanes
    assert (
        [each.text for each, _ in rows["path"]] == [each.text for each, _ in rows["truth"]] == list(example.SAID)
    )
    for (label, _), span in zip(rows["path"], found.spans, strict=True):
        assert label.start == pytest.approx((span.start - 0.5) / example.FRAMES)
        assert label.end == pytest.approx((span.stop - 0.5) / example.FRAMES)
    late = [label.start - true.start for (label, _), (true, _) in zip(rows["path"], rows["truth"], strict=True)]
    assert f"begins {1000 * np.mean(np.abs(late)):.0f} ms off" in view.badge(view.session.state.searched, found)


def test_words_of_a_language_are_no_truth_for_digits(view):
    """A clip that was transcribed has words; its digits are not known."""
    traced = view.session.state.traced
    words = tuple(replace(each, tier="word") for each in traced.sound.labels)
    view.session.set("traced", replace(traced, sound=replace(traced.sound, labels=words)))
    view.tick()
    assert view._lanes["path"]
    assert "truth" not in view._lanes


def test_characters_make_words(qtbot):
    """Of a vocabulary with a space, the lane of words goes from each word's first character to its last."""
    from engine import trellis as engine

    vocabulary = ("", " ", *"abcdefghijklmnopqrstuvwxyz")
    text = "go on"
    log_probs = np.full((60, len(vocabulary)), -8.0)
    log_probs[:, 0] = -0.01
    for index, each in enumerate(text):
        log_probs[5 + 10 * index : 8 + 10 * index, vocabulary.index(each)] = -0.001
    log_probs -= np.logaddexp.reduce(log_probs, axis=1, keepdims=True)
    laid = engine.trellis(log_probs, [vocabulary.index(each) for each in text])
    session = example.full()
    labels = (Label(0.1, 0.5, "go", "word"), Label(0.6, 1.0, "on", "word"))
    session.set("traced", replace(session.state.traced, sound=replace(session.state.traced.sound, labels=labels)))
    session.set("network", replace(session.state.network, vocabulary=vocabulary))
    found = session.state.searched
    session.set(
        "searched",
        replace(found, vocabulary=vocabulary, reference=laid, trellis=laid, rate=50.0, first=0.01, text=()),
    )
    made = trellis.View(session)
    qtbot.addWidget(made)
    made.resize(1000, 400)
    made.show()
    made.tick()
    assert [each.text for each, _ in made._lanes["path"]] == ["go", "on"]
    assert [each.text for each, _ in made._lanes["signs"]] == list("goon")
    first = made._lanes["path"][0][0]
    assert (first.start, first.end) == pytest.approx(
        ((laid.spans[0].start - 0.5) / 50 + 0.01, (laid.spans[1].stop - 0.5) / 50 + 0.01)
    )


@pytest.mark.parametrize("what", ["other clip", "no ctc", "impossible", "note"])
def test_says_why_there_is_nothing(view, what):
    session = view.session
    found, network = session.state.searched, session.state.network
    words = {"other clip": "being searched", "no ctc": "no CTC", "impossible": "no way to say", "note": "too long"}
    said = words[what]
    if what == "other clip":
        session.set("searched", replace(found, clip_id="another"))
    elif what == "no ctc":
        session.set("searched", None)
        session.set("network", replace(network, vocabulary=("end", "a")))
    else:
        empty = replace(found.trellis, path=found.trellis.path[:0])
        session.set("searched", replace(found, reference=None, trellis=empty, note=said if what == "note" else ""))
    view.tick()
    assert view._empty.isVisible()
    assert said in view._empty._label.text()
    view.clicked(QPointF(QPoint(400, 100)))
    assert session.state.moment is None
