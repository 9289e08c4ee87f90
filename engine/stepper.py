"""Recurrent networks step by step in NumPy, for live use: no torch, and every gate there at each step.

One step of 10 ms of a 2 x 256 LSTM takes a fifth of the time that torch needs for it. The numbers are those of
engine/recurrent.py within 1e-5; formulas and gate orders are in engine/cells.py.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, catalog
from engine.attentive import Attention
from engine.pooled import Head, Pooled
from engine.trace import Key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.network import Network

    Array = NDArray[np.float32]
    Pins = Mapping[str, tuple[NDArray[np.intp], Array]]
    """By gate or state: which units are given a value at every step, and the values."""


class NotLive(ValueError):
    """A network that cannot run live; the message says why."""


def why(network: Network) -> str:
    """Why a network needs the whole future."""
    told = getattr(catalog.load("models", network.model), "WAITS", "")
    both = getattr(network.settings, "bidirectional", False)
    return str(told) or ("it runs backwards too" if both else "it gives one answer for the whole clip")


class Stepper:
    """A causal recurrent network with its state. Raises NotLive for one that needs the future."""

    def __init__(self, network: Network) -> None:
        settings: Any = network.settings
        if not network.live:
            raise NotLive(f"{network.name} needs the whole future: {why(network)}; choose a causal network")
        if not hasattr(settings, "cell") or hasattr(settings, "entering"):
            raise NotLive(f"{network.name} is no recurrent network, and only those run live; choose one of them")
        weights = network.weights if network.weights is not None else build.weights(build.build(network))
        self.stride, self.inputs, self.residual = settings.stack, network.inputs, settings.residual
        self._layers = [
            layer(settings.cell, _part(weights, f"layers.{index}.forwards.core."))
            for index in range(settings.layers)
        ]
        self._attention: Attention | None = None
        if settings.attention != "none":
            self._attention = Attention(_part(weights, "attend."), settings)
        self._second = 0 if settings.layers == getattr(settings, "depth", settings.layers) else settings.depth + 1
        self._stacked = getattr(settings, "stacked", True)
        self._above: Any = Pooled(weights, settings) if self._second else Head(_part(weights, "head."))
        self.reset()

    def reset(self) -> None:
        """As before the first frame."""
        self._rest = np.zeros((0, self.inputs), np.float32)
        for layer in self._layers:
            layer.reset()
        if self._attention is not None:
            self._attention.reset()
        self._above.reset()

    def take_over(self, before: object) -> bool:
        """Go on in the state of another one, as when training moves the weights; False where shapes differ."""
        if not isinstance(before, Stepper):
            return False
        shapes = [
            (each.stride, each.inputs, *((type(layer), layer.hidden) for layer in each._layers))
            for each in (self, before)
        ]
        attention, other = self._attention, before._attention
        if shapes[0] != shapes[1] or (attention is None) != (other is None):
            return False
        self._rest = before._rest
        for layer, old in zip(self._layers, before._layers, strict=True):
            layer.__dict__ |= {name: value for name, value in old.__dict__.items() if name in ("h", "c")}
        if attention is not None and other is not None and attention is not other:
            attention.reset()
        return True

    def push(self, frames: Array) -> tuple[Array, dict[Key, Array]]:
        """Frames [n, F] -> logits [m, C]; h, c, gates and attention [m, N]. m is n unless frames are joined."""
        if self.stride > 1:
            frames = np.concatenate([self._rest, frames])
            steps = len(frames) // self.stride
            self._rest = frames[steps * self.stride :]
            frames = frames[: steps * self.stride].reshape(steps, self.stride * self.inputs)
        values: dict[Key, Array] = {}
        tops: list[Array] = []
        x = frames
        for number, layer in enumerate(self._layers, 1):
            if number == self._second:  # another stream begins
                tops.append(x)
                x = x if self._stacked else frames
            seen = layer.run(x)
            values |= {_key(name, number): value for name, value in seen.items()}
            h = seen["h"]
            x = x + h if self.residual and x.shape == h.shape else h
        if self._attention is not None:
            context, weights = self._attention.run(x)
            values |= {Key(name): each for name, each in weights.items()}
            x = np.concatenate([x, context], 1)
        y, seen = self._above.run(np.concatenate([*tops, x], 1) if tops else x)
        return y, values | {Key(name): each for name, each in seen.items()}


@functools.lru_cache(maxsize=256)
def _key(name: str, layer: int) -> Key:
    """Made once: they are asked for at every step."""
    return Key(name, layer)


class _Rnn:
    def __init__(self, weights: Mapping[str, Array]) -> None:
        self.hidden = weights["weight_hh_l0"].shape[1]
        self._w, self._u = weights["weight_ih_l0"].T.copy(), weights["weight_hh_l0"].copy()
        self._b = weights["bias_ih_l0"] + weights["bias_hh_l0"]
        self.reset()

    def reset(self) -> None:
        self.h = np.zeros(self.hidden, np.float32)

    def run(self, x: Array, pins: Pins | None = None) -> dict[str, Array]:
        """x [n, F] -> every value of n steps, [n, H] each, with what `pins` give put in as soon as it is known."""
        out = x @ self._w + self._b
        at, given = _pinned(pins, "h", self.hidden)
        for row in out:
            row += self._u @ self.h
            np.tanh(row, out=row)
            if given is not None:
                row[at] = given
            self.h = row
        return {"h": out}


class _Lstm:
    def __init__(self, weights: Mapping[str, Array]) -> None:
        # The gates lie in the order i, f, o, g, and the first three are halved, so that one tanh over all four
        # does: sigmoid(a) = (1 + tanh(a / 2)) / 2.
        h = self.hidden = weights["weight_hh_l0"].shape[1]
        order = np.r_[0 : 2 * h, 3 * h : 4 * h, 2 * h : 3 * h]
        half = np.where(np.arange(4 * h) < 3 * h, 0.5, 1.0).astype(np.float32)
        self._w = np.ascontiguousarray((weights["weight_ih_l0"][order] * half[:, None]).T)
        self._u = weights["weight_hh_l0"][order] * half[:, None]
        self._b = (weights["bias_ih_l0"] + weights["bias_hh_l0"])[order] * half
        self.reset()

    def reset(self) -> None:
        self.h = np.zeros(self.hidden, np.float32)
        self.c = np.zeros(self.hidden, np.float32)

    def run(self, x: Array, pins: Pins | None = None) -> dict[str, Array]:
        size = self.hidden
        gates = x @ self._w + self._b
        (at, given), (at_c, given_c), (at_h, given_h) = (_pinned(pins, each, size) for each in ("ifog", "c", "h"))
        h, c = np.empty((len(x), size), np.float32), np.empty((len(x), size), np.float32)
        for t, row in enumerate(gates):
            row += self._u @ self.h
            np.tanh(row, out=row)
            sigmoids = row[: 3 * size]
            sigmoids *= 0.5
            sigmoids += 0.5
            if given is not None:
                row[at] = given
            np.multiply(row[size : 2 * size], self.c, out=c[t])
            c[t] += row[:size] * row[3 * size :]
            if given_c is not None:
                c[t, at_c] = given_c
            np.tanh(c[t], out=h[t])
            h[t] *= row[2 * size : 3 * size]
            if given_h is not None:
                h[t, at_h] = given_h
            self.h, self.c = h[t], c[t]
        i, f, o, g = _columns(gates, 4)
        return {"h": h, "c": c, "gate.i": i, "gate.f": f, "gate.g": g, "gate.o": o}


class _Gru:
    def __init__(self, weights: Mapping[str, Array]) -> None:
        h = self.hidden = weights["weight_hh_l0"].shape[1]
        half = np.where(np.arange(3 * h) < 2 * h, 0.5, 1.0).astype(np.float32)
        self._w = np.ascontiguousarray((weights["weight_ih_l0"] * half[:, None]).T)
        self._u = weights["weight_hh_l0"] * half[:, None]
        self._b, self._bu = weights["bias_ih_l0"] * half, weights["bias_hh_l0"] * half
        self.reset()

    def reset(self) -> None:
        self.h = np.zeros(self.hidden, np.float32)

    def run(self, x: Array, pins: Pins | None = None) -> dict[str, Array]:
        size = self.hidden
        gates = x @ self._w + self._b
        (at, given), (at_n, given_n), (at_h, given_h) = (_pinned(pins, each, size) for each in ("rz", "n", "h"))
        h = np.empty((len(x), size), np.float32)
        for t, row in enumerate(gates):
            u = self._u @ self.h + self._bu
            sigmoids = row[: 2 * size]
            sigmoids += u[: 2 * size]
            np.tanh(sigmoids, out=sigmoids)
            sigmoids *= 0.5
            sigmoids += 0.5
            if given is not None:
                row[at] = given
            n = row[2 * size :]
            n += row[:size] * u[2 * size :]
            np.tanh(n, out=n)
            if given_n is not None:
                n[at_n] = given_n
            z = row[size : 2 * size]
            np.multiply(z, self.h, out=h[t])
            h[t] += (1 - z) * n
            if given_h is not None:
                h[t, at_h] = given_h
            self.h = h[t]
        r, z, n = _columns(gates, 3)
        return {"h": h, "gate.r": r, "gate.z": z, "gate.n": n}


class _SeedGru:
    """That of the learning plan, which has no bias: n = tanh(W x + U (r h')), h = (1 - z) h' + z n."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self.hidden = weights["weight_hh_l0"].shape[1]
        self._w, self._u = weights["weight_ih_l0"].T.copy(), weights["weight_hh_l0"].copy()
        self.reset()

    def reset(self) -> None:
        self.h = np.zeros(self.hidden, np.float32)

    def run(self, x: Array, pins: Pins | None = None) -> dict[str, Array]:
        size = self.hidden
        gates = x @ self._w
        (at, given), (at_n, given_n), (at_h, given_h) = (_pinned(pins, each, size) for each in ("rz", "n", "h"))
        h = np.empty((len(x), size), np.float32)
        for t, row in enumerate(gates):
            sigmoids, n = row[: 2 * size], row[2 * size :]
            sigmoids += self._u[: 2 * size] @ self.h
            sigmoids[:] = 0.5 + 0.5 * np.tanh(0.5 * sigmoids)
            if given is not None:
                row[at] = given
            n += self._u[2 * size :] @ (row[:size] * self.h)
            np.tanh(n, out=n)
            if given_n is not None:
                n[at_n] = given_n
            z = row[size : 2 * size]
            h[t] = (1 - z) * self.h + z * n
            if given_h is not None:
                h[t, at_h] = given_h
            self.h = h[t]
        r, z, n = _columns(gates, 3)
        return {"h": h, "gate.r": r, "gate.z": z, "gate.n": n}


def layer(kind: str, weights: Mapping[str, Array]) -> Any:
    """One recurrent layer in one direction, by the names that torch gives its weights."""
    if kind == "gru" and "bias_hh_l0" not in weights:
        return _SeedGru(weights)
    return {"rnn": _Rnn, "lstm": _Lstm, "gru": _Gru}[kind](weights)


def _columns(gates: Array, count: int) -> tuple[Array, ...]:
    """As np.split along the second axis, in a tenth of the time."""
    size = gates.shape[1] // count
    return tuple(gates[:, k * size : (k + 1) * size] for k in range(count))


def _pinned(pins: Pins | None, names: str, size: int) -> tuple[Array | None, Array | None]:
    """Where in a row of these gates, `size` units each, something is given, and what; None where nothing is."""
    if not pins:
        return None, None
    found = [(k * size + pins[name][0], pins[name][1]) for k, name in enumerate(names) if name in pins]
    if not found:
        return None, None
    return np.concatenate([at for at, _ in found]), np.concatenate([given for _, given in found])


def _part(weights: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
