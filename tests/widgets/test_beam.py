"""The lane Beam: no two prefixes share a place, the winner is on top, and what a line tells."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF

from engine import beam as engine
from engine import decoding
from tests import example
from widgets.branches import branches
from widgets.strip import number
from widgets.views import beam


@pytest.fixture
def view(qtbot):
    session = example.full()
    session.set("decoding", decoding.Settings(width=8))
    made = beam.View(session)
    qtbot.addWidget(made)
    made.resize(1000, 300)
    made.show()
    made.tick()
    return made


def middle(view, branch) -> QPointF:
    area, frame = view.area(), (branch.start + branch.stop - 1) / 2
    y = area.top() + (branch.row + 0.5) / view.rows * area.height()
    return QPointF(view.axis().x(frame / example.FRAMES), y)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 14), st.integers(2, 5))
def test_every_prefix_has_a_place_of_its_own(seed, width, frames, classes):
    logits = np.random.default_rng(seed).normal(size=(frames, classes)) * 2
    log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    found = engine.Search(("", *map(str, range(1, classes))), width).run(log_probs)
    laid = branches(found)
    held = {each.id for each in found.nodes if each.last >= each.frame >= 0}
    drawn, parents = {each.node.id for each in laid}, {each.parent for each in found.nodes}
    assert drawn <= held
    assert held - drawn <= parents, "only what another took the place of at once"
    for one, other in itertools.combinations(laid, 2):
        assert one.row != other.row or one.stop <= other.start or other.stop <= one.start
    winner = set(found.prefixes[0].nodes) | {0}
    for each in laid:
        assert each.best == (each.node.id in winner)
        assert (each.row == 0) == each.best
        assert each.stop > each.start >= each.node.frame
        if not each.best:
            assert each.start == each.node.frame


def test_what_leads_to_one_that_is_kept_is_kept(view):
    parents = {each.node.parent for each in view.branches if each.kept}
    assert all(each.kept for each in view.branches if each.node.id in parents)
    assert {each.node.id for each in view.branches if each.node.alive} <= {
        each.node.id for each in view.branches if each.kept
    }
    assert not all(each.kept for each in view.branches)


def test_the_winner_grows_where_its_labels_are_said(view):
    best = view.session.state.searched.beam.prefixes[0]
    rows = {each.node.id: each for each in view.branches}
    for node, span in zip(best.nodes, best.spans, strict=True):
        assert rows[node].start == max(span.start, rows[node].node.frame)


def test_a_line_tells_the_text_so_far_and_its_scores(view):
    found = view.session.state.searched.beam
    ends = {each.nodes[-1]: each for each in found.prefixes}
    wide = [each for each in view.branches if each.node.alive and each.node.id in ends]
    assert wide
    for each in wide:
        read, prefix = view.read(middle(view, each)), ends[each.node.id]
        told = " ".join(prefix.text[-7:])
        assert told in read.text
        assert "kept to the end" in read.text
        assert f"sound {prefix.acoustic:.0f}".replace("-", "\N{MINUS SIGN}") in read.text
    dead = next(each for each in view.branches if not each.kept and each.stop - each.start > 5)
    told = view.read(middle(view, dead)).text
    assert "died" in told
    assert f"sound {number(dead.node.acoustic)}   language {number(dead.node.language)}" in told


def test_a_click_plays_the_stretch_in_which_a_prefix_was_held(view):
    branch = max((each for each in view.branches if each.row == 2), key=lambda each: each.stop - each.start)
    view.clicked(middle(view, branch))
    moment = view.session.state.moment
    assert moment.start == pytest.approx((branch.start - 0.5) / example.FRAMES)
    assert moment.stop == pytest.approx((branch.stop - 0.5) / example.FRAMES)


def test_the_width_is_a_knob_that_can_be_taken_back(view):
    view.menu.aboutToShow.emit()
    marked = {action.text(): action.isChecked() for action in view.menu.actions()}
    assert [text for text, on in marked.items() if on] == ["8 prefixes"]
    next(each for each in view.menu.actions() if each.text() == "1 prefix").trigger()
    assert view.session.state.decoding.width == 1
    view.session.set("searched", example.searched(view.session.state.clip, 1))
    view.tick()
    assert "1 kept a frame" in view.badge(view.session.state.searched)


def test_nothing_is_drawn_of_a_network_that_searches_nothing(view):
    view.session.set("network", replace(view.session.state.network, vocabulary=("end", "a")))
    view.session.set("searched", None)
    view.tick()
    assert view.branches == []
    assert "no CTC" in view._empty._label.text()
