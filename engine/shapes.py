"""Shapes: every tensor of a network with its axes named, reckoned from the settings, before anything is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.models.recurrent import heads
from engine.probes.terms import ORDER
from engine.trace import Key

if TYPE_CHECKING:
    from engine.network import Network


@dataclass(frozen=True)
class Shape:
    """A tensor: its name, what each axis counts, and how many there are."""

    name: str
    axes: tuple[str, ...]
    sizes: tuple[int, ...]

    def __str__(self) -> str:
        return " x ".join(f"{axis} {size}" for axis, size in zip(self.axes, self.sizes, strict=True))


def weights(network: Network) -> list[Shape]:
    """What is learnt. Raises LookupError for a model whose shapes are only known once it is built."""
    settings: Any = network.settings
    if network.model != "recurrent":
        raise LookupError(f"the shapes of a {network.model} network are known when it is built")
    gates, hidden = "".join(ORDER[settings.cell]), settings.hidden
    stacked = "unit" if settings.cell == "rnn" else f"gate {gates}, unit"
    rows, found = len(gates) * hidden, []
    for layer in range(settings.layers):
        source = ("input", network.inputs * settings.stack) if layer == 0 else ("state below", _width(settings))
        for way in _ways(settings):
            core = f"layers.{layer}.{way}.core."
            found += [
                Shape(f"{core}weight_ih_l0", (stacked, source[0]), (rows, source[1])),
                Shape(f"{core}weight_hh_l0", (stacked, "state before"), (rows, hidden)),
                Shape(f"{core}bias_ih_l0", (stacked,), (rows,)),
                Shape(f"{core}bias_hh_l0", (stacked,), (rows,)),
            ]
    if settings.attention != "none":
        found += _asking("attend", _width(settings), settings.attention)
    if settings.readout == "attention":
        found += _asking("pool", _width(settings), "pooling")
    outputs, read = len(network.vocabulary), _width(settings) * (1 if settings.attention == "none" else 2)
    read_of = "state" if settings.attention == "none" else "state and context"
    return [
        *found,
        Shape("head.weight", ("class", read_of), (outputs, read)),
        Shape("head.bias", ("class",), (outputs,)),
    ]


def series(network: Network, frames: int) -> list[tuple[Key, Shape]]:
    """What a trace shows of a recurrent network that hears so many frames. Raises LookupError for others."""
    settings: Any = network.settings
    if network.model != "recurrent":
        raise LookupError(f"the shapes of a {network.model} network are known when it runs")
    steps = -(-frames // settings.stack)
    found = [(Key("features"), ("frame", "feature"), (frames, network.inputs))]
    names = {"rnn": ("h",), "gru": ("h", "gate.r", "gate.z", "gate.n")}
    names["lstm"] = ("h", "gate.i", "gate.f", "gate.g", "gate.o", "c")
    for layer in range(1, settings.layers + 1):
        for way in _ways(settings):
            for name in names[settings.cell]:
                key = Key(name, layer, "forward" if way == "forwards" else "backward")
                found.append((key, ("step", "unit"), (steps, settings.hidden)))
    found += [(Key(name), ("step", "frame of the window"), (steps, settings.window)) for name in heads(settings)]
    outputs, answers = len(network.vocabulary), ("step", steps)
    if settings.readout != "frames":
        answers, name = ("clip", 1), "attention" if settings.attention == "none" else "attention.clip"
        found.append((Key(name), ("step", "weight"), (steps, 1)))
        found.append((Key("evidence"), ("step", "class"), (steps, outputs)))
    found.append((Key("posterior"), (answers[0], "class"), (answers[1], outputs)))
    return [(key, Shape(str(key), axes, sizes)) for key, axes, sizes in found]


def built(network: Network) -> list[Shape]:
    """What is learnt by a network of any model, from the network itself: rows and columns, as torch has them."""
    from engine import build

    arrays = network.weights if network.weights is not None else build.weights(build.build(network))
    names = {1: ("output",), 2: ("output", "input")}
    return [
        Shape(name, names.get(each.ndim, tuple(f"axis {k}" for k in range(each.ndim))), each.shape)
        for name, each in arrays.items()
    ]


def _asking(name: str, width: int, kind: str) -> list[Shape]:
    """The weights of attention: a key of each frame, and one learnt question or one of each frame's own."""
    found = _linear(f"{name}.key", ("key", "state"), width)
    if kind == "pooling":
        return [*found, Shape(f"{name}.query.weight", ("question", "key"), (1, width))]
    found += _linear(f"{name}.query", ("question", "state"), width)
    if kind == "additive":
        found.append(Shape(f"{name}.energy.weight", ("score", "key"), (1, width)))
    if kind == "multihead":
        found += _linear(f"{name}.value", ("value", "state"), width)
        found += _linear(f"{name}.out", ("context", "value"), width)
    return found


def _linear(name: str, axes: tuple[str, str], width: int) -> list[Shape]:
    return [Shape(f"{name}.weight", axes, (width, width)), Shape(f"{name}.bias", axes[:1], (width,))]


def _ways(settings: Any) -> tuple[str, ...]:
    return ("forwards", "backwards") if settings.bidirectional else ("forwards",)


def _width(settings: Any) -> int:
    """Units of a layer in all its directions."""
    return int(settings.hidden) * len(_ways(settings))
