"""Gradients through time are those of autograd, and of the laws that theory gives them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from engine import build
from engine.models import seq2seq
from engine.models.recurrent import Settings
from engine.probes import gradient
from engine.stoppable import Stopped
from engine.tasks import copy
from engine.trace import Key

INPUTS, CLASSES, STEPS = 6, 5, 40
KNOBS: list[dict[str, Any]] = [
    {},
    {"bidirectional": True, "residual": True},
    {"stack": 3, "attention": "pooling", "window": 8},
    {"readout": "last"},
]


def module(cell: str = "lstm", layers: int = 2, **knobs: Any) -> Any:
    settings = Settings(cell=cell, hidden=32, layers=layers, **knobs)
    return gradient.doubled(build.fresh("recurrent", settings, INPUTS, CLASSES, 0))


def sound(steps: int = STEPS) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(steps, INPUTS))


def by_hooks(net: Any, x: np.ndarray, step: int, output: int) -> dict[Key, np.ndarray]:
    """dL/dh_t and dL/dc_t [T, H] by hooks on the tensors of torch's own cells, which know nothing of ours."""
    made = {"rnn": torch.nn.RNNCell, "lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}
    below, caught = list(torch.tensor(x)[:, None]), dict[Key, np.ndarray]()
    for number, layer in enumerate(net.layers, 1):
        kind = layer.forwards.kind
        cell = made[kind](below[0].shape[1], 32).double()
        cell.load_state_dict({name[:-3]: value for name, value in layer.forwards.core.state_dict().items()})
        state, above = None, []
        for t, each in enumerate(below):
            state = cell(each, state)
            parts = state if kind == "lstm" else (state,)
            for name, part in zip("hc", parts, strict=False):
                kept = caught.setdefault(Key(name, number), np.zeros((len(x), 32)))
                part.register_hook(lambda grad, kept=kept, t=t: kept.__setitem__(t, grad[0].numpy()))
            above.append(parts[0])
        below = above
    (-net.head(below[step])[0].log_softmax(-1)[output]).backward()
    return caught


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_equal_to_hooks_on_torchs_own_cells(cell: str) -> None:
    net, x = module(cell), sound()
    found = gradient.backward(net, x, 30, 2)
    wanted = by_hooks(net, x, 30, 2)
    assert set(wanted) <= set(found.grads)
    for key, each in wanted.items():
        np.testing.assert_allclose(found.grads[key], each, rtol=0, atol=1e-12)
        assert np.abs(each[:31]).max() > 1e-4
        assert not found.grads[key][31:].any(), "what comes later has no part in it"


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("knobs", KNOBS)
def test_a_state_that_is_moved_changes_the_loss_by_its_gradient(cell: str, knobs: dict[str, Any]) -> None:
    net, x = module(cell, **knobs), sound()
    steps = -(-STEPS // net.stride)
    found = gradient.backward(net, x, steps - 4)
    for layer, direction, each in gradient.cells(net):
        for t, unit in ((0, 3), (steps // 2, 30), (found.step, 7)):
            at = t if direction == "forward" else steps - 1 - t
            if at >= (found.step + 1 if net.lookahead is not None else steps):
                continue
            losses = []
            for much in (1e-5, -1e-5):
                moved = torch.nn.functional.one_hot(torch.tensor(unit), 32) * much

                def edit(
                    now: int, name: str, value: torch.Tensor, at: int = at, moved: torch.Tensor = moved
                ) -> Any:
                    return value + moved if (name, now) == ("h", at) else None

                each.edit = edit
                with torch.no_grad():
                    y = net(torch.tensor(x)[None], torch.tensor([STEPS]))[0]
                each.edit = None
                row = found.step if y.shape[1] > 1 else 0
                losses.append(float(-y[0, row].log_softmax(-1)[found.output]))
            wanted = (losses[0] - losses[1]) / 2e-5
            assert found.grads[Key("h", layer, direction)][t, unit] == pytest.approx(wanted, abs=1e-8)


@pytest.fixture
def writer() -> Any:
    """An encoder and decoder that writes something before it ends."""
    made: Any = build.fresh("seq2seq", seq2seq.Settings(hidden=16, layers=2), INPUTS, CLASSES, 3)
    with torch.no_grad():
        made.head.bias[0] -= 0.5
        made.head.weight *= 4.0
    return gradient.doubled(made)


def test_so_it_does_in_a_network_that_writes_when_it_has_heard_all(writer: Any) -> None:
    x, lengths = sound(), torch.tensor([STEPS])
    with torch.no_grad():
        written = writer(torch.tensor(x)[None], lengths)[0].argmax(-1)
    count = written.shape[1]
    assert 1 < count <= STEPS
    for step, row in ((0, 0), (STEPS - 1, count - 1), (int(1.5 * STEPS / count), 1)):
        found = gradient.backward(writer, x, step)
        assert (found.step, found.output) == (STEPS - 1, int(written[0, row]))
        for layer, direction, each in gradient.cells(writer):
            for t, unit in ((0, 3), (STEPS // 2, 11), (STEPS - 1, 7)):
                at, losses = t if direction == "forward" else STEPS - 1 - t, []
                for much in (1e-5, -1e-5):
                    moved = torch.nn.functional.one_hot(torch.tensor(unit), 16) * much
                    each.edit = lambda now, name, value, at=at, moved=moved: (
                        value + moved if (name, now) == ("h", at) else None
                    )
                    with torch.no_grad():
                        y = writer(torch.tensor(x)[None], lengths, taught=written)[0]
                    each.edit = None
                    losses.append(float(-y[0, row].log_softmax(-1)[found.output]))
                wanted = (losses[0] - losses[1]) / 2e-5
                assert found.grads[Key("h", layer, direction)][t, unit] == pytest.approx(wanted, abs=1e-8)


def test_what_is_asked_about_is_the_likeliest_class_or_the_one_given() -> None:
    net, x = module(), sound()
    with torch.no_grad():
        shares = net(torch.tensor(x)[None], torch.tensor([STEPS]))[0][0, 20].softmax(-1)
    likeliest, other = gradient.backward(net, x, 20), gradient.backward(net, x, 20, 4)
    assert (likeliest.output, other.output) == (int(shares.argmax()), 4)
    assert other.share == pytest.approx(float(shares[4]))
    assert other.loss == pytest.approx(-np.log(float(shares[4])))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("knobs", KNOBS)
def test_the_parts_of_all_steps_add_up_to_the_gradient_of_the_weights(cell: str, knobs: dict[str, Any]) -> None:
    net, x = module(cell, **knobs), sound()
    found = gradient.backward(net, x, 12)
    y = net(torch.tensor(x)[None], torch.tensor([STEPS]))[0]  # without edits: torch's fused kernel
    row = found.step if y.shape[1] > 1 else 0
    (-y[0, row].log_softmax(-1)[found.output]).backward()
    for layer, direction, each in gradient.cells(net):
        core = each.core
        grads = {"W": core.weight_ih_l0.grad.numpy(), "U": core.weight_hh_l0.grad.numpy()}
        grads["b"] = torch.cat([core.bias_ih_l0.grad, core.bias_hh_l0.grad])[:, None].numpy()
        some = slice(STEPS // net.stride // 2, None) if direction == "forward" else slice(0, STEPS // 2)
        there = some.start if direction == "forward" else STEPS // 2 - 1
        for weights, wanted in grads.items():
            pairs = gradient.parts(found, layer, direction, weights)
            np.testing.assert_allclose(np.concatenate([a.T @ b for a, b in pairs]), wanted, rtol=0, atol=1e-9)
            norms = gradient.together(found, layer, direction, weights)
            part = np.concatenate([a[some].T @ b[some] for a, b in pairs])
            assert norms[there] == pytest.approx(np.linalg.norm(part), abs=1e-7)
            assert norms[0 if direction == "forward" else -1] == pytest.approx(np.linalg.norm(wanted), rel=1e-6)


@pytest.mark.parametrize("share", [0.3, 1.3])
def test_it_stops_at_any_step_there_or_back(share: float) -> None:
    net, x, looks = module(bidirectional=True), sound(), [0]
    most = int(share * 2 * 2 * STEPS)

    def stopped() -> bool:
        looks[0] += 1
        return looks[0] > most

    with pytest.raises(Stopped):
        gradient.backward(net, x, 20, stopped=stopped)
    assert looks[0] == most + 1
    assert all(cell.edit is None for *_, cell in gradient.cells(net))


def test_a_long_clip_is_followed_back_so_far_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    net, x = module(), sound(120)
    whole = gradient.backward(net, x, 100)
    monkeypatch.setattr(gradient, "REACH", 30)
    part = gradient.backward(net, x, 100)
    assert part.first == 71
    for key, each in part.grads.items():
        assert each.shape == whole.grads[key].shape
        np.testing.assert_allclose(each[71:], whole.grads[key][71:], atol=1e-12)
        assert not each[:71].any()
    for weights in "WUb":
        pairs = (gradient.parts(each, 1, "forward", weights) for each in (part, whole))
        mine, wanted = (np.concatenate([a[71:].T @ b[71:] for a, b in each]) for each in pairs)
        np.testing.assert_allclose(mine, wanted, atol=1e-12)


def test_forget_gates_multiply_to_the_gradient_along_the_cell_state() -> None:
    slope, product = gradient.highway(module(), sound(), 35)
    np.testing.assert_allclose(slope, product, atol=1e-12)
    assert np.all(slope[35] == 1.0)
    assert 0 < slope[34].mean() < 1
    assert not slope[36:].any()
    with pytest.raises(LookupError, match="GRU has no cell state"):
        gradient.highway(module("gru"), sound(), 35)


def quiet(radius: float) -> np.ndarray:
    """||dL/dh_t|| of a linear RNN: without sound and biases a tanh stays where it is its own argument."""
    net = module("rnn", layers=1)
    with torch.no_grad():
        for name in ("bias_ih_l0", "bias_hh_l0"):
            getattr(net.layers[0].forwards.core, name).zero_()
    gradient.rescale(net, radius)
    found = gradient.backward(net, np.zeros((100, INPUTS)), 99)
    return np.linalg.norm(found.grads[Key("h", 1)], axis=1)


def test_the_slope_of_a_linear_rnn_falls_with_the_radius() -> None:
    radii = (1.5, 1.25, 1.0, 0.75, 0.5)
    slopes = [gradient.slope(quiet(radius), 99) for radius in radii]
    assert slopes == sorted(slopes, reverse=True)
    np.testing.assert_allclose(slopes, np.log(radii), atol=0.03)
    assert gradient.horizon(quiet(0.5), 99) < gradient.horizon(quiet(0.75), 99) < gradient.horizon(quiet(1.0), 99)


def test_an_rnn_forgets_a_copy_task_of_a_hundred_steps() -> None:
    """From the answer back to the tone it is about the gradient falls by powers of ten: nearly nothing arrives."""
    task = copy.build(copy.Settings(symbols=2, delay=85))
    symbols, classes = task.item("test", 0)
    (asked,), (tone,) = np.flatnonzero(classes), np.flatnonzero((symbols == 1) | (symbols == 2))
    assert (len(symbols), asked - tone) == (100, 86)
    settings = Settings(cell="rnn", hidden=32, layers=1)
    fresh = build.fresh("recurrent", settings, task.table.shape[1], len(task.vocabulary), 0)
    x = task.table[symbols].astype(np.float64)
    found = gradient.backward(gradient.doubled(fresh), x, int(asked), int(classes[asked]))
    norms = np.linalg.norm(found.grads[Key("h", 1)], axis=1)[tone : asked + 1]
    back = np.arange(len(norms))[::-1]
    assert np.polyfit(back, np.log(norms), 1)[0] < -0.05
    assert gradient.slope(norms, len(norms) - 1) < -0.05
    assert norms[0] < 1e-3 * norms[-1]


@pytest.mark.parametrize("radius", [0.6, 1.0, 1.4])
def test_no_step_decays_less_than_its_bound(radius: float) -> None:
    net, x = module("rnn"), 0.3 * sound(60)
    gradient.rescale(net, radius)
    found = gradient.backward(net, x, 59)
    norms = np.linalg.norm(found.grads[Key("h", 2)], axis=1)  # nothing comes to the upper layer but through time
    bound = gradient.bound(net, found.values[Key("h", 2)], 2, "forward")
    ratio = norms[:59] / norms[1:60]
    assert np.all(ratio <= bound[1:60] * (1 + 1e-9))
    assert ratio.max() > 0.2 * bound.max(), "and it is not so wide as to say nothing"


@pytest.mark.parametrize("radius", [0.6, 1.0, 1.4])
@pytest.mark.parametrize("layers", [1, 3])
def test_all_layers_together_stay_below_their_limits(radius: float, layers: int) -> None:
    net, x = module("rnn", layers), 0.3 * sound(60)
    gradient.rescale(net, radius)
    found = gradient.backward(net, x, 50)
    most = gradient.limits(net, found)
    assert most is not None
    norms = np.sqrt(sum(np.square(found.grads[Key("h", each)]).sum(1) for each in range(1, layers + 1)))
    assert np.all(norms <= most * (1 + 1e-9))
    assert not most[51:].any()
    if layers == 1:
        assert most[50] == pytest.approx(norms[50])
        assert most[49] < 3 * norms[49], "it says something"
        bound = gradient.bound(net, found.values[Key("h", 1)], 1, "forward")
        np.testing.assert_allclose(most[40:50] / most[41:51], bound[41:51])


@pytest.mark.parametrize(
    "knobs", [{"cell": "gru"}, {"bidirectional": True}, {"residual": True}, {"readout": "mean"}]
)
def test_other_networks_have_no_such_limits(knobs: dict[str, Any]) -> None:
    net = module(**({"cell": "rnn"} | knobs))
    assert gradient.limits(net, gradient.backward(net, sound(), 20)) is None


def test_rescaling_sets_the_radius_of_every_gate() -> None:
    net = module("lstm", bidirectional=True)
    gradient.rescale(net, 1.2)
    for _, _, cell in gradient.cells(net):
        for part in cell.core.weight_hh_l0.split(32):
            assert float(torch.linalg.eigvals(part.detach()).abs().max()) == pytest.approx(1.2)


def test_the_horizon_is_the_earliest_step_with_a_hundredth_of_the_greatest_norm() -> None:
    norms = 10.0 ** np.array([-6, -5, -1.9, -4, -1, 0, -1])
    assert gradient.horizon(norms, 6) == 4
    assert gradient.horizon(norms, 6, 0.5) == 1
    assert gradient.horizon(np.zeros(5), 4) == 0


def test_other_weights_give_another_gradient() -> None:
    net, x = module(), sound()
    before = gradient.backward(net, x, 30, 2)
    with torch.no_grad():
        for each in net.parameters():
            each.copy_(each.flatten()[torch.randperm(each.numel())].reshape(each.shape))
    after = gradient.backward(net, x, 30, 2)
    key = Key("h", 1)
    assert np.abs(before.grads[key] - after.grads[key]).max() > 1e-3 * np.abs(before.grads[key]).max()
