"""Shapes that are told are those of the files and of what is seen at run time, for every preset and model."""

from __future__ import annotations

import dataclasses
import itertools
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app import cli
from app import shapes as command
from engine import build, catalog, checkpoint, infer, recipe, shapes
from engine.clip import from_array
from engine.events import Traced
from engine.models.recurrent import Settings
from engine.trace import Key

if TYPE_CHECKING:
    from engine.network import Network

NO_TENSORS_OF_THE_NETWORK = {"picture", "features.unmasked", "truth", "loss"}
SATURATED = 30.0


def seen(network: Network, seconds: float = 0.5) -> dict[Key, tuple[int, ...]]:
    """What an inspection shows of half a second of noise."""
    rate = round(build.task_of(network).rate)
    noise = 0.1 * np.random.default_rng(0).normal(size=(round(seconds * rate), 1)).astype(np.float32)
    clip = from_array(noise, rate, "noise", ())
    asked = infer.Inspection(clip, network.frontend, None, network, 0.0, clip.seconds, "cpu")
    *_, found = infer.run(asked)
    assert isinstance(found, Traced)
    series = found.trace.series.items()
    return {key: each.values.shape for key, each in series if key.name not in NO_TENSORS_OF_THE_NETWORK}


def check(network: Network) -> None:
    told = shapes.weights(network)
    arrays = network.weights if network.weights is not None else build.weights(build.build(network))
    assert {each.name: each.sizes for each in told} == {name: each.shape for name, each in arrays.items()}
    found = seen(network)
    series = dict(shapes.series(network, found[Key("features")][0]))
    for each in (*told, *series.values()):
        assert len(each.axes) == len(each.sizes)
        assert not any(axis.startswith("axis ") for axis in each.axes), f"{each.name} has an axis without a name"
    assert series.keys() == found.keys()
    for key, shape in found.items():
        told_of = zip(series[key].axes, series[key].sizes, shape, strict=True)
        # How much is written depends on the sound.
        assert all(axis == "output" or size == real for axis, size, real in told_of), key


@pytest.mark.parametrize("name", sorted({*recipe.bundled(), *checkpoint.bundled()}))
def test_every_preset(name: str) -> None:
    network = command.opened(name)
    task = catalog.load("tasks", network.task)
    if hasattr(network.task_settings, "clips"):  # no clip of it is heard
        network = dataclasses.replace(network, task_settings=network.task_settings.but(clips=10))
    assert task.TIER or task.METRIC in ("noise left", "other voice left")
    check(network)


@pytest.mark.parametrize("model", catalog.names("models"))
def test_every_model(model: str) -> None:
    check(checkpoint.untrained("phonemes", catalog.load("models", model).Settings(), None, model))


KNOBS = itertools.product(
    ("rnn", "lstm", "gru"), (False, True), ("none", "pooling", "self"), ("frames", "last", "attention")
)


@pytest.mark.parametrize(("cell", "both", "attention", "readout"), list(KNOBS)[::4])
def test_every_kind_of_recurrent_network(cell: str, both: bool, attention: str, readout: str) -> None:
    knobs = dict(cell=cell, bidirectional=both, attention=attention, readout=readout)
    check(checkpoint.untrained("phonemes", Settings(hidden=32, layers=3, stack=2, window=8, **knobs)))  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["recurrent", "scratch"])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_rows_of_a_gate_are_where_its_name_says(model: str, cell: str) -> None:
    settings = catalog.load("models", model).Settings(cell=cell, hidden=16, layers=1)
    network = checkpoint.untrained("phonemes", settings, None, model)
    module = build.build(network)
    name = "layers.0.forwards.core.bias_ih_l0"
    (shape,) = (each for each in shapes.weights(network) if each.name == name)
    gates = shape.axes[0].removeprefix("gate ").removesuffix(", unit")
    for place, gate in enumerate(gates):
        weights: dict[str, Any] = {key: np.zeros_like(each) for key, each in build.weights(module).items()}
        weights[name][place * 16 : (place + 1) * 16] = SATURATED
        forced = dataclasses.replace(network, weights=MappingProxyType(weights), id=f"forced {gate}")
        open_ = {key.name for key, share in _shares(forced).items() if share > 0.99}
        assert open_ & {f"gate.{each}" for each in gates} == {f"gate.{gate}"}


def _shares(network: Network) -> dict[Key, float]:
    """The least value of each series."""
    clip = from_array(np.zeros((8000, 1), np.float32), 16000, "silence", ())
    *_, found = infer.run(infer.Inspection(clip, network.frontend, None, network, 0.0, 0.5, "cpu"))
    assert isinstance(found, Traced)
    return {key: float(each.values.min()) for key, each in found.trace.series.items()}


def test_the_command_prints_names_axes_and_shapes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["shapes", "digits-lstm-128", "--frames", "99"]) == 0
    said = capsys.readouterr().out
    line = next(each for each in said.splitlines() if "layers.0.forwards.core.weight_ih_l0" in each)
    assert "512 x 120" in line
    assert "[gate ifgo, unit, input]" in line
    line = next(each for each in said.splitlines() if "head.weight" in each)
    assert "[class, input]" in line
    assert cli.main(["shapes", "phonemes-scratch-lstm-32", "--frames", "7", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"name": "gate.f layer 1", "axes": ["frame", "unit"], "shape": [7, 32], "milliseconds": 10.0} in found[
        "series"
    ]
    weights = {each["name"]: each for each in found["weights"]}
    assert weights["layers.0.forwards.core.weight_hh_l0"]["axes"] == ["gate ifgo, unit", "state before"]


def test_what_is_neither_recipe_nor_checkpoint_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["shapes", "digits-lstm-32", "--frames", "0"]) == cli.USAGE
    assert "at least 1" in capsys.readouterr().err
    assert cli.main(["shapes", "nothing"]) == cli.BAD_FILE
    assert "nothing" in capsys.readouterr().err


@pytest.mark.parametrize("name", catalog.names("models"))
def test_a_model_is_known_by_its_name(name: str) -> None:
    network = command.opened(name)
    assert network.model == name
    if name not in recipe.bundled():
        assert network.settings == catalog.load("models", name).Settings()
    assert len(shapes.weights(network)) > 1


SPEECH = (
    "crnn",
    "ds2_mini",
    "asr_transformer",
    "conformer_s",
    "zipformer_mini",
    "emformer_mini",
    "deepspeech_like",
)


@pytest.mark.parametrize("name", SPEECH)
def test_layers_are_those_of_a_real_pass_k002(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What the command says is what hooks of our own see in a pass over noise."""
    import torch
    from torch import nn

    assert cli.main(["shapes", name, "--frames", "100", "--mel", "80", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    module, found = build.build(command.wider(command.opened(name), 80)), list[tuple[str, tuple[int, ...]]]()
    for place, each in module.named_modules():
        if isinstance(each, nn.Conv2d | nn.Linear) and "out_proj" not in place:
            each.register_forward_hook(lambda _, __, out, place=place: found.append((place, tuple(out.shape))))
    with torch.no_grad():
        module(torch.randn(1, 100, 80), torch.tensor([100]))
    said = [
        each for each in told["layers"] if each["name"].partition(" (")[2] in ("Conv2d)", "Linear)", "Depthwise)")
    ]
    said = [each for each in said if "out_proj" not in each["name"]]
    assert len(said) == len([1 for _, shape in found if len(shape) in (3, 4)])
    for each, (place, shape) in zip(said, [one for one in found if len(one[1]) in (3, 4)], strict=True):
        assert each["name"].partition(" ")[0] == place
        if len(shape) == 4:
            assert each["axes"] == ["batch", "channel", "frequency", "frame"]
            shape = (shape[0], shape[1], shape[3], shape[2])
        assert tuple(each["shape"]) == shape


def test_the_subsampling_of_the_conformer_is_told_k002(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["shapes", "conformer_s", "--frames", "100", "--mel", "80", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    shapes_of = {each["name"]: each["shape"] for each in told["layers"]}
    assert shapes_of["front.convs.0 (Conv2d)"] == [1, 32, 39, 49]
    assert shapes_of["front.convs.1 (Conv2d)"] == [1, 32, 19, 24]
    paces = {each["name"]: each["milliseconds"] for each in told["series"]}
    assert (paces["features"], paces["conv layer 1"], paces["h layer 4"], paces["posterior"]) == (10, 20, 40, 40)
    assert told["receptive field"]["milliseconds"] == pytest.approx(1000 * (1 + 2 + 2 * 2) * 160 / 16000)
    words = str(command.opened("conformer_s").receptive)  # in the panel Model
    assert words.startswith("70 ms × 7 bands")
    assert words.endswith("every 40 ms")


def test_each_stack_of_the_zipformer_has_its_pace_k014(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["shapes", "zipformer_mini", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["series"]
    paces = [each["milliseconds"] for each in told if each["name"].startswith("h layer")]
    assert paces == [20, 40, 80, 40, 20]


@pytest.mark.parametrize("name", SPEECH)
def test_convolutions_are_counted_k003_k004(name: str) -> None:
    import torch

    from engine.convolution import counts

    network = command.opened(name)
    if name in ("crnn", "conformer_s"):
        network = checkpoint.untrained(network.task, network.settings.but(separable=True), None, network.model)
    module, frames = build.build(network), 100
    found = [each for each in counts(module, torch.zeros(1, frames, network.inputs), torch.tensor([frames]))]
    told = [each for each in network.convolutions for _ in range(each.times)]
    assert sum(each.weights for each in found) == sum(each.weights for each in told)
    kinds = {(each.kind, each.weights) for each in found}
    assert {(each.kind, each.weights) for each in told} == kinds
    if name == "conformer_s":
        assert ("depthwise", 15 * 144) in kinds
        deep = next(each for each in found if each.kind == "depthwise")
        steps = ((frames - 1) // 2 - 1) // 2
        assert deep.products == 9 * 32 * 19 * steps == network.convolutions[1].products * steps


def test_features_are_chosen_of_untrained_networks_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["shapes", "digits-lstm-32", "--mel", "80"]) == cli.USAGE
    assert "is trained on 40 features" in capsys.readouterr().err
    assert cli.main(["shapes", "crnn", "--mel", "-1"]) == cli.USAGE
    assert "--mel is -1" in capsys.readouterr().err
