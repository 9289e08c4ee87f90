"""Attributions are complete, exact where they can be, and about the network that they were asked of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from engine import build, checkpoint, infer
from engine.asset import open_bundled
from engine.events import Traced
from engine.links import default_sound_chain
from engine.models.recurrent import Settings
from engine.probes import attribution, gradient
from engine.trace import Key

if TYPE_CHECKING:
    from collections.abc import Generator


def module(**knobs: Any) -> Any:
    return gradient.doubled(build.fresh("recurrent", Settings(hidden=32, **knobs), 6, 5, 0))


def sound(frames: int = 40) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(frames, 6))


def integrated(*asked: Any) -> attribution.Attribution:
    found: list[attribution.Attribution] = []

    def steps() -> Generator[None, Any, None]:
        found.append((yield from attribution.integrated(*asked)))

    list(steps())
    return found[0]


def odds(net: Any, x: np.ndarray, row: int, output: int) -> float:
    with torch.no_grad():
        share = net(torch.tensor(x)[None], torch.tensor([len(x)]))[0][0, row].softmax(-1)[output]
    return float(torch.log(share / (1 - share)))


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    """What the bundled digit networks hear of the bundled digits [T, F]."""
    net, clip = checkpoint.open_network("digits-lstm-128"), open_bundled("digits")
    asked = infer.Inspection(clip, default_sound_chain(), None, net, 0.0, 3.0, "cpu")
    found = list(infer.run(asked))[-1]
    assert isinstance(found, Traced)
    return found.trace.series[Key("features")].values


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(
    "knobs", [{}, {"bidirectional": True}, {"stack": 3, "attention": "self", "window": 8}, {"readout": "mean"}]
)
def test_integrated_gradients_are_complete(cell: str, knobs: dict[str, Any]) -> None:
    net, x = module(cell=cell, **knobs), sound()
    found = integrated(net, x, 10)
    row = 10 if knobs.get("readout") is None else 0
    gain = odds(net, x, row, found.output) - odds(net, 0 * x, row, found.output)
    assert found.values.sum() == pytest.approx(gain, rel=0.01)
    assert found.gain == pytest.approx(gain)
    assert found.error < 0.01
    if net.lookahead is not None:
        assert not found.values[11 * net.stride :].any(), "what comes later has no part in it"


@pytest.mark.parametrize("name", ["digits-rnn-128", "digits-lstm-128", "digits-gru-128"])
def test_and_so_they_are_for_the_networks_that_come_along(name: str, features: np.ndarray) -> None:
    net = build.build(checkpoint.open_network(name))
    for step in (26, 34, 60, 90):  # in a digit, at its end, and where the network waits
        found = integrated(net, features, step)
        assert found.error < 0.01, (name, step, found.nodes)
        assert found.nodes < attribution.MOST


def test_gradient_times_input_is_that_of_autograd() -> None:
    net, x = module(), sound()
    found = attribution.gradient_times_input(net, x, 20, 3)
    leaf = torch.tensor(x, requires_grad=True)
    share = net(leaf[None], torch.tensor([len(x)]))[0][0, 20].softmax(-1)[3]
    torch.log(share / (1 - share)).backward()
    assert leaf.grad is not None
    np.testing.assert_allclose(found.values, x * leaf.grad.numpy(), atol=1e-12)
    assert (found.output, found.step) == (3, 20)


def test_of_a_straight_line_both_are_exact() -> None:
    """A network whose cells work where a tanh is straight: tiny weights below the head."""
    net, x = module(cell="rnn", layers=1), sound()
    with torch.no_grad():
        for value in net.parameters():
            value *= 1e-4
    for found in (attribution.gradient_times_input(net, x, 20), integrated(net, x, 20)):
        assert found.values.sum() == pytest.approx(found.gain, rel=1e-3)


def test_a_long_clip_is_attributed_as_far_back_as_it_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradient, "REACH", 30)
    found = integrated(module(), sound(120), 100)
    assert not found.values[:71].any()
    assert found.error < 0.01


def test_other_weights_attribute_otherwise() -> None:
    net, x = module(), sound()
    before = integrated(net, x, 20, 1).values
    with torch.no_grad():
        for each in net.parameters():
            each.copy_(each.flatten()[torch.randperm(each.numel())].reshape(each.shape))
    after = integrated(net, x, 20, 1).values
    assert abs(np.corrcoef(before.ravel(), after.ravel())[0, 1]) < 0.9
