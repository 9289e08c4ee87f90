"""What the checks of several lessons share: bundled networks on held-out clips, shuffled weights, small sounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.clip import Clip, from_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.lessons.lesson import Through, Weights
    from engine.network import Network

RATE = 16000


def as_they_are(weights: Weights) -> Weights:
    """What a check does with the weights of its model: nothing."""
    return weights


def shuffled(weights: Weights) -> Weights:
    """The same numbers in other places, array by array: a model that has forgotten, by which checks must fail."""
    rng = np.random.default_rng(0)
    return {
        name: rng.permuted(np.asarray(value).ravel()).reshape(np.shape(value)) for name, value in weights.items()
    }


def network(name: str, through: Through = as_they_are) -> Network:
    """A bundled network, its weights sent through `through`."""
    from engine import checkpoint

    found = checkpoint.open_network(name)
    assert found.weights is not None
    return replace(found, weights=through(found.weights))


def reading(network: Network, clips: Sequence[Clip], snr: float | None = None) -> tuple[int, int]:
    """(edit operations, labels) of a network over clips, clean or with noise that no training heard."""
    from engine import build, evaluate

    return evaluate.errors(network, build.task_of(network), build.build(network), clips, snr)


def text(network: Network, clip: Clip) -> tuple[str, ...]:
    """What a network reads from a clip."""
    from engine import build, evaluate

    frames = [evaluate.features(network, clip.read()[:, 0])]
    return evaluate.texts(build.task_of(network), build.build(network), frames)[0]


def unheard(task: str, count: int) -> list[Clip]:
    """The first clips of a task's test split: voices and words that no training has."""
    from engine import catalog

    module: Any = catalog.load("tasks", task)
    split = module.build(module.Settings()).corpus.split("test")
    return [split[index] for index in range(count)]


def sound(samples: NDArray[np.floating], name: str, rate: int = RATE) -> Clip:
    """A clip of samples [n], at most half of full scale, faded so that it neither begins nor ends in a click."""
    made = np.asarray(samples, np.float64)
    made = 0.5 * made / max(float(np.abs(made).max(initial=0.0)), 1e-9)
    edge = min(rate // 100, len(made) // 2)
    made[:edge] *= np.linspace(0.0, 1.0, edge)
    made[len(made) - edge :] *= np.linspace(1.0, 0.0, edge)
    return from_array(made.astype(np.float32), rate, name)


def notes(pitches: Sequence[float], seconds: float = 0.18, rate: int = RATE) -> NDArray[np.float64]:
    """Tones one after another [n], each with a soft end; a pitch in hertz, 0 for silence."""
    time = np.arange(int(seconds * rate)) / rate
    shape = np.exp(-4.0 * time / seconds) * np.minimum(1.0, time * 200.0)
    return np.concatenate([np.sin(2 * np.pi * pitch * time) * shape for pitch in pitches])


def furthest(one: Any, other: Any) -> float:
    """The largest difference between two arrays."""
    return float(np.max(np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64)), initial=0.0))


def percent(share: float) -> str:
    """A share in words, with a tenth of a percent."""
    return f"{100 * share:.1f} %"


def draw(
    shapes: Mapping[str, tuple[int, ...]], seed: int = 0, scale: float = 0.5
) -> dict[str, NDArray[np.float64]]:
    """Normal random arrays, as weights or inputs of a small example."""
    rng = np.random.default_rng(seed)
    return {name: scale * rng.standard_normal(shape) for name, shape in shapes.items()}
