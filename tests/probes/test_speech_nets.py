"""Gradients and edits of networks whose recurrent layers stand above convolutions or dense layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from engine import build, catalog, placing, rerun
from engine.probes import gradient
from engine.probes.record import Recorder
from engine.surgery import Edit
from engine.trace import Direction, Key
from tests.test_rerun import RATE, keep, recursion

INPUTS, CLASSES, FRAMES, UNITS = 20, 5, 64, 12
NETS: dict[str, tuple[str, dict[str, Any]]] = {
    "CRNN": ("crnn", {"channels": 8, "layers": 2}),
    "CRNN, GRU, separable": ("crnn", {"channels": 8, "layers": 2, "cell": "gru", "separable": True}),
    "CRNN, RNN, both ways": ("crnn", {"channels": 8, "layers": 2, "cell": "rnn", "bidirectional": True}),
    "Deep Speech": ("deepspeech", {"context": 0, "dropout": 0.0}),
    "Deep Speech, context": ("deepspeech", {"context": 2}),
    "Deep Speech 2": ("deepspeech2", {"channels": 4, "blocks": 1, "layers": 2}),
}


def made(name: str) -> Any:
    model, knobs = NETS[name]
    settings = catalog.load("models", model).Settings(hidden=UNITS, **knobs)
    module: Any = build.fresh(model, settings, INPUTS, CLASSES, 4)
    with torch.no_grad():
        for each in module.layers.parameters():  # lively units
            each.mul_(1.5)
    return module.eval()


def sound() -> np.ndarray:
    return np.random.default_rng(2).standard_normal((FRAMES, INPUTS))


@pytest.mark.parametrize("name", NETS)
def test_a_state_that_is_moved_changes_the_loss_by_its_gradient(name: str) -> None:
    """Finite differences, of a copy in float64 whose cells are moved by hand."""
    net, x = gradient.doubled(made(name)), sound()
    steps = -(-FRAMES // net.stride)
    found = gradient.backward(net, x, steps - 5)
    felt = 0
    for layer, direction, cell in gradient.cells(net):
        for at, unit in ((1, 3), (steps // 2, 7), (steps - 6, 1)):
            losses = []
            for much in (1e-5, -1e-5):
                moved = torch.nn.functional.one_hot(torch.tensor(unit), UNITS) * much
                now = at if direction == "forward" else steps - 1 - at

                def edit(
                    t: int, what: str, value: torch.Tensor, now: int = now, moved: torch.Tensor = moved
                ) -> Any:
                    return value + moved if (what, t) == ("h", now) else None

                cell.edit = edit
                with torch.no_grad():
                    y = net(torch.tensor(x)[None], torch.tensor([FRAMES]))[0]
                cell.edit = None
                losses.append(float(-y[0, found.step].log_softmax(-1)[found.output]))
            wanted = (losses[0] - losses[1]) / 2e-5
            got = found.grads[Key("h", layer, direction)][at, unit]
            assert got == pytest.approx(wanted, abs=1e-8), (layer, direction, at, unit)
            felt += abs(wanted) > 1e-6
    assert felt >= 2


@pytest.mark.parametrize("name", NETS)
def test_a_gate_that_is_set_acts_as_in_the_plain_recursion(name: str) -> None:
    """From what layer 1 reads, a recursion in NumPy makes the same states; what follows hears of it."""
    net, x = made(name), sound().astype(np.float32)
    recorder = Recorder()
    with torch.inference_mode():
        y = net(torch.tensor(x[None]), torch.tensor([FRAMES]), probe=recorder)[0][0].numpy()
    plain, steps = recorder.values, len(y)
    gate = {"lstm": "f", "gru": "z", "rnn": "h"}[net.settings.cell]
    edit = Edit("set", 3.5 / RATE, 8.5 / RATE, gate, 1, value=0.25)
    edited, logits = rerun.rerun(net, x, plain, placing.place((edit,), net.settings, 0.0, RATE, steps))

    def put(t: int, each: str, value: np.ndarray, seen: Any) -> np.ndarray:
        return np.full_like(value, 0.25) if each == gate and 4 <= t < 9 else value

    ways: tuple[Direction, ...] = ("forward", "backward") if net.settings.bidirectional else ("forward",)
    heard = plain[Key("input", 1)]
    for way, what in ((ways[0], put), *((each, keep) for each in ways[1:])):
        for series, wanted in recursion(net, 1, way, heard, what).items():
            key = Key(series if series in "hc" else f"gate.{series}", 1, way)
            np.testing.assert_allclose(edited[key], wanted, rtol=1e-5, atol=5e-6, err_msg=str(key))
    changed = np.abs(logits - y).max(axis=1) > 1e-5
    assert changed[4:9].any()
    if not net.settings.bidirectional:
        assert not changed[:4].any(), "what was said before cannot hear of it"
    top = np.concatenate([edited[Key("h", net.settings.layers, each)] for each in ways], 1)
    with torch.no_grad():
        wanted = net.read(torch.tensor(top[None]), torch.tensor([steps]))[0][0].numpy()
    np.testing.assert_allclose(logits, wanted, rtol=0, atol=1e-5)
