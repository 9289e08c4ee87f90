"""Shapes as they are reckoned are those of the networks that are built, for every preset."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
import torch

from app import cli
from app import shapes as command
from engine import build, checkpoint, recipe, shapes
from engine.models.recurrent import Settings
from engine.probes.record import Recorder
from engine.trace import Key

FRAMES = 37


def check(network) -> None:
    module = build.build(network)
    built = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    try:
        reckoned = shapes.weights(network)
    except LookupError:
        assert {each.name: each.sizes for each in shapes.built(network)} == built
        return
    assert {each.name: each.sizes for each in reckoned} == built
    recorder = Recorder()
    x = torch.zeros(1, FRAMES, network.inputs)
    with torch.inference_mode():
        y, lengths, _ = module(x, torch.tensor([FRAMES]), probe=recorder)
    wanted = {key: value.shape for key, value in recorder.values.items()}
    wanted |= {Key("features"): (FRAMES, network.inputs), Key("posterior"): tuple(y[0, : int(lengths[0])].shape)}
    assert {key: each.sizes for key, each in shapes.series(network, FRAMES)} == wanted


@pytest.mark.parametrize("name", sorted({*recipe.bundled(), *checkpoint.bundled()}))
def test_every_preset(name: str) -> None:
    network = command.opened(name)
    if network.model == "recurrent":
        check(network)
    else:
        with pytest.raises(LookupError, match="known when it is built"):
            shapes.weights(network)
        assert shapes.built(network)


KNOBS = itertools.product(
    ("rnn", "lstm", "gru"), (False, True), ("none", "pooling", "self"), ("frames", "last", "attention")
)


@pytest.mark.parametrize(("cell", "both", "attention", "readout"), list(KNOBS)[::4])
def test_every_kind_of_recurrent_network(cell: str, both: bool, attention: str, readout: str) -> None:
    knobs = dict(cell=cell, bidirectional=both, attention=attention, readout=readout)
    check(checkpoint.untrained("phonemes", Settings(hidden=32, layers=3, stack=2, window=8, **knobs)))  # type: ignore[arg-type]


def test_the_command_prints_names_axes_and_shapes(capsys) -> None:
    assert cli.main(["shapes", "digits-lstm-128", "--frames", "99"]) == 0
    said = capsys.readouterr().out
    line = next(each for each in said.splitlines() if "layers.0.forwards.core.weight_ih_l0" in each)
    assert "512 x 120" in line
    assert "[gate ifgo, unit, input]" in line
    assert cli.main(["shapes", "phonemes-gru-32", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert np.prod(found["series"][-1]["shape"]) > 0


def test_what_is_neither_recipe_nor_checkpoint_is_named(capsys) -> None:
    assert cli.main(["shapes", "digits-lstm-32", "--frames", "0"]) == cli.USAGE
    assert "at least 1" in capsys.readouterr().err
    assert cli.main(["shapes", "nothing"]) == cli.BAD_FILE
    assert "nothing" in capsys.readouterr().err
