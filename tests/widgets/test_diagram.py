"""The diagram of the cell: its numbers are those of the trace and of a pass made one step at a time."""

from __future__ import annotations

import dataclasses
import math
import re
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from app.dissecting import Dissecting
from engine import build, catalog, checkpoint, infer
from engine.account import Account
from engine.clip import from_array
from engine.events import Difference, Frames, Traced
from engine.session import Cursor, Session, Span, Transport, Walk
from engine.stepper import Stepper
from engine.surgery import Edit
from engine.trace import Direction, Key
from widgets import equations, operating
from widgets.strip import MINUS
from widgets.views import diagram, inspector

UNIT = 5
CELLS = ("lstm", "gru", "gru-seed", "rnn")


def session(cell: str, both: bool = False, stack: int = 1) -> Session:
    """A hiss of half a second, heard by a network that was never trained."""
    model = "scratch" if cell == "gru-seed" else "recurrent"
    knobs: dict[str, Any] = {"hidden": 32, "layers": 2, "bidirectional": both}
    knobs |= {"cell": "gru", "variant": "seed"} if model == "scratch" else {"cell": cell, "stack": stack}
    settings = catalog.load("models", model).Settings(**knobs)
    made = checkpoint.untrained("phonemes", settings, model=model)
    net = dataclasses.replace(made, weights=build.weights(build.build(made)))
    clip = from_array(np.random.default_rng(0).standard_normal(8000).astype(np.float32) / 8, 16000, "hiss")
    found = list(infer.run(infer.Inspection(clip, (), None, net, 0.0, 0.5, "cpu")))[-1]
    assert isinstance(found, Traced)
    traced = dataclasses.replace(found, network_id=net.id)
    return Session(clip=clip, network=net, traced=traced, view=Span(0.0, 0.5))


def look(state: Session, layer: int, way: Direction, frame: int, unit: int = UNIT) -> None:
    assert state.state.traced is not None
    series = state.state.traced.trace.series[Key("h", layer, way)]
    state.set("cursor", Cursor(series.time(frame), Key("h", layer, way), unit))


def opened(qtbot, state: Session) -> tuple[diagram.View, Dissecting]:
    view, dissecting = diagram.View(state), Dissecting(state, lambda: True)
    qtbot.addWidget(view)
    view.resize(280, 700)
    view.show()
    dissecting.tick()
    view.tick()
    return view, dissecting


def figures(line: str) -> list[float]:
    """The numbers of a sentence: `f = σ(0.1 − 0.2) = ...`."""
    joined = line.replace(f"{MINUS} ", "-").replace(MINUS, "-").replace("+ ", "")
    return [float(each) for each in re.findall(r"-?\d+\.\d+", joined)]


@pytest.mark.parametrize("cell", CELLS)
def test_the_numbers_are_those_of_a_pass_one_step_at_a_time(qtbot, cell):
    """Every frame once through the network in NumPy, beside what the diagram says of it."""
    state = session(cell)
    traced = state.state.traced
    stepper = Stepper(state.state.network)
    view, dissecting = opened(qtbot, state)
    before: dict[Key, float] = {}
    for frame, x in enumerate(traced.trace.series[Key("features")].values[:12]):
        _, seen = stepper.push(x[None])
        look(state, 2, "forward", frame)
        dissecting.tick()
        view.tick()
        assert view.anatomy is not None
        assert view.anatomy.first == (frame == 0)
        for name in ("h", "c", *(f"gate.{gate}" for gate in view.anatomy.gates)):
            key = Key(name, 2)
            if key in seen:
                wanted = float(seen[key][0, UNIT])
                assert view.anatomy.values[name.removeprefix("gate.")] == pytest.approx(wanted, abs=2e-5)
        for name in ("h", "c"):
            assert view.anatomy.values.get(f"{name}′", 0.0) == pytest.approx(
                before.get(Key(name, 2), 0.0), abs=2e-5
            )
        before = {key: float(each[0, UNIT]) for key, each in seen.items() if key.layer == 2}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("way", ["forward", "backward"])
def test_every_line_is_right_as_it_is_written(qtbot, cell, way):
    """The numbers of a line give, put into its own formula, the number at its end."""
    state = session(cell, both=True)
    view, dissecting = opened(qtbot, state)
    for frame in (0, 7, 20):
        look(state, 1, way, frame)
        dissecting.tick()
        view.tick()
        lines = {line.split()[0]: line for line in view.sentences()}
        values, close = view.anatomy.values, 1.6e-3  # three decimals each
        for gate in view.anatomy.gates:
            x, h, bias, total, value = figures(lines[gate])
            assert x + h + bias == pytest.approx(total, abs=close)
            assert value == pytest.approx(values[gate], abs=5.1e-4)
            wanted = math.tanh(total) if "tanh" in lines[gate] else 1 / (1 + math.exp(-total))
            assert value == pytest.approx(wanted, abs=close)
        if cell == "lstm":
            f, c, i, g, found = figures(lines["c"])
            assert f * c + i * g == pytest.approx(found, abs=6e-3)
            o, tanh, h = figures(lines["h"])
            assert o * tanh == pytest.approx(h, abs=close)
            assert values["o"] * math.tanh(values["c"]) == pytest.approx(values["h"], abs=1e-6)
        if cell.startswith("gru"):
            rest, one, z, other, found = figures(lines["h"])
            assert rest * one + z * other == pytest.approx(found, abs=3e-3)
        assert not any(line.endswith("edited") for line in lines.values())


def test_the_operating_points_lie_on_the_curves_with_their_slopes(qtbot):
    state = session("lstm")
    look(state, 2, "forward", 9)
    view, _ = opened(qtbot, state)
    found = operating.points(view.anatomy)
    assert set(found["sigmoid"]) == {"f", "i", "o"}
    assert set(found["tanh"]) == {"g", "c"}
    for kind, dots in found.items():
        for x, y, slope in dots.values():
            function = math.tanh if kind == "tanh" else lambda x: 1 / (1 + math.exp(-x))
            assert y == pytest.approx(function(x), abs=1e-5)
            assert slope == pytest.approx((function(x + 1e-5) - function(x - 1e-5)) / 2e-5, abs=1e-5)


def test_the_unit_under_the_pointer_is_drawn_at_its_time_unless_time_goes_on(qtbot):
    state = session("lstm")
    look(state, 1, "forward", 3)
    view, dissecting = opened(qtbot, state)
    series = state.state.traced.trace.series[Key("gate.f", 2)]
    state.set("pointed", Cursor(series.time(8), Key("gate.f", 2), 11))
    dissecting.tick()
    view.tick()
    assert view.anatomy.values["f"] == pytest.approx(float(series.values[8, 11]))
    assert len(view.anatomy.terms) == 4
    for change in ({"walk": Walk(series.first, series.rate, 0, 40)}, {"transport": Transport(playing=True)}):
        state.set("walk", None)
        for key, value in change.items():
            state.set(key, value)
        dissecting.tick()
        view.tick()
        assert view.anatomy.values["f"] == pytest.approx(float(series.values[3, 11]))


def test_what_somebody_has_changed_is_marked(qtbot):
    state = session("gru")
    look(state, 1, "forward", 6)
    traced, key = state.state.traced, Key("gate.z", 1)
    values = traced.trace.series[key].values.copy()
    values[6, UNIT] = 1.0
    h = traced.trace.series[Key("h", 1)].values.copy()
    h[6, UNIT] = h[5, UNIT]  # which is what follows, and no edit of its own
    new = {key: values, Key("h", 1): h}
    made = {each: dataclasses.replace(traced.trace.series[each], values=array) for each, array in new.items()}
    trace = dataclasses.replace(traced.trace, series=MappingProxyType({**traced.trace.series, **made}))
    state.set("traced", dataclasses.replace(traced, trace=trace))
    view, _ = opened(qtbot, state)
    assert not any(each.edited for each in equations.equations(view.anatomy)), "nothing is marked without an edit"
    nothing = Difference((), 0, 0, len(h), {}, {})
    state.set("traced", dataclasses.replace(traced, trace=trace, difference=nothing))
    view.tick()
    assert [each.letter for each in equations.equations(view.anatomy) if each.edited] == ["z"]


@pytest.mark.parametrize("stack", [1, 3])
def test_it_follows_what_comes_live_with_every_term(qtbot, stack):
    state = session("lstm", stack=stack)
    whole = state.state.traced.trace.series
    state.set("transport", Transport(live=True))
    state.set("cursor", Cursor(0.0, Key("h", 2), UNIT))
    view, dissecting = opened(qtbot, state)
    for turn in range(4):
        some = {}
        for key, series in whole.items():
            count = 3 * stack if key.name == "features" else 3
            part = slice(turn * count, (turn + 1) * count)
            some[key] = dataclasses.replace(series, values=series.values[part], first=series.time(part.start))
        state.set("live", (Frames(0.03 * stack * turn, np.zeros(480 * stack, np.float32), some),))
        dissecting.tick()
        view._drawn = -1.0
        view.tick()
    last = 3 * 4 - 1
    assert view.anatomy.values["c"] == pytest.approx(float(whole[Key("c", 2)].values[last, UNIT]))
    assert view.anatomy.values["c′"] == pytest.approx(float(whole[Key("c", 2)].values[last - 1, UNIT]))
    assert not any(view.anatomy.edited(each) for each in "figoch")
    assert len(view.anatomy.terms) == 4


def test_nothing_is_computed_while_nobody_looks():
    state = session("rnn")
    look(state, 1, "forward", 3)
    Dissecting(state, lambda: False).tick()
    assert state.state.dissected is None


def test_a_network_without_weights_shows_its_values_and_says_why_there_are_no_terms(qtbot):
    state = session("lstm")
    state.set("network", dataclasses.replace(state.state.network, weights=None))
    look(state, 1, "forward", 3)
    view, _ = opened(qtbot, state)
    assert not view.anatomy.terms
    assert "train it" in view.anatomy.note
    assert view.anatomy.sum("f") == pytest.approx(
        math.log(view.anatomy.values["f"] / (1 - view.anatomy.values["f"]))
    )
    for width in (240, 500, 900):
        view.resize(width, 500)
        view.grab()
    assert not view.broken


def test_every_tensor_of_the_inspector_carries_the_names_of_its_axes(qtbot):
    state = session("lstm")
    view = inspector.View(state)
    qtbot.addWidget(view)
    for key, series in state.state.traced.trace.series.items():
        frames, rows = series.values.shape
        assert view.axes(key) == f"frame {frames} × {series.axis} {rows}"
        assert series.axis


def test_while_the_microphone_is_denoised_the_inspector_says_so(qtbot):
    """Not that the network had no such unit: no network is looked at."""
    state = session("lstm")
    look(state, 1, "forward", 2)
    view = inspector.View(state)
    qtbot.addWidget(view)
    view.resize(300, 400)
    view.show()
    state.set("transport", Transport(live=True))
    state.set("monitored", Account(0.01, 0.016, 0.4, 0, (0.01, 0.016), 0, 0, *[0.0] * 10))
    qtbot.wait(100)  # live, its figures follow twenty times a second
    view.tick()
    said = " ".join(each.text() for each in view.findChildren(QLabel) if each.isVisible())
    assert "The microphone is denoised now" in said
    assert "no such unit" not in said


def test_the_learning_plans_gru_is_drawn_by_its_own_equations(qtbot):
    state = session("gru-seed")
    look(state, 1, "forward", 2)
    view, _ = opened(qtbot, state)
    v = view.anatomy.values
    assert v["h"] == pytest.approx((1 - v["z"]) * v["h′"] + v["z"] * v["n"], abs=1e-5)
    assert abs(v["h"] - (1 - v["z"]) * v["n"] - v["z"] * v["h′"]) > 1e-3, "torch's is another"
    assert view.sentences()[-1].startswith("h = (1 − z) · h′ + z · n = ")
    assert {each.bias for each in view.anatomy.terms.values()} == {0.0}
    state.set("network", dataclasses.replace(state.state.network, weights=None))
    look(state, 1, "forward", 10)
    view.tick()
    assert [line.partition(")")[0] for line in view.sentences()[:3]] == [
        "r = σ(x + h′",
        "z = σ(x + h′",
        "n = tanh(x + r · h′",
    ]
    for width in (240, 500, 900):
        view.resize(width, 500)
        view.grab()
    assert not view.broken


@pytest.mark.parametrize(
    ("cell", "name", "how"),
    [("lstm", "c", "set"), ("lstm", "h", "set"), ("gru", "h", "freeze"), ("gru-seed", "h", "freeze")],
)
def test_a_state_that_somebody_has_changed_is_marked_where_it_is(qtbot, cell, name, how):
    state = session(cell)
    clip, net, edit = state.state.clip, state.state.network, Edit(how, 0.2, 0.3, name, 1)
    found = list(infer.run(infer.Inspection(clip, (), None, net, 0.0, 0.5, "cpu", (edit,))))[-1]
    assert isinstance(found, Traced)
    state.set("edits", (edit,))
    state.set("traced", dataclasses.replace(found, network_id=net.id))
    h, marked = found.trace.series[Key("h", 1)], {}
    for frame in range(len(h.values)):
        look(state, 1, "forward", frame)
        if not frame:
            view, dissecting = opened(qtbot, state)
        dissecting.tick()
        view.tick()
        letters = [each.letter for each in equations.equations(view.anatomy) if each.edited]
        assert letters == [line.split()[0] for line in view.sentences() if line.endswith(" edited")]
        marked[frame] = letters
        if cell == "gru" and not letters:
            v = view.anatomy.values
            assert (1 - v["z"]) * v["n"] + v["z"] * v["h′"] == pytest.approx(v["h"], abs=0.0016)
        assert not letters or 0.2 <= h.time(frame) < 0.3
    assert {each for letters in marked.values() for each in letters} == {name}
    assert sum(map(bool, marked.values())) > 3
    view.grab()
    assert not view.broken


def test_a_cell_whose_gates_were_not_all_kept_is_not_drawn_with_noughts_in_their_place(qtbot):
    state = session("lstm")
    traced = state.state.traced
    series = {key: each for key, each in traced.trace.series.items() if key != Key("gate.o", 2)}
    trace = dataclasses.replace(traced.trace, series=MappingProxyType(series))
    state.set("traced", dataclasses.replace(traced, trace=trace))
    look(state, 2, "forward", 9)
    view, _ = opened(qtbot, state)
    assert view.anatomy is None
    assert any("zoom in" in each.text() for each in view.findChildren(QLabel))


@pytest.mark.parametrize("cell", CELLS)
def test_equations_start_from_what_an_edit_has_put_there(qtbot, cell):
    state = session(cell)
    clip, net, edit = state.state.clip, state.state.network, Edit("reset", 0.2)
    found = list(infer.run(infer.Inspection(clip, (), None, net, 0.0, 0.5, "cpu", (edit,))))[-1]
    assert isinstance(found, Traced)
    state.set("edits", (edit,))
    state.set("traced", dataclasses.replace(found, network_id=net.id))
    h = found.trace.series[Key("h", 1)]
    frame = int(np.flatnonzero(np.arange(len(h.values)) / h.rate + h.first >= 0.2)[0])
    frames = {}
    for at in (frame - 1, frame, frame + 1):
        look(state, 1, "forward", at)
        view, _ = opened(qtbot, state)
        frames[at] = view.anatomy
    at = next(each for each in frames if frames[each].values["h′"] == 0.0)
    values, before = frames[at].values, found.trace.series[Key("h", 1)].values[at - 1, UNIT]
    assert before != 0.0, "the state is there, and is not gone on from"
    if cell == "lstm":
        assert (values["c′"], values["f·c′"]) == (0.0, 0.0)
        assert values["c"] == pytest.approx(values["i·g"], abs=1e-6)
    elif cell == "gru-seed":
        assert values["h"] == pytest.approx(values["z·n"], abs=1e-6)
    elif cell == "gru":
        assert values["h"] == pytest.approx(values["(1−z)·n"], abs=1e-6)
    else:
        assert frames[at].terms["h"].recurrent == 0.0
    assert frames[at + 1].values["h′"] != 0.0
