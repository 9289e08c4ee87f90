"""The bundled networks of whole clips do their work on clips they never heard, by their weights alone."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import asset, build, catalog, checkpoint, clipwise, recipe

if TYPE_CHECKING:
    from engine.network import Network

TASKS = ("many2one", "emotion", "tagging")
NAMES = tuple(name for name in checkpoint.bundled() if name.split("-")[0] in TASKS)
BEST = {"many2one": 0.75, "emotion": 0.8, "tagging": 0.8}
"""The least share of clips that are right, and the least mAP. What shuffled weights reach is at most 0.55."""


def result(network: Network, clips: int = 30) -> float:
    """Clips right, or the mAP of tags, over some clips of the test split, which nobody learnt from."""
    import torch

    module = catalog.load("tasks", network.task)
    task: Any = module.build(network.task_settings.but(clips=5 * clips))
    batch = task.batch("test", 0, clips, 0)
    with torch.no_grad():
        y, lengths, _ = build.build(network)(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))
    scores = clipwise.pooled(y, lengths).numpy()
    if task.apart:
        return float(task.figures(scores, batch.targets)["mAP"])
    return float((scores.argmax(1) == batch.targets[:, 0]).mean())


def test_every_task_has_one_and_the_readout_can_be_switched() -> None:
    assert {name.split("-")[0] for name in NAMES} == set(TASKS)
    voices = [checkpoint.open_network(name) for name in NAMES if name.startswith("many2one")]
    assert {each.settings.readout for each in voices} == {"mean", "attention"}  # type: ignore[attr-defined]
    pooled = checkpoint.open_network("many2one")
    switched = checkpoint.with_settings(pooled, pooled.settings.but(readout="mean"))
    assert switched.name == "many2one-mean", "turning the knob finds the trained one"


def test_the_four_applications_are_presets() -> None:
    """Speech recognition, emotions, music and tags: each a recipe and a trained network (K222)."""
    for task in ("digits", "emotion", "transcribe_notes", "tagging"):
        assert any(recipe.read(name).task == task for name in recipe.bundled()), task
        assert checkpoint.ladder(task), task


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_network_works_and_its_shuffled_twin_does_not(name: str) -> None:
    network = checkpoint.open_network(name)
    assert result(network) >= BEST[network.task]
    rng = np.random.default_rng(0)
    assert network.weights is not None
    mixed = {key: rng.permuted(value.reshape(-1)).reshape(value.shape) for key, value in network.weights.items()}
    assert result(dataclasses.replace(network, weights=MappingProxyType(mixed))) < 0.55


@pytest.mark.parametrize("name", NAMES)
def test_its_card_tells_what_it_reaches(name: str) -> None:
    network = checkpoint.open_network(name)
    assert network.card["licence"] == "CC0-1.0"
    if network.task == "tagging":
        wrong, among = network.metrics["tags wrong"]
        right = among - wrong
        assert network.metrics["mAP"] > 0.9
    else:
        right, among = network.metrics["clips right, clean"]
    assert among >= 96
    assert right / among > 0.75
    assert f"| `{name}` |" in asset.path("checkpoints", f"{network.task}.md").read_text(encoding="utf-8")
    assert asset.path("checkpoints", f"{name}.safetensors").stat().st_size < 3e5
