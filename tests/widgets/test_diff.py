"""Reference and hypothesis: the figures, marks by shape, and words that are gone to and heard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage

from engine import contrast
from engine.captions import Captions, Line
from engine.clip import Label
from engine.recognisers.recogniser import Word
from engine.session import CAPTIONS, Span
from tests import example
from widgets.views import diff


@pytest.fixture
def view(qtbot):
    made = diff.View(example.full())
    qtbot.addWidget(made)
    made.resize(300, 240)
    made.show()
    made.tick()
    qtbot.wait(1)
    return made


def labels(texts: str, tier: str = "word") -> list[Label]:
    return [Label(k, k + 0.5, each, tier) for k, each in enumerate(texts.split())]


def shown(view, said: str, read: str, tier: str = "word") -> None:
    """Let the view show two texts."""
    session = view.session
    found = contrast.contrast(session.state.clip.id, session.state.network, tier, labels(said), labels(read))
    session.set("contrasted", found)
    view.tick()


def test_the_figures_and_the_normaliser_stand_above(view):
    shown(view, "the cat sat on the mat", "The bat sat on on mat!")
    text = view.figures.text()
    assert "WER 33.3 %" in text
    assert "S 2 &nbsp; D 0 &nbsp; I 0 &nbsp; N 6" in text
    assert "normaliser: english" in text
    assert "CER" in text


def test_the_search_is_named_whose_text_is_compared(view):
    """Also while another search is at work: its name stands beside no rate that is not its own."""
    session = view.session
    assert "search" not in view.figures.text()
    session.set("contrasted", replace(session.state.contrasted, search="beam of 4, words × 0.25"))
    view.tick()
    assert "search: beam of 4, words × 0.25" in view.figures.text()
    found = session.state.searched
    session.set("searched", replace(found, decoding=replace(found.decoding, search="greedy")))
    view.tick()
    assert "search: beam of 4, words × 0.25" in view.figures.text()


def test_of_digits_no_characters_are_counted(view):
    assert "DER 25.0 %" in view.figures.text()
    assert "S 1 &nbsp; D 1 &nbsp; I 0 &nbsp; N 8" in view.figures.text()
    assert "CER" not in view.figures.text()


def test_pairs_stand_in_two_rows_and_go_on_below(view):
    boxes = [view.pairs.box(index) for index in range(len(view.pairs.pairs))]
    width = view.pairs.viewport().width()
    assert len(boxes) == 8
    assert all(box.right() <= width for box in boxes)
    assert len({box.top() for box in boxes}) > 1, "one line is too short for all"
    order = [(box.top(), box.left()) for box in boxes]
    assert order == sorted(order)


def test_hebrew_is_read_from_the_right(qtbot, view):
    """K281: lines begin at the right, go on below, and arrows go where they point; the marks are the same."""
    words = "שלום לכולם וברוכים הבאים לערב הזה ותודה רבה"
    shown(view, words, words.replace("הזה", "ההוא"))
    boxes = [view.pairs.box(index) for index in range(8)]
    rows = sorted({box.top() for box in boxes})
    assert len(rows) > 1
    for top in rows:
        lefts = [box.left() for box in boxes if box.top() == top]
        assert lefts == sorted(lefts, reverse=True)
        assert max(box.right() for box in boxes if box.top() == top) == view.pairs.viewport().width()
    assert all(box.left() >= 36 for box in boxes)
    view.pairs.at = 0
    qtbot.keyClick(view.pairs, Qt.Key.Key_Left)
    assert view.pairs.at == 1
    qtbot.keyClick(view.pairs, Qt.Key.Key_Right)
    assert view.pairs.at == 0
    assert view.pairs.pairs[5].kind == "substitute"
    assert "WER 12.5 %" in view.figures.text()
    shown(view, "the cat sat", "the cat sat")
    assert view.pairs.box(0).left() == 36


def test_errors_differ_in_shape_and_not_in_colour_alone(view):
    """In grey, with the same word in each place, every kind of pair looks different."""
    found = {}
    for said, read in (("aa", "aa"), ("aa", "ab"), ("aa bb", "bb"), ("bb", "aa bb")):
        shown(view, said, read)
        kind, box = view.pairs.pairs[0].kind, view.pairs.box(0).toRect()
        image = view.pairs.viewport().grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        upper = raw[box.top() : box.top() + 20, box.left() + 1 : box.right()].astype(float)
        lower = raw[box.top() + 20 : box.top() + 40, box.left() + 1 : box.right()].astype(float)
        ground = float(raw[-5, 5])
        edges = [np.abs(each[:4] - ground).max(axis=0) > 40 for each in (upper, lower)]  # above the letters
        written = [bool((np.abs(each[6:14] - ground) > 60).any()) for each in (upper, lower)]
        lines = ["none" if not each.any() else "solid" if each.mean() > 0.9 else "dashed" for each in edges]
        found[kind] = (*written, *lines)
    assert found == {
        "equal": (True, True, "none", "none"),
        "substitute": (True, True, "none", "solid"),
        "delete": (True, False, "dashed", "none"),
        "insert": (False, True, "none", "solid"),
    }


def test_a_click_goes_to_a_word_and_plays_it(qtbot, view):
    session = view.session
    session.set("view", Span(0.0, 1.0))
    box = view.pairs.box(4)
    qtbot.mouseClick(view.pairs.viewport(), Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    label = view.pairs.pairs[4].truth
    assert session.state.moment == Span(label.start, label.end)
    assert session.state.cursor.time == label.start
    assert session.state.view.start <= label.start <= session.state.view.stop


def test_the_clock_is_that_of_the_clip(qtbot, view):
    """At half the speed, words of the processed sound lie twice as late as those of the clip."""
    session = view.session
    session.set("traced", replace(session.state.traced, scale=2.0))
    view.tick()
    label = view.pairs.pairs[3].truth
    view.pairs.go(3)
    assert session.state.moment.start == pytest.approx(label.start / 2)


def test_a_word_of_a_sentence_is_heard_where_it_was_read(view):
    session = view.session
    whole = [Label(0.0, 4.0, "the cat sat", "text")]
    found = contrast.contrast(session.state.clip.id, session.state.network, "text", whole, labels("the sat"))
    session.set("contrasted", found)
    view.tick()
    view.pairs.go(2)
    assert session.state.moment == Span(1.0, 1.5)
    view.pairs.go(1)  # was not read: there is nothing but the sentence
    assert session.state.moment == Span(0.0, 4.0)


def test_keys_choose_and_play(qtbot, view):
    pairs = view.pairs
    pairs.setFocus()
    view.session.set("cursor", replace(view.session.state.cursor, time=0.0))
    for key, at in (
        (Qt.Key.Key_Right, 0), (Qt.Key.Key_Right, 1), (Qt.Key.Key_End, 7), (Qt.Key.Key_Right, 7),
        (Qt.Key.Key_Left, 6), (Qt.Key.Key_Home, 0),
    ):  # fmt: skip
        qtbot.keyClick(pairs, key)
        assert pairs.at == at
    qtbot.keyClick(pairs, Qt.Key.Key_Down)
    assert pairs.box(pairs.at).top() > pairs.box(0).top()
    qtbot.keyClick(pairs, Qt.Key.Key_Up)
    qtbot.keyClick(pairs, Qt.Key.Key_Return)
    label = pairs.pairs[pairs.at].truth
    assert view.session.state.moment == Span(label.start, label.end)


def test_a_long_text_scrolls_and_only_what_is_seen_is_painted(qtbot, view, monkeypatch):
    shown(view, " ".join(f"w{k}" for k in range(3000)), " ".join(f"w{k}" for k in range(0, 3000, 2)))
    painted = []
    own = view.pairs._paint_pair
    monkeypatch.setattr(view.pairs, "_paint_pair", lambda *given: (painted.append(1), own(*given)))
    view.pairs.setFocus()
    qtbot.keyClick(view.pairs, Qt.Key.Key_End)
    view.pairs.viewport().grab()
    assert view.pairs.verticalScrollBar().value() == view.pairs.verticalScrollBar().maximum() > 1000
    assert 0 < len(painted) < 100
    last = view.pairs.box(2999).center().toPoint() - QPoint(0, view.pairs.verticalScrollBar().value())
    qtbot.mouseClick(view.pairs.viewport(), Qt.MouseButton.LeftButton, pos=last)
    assert view.pairs.at == 2999


def test_a_tip_says_the_pair_in_words(view):
    assert view.pairs.tip(3) == "said nine, read five: read as another, 1.98 s"
    assert view.pairs.tip(7).startswith("said zero, nothing read: not read")


def test_an_unlabelled_clip_says_what_to_do(view):
    session = view.session
    session.set(
        "contrasted", contrast.contrast(session.state.clip.id, session.state.network, "word", [], labels("a"))
    )
    view.tick()
    assert "F2" in view._empty._label.text()
    assert not view.figures.isVisible()


def test_captions_are_one_of_the_readers_once_there_are_any(qtbot, view):
    session = view.session
    session.set("captions", None)
    view.tick()
    assert not view.choice.isVisible()
    session.set("captions", Captions((Line((Word(0.0, 0.5, "nine"),)),)))
    view.tick()
    assert view.choice.isVisible()
    before = view.figures.text()
    qtbot.keyClick(view.reader, Qt.Key.Key_Down)
    view.reader.activated.emit(view.reader.currentIndex())
    assert session.state.contrasting == CAPTIONS
    view.tick()
    assert not view.figures.isVisible(), "what the network has read is not shown as theirs"
    assert "being compared" in view._empty._label.text()
    session.set("contrasted", contrast.captioned(session.state.clip.id, labels("seven three"), labels("seven")))
    view.tick()
    assert view.figures.isVisible()
    assert "WER 50.0 %" in view.figures.text()
    assert view.reader.isVisible()
    session.set("contrasted", contrast.captioned("", (), labels("seven")))
    view.tick()
    assert "script" in view._empty._label.text(), "what would fill it is said"
    session.set("captions", None)
    session.set("contrasted", example.contrasted(session.state.traced))
    view.tick()
    assert view.figures.text() == before


def test_a_word_without_a_time_is_no_place_to_go(view):
    session = view.session
    session.set("captions", Captions((Line((Word(0.0, 0.5, "nine"),)),)))
    session.set("contrasting", CAPTIONS)
    session.set("contrasted", contrast.captioned("", (), labels("seven two"), ("seven", "too")))
    view.tick()
    view.pairs.go(1)
    assert session.state.moment is None
    assert view.pairs.tip(1) == "said too, read two: read as another"
    view.pairs.viewport().grab()
