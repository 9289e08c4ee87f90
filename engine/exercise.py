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
    from engine.scratch.batch import Batch
    from engine.scratch.cell import Cell
    from engine.scratch.net import Net

RATE = 16000
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def as_they_are(weights: Weights) -> Weights:
    """What a check does with the weights of its model: nothing."""
    return weights


def shuffled(weights: Weights) -> Weights:
    """The same numbers in other places, array by array: a model that has forgotten what it learnt.

    A check of something learnt fails by it. One that sets two writings of a computation side by side shuffles the
    weights of one of them, and so shows that it would notice.
    """
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


def tiny(value: float) -> str:
    """A small number as a power of ten: 2·10⁻¹⁶."""
    if value == 0:
        return "0"
    digits, power = f"{value:.0e}".split("e")
    return f"{digits}·10{str(int(power)).translate(_RAISED)}"


def draw(
    shapes: Mapping[str, tuple[int, ...]], seed: int = 0, scale: float = 0.5
) -> dict[str, NDArray[np.float64]]:
    """Normal random arrays, as weights or inputs of a small example."""
    rng = np.random.default_rng(seed)
    return {name: scale * rng.standard_normal(shape) for name, shape in shapes.items()}


def material(
    task: Any, split: str, count: int, alone: bool = False
) -> list[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """Features [T, F] and classes [T] of the first sequences of a split of tones; `alone`, of each frame."""
    drawn = (task.item(split, number) for number in range(count))
    clips = [(task.table[symbols].astype(np.float64), classes) for symbols, classes in drawn]
    return clips if not alone else [(x[t : t + 1], c[t : t + 1]) for x, c in clips for t in range(len(x))]


def taught(
    kind: str,
    task: Any,
    steps: int,
    hidden: int = 16,
    both: bool = False,
    rate: float = 0.01,
    stretch: int = 0,
    alone: bool = False,
) -> Net:
    """A NumPy network that has learnt a task of tones for some steps of Adam; the same arguments, the same net.

    The error goes back `stretch` frames, or all. With `alone` it is given every frame by itself: a dense network.
    """
    from engine.scratch.adaptive import Adam
    from engine.scratch.clip import clip_norm
    from engine.scratch.exchange import CELLS
    from engine.scratch.net import draw as fresh

    rng, optimiser = np.random.default_rng(0), Adam(rate)
    sizes = task.table.shape[1], hidden, len(task.vocabulary)
    net = fresh(CELLS[kind], sizes, rng, both=both, dtype=np.float64)
    clips, size = material(task, "train", 400, alone), 256 if alone else 16
    for _ in range(steps):
        net.learn(weighed([clips[each] for each in rng.integers(len(clips), size=size)]), stretch)
        clip_norm(net.grads.values(), 1.0)
        optimiser.step(net.weights, net.grads)
    return net


def weighed(clips: Sequence[tuple[NDArray[np.float64], NDArray[np.int64]]]) -> Batch:
    """A batch in which a frame at which nothing is asked counts a tenth: there are many of them."""
    from engine.scratch.batch import pad

    batch = pad(clips)
    return batch._replace(mask=batch.mask * np.where(batch.targets > 0, 1.0, 0.1))


def changed(net: Net, through: Through) -> Net:
    """The net with its weights sent through `through`."""
    for name, value in through(net.weights).items():
        net.weights[name][...] = value
    return net


def score(net: Net, task: Any, count: int = 100, alone: bool = False) -> float:
    """The share of questions answered rightly over sequences of the test split; a rest is no answer."""
    from engine.scratch.batch import pad

    batch = pad(material(task, "test", count, alone))
    answers = 1 + net.forward(batch.x, batch.lengths)[:, 1:].argmax(1)
    asked = (batch.targets > 0) & (batch.mask > 0)
    return float(np.mean(answers[asked] == batch.targets[asked]))


def cell(kind: str, inputs: int = 5, hidden: int = 8, seed: int = 0) -> Cell:
    """A NumPy cell with drawn weights, float64."""
    from engine.scratch.exchange import CELLS

    return CELLS[kind].draw(inputs, hidden, np.random.default_rng(seed), np.float64)


def beside_torch(kind: str, through: Through = as_they_are, steps: int = 30) -> tuple[float, float]:
    """The largest difference between our cell and torch's with the same weights: of h, and of all gradients.

    In float64, over so many steps, with 5 inputs and 8 units; `through` changes the weights of ours alone.
    """
    import torch

    from engine.scratch.exchange import grads_to_torch, to_torch

    first, rng = cell(kind), np.random.default_rng(1)
    theirs = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind](5, 8).double()
    theirs.load_state_dict(
        {f"{n}_l0": torch.from_numpy(w) for n, w in to_torch(type(first), first.weights).items()}
    )
    ours = type(first)({name: np.array(value) for name, value in through(first.weights).items()})
    x, dh = rng.standard_normal((steps, 5, 3)), rng.standard_normal((steps, first.hidden, 3))
    h, y = ours.forward(x), theirs(torch.from_numpy(x.transpose(0, 2, 1)))[0]
    ours.backward(dh)
    y.backward(torch.from_numpy(dh.transpose(0, 2, 1)))
    grads = grads_to_torch(type(first), ours.grads)
    apart = max(furthest(grads[name], getattr(theirs, f"{name}_l0").grad) for name in grads)
    return furthest(h, y.detach().numpy().transpose(0, 2, 1)), apart


def gradient_error(kind: str, through: Through = as_they_are, steps: int = 6) -> float:
    """The greatest relative error of a cell's gradients against central differences, over all its weights.

    Each is computed with the weights as they are; only then, and only for the differences, `through` changes them.
    """
    from engine.scratch.check import check

    rng, made = np.random.default_rng(7), cell(kind, 3, 4)
    x, dh = rng.standard_normal((steps, 3, 2)), rng.standard_normal((steps, 4, 2))
    made.forward(x)
    made.backward(dh)
    grads = {name: each.copy() for name, each in made.grads.items()}
    for name, value in through(made.weights).items():
        made.weights[name][...] = value
    found = check(lambda: float(np.sum(made.forward(x) * dh)), made.weights, grads)
    return max(each.error for each in found)
