"""The bundled phoneme networks do their work on voices they never heard, and only because of their weights."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine import asset, build, checkpoint, framewise, labelling
from engine.tasks import phonemes

if TYPE_CHECKING:
    from engine.network import Network

RAW = "raw_rnn"
NAMES = tuple(name for name in checkpoint.bundled() if name.startswith("phonemes-") or name == RAW)


def most(name: str) -> float:
    """The phoneme error rate that a network stays below; the one on raw samples has to find its own filters."""
    return 0.18 if name == RAW else 0.12


def result(network: Network, clips: int = 8) -> tuple[float, float]:
    """Share of frames right and phoneme error rate over some clips of the test split."""
    torch = pytest.importorskip("torch")
    task = phonemes.build(network.task_settings)  # type: ignore[arg-type]
    module = build.build(network)
    frames, edits = np.zeros(2), np.zeros(2)
    for clip in task.corpus.split("test")[:clips]:
        batch = labelling.collate([task.example(clip.read()[:, 0], clip.labels)])
        with torch.no_grad():
            y, lengths, _ = module(torch.from_numpy(batch.x), torch.from_numpy(batch.lengths))
        frames += framewise.accuracy(y.numpy(), batch.targets, lengths.numpy())
        found = [label.text for label in task.decode(y[0].numpy(), 1 / checkpoint.output(task).rate)]
        edits += task.errors(found, clip.text("phone"))
    return float(frames[0] / frames[1]), float(edits[0] / edits[1])


def test_the_ladder_has_every_rung() -> None:
    rungs = {f"phonemes-{cell}-{hidden}" for cell in ("rnn", "lstm", "gru") for hidden in (32, 128, 256)}
    assert rungs < set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_network_works_and_its_shuffled_twin_does_not(name: str) -> None:
    network = checkpoint.open_network(name)
    right, error = result(network)
    assert right > 0.82
    assert error < most(name)
    rng = np.random.default_rng(0)
    assert network.weights is not None
    mixed = {key: rng.permuted(value.reshape(-1)).reshape(value.shape) for key, value in network.weights.items()}
    right, error = result(dataclasses.replace(network, weights=MappingProxyType(mixed)), clips=1)
    assert right < 0.6
    assert error > 0.5


@pytest.mark.parametrize("name", NAMES)
def test_its_card_tells_what_it_reaches(name: str) -> None:
    network = checkpoint.open_network(name)
    assert network.card["licence"] == "CC0-1.0"
    edits, length = network.metrics["PER, clean"]
    assert length > 1000
    assert edits / length < most(name)
    assert f"| `{name}` |" in asset.path("checkpoints", "phonemes.md").read_text(encoding="utf-8")
    assert asset.path("checkpoints", f"{name}.safetensors").stat().st_size < 3e6
