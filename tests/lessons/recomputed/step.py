"""What recomputing shares: which step a function is of, the numbers of a card, and networks asked by torch."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import jiwer
import numpy as np
import pytest
import torch

from engine import exercise, infer
from engine.events import Traced
from engine.scratch.exchange import CELLS, to_torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.clip import Clip
    from engine.lessons.lesson import Outcome
    from engine.network import Network
    from engine.scratch.net import Net

    Nets = list[tuple[Net, Any]]
    Recompute = Callable[[Outcome, Nets], None]

RECOMPUTED: dict[tuple[int, str], Recompute] = {}
_SMALL = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def step(number: int, name: str) -> Callable[[Recompute], Recompute]:
    """What recomputes a number of that step."""

    def add(function: Recompute) -> Recompute:
        RECOMPUTED[number, name] = function
        return function

    return add


# What a card says, and what stands behind it.


def figures(outcome: Outcome, what: str) -> list[float]:
    """The numbers of the value that is called so, or whose name alone begins so; 2·10⁻⁹ is read as one."""
    told = dict(outcome.values)
    (value,) = [told[what]] if what in told else [each for name, each in told.items() if name.startswith(what)]
    plain = re.sub(r"·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda match: f"e{match[1].translate(_SMALL)}", value.replace(",", ""))
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", plain)]


def figure(outcome: Outcome, what: str) -> float:
    return figures(outcome, what)[0]


def at_most(outcome: Outcome, limit: float) -> None:
    """Every number of the card is that small."""
    assert all(each <= limit for name, _ in outcome.values for each in figures(outcome, name))


def answers(net: Net, x: Any) -> Any:
    """Logits [T, C] for x [T, F] from torch's cells with the weights of our layer."""
    layer = net.layers[0]
    kind = next(name.partition("-")[0] for name, made in CELLS.items() if type(layer.forwards) is made)
    hidden, inputs = layer.forwards.hidden, layer.forwards.weights["W"].shape[1]
    make = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind]
    theirs = make(inputs, hidden, bidirectional=layer.backwards is not None).double()
    theirs.load_state_dict(
        {
            f"{name}_l0{'' if way == 'forwards' else '_reverse'}": torch.tensor(np.array(value))
            for way, cell in layer.cells.items()
            for name, value in to_torch(type(cell), cell.weights).items()
        }
    )
    h = theirs(torch.as_tensor(x, dtype=torch.float64)[:, None])[0][:, 0]
    return h @ torch.tensor(net.dense.weights["V"]).T + torch.tensor(net.dense.weights["b"][:, 0])


def right(net: Net, task: Any, alone: bool = False) -> float:
    """The share of questions answered rightly, one sequence after another; `alone` each frame by itself."""
    found = []
    for number in range(100):
        symbols, classes = task.item("test", number)
        for part in np.split(np.arange(len(symbols)), len(symbols)) if alone else [np.arange(len(symbols))]:
            with torch.no_grad():
                said = 1 + answers(net, task.table[symbols[part]])[:, 1:].argmax(1).numpy()
            found += [a == b for a, b in zip(said, classes[part], strict=True) if b > 0]
    return float(np.mean(found))


def share(outcome: Outcome, what: str, wanted: float) -> None:
    """A card's per cent, to the tenth that it shows."""
    assert figure(outcome, what) == pytest.approx(100 * wanted, abs=0.051)


def wrong(network: str | Network, clips: Sequence[Clip], tier: str) -> tuple[int, int]:
    """Edit operations and labels, each clip read by itself; the edits are counted by jiwer."""
    net = exercise.network(network) if isinstance(network, str) else network
    edits, count = 0, 0
    for clip in clips:
        truth = [label.text for label in clip.labels if label.tier == tier]
        out = jiwer.process_words(" ".join(truth), " ".join(exercise.text(net, clip)))
        edits, count = edits + out.substitutions + out.insertions + out.deletions, count + len(truth)
    return edits, count


def traced(network: str, clip: Clip) -> Any:
    """What the workbench shows of a clip, without a chain."""
    asked = infer.Inspection(clip, (), None, exercise.network(network), 0.0, clip.seconds)
    return next(event.trace for event in infer.run(asked) if isinstance(event, Traced))


def torch_like(kind: str, weights: dict[str, Any], name: str = "") -> Any:
    """A layer of torch with the weights of our cell."""
    hidden, inputs = weights["U"].shape[1], weights["W"].shape[1]
    make = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind]
    theirs = make(inputs, hidden).double()
    arrays = to_torch(CELLS[name or kind], weights)
    theirs.load_state_dict({f"{each}_l0": torch.tensor(np.array(value)) for each, value in arrays.items()})
    return theirs


def notes_heard(sound: Clip, pitches: Sequence[float], seconds: float) -> list[int]:
    """Which of these pitches sounds loudest in each stretch of a sound."""
    samples = sound.read()[:, 0]
    size, found = round(seconds * sound.rate), []
    for start in range(0, len(samples) - size + 1, size):
        power = np.abs(np.fft.rfft(samples[start : start + size] * np.hanning(size), 8 * size))
        loudest = float(np.argmax(power)) * sound.rate / (8 * size)
        found.append(int(np.argmin([abs(math.log(loudest / each)) for each in pitches])))
    return found
