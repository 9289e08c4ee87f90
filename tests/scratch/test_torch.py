"""The cells from scratch beside torch's, in float64: outputs, states, and every gradient within 1e-9."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from engine.scratch import net as nets
from engine.scratch.batch import pad
from engine.scratch.exchange import CELLS, from_torch, grads_to_torch, to_torch
from engine.scratch.gru import SeedGru
from engine.scratch.loss import cross_entropy

if TYPE_CHECKING:
    from engine.scratch.cell import Cell

KINDS = ("rnn", "lstm", "gru")
STEPS, INPUTS, HIDDEN, CLASSES, BATCH = 50, 5, 7, 4, 3
TORCH = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
SUFFIXES = {"forwards": "", "backwards": "_reverse"}


def close(ours: np.ndarray, theirs: torch.Tensor) -> None:
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=0, atol=1e-9)


def by_time(x: np.ndarray) -> torch.Tensor:
    """[T, N, B] -> [T, B, N], as torch has it, a leaf that wants a gradient."""
    return torch.from_numpy(x.transpose(0, 2, 1).copy()).requires_grad_()


def arrays(module: Any, suffix: str, gradient: bool = False) -> dict[str, np.ndarray]:
    """The parameters of one layer and direction of a torch module, or their gradients."""
    found = {}
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        each = getattr(module, f"{name}_{suffix}")
        found[name] = (each.grad if gradient else each).detach().numpy()
    return found


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def state_of(cell: Cell) -> tuple[np.ndarray, ...]:
    return tuple(0.5 * drawn(HIDDEN, BATCH, seed=k) for k in range(len(cell.init_state(BATCH))))


@pytest.mark.parametrize("kind", KINDS)
def test_one_layer_with_torchs_weights(kind: str) -> None:
    """h, the state after, and the gradients by the input, the state before and every weight."""
    module = TORCH[kind](INPUTS, HIDDEN, dtype=torch.float64)
    cell = CELLS[kind](from_torch(CELLS[kind], arrays(module, "l0")))
    x, dh, state = drawn(STEPS, INPUTS, BATCH), drawn(STEPS, HIDDEN, BATCH, seed=1), state_of(cell)
    after = state_of(cell)[::-1]
    tx, first = by_time(x), tuple(torch.from_numpy(each.T.copy())[None].requires_grad_() for each in state)
    y, last = module(tx, first if kind == "lstm" else first[0])
    last = last if kind == "lstm" else (last,)
    torch.autograd.backward(
        [y, *last], [by_time(dh).detach(), *(torch.from_numpy(each.T.copy())[None] for each in after)]
    )
    close(cell.forward(x, state).transpose(0, 2, 1), y)
    for ours, theirs in zip(cell.state, last, strict=True):
        close(ours.T[None], theirs)
    dx = cell.backward(dh, after)
    assert dx is not None
    assert tx.grad is not None
    close(dx.transpose(0, 2, 1), tx.grad)
    for ours, leaf in zip(cell.before, first, strict=True):
        assert leaf.grad is not None
        close(ours.T[None], leaf.grad)
    for name, ours in grads_to_torch(CELLS[kind], cell.grads).items():
        close(ours, torch.from_numpy(arrays(module, "l0", True)[name]))


@pytest.mark.parametrize("kind", KINDS)
def test_torch_with_our_weights(kind: str) -> None:
    cell = CELLS[kind].draw(INPUTS, HIDDEN, np.random.default_rng(3), np.float64)
    module = TORCH[kind](INPUTS, HIDDEN, dtype=torch.float64)
    for name, ours in to_torch(CELLS[kind], cell.weights).items():
        getattr(module, f"{name}_l0").data = torch.from_numpy(ours)
    x = drawn(STEPS, INPUTS, BATCH)
    close(cell.forward(x).transpose(0, 2, 1), module(by_time(x))[0])


def both(kind: str, layers: int, bidirectional: bool) -> tuple[nets.Net, Any, Any]:
    """Our network, and torch's layers and output with the same weights."""
    module = TORCH[kind](INPUTS, HIDDEN, layers, bidirectional=bidirectional, dtype=torch.float64)
    head = torch.nn.Linear(HIDDEN * (1 + bidirectional), CLASSES, dtype=torch.float64)
    rng = np.random.default_rng(0)
    net = nets.draw(CELLS[kind], (INPUTS, HIDDEN, CLASSES), rng, layers, bidirectional, dtype=np.float64)
    for number, layer in enumerate(net.layers):
        for way, cell in layer.cells.items():
            for name, each in from_torch(CELLS[kind], arrays(module, f"l{number}{SUFFIXES[way]}")).items():
                cell.weights[name][...] = each
    net.dense.weights["V"][...] = head.weight.detach().numpy()
    net.dense.weights["b"][...] = head.bias.detach().numpy()[:, None]
    return net, module, head


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (3, False), (1, True), (2, True)])
def test_a_batch_of_unequal_clips_through_a_stack(kind: str, layers: int, bidirectional: bool) -> None:
    """The loss of padded clips and every gradient, beside packed sequences and cross_entropy of torch."""
    net, module, head = both(kind, layers, bidirectional)
    rng = np.random.default_rng(5)
    clips = [(drawn(n, INPUTS, seed=n), rng.integers(0, CLASSES, n)) for n in (STEPS, 31, 44)]
    batch = pad(clips)
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        by_time(batch.x).detach(), torch.from_numpy(batch.lengths), enforce_sorted=False
    )
    h, _ = torch.nn.utils.rnn.pad_packed_sequence(module(packed)[0])
    real = torch.from_numpy(batch.mask > 0)
    loss = torch.nn.functional.cross_entropy(head(h)[real], torch.from_numpy(batch.targets)[real])
    loss.backward()
    each = net.learn(batch)
    close(each.sum() / batch.mask.sum(), loss)
    assert (each[batch.mask == 0] == 0).all()
    for number, layer in enumerate(net.layers):
        for way, cell in layer.cells.items():
            theirs = arrays(module, f"l{number}{SUFFIXES[way]}", True)
            for name, ours in grads_to_torch(CELLS[kind], cell.grads).items():
                close(ours, torch.from_numpy(theirs[name]))
    close(net.dense.grads["V"], head.weight.grad)
    close(net.dense.grads["b"][:, 0], head.bias.grad)


@pytest.mark.parametrize("kind", KINDS)
def test_truncated_is_torchs_with_a_detached_state(kind: str) -> None:
    net, module, head = both(kind, 2, False)
    batch = pad([(drawn(STEPS, INPUTS, seed=n), np.arange(STEPS) % CLASSES) for n in range(BATCH)])
    stretch, state, total = 16, None, 0.0
    x, targets = by_time(batch.x).detach(), torch.from_numpy(batch.targets)
    for start in range(0, STEPS, stretch):
        h, state = module(x[start : start + stretch], state)
        state = tuple(each.detach() for each in state) if kind == "lstm" else state.detach()
        y = head(h).flatten(0, 1)
        loss = torch.nn.functional.cross_entropy(y, targets[start : start + stretch].flatten(), reduction="sum")
        (loss / (STEPS * BATCH)).backward()
        total += float(loss.detach())
    each = net.learn(batch, stretch)
    assert each.sum() == pytest.approx(total, abs=1e-9)
    for number, layer in enumerate(net.layers):
        theirs = arrays(module, f"l{number}", True)
        for name, ours in grads_to_torch(CELLS[kind], layer.forwards.grads).items():
            close(ours, torch.from_numpy(theirs[name]))


def test_the_seeds_gru_is_the_plans_formula_and_not_torchs() -> None:
    """h = (1 - z) h' + z tanh(W x + U (r h')), written out with torch's gradients; torch's GRU differs."""
    cell = SeedGru.draw(INPUTS, HIDDEN, np.random.default_rng(0), np.float64)
    x, dh, (start,) = drawn(STEPS, INPUTS, BATCH), drawn(STEPS, HIDDEN, BATCH, seed=1), state_of(cell)
    w, u = (torch.from_numpy(cell.weights[name].copy()).requires_grad_() for name in ("W", "U"))
    tx, h = torch.from_numpy(x.copy()).requires_grad_(), torch.from_numpy(start)
    (wr, wz, wn), (ur, uz, un), seen = w.chunk(3), u.chunk(3), []
    for row in tx:
        r, z = torch.sigmoid(wr @ row + ur @ h), torch.sigmoid(wz @ row + uz @ h)
        h = (1 - z) * h + z * torch.tanh(wn @ row + un @ (r * h))
        seen.append(h)
    torch.stack(seen).backward(torch.from_numpy(dh))
    close(cell.forward(x, (start,)), torch.stack(seen))
    dx = cell.backward(dh)
    assert dx is not None
    for ours, leaf in ((dx, tx), (cell.grads["W"], w), (cell.grads["U"], u)):
        assert leaf.grad is not None
        close(ours, leaf.grad)
    other = torch.nn.GRU(INPUTS, HIDDEN, bias=False, dtype=torch.float64)
    for name, each in to_torch(SeedGru, cell.weights).items():
        getattr(other, f"{name}_l0").data = torch.from_numpy(each)
    theirs = other(by_time(x), torch.from_numpy(start.T.copy())[None])[0]
    assert np.abs(cell.forward(x, (start,)).transpose(0, 2, 1) - theirs.detach().numpy()).max() > 0.01


def test_cross_entropy_is_torchs() -> None:
    y, targets = 3 * drawn(STEPS, CLASSES, BATCH), np.arange(STEPS * BATCH).reshape(STEPS, BATCH) % CLASSES
    mask = (np.arange(STEPS)[:, None] < np.array([50, 1, 20])).astype(float)
    leaf = torch.from_numpy(y.copy()).requires_grad_()
    each = torch.nn.functional.cross_entropy(leaf, torch.from_numpy(targets), reduction="none")
    real = torch.from_numpy(mask)
    ((each * real).sum() / real.sum()).backward()
    ours, dy = cross_entropy(y, targets, mask)
    close(ours, each * real)
    assert leaf.grad is not None
    close(dy, leaf.grad)
