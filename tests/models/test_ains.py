"""The AINS network: the learning plan's own numbers, what its fusion changes, and what edits of its states do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engine import build, checkpoint, counting, placing, rerun
from engine.layer import cells
from engine.models import ains
from engine.probes.record import Recorder
from engine.stepper import Stepper
from engine.surgery import Edit
from engine.trace import Key

INPUTS, FRAMES = 10, 24
FUSIONS = ("sum", "full", "compact", "lowrank", "attention")


def made(outputs: int = INPUTS, seed: int = 0, **knobs: Any) -> Any:
    settings = ains.Settings(hidden=8, rank=8, sketch=256).but(**knobs)
    return build.fresh("ains", settings, INPUTS, outputs, seed).eval()


def heard(module: Any, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        y: torch.Tensor = module(x, torch.full((len(x),), x.shape[1]))[0]
    return y


class Plan(nn.Module):
    """The network as the learning plan writes it, but for batch_first, which its comments need."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        more: dict[str, Any] = {"num_layers": 2, "bidirectional": True, "batch_first": True}
        self.lstm1 = nn.LSTM(inputs, hidden, **more)
        self.lstm2 = nn.LSTM(inputs, hidden, **more)
        self.bilinear = nn.Bilinear(hidden * 2, hidden * 2, hidden)
        self.mask_net = nn.Sequential(
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, inputs), nn.Sigmoid()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mask: torch.Tensor = self.mask_net(self.bilinear(self.lstm1(x)[0], self.lstm2(x)[0]))
        return mask


def test_the_faithful_one_is_the_plans() -> None:
    """K240: shapes and numbers of two layers in both directions, nn.Bilinear(2h, 2h, h) and the mask net."""
    module, plan = made(causal=False, fusion="full"), Plan(INPUTS, 8)
    theirs: dict[str, torch.Tensor] = {}
    for number, layer in enumerate(module.layers):
        stream = f"lstm{1 + number // 2}"
        for way, cell in {"": layer.forwards, "_reverse": layer.backwards}.items():
            for name, value in cell.core.named_parameters():
                theirs[f"{stream}.{name[:-1]}{number % 2}{way}"] = value
    ends = {"bilinear": module.fusion, "mask_net.0": module.net, "mask_net.2": module.out}
    theirs |= {f"{place}.{name}": value for place, end in ends.items() for name, value in end.named_parameters()}
    plan.load_state_dict(theirs)
    x = torch.randn(3, FRAMES, INPUTS)
    with torch.no_grad():
        torch.testing.assert_close(heard(module, x).sigmoid(), plan(x), rtol=0, atol=1e-6)
    assert sum(each.numel() for each in module.parameters()) == sum(each.numel() for each in plan.parameters())


def test_full_pooling_grows_with_the_cube() -> None:
    """K240, K363: 4 h^3 + h, and what is asked from 128 units on."""
    assert counting.full_pooling(2 * 128, 128) == 8_388_736
    assert counting.full_pooling(2 * 256, 256) == 67_109_120
    module = made(causal=False, fusion="full")
    assert sum(each.numel() for each in module.fusion.parameters()) == 4 * 8**3 + 8
    full = ains.Settings(fusion="full", causal=False, hidden=128)
    assert "8,388,736" in ains.costly(full)
    assert "4 h³ + h" in ains.costly(full)
    assert "2,097,280" in ains.costly(full.but(causal=True))
    assert not ains.costly(full.but(hidden=127))
    assert not ains.costly(full.but(fusion="lowrank"))


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("stacked", [True, False])
def test_layers_are_counted_as_they_are(causal, stacked) -> None:
    module = made(causal=causal, stacked=stacked)
    sizes = counting.sizes(module.settings, INPUTS)
    assert len(sizes) == len(module.layers) == 4
    for size, layer in zip(sizes, module.layers, strict=True):
        one = sum(each.numel() for each in layer.forwards.parameters())
        assert size.plan["lstm"] + size.biases["lstm"] == one


def test_another_fusion_changes_nothing_else() -> None:
    """K225: with the same seed, all weights but those of the pooling node are the same."""
    weights = {kind: build.weights(made(fusion=kind)) for kind in ("sum", "full", "attention", "lowrank")}
    for kind, each in weights.items():
        same = [name for name in each if not name.startswith("fusion.")]
        if kind != "lowrank":
            assert set(same) == set(weights["sum"])
        assert all(np.array_equal(each[name], weights["sum"][name]) for name in same), kind


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("causal", [True, False])
def test_two_clips_that_change_places_change_answers(fusion, causal) -> None:
    """K362: nothing leaks from one clip of a batch to another."""
    module, x = made(fusion=fusion, causal=causal), torch.randn(2, FRAMES, INPUTS)
    assert torch.equal(heard(module, x).flip(0), heard(module, x.flip(0)))


def test_the_probe_sees_both_streams() -> None:
    """K224, K226: h of every layer, and the two vectors whose products are pooled."""
    module, x, seen = made(stacked=True, depth=1), torch.randn(1, FRAMES, INPUTS), Recorder()
    with torch.no_grad():
        module(x, torch.tensor([FRAMES]), probe=seen)
    np.testing.assert_array_equal(seen.values[Key("f1")], seen.values[Key("h", 1)])
    np.testing.assert_array_equal(seen.values[Key("f2")], seen.values[Key("h", 2)])
    f1, f2 = seen.values[Key("f1")], seen.values[Key("f2")]
    u, v = (each.weight.detach().numpy() for each in (module.fusion.u, module.fusion.v))
    np.testing.assert_allclose(seen.values[Key("fusion")], (f1 @ u.T) * (f2 @ v.T), atol=1e-6)


@pytest.mark.parametrize("stacked", [True, False])
@pytest.mark.parametrize("layer", [1, 2, 3, 4])
@pytest.mark.parametrize("causal", [True, False])
def test_an_edited_gate_is_as_in_the_loop(stacked, layer, causal) -> None:
    """A gate that is forced in any layer of either stream changes what a step by step run with it changes."""
    module = made(stacked=stacked, causal=causal, seed=4)
    x = np.random.default_rng(1).standard_normal((FRAMES, INPUTS)).astype(np.float32)
    plain = Recorder()
    with torch.inference_mode():
        before = module(torch.from_numpy(x[None]), torch.tensor([FRAMES]), probe=plain)[0]
    edit = Edit(start=0.045, stop=0.105, name="f", layer=layer, value=0.0, how="set")
    placed = placing.place([edit], module.settings, 0.0, 100.0, FRAMES)
    found, logits = rerun.rerun(module, x, plain.values, placed)

    def shut(t: int, name: str, value: torch.Tensor) -> torch.Tensor | None:
        return torch.zeros_like(value) if name == "f" and 5 <= t < 11 else None

    cell = {(number, way): each for number, way, each in cells(module)}[layer, "forward"]
    cell.edit = shut
    with torch.inference_mode():
        wanted = module(torch.from_numpy(x[None]), torch.tensor([FRAMES]))[0]
    assert not torch.allclose(wanted, before, atol=1e-5)
    np.testing.assert_allclose(logits, wanted[0].numpy(), atol=1e-5)
    assert not found[Key("gate.f", layer)][5:11].any()


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("stacked", [True, False])
def test_live_it_steps_in_numpy(fusion, stacked) -> None:
    """Pieces of any length through the NumPy stepper: what the whole pass in torch makes, and the same seen."""
    network = checkpoint.untrained(
        "phonemes", ains.Settings(fusion=fusion, hidden=8, rank=8, window=8, stacked=stacked), model="ains"
    )
    x = np.random.default_rng(7).standard_normal((FRAMES, network.inputs)).astype(np.float32)
    recorder, module = Recorder(), build.build(network)
    with torch.inference_mode():
        wanted = module(torch.from_numpy(x[None]), torch.tensor([FRAMES]), probe=recorder)[0][0].numpy()
    stepper = Stepper(network)
    stepper.push(x)
    stepper.reset()
    found = [stepper.push(piece) for piece in np.split(x, [1, 3, 10, 22])]
    np.testing.assert_allclose(np.concatenate([y for y, _ in found]), wanted, atol=1e-5)
    assert set(found[0][1]) == set(recorder.values)
    for key, value in recorder.values.items():
        seen = np.concatenate([each[key] for _, each in found])
        np.testing.assert_allclose(seen, value, atol=1e-5, err_msg=str(key))
