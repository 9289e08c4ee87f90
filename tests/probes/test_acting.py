"""Gradients of an edited run are those of autograd through a plain loop with the same changes, written anew."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine import build, catalog, placing, rerun, surgery
from engine.probes import attribution, gradient
from engine.probes.record import Recorder
from engine.surgery import Edit, Held, Memory
from engine.trace import Direction, Key

INPUTS, CLASSES, STEPS, HIDDEN, RATE = 5, 4, 26, 16, 100.0
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "rnn": ("recurrent", {}),
    "lstm": ("recurrent", {}),
    "gru": ("recurrent", {}),
    "scratch rnn": ("scratch", {}),
    "scratch lstm": ("scratch", {}),
    "scratch gru": ("scratch", {}),
    "scratch gru of the plan": ("scratch", {"variant": "seed"}),
}
GATE = {"rnn": "h", "lstm": "f", "gru": "z"}
WAYS: tuple[Direction, ...] = ("forward", "backward")


def module(kind: str, both: bool = False) -> Any:
    model, knobs = KINDS[kind]
    settings = catalog.load("models", model).Settings(
        cell=next(each for each in kind.split() if each in GATE),
        hidden=HIDDEN,
        layers=2,
        bidirectional=both,
        **knobs,
    )
    return gradient.doubled(build.fresh(model, settings, INPUTS, CLASSES, 0))


def sound() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(STEPS, INPUTS)).astype(np.float32)


class Plain:
    """The network as a loop of its formulas; `put(layer, way, t, name, value, seen)` is what changes it.

    Time is the sound's in both directions. `made` keeps what was computed, `used` what took its place.
    """

    def __init__(self, net: Any, put: Any) -> None:
        self.net, self.put = net, put
        self.made: dict[tuple[int, Direction, str], dict[int, Tensor]] = {}
        self.used: dict[tuple[int, Direction, str], dict[int, Tensor]] = {}

    def run(self, x: Tensor) -> Tensor:
        below = list(x)
        for number, layer in enumerate(self.net.layers, 1):
            cells = dict(zip(WAYS, (layer.forwards, layer.backwards), strict=True))
            for way, cell in cells.items():
                if cell is not None:
                    self.cell(cell, number, way, below)
            there = [way for way, cell in cells.items() if cell is not None]
            below = [torch.cat([self.used[number, way, "h"][t] for way in there]) for t in range(len(x))]
        return torch.stack(below) @ self.net.head.weight.T + self.net.head.bias

    def cell(self, cell: Any, layer: int, way: Direction, below: list[Tensor]) -> None:
        w, u = cell.core.weight_ih_l0, cell.core.weight_hh_l0
        none = torch.zeros(len(w), dtype=w.dtype)
        b, d = (none if (one := getattr(cell.core, f"bias_{each}_l0")) is None else one for each in ("ih", "hh"))
        h = c = torch.zeros(HIDDEN, dtype=w.dtype)

        def note(name: str, t: int, value: Tensor) -> Tensor:
            value.retain_grad()
            self.made.setdefault((layer, way, name), {})[t] = value
            seen = self.used.setdefault((layer, way, name), {})
            seen[t] = self.put(layer, way, t, name, value, seen)
            return seen[t]

        for t in range(len(below)) if way == "forward" else reversed(range(len(below))):
            h, c = (self.put(layer, way, t, f"{name}'", old, {}) for name, old in (("h", h), ("c", c)))
            a, r = w @ below[t] + b, u @ h + d
            if cell.kind == "rnn":
                h = note("h", t, (a + r).tanh())
            elif cell.kind == "lstm":
                i, f, g, o = (a + r).split(HIDDEN)
                i, f, o = (note(n, t, each.sigmoid()) for n, each in zip("ifo", (i, f, o), strict=True))
                c = note("c", t, f * c + i * note("g", t, g.tanh()))
                h = note("h", t, o * c.tanh())
            else:
                (ar, az, an), (rr, rz, rn) = a.split(HIDDEN), r.split(HIDDEN)
                reset, z = note("r", t, (ar + rr).sigmoid()), note("z", t, (az + rz).sigmoid())
                if getattr(cell, "seeds", False):
                    n = note("n", t, (an + u[2 * HIDDEN :] @ (reset * h)).tanh())
                    h = note("h", t, (1 - z) * h + z * n)
                else:
                    n = note("n", t, (an + reset * rn).tanh())
                    h = note("h", t, (1 - z) * n + z * h)


def masked(units: tuple[int, ...], given: Any, value: Tensor) -> Tensor:
    at = torch.zeros(HIDDEN, dtype=torch.bool)
    at[list(units)] = True
    return torch.where(at, torch.as_tensor(given, dtype=value.dtype), value)


UNITS = (3, 4, 11)
PASTED = np.random.default_rng(5).uniform(-0.8, 0.8, (2, HIDDEN)).astype(np.float32)


def memory(cell: str) -> Memory:
    c = tuple(map(float, PASTED[1])) if cell == "lstm" else ()
    return Memory("another", (Held(1, "forward", tuple(map(float, PASTED[0])), c),))


def cases(cell: str) -> dict[str, tuple[Edit, Any]]:
    """An edit, and the same by hand."""
    name = GATE[cell]
    over: Any = {"start": 7.5 / RATE, "stop": 15.5 / RATE, "layer": 1}

    def forced(layer: int, way: str, t: int, each: str, value: Tensor, seen: Any) -> Tensor:
        return masked(UNITS, 0.75, value) if (layer, way, each) == (1, "forward", name) and 8 <= t < 16 else value

    def frozen(layer: int, way: str, t: int, each: str, value: Tensor, seen: Any) -> Tensor:
        acts = (layer, way, each) == (1, "forward", name) and 8 <= t < 16
        return masked(UNITS, 0.0, value) + (seen[7] - masked(UNITS, 0.0, seen[7])) if acts else value

    def zeroed(layer: int, way: str, t: int, each: str, value: Tensor, seen: Any) -> Tensor:
        return 0 * value if (layer, way, each) == (1, "forward", "h") and 8 <= t < 16 else value

    def emptied(layer: int, way: str, t: int, each: str, value: Tensor, seen: Any) -> Tensor:
        at = 11 if way == "forward" else 10
        return torch.zeros_like(value) if each in ("h'", "c'") and t == at else value

    def pasted(layer: int, way: str, t: int, each: str, value: Tensor, seen: Any) -> Tensor:
        acts = (layer, way) == (1, "forward") and each in ("h'", "c'") and t == 11
        return masked(UNITS, PASTED["hc".index(each[0])], value) if acts else value

    return {
        "forced": (Edit("set", name=name, value=0.75, units=UNITS, **over), forced),
        "frozen": (Edit("freeze", name=name, units=UNITS, **over), frozen),
        "zeroed": (Edit("set", name="h", **over), zeroed),
        "reset": (Edit("reset", 11 / RATE), emptied),
        "pasted": (Edit("paste", 11 / RATE, layer=1, units=UNITS, memory=memory(cell)), pasted),
    }


def placed(net: Any, *edits: Edit) -> list[placing.Placed]:
    return placing.place(edits, net.settings, 0.0, RATE, STEPS)


CASES = list(itertools.product(KINDS, ("forced", "frozen", "zeroed", "reset", "pasted"), (False,)))
CASES += list(itertools.product(("lstm", "scratch gru of the plan"), ("forced", "frozen", "reset"), (True,)))


@pytest.mark.parametrize(("kind", "case", "both"), CASES)
def test_as_autograd_through_a_plain_loop_has_it(kind: str, case: str, both: bool) -> None:
    net, x = module(kind, both), sound()
    edit, put = cases(net.settings.cell)[case]
    found = gradient.backward(net, x, 20, 2, placed(net, edit))
    plain = Plain(net, put)
    logs = plain.run(torch.tensor(x, dtype=torch.float64))[20].log_softmax(-1)
    (-logs[2]).backward()
    assert found.loss == pytest.approx(-float(logs[2].detach()), abs=1e-12)
    for (layer, way, name), series in plain.made.items():
        key = Key(name if name in "hc" else f"gate.{name}", layer, way)
        got = {t: np.zeros(HIDDEN) if each.grad is None else each.grad.numpy() for t, each in series.items()}
        last = STEPS if both else 21
        wanted = np.stack([got[t] for t in range(last)])
        np.testing.assert_allclose(found.grads[key][:last], wanted, rtol=0, atol=1e-12, err_msg=str(key))
        used = np.stack([plain.used[layer, way, name][t].detach().numpy() for t in range(last)])
        np.testing.assert_allclose(found.values[key][:last], used, rtol=0, atol=1e-12, err_msg=str(key))
    for layer, way, cell in gradient.cells(net):
        biases = [each for each in (cell.core.bias_ih_l0, cell.core.bias_hh_l0) if each is not None]
        grads = {"W": [cell.core.weight_ih_l0], "U": [cell.core.weight_hh_l0], "b": biases}
        for weights, each in grads.items():
            pairs = gradient.parts(found, layer, way, weights)
            assert bool(pairs) == bool(each), "the learning plan's GRU has no biases"
            if pairs:
                wanted = torch.cat([one.grad.reshape(len(one), -1) for one in each]).numpy()
                np.testing.assert_allclose(np.concatenate([a.T @ b for a, b in pairs]), wanted, rtol=0, atol=1e-9)
                norms = gradient.together(found, layer, way, weights)
                assert norms[0 if way == "forward" else -1] == pytest.approx(np.linalg.norm(wanted), rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", ["forced", "frozen", "reset", "pasted"])
def test_the_run_is_that_of_the_rerun(kind: str, case: str) -> None:
    """Whatever of a cell is set or frozen."""
    net, x = module(kind).float(), sound()
    recorder = Recorder()
    with torch.inference_mode():
        net(torch.tensor(x[None]), torch.tensor([STEPS]), probe=recorder)
    edit = cases(net.settings.cell)[case][0]
    for name in surgery.NAMES[net.settings.cell] if edit.lasts else ("",):
        edits = placed(net, dataclasses.replace(edit, name=name))
        values, _ = rerun.rerun(net, x, recorder.values, edits)
        found = gradient.backward(net, x, STEPS - 1, 0, edits)
        for key, each in found.values.items():
            np.testing.assert_allclose(each, values[key], rtol=0, atol=2e-6, err_msg=f"{name}: {key}")


def test_nothing_comes_back_past_a_reset_or_a_zeroed_state() -> None:
    net, x = module("lstm"), sound()
    reset = gradient.backward(net, x, 20, 2, placed(net, Edit("reset", 11 / RATE)))
    plain = gradient.backward(net, x, 20, 2)
    for name, layer in itertools.product("hc", (1, 2)):
        assert not reset.grads[Key(name, layer)][:11].any()
        assert reset.grads[Key(name, layer)][11].any()
        assert plain.grads[Key(name, layer)][:11].any()
    shut = [Edit("set", 0.05, 0.1, name, 2, value=0.0) for name in "ch"]
    zeroed = gradient.backward(net, x, 20, 2, placed(net, *shut))
    for name in "ch":
        assert not zeroed.grads[Key(name, 2)][:10].any()
        assert zeroed.grads[Key(name, 1)][:10].any(), "the layer below remembers by itself"


@pytest.mark.parametrize("case", ["forced", "frozen", "reset"])
def test_where_a_run_is_cut_its_edits_go_on(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net, x = module("lstm"), sound()
    edits = placed(net, cases("lstm")[case][0])
    whole = gradient.backward(net, x, 24, 2, edits)
    monkeypatch.setattr(gradient, "REACH", 12)  # begins at step 13, where two of the edits act
    part = gradient.backward(net, x, 24, 2, edits)
    assert part.first == 13
    for key, each in part.grads.items():
        np.testing.assert_allclose(each[13:], whole.grads[key][13:], rtol=0, atol=1e-12, err_msg=str(key))
        np.testing.assert_allclose(part.values[key][13:], whole.values[key][13:], rtol=0, atol=1e-12)


def test_the_module_is_as_it_was_before() -> None:
    net, x = module("lstm"), sound()
    edits = placed(net, Edit("reset", 11 / RATE))
    gradient.backward(net, x, 20, 2, edits)
    attribution.gradient_times_input(net, x, 20, 2, edits)
    assert all(cell.edit is None for *_, cell in gradient.cells(net))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", ["forced", "frozen", "reset", "pasted"])
def test_attribution_is_of_the_edited_run(kind: str, case: str) -> None:
    net, x = module(kind), sound()
    edit, put = cases(net.settings.cell)[case]
    edits = placed(net, edit)
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)

    def odds(features: Tensor) -> Tensor:
        logits = Plain(net, put).run(features)[20]
        return logits[2] - torch.cat([logits[:2], logits[3:]]).logsumexp(0)

    gain = odds(leaf)
    gain.backward()
    assert leaf.grad is not None
    found = attribution.gradient_times_input(net, x, 20, 2, edits)
    np.testing.assert_allclose(found.values, x * leaf.grad.numpy(), rtol=0, atol=1e-12)
    if kind.endswith("lstm"):
        whole: list[attribution.Attribution] = []

        def steps() -> Any:
            whole.append((yield from attribution.integrated(net, x, 20, 2, edits)))

        list(steps())
        silence = odds(torch.zeros_like(leaf).requires_grad_())
        assert whole[0].gain == pytest.approx(float((gain - silence).detach()), abs=1e-9)
        assert whole[0].error < 0.01


def test_the_way_along_the_cell_state_may_be_broken() -> None:
    net, x = module("lstm"), sound()
    forced = placed(net, Edit("set", 0.08, 0.16, "f", 1, value=1.0))
    slope, product = gradient.highway(net, x, 22, placed=forced)
    np.testing.assert_allclose(slope, product, atol=1e-12)
    np.testing.assert_allclose(slope[8], slope[15], err_msg="an open gate lets all through")
    for edit in (Edit("reset", 0.2), Edit("set", 0.1, 0.2, "c", 1), Edit("freeze", 0.1, 0.2, "c", 1)):
        with pytest.raises(LookupError, match="another cell state"):
            gradient.highway(net, x, 22, placed=placed(net, edit))
