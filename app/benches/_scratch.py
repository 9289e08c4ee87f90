"""Loops that stand in for a training: an LSTM in NumPy alone, and one that only holds the interpreter."""

from __future__ import annotations

import dataclasses
import itertools
import time
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from engine import build
from engine.events import Snapshot, Step
from engine.scratch.lstm import Lstm

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from engine.network import Network

FRAMES, INPUTS = 100, 80
RATE = 0.1
SPINS = 200_000
PAUSE = 0.5  # seconds between two snapshots, as in a training


def numpy_net(network: Network, hidden: int, batch: int) -> Generator[Step | Snapshot, None, None]:
    """Steps of the LSTM without end, and twice a second a snapshot of `network`, as another one each time."""
    from engine import device

    device.limit_threads()
    yield from _told(network, numpy_step(hidden, batch), FRAMES * batch)


def numpy_step(hidden: int, batch: int) -> Callable[[], float]:
    """One step of the LSTM, always on the same made-up batch; gives the loss."""
    rng = np.random.default_rng(0)
    cell = Lstm.draw(INPUTS, hidden, rng)
    x = rng.standard_normal((FRAMES, INPUTS, batch)).astype(np.float32)
    target = np.tanh(rng.standard_normal((FRAMES, hidden, batch))).astype(np.float32)

    def step() -> float:
        """Half the mean squared error before the step."""
        error = cell.forward(x) - target
        for each in cell.grads.values():
            each[...] = 0.0
        cell.backward(error / error.size, to_input=False)
        for name, each in cell.grads.items():
            cell.weights[name] -= RATE * each
        return float(0.5 * np.mean(error**2))

    return step


def spinner(network: Network) -> Generator[Step | Snapshot, None, None]:
    """The same, where a step is a loop in Python."""

    def spin() -> float:
        total = 0
        for number in range(SPINS):
            total += number * number
        return float(total % 2)

    yield from _told(network, spin, 0)


def _told(network: Network, step: Callable[[], float], frames: int) -> Generator[Step | Snapshot, None, None]:
    shown = 0.0
    for number in itertools.count(1):
        began = time.perf_counter()
        loss = step()
        seconds = time.perf_counter() - began
        yield Step(number, 0, loss, MappingProxyType({"lr": RATE, "seconds": seconds, "frames": float(frames)}))
        if time.monotonic() - shown >= PAUSE:
            shown = time.monotonic()
            weights = build.frozen(network.weights or {})
            yield Snapshot(number, dataclasses.replace(network, id=f"{network.id}-{number}", weights=weights))
