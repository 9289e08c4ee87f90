"""The lane Alternatives: what stands where, and a click that writes another word into the labels."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from engine.hypothesis import Alternative, Lattice, Slot
from tests import example
from widgets.views import alternatives


@pytest.fixture
def view(qtbot):
    made = alternatives.View(example.full())
    qtbot.addWidget(made)
    made.resize(1000, 120)
    made.show()
    made.tick()
    return made


def click(qtbot, view, slot: int, text: str) -> None:
    """On a word of a slot."""
    box = next(box for each, word, box in view.boxes() if each is view.slots[slot] and word.text == text)
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=box.center().toPoint())


def test_every_word_has_a_box_under_its_sound(view):
    lattice = view.session.state.searched.lattice
    assert [[word.text for word in each.words] for each in view.slots] == [
        [word.text for word in each.alternatives] for each in lattice.slots
    ]
    boxes = view.boxes()
    for one, other in itertools.combinations([box for _, _, box in boxes], 2):
        assert not one.adjusted(0.1, 0.1, -0.1, -0.1).intersects(other)
    for slot, word, box in boxes:
        assert box.left() <= view.axis().x((slot.start + slot.stop) / 2) <= box.right()
        assert f"{100 * word.posterior:.1f} %" in view.read(box.center()).text


def test_slots_that_overlap_part_in_the_middle(qtbot, view):
    words = (Alternative("seven", 0.6), Alternative("eleven", 0.4))
    slots = tuple(Slot(start, start + 30, words) for start in (100, 120, 140))
    found = view.session.state.searched
    view.session.set("searched", replace(found, lattice=Lattice(slots)))
    view.tick()
    edges = [(left, right) for _, left, right in view.columns()]
    assert len(edges) == 3
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(edges))


def test_where_nothing_was_read_hardly_likely_words_are_left_out(view):
    slots = (
        Slot(100, 120, (Alternative("", 0.995), Alternative("two", 0.005))),
        Slot(200, 220, (Alternative("", 0.9), Alternative("two", 0.1))),
    )
    view.session.set("searched", replace(view.session.state.searched, lattice=Lattice(slots)))
    view.tick()
    assert [each.words[1].posterior for each in view.slots] == [0.1]


def test_a_label_stands_in_the_slot_that_says_so(qtbot, view):
    """Though it lies more over another, in which nothing was read."""
    session, label = view.session, view.session.state.clip.labels[0]
    start, stop = (round(each * example.FRAMES) for each in (label.start, label.end))
    none = Slot(start, stop - 10, (Alternative("", 0.8), Alternative("two", 0.2)))
    mine = Slot(stop - 10, stop + 5, (Alternative(label.text, 0.8), Alternative("two", 0.2)))
    session.set("searched", replace(session.state.searched, lattice=Lattice((none, mine))))
    view.tick()
    assert [view._written(each) for each in view.slots] == [None, label]
    click(qtbot, view, 1, "two")
    assert session.state.clip.labels[0].text == "two"
    assert len(session.state.clip.labels) == len(example.SAID)


def test_a_click_replaces_the_word_and_undo_brings_it_back(qtbot, view):
    session = view.session
    before = session.state.clip.labels
    slot = view.slots[2]
    other = slot.words[1].text
    click(qtbot, view, 2, other)
    after = session.state.clip.labels
    assert [each.text for each in after] == [other if k == 2 else each.text for k, each in enumerate(before)]
    assert [(each.start, each.end) for each in after] == [(each.start, each.end) for each in before]
    assert session.undo()
    assert session.state.clip.labels == before


def test_no_word_takes_the_label_away(qtbot, view):
    before = view.session.state.clip.labels
    click(qtbot, view, 4, "")
    assert view.session.state.clip.labels == (*before[:4], *before[5:])


def test_a_clip_without_labels_gets_all_of_the_text(qtbot, view):
    session = view.session
    session.set("clip", replace(session.state.clip, labels=()))
    view.tick()
    chosen = view.slots[1].words[1].text
    click(qtbot, view, 1, chosen)
    texts = [each.words[0].text for each in view.slots]
    texts[1] = chosen
    labels = session.state.clip.labels
    assert [each.text for each in labels] == texts
    assert {each.tier for each in labels} == {"digit"}
    for label, slot in zip(labels, view.slots, strict=True):
        assert (label.start, label.end) == pytest.approx((slot.start, slot.stop))
    session.undo()
    assert session.state.clip.labels == ()


def test_return_offers_the_words_at_the_cursor(qtbot, view, monkeypatch):
    session = view.session
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)  # the platform of the tests cannot grab the keyboard
    session.set("cursor", replace(session.state.cursor, time=view.slots[2].start))
    view.canvas.setFocus()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Return)
    offered = [action.text() for action in view.menu.actions()]
    assert offered[0].startswith(view.slots[2].words[0].text)
    assert offered[-1].startswith("∅")
    view.menu.actions()[1].trigger()
    assert session.state.clip.labels[2].text == view.slots[2].words[1].text
