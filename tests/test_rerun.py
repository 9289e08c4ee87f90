"""Edits of states and gates: laws, and every number against a plain recursion written anew."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from engine import build, placing, rerun
from engine.models import scratch
from engine.models.recurrent import Settings
from engine.probes.record import Recorder
from engine.recurrent import Recurrent
from engine.surgery import Edit, EditError, Held, Memory
from engine.trace import Direction, Key

INPUTS, FRAMES, RATE = 5, 40, 100.0
KINDS = ("rnn", "lstm", "gru")
NAMES = {"rnn": "h", "lstm": "ifgoch", "gru": "rznh"}
WAYS: tuple[Direction, ...] = ("forward", "backward")


def network(kind: str = "lstm", **knobs: Any) -> Recurrent:
    torch.manual_seed(1)
    module = Recurrent(Settings(cell=kind, hidden=32, layers=2).but(**knobs), INPUTS, 4)
    with torch.no_grad():
        for each in module.parameters():  # lively units
            each.mul_(1.5)
    return module.eval()


def frames(count: int = FRAMES) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, INPUTS)).astype(np.float32)


def plain(module: Recurrent, x: np.ndarray) -> tuple[dict[Key, np.ndarray], np.ndarray]:
    """The run without edits, as torch computes it."""
    recorder = Recorder()
    with torch.inference_mode():
        y, _, _ = module(torch.tensor(x[None]), torch.tensor([len(x)]), probe=recorder)
    return recorder.values, y[0].numpy()


def operated(module: Recurrent, x: np.ndarray, *edits: Edit) -> tuple[dict[Key, np.ndarray], np.ndarray]:
    placed = placing.place(edits, module.settings, 0.0, RATE, -(-len(x) // module.stride))
    return rerun.rerun(module, x, plain(module, x)[0], placed)


def over(name: str, a: int, b: int, value: float = 0.0, layer: int = 1, **more: Any) -> Edit:
    """Set `name` in frames [a, b)."""
    more = {"how": "set"} | more
    return Edit(start=(a - 0.5) / RATE, stop=(b - 0.5) / RATE, name=name, layer=layer, value=value, **more)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def recursion(module: Recurrent, layer: int, way: Direction, x: np.ndarray, put: Any) -> dict[str, np.ndarray]:
    """One cell in float64, step by step; `put(t, name, value, seen)` gives what takes the place of each value.

    t counts in the order of time of the sound; `h'` and `c'` are what a step finds.
    """
    cell = module.layers[layer - 1].forwards if way == "forward" else module.layers[layer - 1].backwards
    w, u, b, d = (
        getattr(cell.core, f"{name}_l0").detach().double().numpy()
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    size = u.shape[1]
    seen: dict[str, np.ndarray] = {name: np.zeros((len(x), size)) for name in NAMES[cell.kind]}
    h = c = np.zeros(size)
    for t in range(len(x)) if way == "forward" else reversed(range(len(x))):
        h, c = put(t, "h'", h, seen), put(t, "c'", c, seen)
        a, r = w @ x[t] + b, u @ h + d

        def gate(name: str, value: np.ndarray, t: int = t) -> np.ndarray:
            seen[name][t] = put(t, name, value, seen)
            return seen[name][t]

        if cell.kind == "rnn":
            h = gate("h", np.tanh(a + r))
        elif cell.kind == "lstm":
            i, f, g, o = np.split(a + r, 4)
            i, f, g, o = gate("i", sigmoid(i)), gate("f", sigmoid(f)), gate("g", np.tanh(g)), gate("o", sigmoid(o))
            c = gate("c", f * c + i * g)
            h = gate("h", o * np.tanh(c))
        else:
            (ar, az, an), (rr, rz, rn) = np.split(a, 3), np.split(r, 3)
            reset, z = gate("r", sigmoid(ar + rr)), gate("z", sigmoid(az + rz))
            n = gate("n", np.tanh(an + reset * rn))
            h = gate("h", (1 - z) * n + z * h)
    return seen


def reads(module: Recurrent, values: dict[Key, np.ndarray], layer: int, x: np.ndarray) -> np.ndarray:
    """What a layer reads."""
    ways = WAYS if module.settings.bidirectional else WAYS[:1]
    return x if layer == 1 else np.concatenate([values[Key("h", layer - 1, way)] for way in ways], 1)


def compare(
    module: Recurrent, values: dict[Key, np.ndarray], layer: int, way: Direction, x: Any, put: Any
) -> None:
    wanted = recursion(module, layer, way, reads(module, values, layer, x), put)
    for name, each in wanted.items():
        key = Key(name if name in "hc" else f"gate.{name}", layer, way)
        np.testing.assert_allclose(values[key], each, rtol=2e-6, atol=2e-6, err_msg=str(key))


def keep(t: int, name: str, value: np.ndarray, seen: Any) -> np.ndarray:
    return value


BOTH = list(itertools.product(KINDS, (False, True)))
CASES = [(kind, name) for kind in KINDS for name in NAMES[kind]]


@pytest.mark.parametrize(("kind", "name"), CASES)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("layer", [1, 2])
def test_a_value_is_set_for_some_units_as_in_the_plain_recursion(kind, name, way, layer):
    module, x, units = network(kind, bidirectional=True), frames(), (3, 4, 17)

    def put(t, each, value, seen):
        if each == name and 12 <= t < 25:
            value = value.copy()
            value[list(units)] = 0.75
        return value

    values, logits = operated(module, x, over(name, 12, 25, 0.75, layer, units=units, direction=way))
    compare(module, values, layer, way, x, put)
    for number, each in itertools.product((1, 2), WAYS):
        if (number, each) != (layer, way):
            compare(module, values, number, each, x, keep)
    top = np.concatenate([values[Key("h", 2, each)] for each in WAYS], 1)
    with torch.no_grad():
        np.testing.assert_allclose(logits, module.head(torch.tensor(top)), atol=1e-5)


@pytest.mark.parametrize(("kind", "name"), CASES)
@pytest.mark.parametrize("way", WAYS)
def test_what_is_frozen_keeps_the_value_of_the_step_before(kind, name, way):
    module, x = network(kind, bidirectional=True), frames()

    def put(t, each, value, seen):
        if each == name and 12 <= t < 25:
            return seen[name][t - 1 if way == "forward" else t + 1]
        return value

    values, _ = operated(module, x, over(name, 12, 25, how="freeze", direction=way))
    compare(module, values, 1, way, x, put)


def test_frozen_from_the_beginning_is_frozen_as_it_began():
    module, x = network(), frames()
    values, _ = operated(module, x, over("f", 0, 10, how="freeze"))
    np.testing.assert_array_equal(values[Key("gate.f", 1)][:10], np.tile(values[Key("gate.f", 1)][0], (10, 1)))
    np.testing.assert_allclose(values[Key("gate.f", 1)][0], plain(module, x)[0][Key("gate.f", 1)][0], atol=1e-6)


@pytest.mark.parametrize(("kind", "both"), BOTH)
def test_a_reset_is_running_both_parts_by_themselves(kind, both):
    module, x = network(kind, bidirectional=both), frames()
    values, logits = operated(module, x, Edit("reset", 17 / RATE))
    parts = [plain(module, x[:17]), plain(module, x[17:])]
    if not both:  # what is above knows nothing of a part before it either
        np.testing.assert_allclose(logits[:17], parts[0][1], atol=1e-6)
    np.testing.assert_allclose(logits, np.concatenate([each for _, each in parts]), atol=1e-5)
    for key in values:
        np.testing.assert_allclose(values[key], np.concatenate([each[key] for each, _ in parts]), atol=1e-5)


@pytest.mark.parametrize(("kind", "both"), BOTH)
def test_a_pasted_state_is_that_which_the_next_step_finds(kind, both):
    module, x = network(kind, bidirectional=both), frames()
    rng, c = np.random.default_rng(3), kind == "lstm"
    ways = WAYS if both else WAYS[:1]
    states = tuple(
        Held(layer, way, *(tuple(rng.uniform(-1, 1, 32).tolist()) for _ in range(1 + c)))
        for layer in (1, 2)
        for way in ways
    )
    values, _ = operated(module, x, Edit("paste", 17 / RATE, memory=Memory("elsewhere", states)))
    for held in states:

        def put(t, name, value, seen, held=held):
            here = t == (17 if held.direction == "forward" else 16)
            return (
                np.array(getattr(held, name[0]))
                if here and name in ("h'", "c'") and (c or name == "h'")
                else value
            )

        compare(module, values, held.layer, held.direction, x, put)


def test_no_input_gate_leaves_of_c_what_the_forget_gate_lets_stand():
    values, _ = operated(network(), frames(), over("i", 10, 20))
    c, f = values[Key("c", 1)], values[Key("gate.f", 1)]
    assert (values[Key("gate.i", 1)][10:20] == 0).all()
    np.testing.assert_allclose(c[10:20], f[10:20] * c[9:19], atol=1e-7)


def test_an_open_forget_gate_and_no_input_gate_keep_c():
    values, _ = operated(network(), frames(), over("f", 10, 20, 1.0), over("i", 10, 20, 0.0))
    c = values[Key("c", 1)]
    np.testing.assert_array_equal(c[10:20], np.tile(c[9], (10, 1)))


def test_no_output_gate_silences_h_and_leaves_c():
    module, x = network(), frames()
    with torch.no_grad():  # then c does not hear of h
        module.layers[0].forwards.core.weight_hh_l0.zero_()
    values, _ = operated(module, x, over("o", 10, 20))
    assert (values[Key("h", 1)][10:20] == 0).all()
    np.testing.assert_allclose(values[Key("c", 1)], plain(module, x)[0][Key("c", 1)], atol=1e-6)
    np.testing.assert_allclose(values[Key("h", 1)][20:], plain(module, x)[0][Key("h", 1)][20:], atol=1e-6)


def test_no_output_gate_leaves_c_of_its_own_step_also_where_c_hears_of_h():
    module, x = network(), frames()
    values, _ = operated(module, x, over("o", 10, 11))
    assert (values[Key("h", 1)][10] == 0).all()
    np.testing.assert_allclose(values[Key("c", 1)][:11], plain(module, x)[0][Key("c", 1)][:11], atol=1e-6)


def test_an_update_gate_of_1_keeps_h():
    """h = (1 - z) n + z h': what others write as h = z n + (1 - z) h' is kept by their z = 0."""
    values, _ = operated(network("gru"), frames(), over("z", 10, 20, 1.0))
    h = values[Key("h", 1)]
    np.testing.assert_array_equal(h[10:20], np.tile(h[9], (10, 1)))
    assert not np.allclose(h[20], h[19])


def test_the_learning_plans_update_gate_keeps_h_with_0_and_takes_the_new_with_1():
    """There h = (1 - z) h' + z n."""
    settings = scratch.Settings(cell="gru", variant="seed", hidden=32, layers=2)
    module = build.fresh("scratch", settings, INPUTS, 4, 1).eval()
    h = operated(module, frames(), over("z", 10, 20, 0.0))[0][Key("h", 1)]
    np.testing.assert_array_equal(h[10:20], np.tile(h[9], (10, 1)))
    assert not np.allclose(h[20], h[19])
    values, _ = operated(module, frames(), over("z", 10, 20, 1.0))
    np.testing.assert_array_equal(values[Key("h", 1)][10:20], values[Key("gate.n", 1)][10:20])


@pytest.mark.parametrize(("kind", "both"), BOTH)
def test_an_edit_to_what_was_there_changes_nothing(kind, both):
    """Also in a network as deep and wide as those that come with the program, over ten seconds."""
    torch.manual_seed(0)
    module = Recurrent(Settings(cell=kind, hidden=128, layers=2, bidirectional=both), INPUTS, 4).eval()
    x = frames(1000)
    before, logits = plain(module, x)
    name = NAMES[kind][0]
    key = Key("h" if name == "h" else f"gate.{name}", 1)
    edits = [over(name, 5, 6, float(before[key][5, unit]), units=(unit,)) for unit in range(40)]
    values, after = operated(module, x, *edits)
    for each in before:
        np.testing.assert_allclose(values[each], before[each], atol=1e-6, err_msg=str(each))
    np.testing.assert_allclose(after, logits, atol=1e-6)


def test_what_lies_below_and_before_is_not_computed_again():
    module, x = network(), frames()
    before, _ = plain(module, x)
    placed = placing.place([over("f", 25, 30, 0.0, 2)], module.settings, 0.0, RATE, FRAMES)
    values, _ = rerun.rerun(module, x, before, placed)
    for key in before:
        assert (values[key] is before[key]) == (key.layer == 1), key
        np.testing.assert_array_equal(values[key][:25], before[key][:25])
        assert key.layer == 1 or np.abs(values[key][25:] - before[key][25:]).max() > 1e-3


def test_the_loop_begins_at_the_edit(monkeypatch):
    module, x, run = network(), frames(), []
    before, _ = plain(module, x)
    kind = rerun.stepper._Lstm
    original = kind.run
    monkeypatch.setattr(kind, "run", lambda cell, x, pins=None: run.append(len(x)) or original(cell, x, pins))
    placed = placing.place([over("f", 25, 30)], module.settings, 0.0, RATE, FRAMES)
    rerun.rerun(module, x, before, placed)
    assert run == [5, 10]


def test_of_two_edits_of_a_unit_the_later_one_acts():
    values, _ = operated(network(), frames(), over("f", 5, 20, 0.1), over("f", 10, 30, 0.9, units=(2,)))
    f = values[Key("gate.f", 1)]
    np.testing.assert_allclose(f[5:10], 0.1, atol=1e-7)
    np.testing.assert_allclose(f[10:30, 2], 0.9, atol=1e-7)
    np.testing.assert_allclose(f[10:20, 3], 0.1, atol=1e-7)


@pytest.mark.parametrize(
    "knobs",
    [
        {"residual": True, "layers": 3},
        {"attention": "self", "window": 8},
        {"readout": "attention"},
        {"readout": "last", "stack": 3},
        {"stack": 2},
    ],
)
def test_other_forms_of_the_network_as_with_hooks_in_torch(knobs):
    module, x = network("lstm", **knobs), frames(41)
    count = -(-len(x) // module.stride)
    values, logits = operated(module, x, over("f", 5, 9, 0.0))
    module.layers[0].forwards.edit = lambda t, name, value: 0 * value if name == "f" and 5 <= t < 9 else None
    wanted, answers = plain(module, x)
    assert len(values[Key("h", 1)]) == count
    assert values.keys() == wanted.keys()
    for key in wanted:
        np.testing.assert_allclose(values[key], wanted[key], atol=2e-6, err_msg=str(key))
    np.testing.assert_allclose(logits, answers, atol=1e-5)


def test_edits_beside_the_range_are_left_out():
    settings = network().settings
    edits = [over("f", 50, 60), over("f", -20, -10), over("f", 35, 60), Edit("reset", 2.0)]
    placed = placing.place(edits, settings, 0.0, RATE, FRAMES)
    assert [(each.a, each.b) for each in placed] == [(35, 40)]


def test_a_brush_narrower_than_a_frame_takes_the_nearest():
    (placed,) = placing.place([Edit("set", 0.1012, 0.1015, "f", 1)], network().settings, 0.0, RATE, FRAMES)
    assert (placed.a, placed.b) == (10, 11)


def test_states_that_were_not_recorded_cannot_be_edited():
    module, x = network(), frames()
    placed = placing.place([over("f", 5, 9)], module.settings, 0.0, RATE, FRAMES)
    with pytest.raises(EditError, match="too long"):
        rerun.rerun(module, x, {}, placed)
    with pytest.raises(EditError, match="no states"):
        rerun.rerun(torch.nn.Linear(2, 2), x, {}, placed)


@pytest.mark.parametrize("name", ["gate.o", "c", "h"])
def test_what_there_was_no_room_for_is_missed_only_where_it_is_needed(name):
    module, x = network(), frames()
    before, _ = plain(module, x)
    for lacking in (1, 2):
        known = {key: each for key, each in before.items() if key != Key(name, lacking)}
        for edited in (1, 2):
            placed = placing.place([over("f", 5, 9, 0.0, edited)], module.settings, 0.0, RATE, FRAMES)
            if lacking == edited or (name, lacking) == ("h", 1):
                with pytest.raises(EditError, match="zoom in"):
                    rerun.rerun(module, x, known, placed)
                continue
            values, _ = rerun.rerun(module, x, known, placed)
            whole, _ = rerun.rerun(module, x, before, placed)
            assert values.keys() == known.keys()
            for key in known:
                np.testing.assert_array_equal(values[key], whole[key])
