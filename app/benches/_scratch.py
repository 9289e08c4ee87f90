"""Loops that stand in for a training: an LSTM in NumPy alone, and one that only holds the interpreter."""

from __future__ import annotations

import dataclasses
import itertools
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build
from engine.events import Snapshot, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from engine.network import Network

FRAMES, INPUTS = 100, 80
RATE = 0.1
SPINS = 200_000
PAUSE = 0.5  # seconds between two snapshots, as in a training


class Lstm:
    """One layer, forward and backward through time; it learns to answer `target` [T, B, H] by gradient descent."""

    def __init__(self, inputs: int, hidden: int, rng: np.random.Generator) -> None:
        scale = hidden**-0.5
        self.w = rng.uniform(-scale, scale, (inputs + hidden, 4 * hidden)).astype(np.float32)
        self.b = np.zeros(4 * hidden, np.float32)
        self.dw, self.db = np.zeros_like(self.w), np.zeros_like(self.b)

    def step(self, x: NDArray[Any], target: NDArray[Any], rate: float) -> float:
        """Half the mean squared error of x [T, B, I] before the step; `dw` and `db` are its gradients."""
        kept, h = self._forward(x)
        error = h - target
        self._backward(x, kept, h, error / error.size)
        self.w -= rate * self.dw
        self.b -= rate * self.db
        return float(0.5 * np.mean(error**2))

    def _forward(self, x: NDArray[Any]) -> tuple[tuple[NDArray[Any], ...], NDArray[Any]]:
        frames, batch, inputs = x.shape
        size = len(self.b) // 4
        h, c = (np.zeros((frames, batch, size), x.dtype) for _ in range(2))
        gates = x @ self.w[:inputs] + self.b
        before = state = np.zeros((batch, size), x.dtype)
        for t in range(frames):
            gates[t] += before @ self.w[inputs:]
            np.tanh(gates[t, :, 3 * size :], out=gates[t, :, 3 * size :])
            gates[t, :, : 3 * size] = 1 / (1 + np.exp(-gates[t, :, : 3 * size]))
            i, f, o, g = (gates[t, :, k * size : (k + 1) * size] for k in range(4))
            np.add(f * state, i * g, out=c[t])
            np.multiply(o, np.tanh(c[t]), out=h[t])
            before, state = h[t], c[t]
        return (gates, c), h

    def _backward(
        self, x: NDArray[Any], kept: tuple[NDArray[Any], ...], h: NDArray[Any], dh: NDArray[Any]
    ) -> None:
        gates, c = kept
        frames, batch, inputs = x.shape
        size = len(self.b) // 4
        d = np.empty_like(gates)
        later = dc = np.zeros((batch, size), x.dtype)
        for t in reversed(range(frames)):
            i, f, o, g = (gates[t, :, k * size : (k + 1) * size] for k in range(4))
            squashed, whole = np.tanh(c[t]), dh[t] + later
            dc = dc + whole * o * (1 - squashed**2)
            before = c[t - 1] if t else np.zeros_like(dc)
            parts = (
                dc * g * i * (1 - i),
                dc * before * f * (1 - f),
                whole * squashed * o * (1 - o),
                dc * i * (1 - g**2),
            )
            np.concatenate(parts, axis=1, out=d[t])
            later, dc = d[t] @ self.w[inputs:].T, dc * f
        earlier = np.concatenate([np.zeros_like(h[:1]), h[:-1]])
        both = np.concatenate([x, earlier], axis=2).reshape(-1, len(self.w))
        self.dw, self.db = both.T @ d.reshape(-1, 4 * size), d.sum(axis=(0, 1))


def numpy_net(network: Network, hidden: int, batch: int) -> Generator[Step | Snapshot, None, None]:
    """Steps of the LSTM without end, and twice a second a snapshot of `network`, as another one each time."""
    from engine import device

    device.limit_threads()
    yield from _told(network, numpy_step(hidden, batch), FRAMES * batch)


def numpy_step(hidden: int, batch: int) -> Callable[[], float]:
    """One step of the LSTM, always on the same made-up batch; gives the loss."""
    rng = np.random.default_rng(0)
    net = Lstm(INPUTS, hidden, rng)
    x = rng.standard_normal((FRAMES, batch, INPUTS)).astype(np.float32)
    target = np.tanh(rng.standard_normal((FRAMES, batch, hidden))).astype(np.float32)
    return lambda: net.step(x, target, RATE)


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
