"""The unrolled network: what its nodes stand for, that it folds, that a click goes there, and what is read out."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from engine import build, checkpoint, infer
from engine.clip import from_array
from engine.events import Traced
from engine.models.recurrent import Settings
from engine.session import Cursor, Session, Span, Walk
from engine.trace import Key
from tests import example
from widgets import unroll
from widgets.views import unrolled


def opened(qtbot, session: Session, size=(1000, 260)) -> unrolled.View:
    view = unrolled.View(session)
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    view.tick()
    return view


@pytest.mark.parametrize(
    ("pixels", "least", "size"), [(20, 18, 1), (10, 18, 2), (1, 18, 32), (3, 3, 1), (0.5, 3, 8)]
)
def test_nodes_fold_by_powers_of_two(pixels, least, size):
    assert unroll.fold(pixels, least) == size


def test_the_numbers_of_a_folded_node_are_those_of_its_frames():
    rng = np.random.default_rng(0)
    h = rng.uniform(-1, 1, (103, 7)).astype(np.float32)
    groups = unroll.seen(20, 102, 8, len(h))
    assert (groups.begin, groups.end) == (1, 13)
    for k, (mean, peak) in enumerate(zip(unroll.strength(h, groups), unroll.unit(h[:, 3], groups), strict=True)):
        part = h[8 * (groups.begin + k) : 8 * (groups.begin + k + 1)]
        assert mean == pytest.approx(np.abs(part).mean(), rel=1e-5)
        assert peak == part[np.abs(part[:, 3]).argmax(), 3]


def test_a_word_is_read_though_most_frames_of_its_node_are_blank():
    share = np.tile(np.array([[0.98, 0.01, 0.01]], np.float32), (8, 1))
    share[5] = (0.2, 0.1, 0.7)
    which, sure = unroll.best(share, unroll.seen(0, 7, 8, 8), blank=0)
    assert (which.tolist(), sure.tolist()) == ([2], [pytest.approx(0.7)])


def test_zooming_in_unfolds_and_only_what_is_seen_is_made(qtbot):
    session = example.full()
    view = opened(qtbot, session)
    assert view.net.count == 500
    sizes = []
    for stop in (5.0, 2.0, 0.4):
        session.set("view", Span(0.0, stop))
        view.tick()
        sizes.append(view.groups().size)
        assert len(view.groups()) < 1000 / unroll.NEAR + 4
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 1
    session.set("view", Span(0.0, 2.2))
    view.header.chosen.emit(1)
    assert view.groups().size == 1
    assert len(view.groups()) >= 200, "two hundred steps, none folded"
    view.grab()
    assert not view.broken


def test_a_click_goes_to_a_frame_of_a_layer(qtbot):
    session = example.full()
    session.set("view", Span(1.0, 1.4))
    view = opened(qtbot, session)
    row = next(index for index, each in enumerate(view.net.rows) if each.key == Key("h", 2))
    view.clicked(QPointF(view.axis().x(1.23), view.level(row)))
    cursor, h = session.state.cursor, session.state.traced.trace.series[Key("h", 2)].values[123]
    assert cursor.time == pytest.approx(1.23)
    assert (cursor.key, cursor.unit) == (Key("h", 2), int(np.abs(h).argmax()))


@pytest.mark.parametrize("both", [False, True])
def test_every_layer_and_direction_has_its_row(qtbot, both):
    view = opened(qtbot, example.full(both=both, layers=3))
    names = [row.name for row in view.net.rows]
    layers = ["1 →", "1 ←", "2 →", "2 ←", "3 →", "3 ←"] if both else ["1", "2", "3"]
    assert names == ["x", *layers, "y"]


def test_in_step_mode_a_backward_row_is_hidden_before_the_cursor(qtbot):
    session = example.full(both=True, layers=1)
    session.set("view", Span(1.0, 2.0))
    session.set("cursor", Cursor(1.5, Key("h", 1), 3))
    session.set("walk", Walk(0.0, example.FRAMES, 0, 500))
    view = opened(qtbot, session)
    at, veils = view.axis().x(1.5), view.veils(view.area())
    assert len(veils) == 3, "the input is there from the start"
    forward, backward, output = veils
    assert forward.left() > at - 0.1
    assert backward.right() < at + 0.1
    assert output.left() > at - 0.1


@pytest.mark.parametrize(("readout", "answers"), [("frames", 51), ("last", 1), ("mean", 1), ("attention", 1)])
def test_the_readout_decides_the_shape_of_the_output_and_draws_another_graph(qtbot, readout, answers):
    """An answer for each frame, (T, C), or one for the clip, (C)."""
    clip = from_array(np.random.default_rng(0).standard_normal(8000).astype(np.float32) / 8, 16000, "hiss")
    pictures = []
    session = Session(clip=clip, view=Span(0.0, 0.5))
    view = opened(qtbot, session)
    for each in ("frames" if readout != "frames" else "last", readout):
        made = checkpoint.untrained("phonemes", Settings(hidden=32, readout=each))
        net = dataclasses.replace(made, weights=build.weights(build.build(made)))
        found = list(infer.run(infer.Inspection(clip, (), None, net, 0.0, 0.5, "cpu")))[-1]
        assert isinstance(found, Traced)
        session.set("network", net)
        session.set("traced", found)
        view.tick()
        pictures.append(view.canvas.grab().toImage())
    posterior = found.trace.series[Key("posterior")].values
    assert posterior.shape == (answers, len(net.vocabulary))
    np.testing.assert_allclose(posterior.sum(1), 1.0, atol=1e-6)
    assert pictures[0] != pictures[1]
    assert not view.broken


def test_it_follows_what_comes_live(qtbot):
    session = example.live()
    view = opened(qtbot, session)
    example.feed(session, 0.0, 1.0)
    view.tick()
    assert view.net.count == pytest.approx(100, abs=2)
    newest = session.state.live[-1].series[Key("h", 1)].values[-1]
    assert np.array_equal(view.net.states[Key("h", 1)][-1], newest)
    view.grab()
    assert not view.broken


def test_a_network_without_recurrence_says_so(qtbot):
    session = example.full()
    rest = {key: each for key, each in session.state.traced.trace.series.items() if key.name != "h"}
    trace = dataclasses.replace(session.state.traced.trace, series=MappingProxyType(rest))
    session.set("traced", dataclasses.replace(session.state.traced, trace=trace))
    view = opened(qtbot, session)
    assert view.net is None
    assert "no recurrent layer" in view._empty._label.text()


def test_what_is_written_at_last_is_spread_over_what_was_heard(qtbot):
    net = checkpoint.open_network("seq2seq_char")
    clip = build.task_of(net).pinned()
    session = Session(clip=clip, view=Span(0.0, clip.seconds))
    found = list(infer.run(infer.Inspection(clip, (), None, net, 0.0, clip.seconds, "cpu")))[-1]
    assert isinstance(found, Traced)
    assert len(found.trace.series[Key("posterior")].values) < len(found.trace.series[Key("h", 1)].values)
    session.set("network", net)
    session.set("traced", found)
    view = opened(qtbot, session)
    assert view.net is not None
    assert view.net.readout == "written"
    view.grab()
    assert not view.broken
