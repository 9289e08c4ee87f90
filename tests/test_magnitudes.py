"""Sizes of gradients: every weight is counted once, where it belongs, and told with the steps that are due."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from app.chronicle import COUNTED, longer
from engine import magnitudes, metrics, train
from engine.events import MAGNITUDES, Step
from engine.models.recurrent import Settings
from engine.session import History
from engine.trainer import Trainer
from tests.trainers import batch_of, small

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("clip", [0.0, 1e-3])
def test_every_weight_is_counted_in_its_layer_before_it_is_clipped(clip: float) -> None:
    model = Settings(hidden=32, layers=2, bidirectional=True, attention="self", window=8)
    trainer, free = (Trainer(small(model, clip=each), "cpu") for each in (clip, 0.0))
    batch = batch_of(trainer)
    found = trainer.step(1, batch).magnitudes
    assert found is not None
    free.step(1, batch)
    edges = [0.0, *MAGNITUDES, math.inf]
    for layer, prefix in (
        ("layer 1", "layers.0"),
        ("layer 2", "layers.1"),
        ("output", "head"),
        ("attention", "att"),
    ):
        mine = [each for name, each in free.module.named_parameters() if name.startswith(prefix)]
        whole = torch.cat([each.grad.abs().flatten() for each in mine if each.grad is not None]).numpy()
        assert sum(found[layer]) == sum(each.numel() for each in mine)
        assert found[layer] == tuple(np.histogram(whole, edges)[0].tolist())
    assert sum(map(sum, found.values())) == sum(each.numel() for each in trainer.module.parameters())


def test_a_weight_without_a_gradient_counts_as_none() -> None:
    layer = torch.nn.Linear(3, 2)
    found = magnitudes.count(torch.nn.ModuleDict({"head": layer}))
    assert (found["output"][0], sum(found["output"])) == (8, 8)


def test_the_first_step_and_the_last_of_each_epoch_tell_it(tmp_path: Path) -> None:
    """An epoch has three steps here, and counts are ten apart at the least."""
    chosen = small(steps=25, evaluate_every=0, train_batches=0, evaluate_batches=1)
    steps = [each for each in train.train(chosen, "cpu", tmp_path) if isinstance(each, Step)]
    assert [each.step for each in steps if each.magnitudes] == [1, 10, 20]
    assert magnitudes.due(600, 300)
    assert not magnitudes.due(590, 300)
    read = [metrics.event(line) for line in (tmp_path / metrics.NAME).read_bytes().splitlines()]
    told = {each.step: each.magnitudes for each in read if isinstance(each, Step)}
    assert told == {each.step: each.magnitudes for each in steps}


def test_counts_of_other_edges_are_left_out() -> None:
    said = b'{"step": 1, "epoch": 0, "loss": 1.0, "magnitudes": {"output": [1, 2]}}'
    found = metrics.event(said)
    assert isinstance(found, Step)
    assert found.magnitudes is None


def test_of_a_long_run_fewer_are_kept_from_first_to_last() -> None:
    history = History()
    for number in range(1, 20 * COUNTED):
        history = longer(history, [Step(number, 0, 1.0, magnitudes={"output": (1,)})])
    steps = [each.step for each in history.counted]
    assert len(steps) <= COUNTED
    assert (steps[0], steps[-1]) == (1, 20 * COUNTED - 1)
    assert steps == sorted(set(steps))
