"""The recurrent cells against the formulas read in NumPy, against torch's stacks, and against each other."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from engine import cells
from engine.cells import GATES, Cell
from engine.layer import Layer, reverse

KINDS = ("rnn", "lstm", "gru")
INPUTS, HIDDEN, FRAMES, BATCH = 5, 7, 23, 3


def sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


def by_formula(cell: Cell, x: np.ndarray, h: np.ndarray, c: np.ndarray) -> dict[str, np.ndarray]:
    """x [T, F] step by step in float64, as the textbooks write it, a gate at a time."""
    core = {name: value.detach().numpy() for name, value in cell.core.named_parameters()}
    count = max(1, len(GATES[cell.kind]))
    w, u = (np.split(core[f"weight_{each}_l0"], count) for each in ("ih", "hh"))
    b, d = (np.split(core[f"bias_{each}_l0"], count) for each in ("ih", "hh"))
    seen: dict[str, list[np.ndarray]] = {name: [] for name in ("h", "c", *GATES[cell.kind])}
    for row in x:
        a = [w[k] @ row + b[k] + u[k] @ h + d[k] for k in range(count)]
        step: dict[str, np.ndarray] = {"c": c}
        if cell.kind == "rnn":
            h = np.tanh(a[0])
        elif cell.kind == "lstm":
            step = {"i": sigmoid(a[0]), "f": sigmoid(a[1]), "g": np.tanh(a[2]), "o": sigmoid(a[3])}
            c = step["c"] = step["f"] * c + step["i"] * step["g"]
            h = step["o"] * np.tanh(c)
        else:
            r, z = sigmoid(a[0]), sigmoid(a[1])
            n = np.tanh(w[2] @ row + b[2] + r * (u[2] @ h + d[2]))
            step |= {"r": r, "z": z, "n": n}
            h = (1 - z) * n + z * h
        for name, value in (step | {"h": h}).items():
            seen[name].append(value)
    return {name: np.stack(values) for name, values in seen.items()}


def made(kind: Any, dtype: torch.dtype = torch.float64, dropout: float = 0.0) -> tuple[Cell, torch.Tensor, Any]:
    torch.manual_seed(4)
    cell = Cell(kind, INPUTS, HIDDEN, dropout).to(dtype).eval()
    state = tuple(0.5 * torch.randn(BATCH, HIDDEN, dtype=dtype) for _ in cell.init_state(BATCH))
    return cell, 2 * torch.randn(BATCH, FRAMES, INPUTS, dtype=dtype), state


@pytest.mark.parametrize("kind", KINDS)
def test_all_three_paths_are_the_formula(kind: str) -> None:
    cell, x, state = made(kind)
    lengths = torch.full((BATCH,), FRAMES)
    with torch.no_grad():
        h, last = cell(x, lengths, state)
        looped, looped_last = cell.loop(x, lengths, state)
        replayed = cell.replay(x, h, state)
    assert last is not None
    for item in range(BATCH):
        wanted = by_formula(cell, x[item].numpy(), state[0][item].numpy(), state[-1][item].numpy())
        np.testing.assert_allclose(h[item], wanted["h"], atol=1e-9)
        np.testing.assert_allclose(looped[item], wanted["h"], atol=1e-9)
        assert set(replayed) == set(GATES[kind]) | ({"c"} if kind == "lstm" else set())
        for name, value in replayed.items():
            np.testing.assert_allclose(value[item], wanted[name], atol=1e-9, err_msg=name)
        for found in (last, looped_last):
            np.testing.assert_allclose(found[0][item], wanted["h"][-1], atol=1e-9)
            if kind == "lstm":
                np.testing.assert_allclose(found[1][item], wanted["c"][-1], atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_paths_agree_in_single_precision_over_many_frames(kind: str) -> None:
    torch.manual_seed(1)
    cell = Cell(kind, 40, 128).eval()  # type: ignore[arg-type]
    x, lengths = torch.randn(1, 500, 40), torch.tensor([500])
    seen: dict[str, list[torch.Tensor]] = {}
    with torch.no_grad():
        h, _ = cell(x, lengths)
        replayed = cell.replay(x, h)
        cell.edit = lambda t, name, value: seen.setdefault(name, []).append(value)
        looped, _ = cell(x, lengths)
    torch.testing.assert_close(looped, h, rtol=0, atol=1e-5)
    for name, value in replayed.items():
        torch.testing.assert_close(value, torch.stack(seen[name], 1), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_a_run_in_half_precision_is_replayed_in_full(kind: str) -> None:
    cell, x, state = made(kind, torch.float32)
    with torch.no_grad():
        h, _ = cell(x, torch.full((BATCH,), FRAMES), state)
        x, h, state = x.bfloat16(), h.bfloat16(), tuple(each.bfloat16() for each in state)
        wanted = cell.replay(x.float(), h.float(), tuple(each.float() for each in state))
        with torch.autocast("cpu", torch.bfloat16):
            found = cell.replay(x, h, state)
    for name, each in found.items():
        torch.testing.assert_close(each, wanted[name], rtol=0, atol=0)


@pytest.mark.parametrize("count", [0, 1, 23, 24, 25, 48, 100])
def test_the_recursion_side_by_side_is_the_one_step_by_step(count: int) -> None:
    rng = np.random.default_rng(0)
    f, i, g = (torch.tensor(rng.uniform(-1, 1, (3, count, 5))) for _ in range(3))
    c = first = torch.tensor(rng.uniform(-1, 1, (3, 5)))
    found = cells.recursion(f, i, g, first)
    assert found.shape == f.shape
    for t in range(count):
        c = f[:, t] * c + i[:, t] * g[:, t]
        np.testing.assert_allclose(found[:, t], c, rtol=0, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_gates_of_a_hundred_thousand_random_frames_stay_in_range(kind: str) -> None:
    torch.manual_seed(2)
    cell = Cell(kind, 16, 32).eval()  # type: ignore[arg-type]
    x, lengths = 10 * torch.randn(100, 1000, 16), torch.full((100,), 1000)
    with torch.no_grad():
        h, _ = cell(x, lengths)
        values = {"h": h} | cell.replay(x, h)
    for name, value in values.items():
        low, high = {"i": 0, "f": 0, "o": 0, "r": 0, "z": 0}.get(name, -1), 1
        if name != "c":
            assert low <= float(value.min()) <= float(value.max()) <= high, name


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_pass_through_the_replay(kind: str) -> None:
    """What is attributed to a gate must reach the input: the graph is that of the formula."""
    cell, x, state = made(kind)
    x.requires_grad_()
    values = cell.replay(x, cell.loop(x, torch.full((BATCH,), FRAMES), state)[0], state)
    for name in values:
        (gradient,) = torch.autograd.grad(values[name].sum(), x, retain_graph=True)
        assert gradient.abs().sum() > 0, name


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in KINDS for name in (*GATES[kind], "h")])
def test_an_edit_acts_from_its_step_on(kind: str, name: str) -> None:
    cell, x, state = made(kind)
    lengths = torch.full((BATCH,), FRAMES)
    with torch.no_grad():
        before, _ = cell(x, lengths, state)
        cell.edit = lambda t, key, value: torch.zeros_like(value) if (t, key) == (9, name) else None
        after, _ = cell(x, lengths, state)
    torch.testing.assert_close(after[:, :9], before[:, :9], rtol=0, atol=1e-12)
    assert (after[:, 9:] - before[:, 9:]).abs().amax(2).min() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_probe_of_an_edited_layer_shows_the_edit(kind: str) -> None:
    layer = Layer(kind, INPUTS, HIDDEN, False).double()  # type: ignore[arg-type]
    gate = GATES[kind][0] if GATES[kind] else "h"
    layer.forwards.edit = lambda t, name, value: torch.full_like(value, 0.25) if (t, name) == (3, gate) else None
    seen: dict[str, torch.Tensor] = {}
    x = torch.randn(1, 6, INPUTS, dtype=torch.float64)
    with torch.no_grad():
        layer(x, torch.tensor([6]), None, lambda key, value: seen.update({key.name: value}))
    shown = seen[f"gate.{gate}" if gate != "h" else "h"]
    assert (shown[:, 3] == 0.25).all()
    assert not (shown[:, 2] == 0.25).any()


@pytest.mark.parametrize(("kind", "both"), list(itertools.product(KINDS, (False, True))))
def test_a_stack_of_layers_is_torchs_deep_network(kind: str, both: bool) -> None:
    torch.manual_seed(0)
    core = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind]
    deep = core(INPUTS, HIDDEN, num_layers=3, bidirectional=both, batch_first=True).double()
    x, lengths = torch.randn(BATCH, FRAMES, INPUTS, dtype=torch.float64), torch.full((BATCH,), FRAMES)
    with torch.no_grad():
        h = x
        for number in range(3):
            layer = Layer(kind, h.shape[2], HIDDEN, both).double()  # type: ignore[arg-type]
            cells = [(layer.forwards, "")] + ([(layer.backwards, "_reverse")] if layer.backwards else [])
            for (cell, suffix), part in itertools.product(cells, ("weight_ih", "weight_hh", "bias_ih", "bias_hh")):
                getattr(cell.core, f"{part}_l0").copy_(getattr(deep, f"{part}_l{number}{suffix}"))
            h, _ = layer(h, lengths)
        torch.testing.assert_close(h, deep(x)[0], rtol=0, atol=1e-9)


def test_reversing_leaves_the_padding_and_undoes_itself() -> None:
    x, lengths = torch.arange(12.0).reshape(2, 6, 1), torch.tensor([6, 4])
    back = reverse(x, lengths)
    assert back[1, :, 0].tolist() == [9, 8, 7, 6, 10, 11]
    assert torch.equal(reverse(back, lengths), x)


@pytest.mark.parametrize(("kind", "both"), list(itertools.product(KINDS, (False, True))))
def test_packed_and_padded_sequences_are_equal_where_there_are_frames(kind: str, both: bool) -> None:
    torch.manual_seed(0)
    layer = Layer(kind, INPUTS, HIDDEN, both).train()  # type: ignore[arg-type]
    lengths = torch.tensor([7, 50, 193, 0])
    x = torch.randn(len(lengths), 193, INPUTS)
    exists = torch.arange(193)[None] < lengths[:, None]
    state = tuple(torch.randn(len(lengths), HIDDEN) for _ in layer.forwards.init_state(1))
    found = {}
    for packed in (False, True):
        for each in (layer.forwards, layer.backwards):
            if each is not None:
                each.packed = packed
        h, after = layer(x, lengths, state)
        gradients = torch.autograd.grad(h[exists].square().sum(), list(layer.parameters()))
        found[packed] = h.detach(), gradients, after
    torch.testing.assert_close(found[True][0][exists], found[False][0][exists], rtol=0, atol=1e-6)
    for one, two in zip(found[True][1], found[False][1], strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)
    assert all((found[True][0][item, length:] == 0).all() for item, length in enumerate((7, 50, 193)))
    # What is carried on is the state after each one's last frame, where there was one.
    for item, length in enumerate(lengths[:3].tolist()):
        only = slice(item, item + 1)
        _, last = layer.forwards(x[only, :length], lengths[only], tuple(each[only] for each in state))
        for each, wanted in zip(found[True][2], last, strict=True):
            torch.testing.assert_close(each[item], wanted[0], rtol=0, atol=1e-6)
