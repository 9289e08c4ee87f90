"""The network from scratch is one like any other: the recurrent one's numbers, trained, probed and edited."""

from __future__ import annotations

import dataclasses
import itertools
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from engine import asset, build, checkpoint, infer, passes
from engine.events import Traced
from engine.models import recurrent, scratch
from engine.probes import gradient
from engine.probes.terms import terms
from engine.scratch.exchange import CELLS, from_torch
from engine.stepper import Stepper
from engine.surgery import Edit
from engine.trace import Key
from engine.trainer import Trainer
from tests.trainers import batch_of, small

if TYPE_CHECKING:
    from engine.network import Network

INPUTS, OUTPUTS, HIDDEN, FRAMES = 6, 4, 16, 40
CELLS_OF = ({"cell": "rnn"}, {"cell": "lstm"}, {"cell": "gru"}, {"cell": "gru", "variant": "seed"})
TORCHS = CELLS_OF[:3]
IDS = ("rnn", "lstm", "gru", "gru-seed")


def made(**knobs: Any) -> Any:
    return build.fresh("scratch", scratch.Settings(hidden=HIDDEN, **knobs), INPUTS, OUTPUTS, 0).double()


def twin(**knobs: Any) -> Any:
    return build.fresh("recurrent", recurrent.Settings(hidden=HIDDEN, **knobs), INPUTS, OUTPUTS, 0).double()


def frames(requires: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(3, FRAMES, INPUTS, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return x.requires_grad_(requires), torch.tensor([FRAMES, 21, 33])


def network(trained: bool = True, **knobs: Any) -> Network:
    net = checkpoint.untrained("phonemes", scratch.Settings(hidden=HIDDEN, **knobs), model="scratch")
    return dataclasses.replace(net, weights=build.weights(build.build(net))) if trained else net


def traced(net: Network, *edits: Edit) -> Traced:
    clip = asset.open_bundled("phonemes")
    found = infer.run(infer.Inspection(clip, (), None, net, 0.0, 1.0, "cpu", edits))
    return [each for each in found if isinstance(each, Traced)][-1]


@pytest.mark.parametrize("knobs", TORCHS, ids=IDS[:3])
@pytest.mark.parametrize("more", [{"layers": 1}, {"layers": 3}, {"layers": 2, "bidirectional": True}])
def test_it_is_the_recurrent_network(knobs: Any, more: Any) -> None:
    """From the same seed: outputs, state, and the gradient by every weight and by the input."""
    ours, theirs = made(**knobs, **more), twin(**knobs, **more)
    found = []
    for module in (ours, theirs):
        x, lengths = frames(requires=True)
        y, steps, state = module.train()(x, lengths)
        real = torch.arange(FRAMES)[None] < steps[:, None]
        y[real].square().sum().backward()
        grads = {name: each.grad for name, each in module.named_parameters()}
        found.append((y[real].detach(), state[0][0][0].detach(), x.grad, grads))
    for mine, other in zip(found[0][:3], found[1][:3], strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-9)
    assert found[0][3].keys() == found[1][3].keys()
    for name, mine in found[0][3].items():
        torch.testing.assert_close(mine, found[1][3][name], rtol=0, atol=1e-9, msg=name)


@pytest.mark.parametrize("knobs", CELLS_OF, ids=IDS)
def test_the_three_paths_and_the_probe_agree(knobs: Any) -> None:
    """NumPy's own gates, those replayed by torch, and those of the loop."""
    cell = made(**knobs).layers[0].forwards.eval()
    x, _ = frames()
    lengths = torch.full((3,), FRAMES)
    state = tuple(0.3 * torch.ones(3, HIDDEN, dtype=torch.float64) for _ in cell.init_state(3))
    kind = CELLS[cell.core.kind]
    names = {name.removesuffix("_l0"): each.numpy() for name, each in cell.core.state_dict().items()}
    own = kind(from_torch(kind, names))
    own.forward(x.numpy().transpose(1, 2, 0).copy(), tuple(each.numpy().T.copy() for each in state))
    with torch.no_grad():
        h, after = cell(x, lengths, state)
        replayed = {"h": h} | cell.replay(x, h, state)
        looped, ends = cell.loop(x, lengths, state)
    assert replayed.keys() == own.seen().keys()
    for name, each in own.seen().items():
        np.testing.assert_allclose(replayed[name], each.transpose(2, 0, 1), rtol=0, atol=1e-12, err_msg=name)
    torch.testing.assert_close(looped, h, rtol=0, atol=1e-12)
    for one, other in zip(after, ends, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("knobs", CELLS_OF, ids=IDS)
def test_a_graph_may_be_gone_through_twice(knobs: Any) -> None:
    module = made(**knobs)
    x, lengths = frames(requires=True)
    y = module(x, lengths)[0]
    first, again = (torch.autograd.grad(y.sum(), [x, *module.parameters()], retain_graph=True) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("knobs", TORCHS, ids=IDS[:3])
def test_truncated_bptt_is_the_recurrent_networks(knobs: Any) -> None:
    found = []
    for module in (made(**knobs, layers=2), twin(**knobs, layers=2)):
        y, _ = passes.joined(passes.through(module.train(), module.stride, *frames(), stretch=9))
        found.append(torch.autograd.grad(y.square().sum(), list(module.parameters())))
    for mine, other in zip(*found, strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-9)


@pytest.mark.parametrize("knobs", CELLS_OF, ids=IDS)
def test_live_steps_are_the_same_numbers(knobs: Any) -> None:
    module = made(**knobs, layers=2).float().eval()
    x, seen = torch.randn(1, 30, INPUTS), dict[Key, np.ndarray]()
    with torch.no_grad():
        y = module(x, torch.tensor([30]), None, lambda key, value: seen.update({key: value[0].numpy()}))[0]
    settings = scratch.Settings(hidden=HIDDEN, layers=2, **knobs)
    net: Any = SimpleNamespace(
        name="x", settings=settings, live=True, weights=build.weights(module), inputs=INPUTS, vocabulary="abcd"
    )
    logits, values = Stepper(net).push(x[0].numpy())
    np.testing.assert_allclose(logits, y[0], atol=1e-5)
    assert values.keys() == seen.keys()
    for key, value in values.items():
        np.testing.assert_allclose(value, seen[key], atol=1e-5, err_msg=str(key))


@pytest.mark.parametrize("knobs", CELLS_OF, ids=IDS)
def test_the_terms_of_a_gate_add_up(knobs: Any) -> None:
    net = network(**knobs, layers=2)
    trace = traced(net).trace
    for layer, frame, unit in itertools.product((1, 2), (0, 9), (0, HIDDEN - 1)):
        for name, found in terms(net, trace, layer, "forward", unit, frame).items():
            squashed = np.tanh(found.sum) if name in "hgn" else 1 / (1 + np.exp(-found.sum))
            key = Key("h" if name == "h" else f"gate.{name}", layer)
            assert squashed == pytest.approx(float(trace.series[key].values[frame, unit]), abs=1e-5)


@pytest.mark.parametrize("knobs", CELLS_OF, ids=IDS)
def test_states_are_edited_and_gradients_followed(knobs: Any) -> None:
    net = network(**knobs)
    plain, edited = traced(net), traced(net, Edit("set", 0.3, 0.6, "h", 1, value=0.0))
    before, after = (found.trace.series[Key("h", 1)] for found in (plain, edited))
    inside = slice(before.frame(0.32), before.frame(0.58))
    assert not after.values[inside].any()
    assert before.values[inside].any()
    module = gradient.doubled(build.build(net))
    x = np.asarray(plain.trace.series[Key("features")].values)
    found = gradient.backward(module, x, 20)
    norms = np.linalg.norm(found.grads[Key("h", 1)], axis=1)
    assert norms[20] > 0
    assert not norms[21:].any()


@pytest.mark.parametrize("knobs", CELLS_OF, ids=IDS)
def test_it_is_kept_as_a_checkpoint(knobs: Any, tmp_path: Any) -> None:
    net = network(**knobs)
    back = checkpoint.load(checkpoint.save(net, tmp_path / "net.safetensors"))
    assert (back.model, back.settings) == ("scratch", net.settings)
    for name, each in (net.weights or {}).items():
        np.testing.assert_array_equal((back.weights or {})[name], each)


def test_the_trainer_takes_the_same_steps_with_it() -> None:
    """Batches, loss, clipping and optimiser are the program's own; only who multiplies differs."""
    found = []
    for name, model in (
        ("scratch", scratch.Settings(cell="lstm")),
        ("recurrent", recurrent.Settings(hidden=32, layers=1)),
    ):
        recipe = dataclasses.replace(small(), model=name, model_settings=model)
        trainer = Trainer(recipe, "cpu")
        found.append([trainer.step(number, batch_of(trainer, number)).loss for number in (1, 2, 3, 4)])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4)


@pytest.mark.parametrize("more", [{"packing": "packed"}, {"accumulate": 2}, {"bptt": 20}])
def test_the_trainers_knobs_act_on_it(more: Any) -> None:
    recipe = dataclasses.replace(small(**more), model="scratch", model_settings=scratch.Settings(cell="gru"))
    trainer = Trainer(recipe, "cpu")
    losses = [trainer.step(number, batch_of(trainer)).loss for number in range(1, 13)]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("knobs", CELLS_OF, ids=IDS)
def test_the_gradients_of_the_weights_come_together(knobs: Any) -> None:
    """What the echo draws, step by step, ends with the norm that autograd finds through NumPy's backward."""
    module = made(**knobs).eval()
    x, step = frames()[0][0].numpy(), 25
    found = gradient.backward(module, x, step)
    y = module(torch.from_numpy(x[None, : step + 1]), torch.tensor([step + 1]))[0]
    y[0, step].log_softmax(-1)[found.output].backward()
    core = module.layers[0].forwards.core
    for weights, names in {"W": ["weight_ih"], "U": ["weight_hh"], "b": ["bias_ih", "bias_hh"]}.items():
        each = [one.grad.flatten() for name in names if (one := getattr(core, f"{name}_l0")) is not None]
        wanted = float(torch.cat(each).norm()) if each else 0.0
        assert gradient.together(found, 1, "forward", weights)[0] == pytest.approx(wanted, rel=1e-9)
