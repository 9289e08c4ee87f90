"""Shapes: every tensor of a network with its axes named, as the network is built and as it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import checkpoint, pacing
from engine.trace import Key

if TYPE_CHECKING:
    from engine.network import Network

_GATES = {1: "", 3: "rzn", 4: "ifgo"}
"""The gates in the order in which a recurrent cell stacks their rows, by how many there are."""
_AXES = {
    "Embedding": ("symbol", "unit"),
    "Conv1d": ("channel", "channel below", "tap"),
    "ConvTranspose1d": ("channel below", "channel", "tap"),
    "Conv2d": ("channel", "channel below", "frame", "frequency"),
    "ConvTranspose2d": ("channel below", "channel", "frame", "frequency"),
    "Full": ("unit", "f1", "f2"),
}
"""What the axes of a layer's weights count, by its class in torch; a bias has the first that is its own."""


@dataclass(frozen=True)
class Shape:
    """A tensor: its name, what each axis counts, and how many there are."""

    name: str
    axes: tuple[str, ...]
    sizes: tuple[int, ...]

    def __str__(self) -> str:
        return " x ".join(f"{axis} {size}" for axis, size in zip(self.axes, self.sizes, strict=True))


def weights(network: Network) -> list[Shape]:
    """What is learnt."""
    from engine import build

    module, found = build.build(network), []
    settings: Any = network.settings
    second = settings.depth if getattr(settings, "streams", 1) > 1 else 0
    begin = tuple(f"layers.{each}." for each in {0, second})
    for name, value in module.state_dict().items():
        place, _, own = name.rpartition(".")
        part, sizes = module.get_submodule(place), tuple(value.shape)
        cell = any(each.startswith("weight_hh") for each, _ in part.named_parameters(recurse=False))
        found.append(
            Shape(
                name,
                _stacked(part, own, not place.startswith("layers.") or place.startswith(begin))
                if cell
                else _named(part, place, len(sizes)),
                sizes,
            )
        )
    return found


def layers(network: Network, frames: int) -> list[Shape]:
    """What every layer of torch gives in one pass over so many frames, in the order in which they run.

    Pictures are named batch, channel, frequency, frame, whatever the order in which they are kept; convolutions
    over frames alone batch, channel, frame; all else batch, frame, unit. A layer that runs twice stands twice.
    """
    import torch
    from torch import nn

    from engine import build

    module, found, hooks = build.build(network), list[Shape](), list[Any]()

    def noted(name: str) -> Any:
        def seen(layer: Any, _: Any, out: Any) -> None:
            value = out[0] if isinstance(out, tuple) else out
            sizes, kind = tuple(value.shape), type(layer).__name__
            axes: tuple[str, ...] = ("batch", "frame", "unit")
            if len(sizes) == 4:
                axes = ("batch", "channel", "frequency", "frame")
                sizes = (sizes[0], sizes[1], sizes[3], sizes[2])
            elif kind.endswith("1d"):
                axes = ("batch", "channel", "frame")
            if len(sizes) == len(axes):
                found.append(Shape(f"{name} ({kind})", axes, sizes))

        return seen

    for name, each in module.named_modules():
        # torch's own attention calls the function, and not the layer, by which its heads are joined.
        if not next(each.children(), None) or isinstance(each, nn.MultiheadAttention):
            hooks.append(each.register_forward_hook(noted(name)))
    try:
        with torch.inference_mode():
            module(torch.zeros(1, frames, network.inputs), torch.tensor([frames]))
    finally:
        for each in hooks:
            each.remove()
    return found


def paces(network: Network, frames: int) -> dict[Key, float]:
    """How often each series comes, in ms, of a network that hears so many frames."""
    from engine import build

    module, rate = build.build(network), checkpoint.output(build.task_of(network)).rate
    shown = [key for key, _ in series(network, frames)]
    pace = {Key("features"): 1.0, Key("posterior"): pacing.pace(module)[0], Key("mask"): 1.0}
    return {key: 1000 * (pace[key] if key in pace else pacing.pace(module, key)[0]) / rate for key in shown}


def series(network: Network, frames: int) -> list[tuple[Key, Shape]]:
    """What a trace shows of a network that hears so many frames, which are silent here."""
    import torch

    from engine import build
    from engine.probes.record import Recorder, of

    module, recorder = build.build(network), Recorder()
    with torch.inference_mode():
        x = torch.zeros(1, frames, network.inputs)
        y, lengths, _ = module(x, torch.tensor([frames]), probe=recorder)
    values = {Key("features"): x[0].numpy(), **recorder.values}
    answers, task = y[0, : int(lengths[0])].numpy(), build.task_of(network)
    gains = task.gains(answers, x[0].numpy()) if hasattr(task, "gains") else None
    values[Key("posterior" if gains is None else "mask")] = answers if gains is None else gains
    found = []
    for key, each in values.items():
        across = "feature" if key.name == "features" else of(key, each, 1.0, 0.0).axis
        writes = key.name == "posterior" and getattr(module, "taught", False)
        along = "output" if writes else _along(len(each), frames, module)
        found.append((key, Shape(str(key), (along, across), tuple(each.shape))))
    return found


def _along(count: int, frames: int, module: Any) -> str:
    """What the first axis of a series counts: frames, steps of several frames, or the one clip."""
    return "frame" if count == frames else "step" if pacing.steady(module, frames, count) else "clip"


def _stacked(part: Any, own: str, first: bool) -> tuple[str, ...]:
    """The axes of a recurrent cell's weights: the rows of all gates, one below the other, and what they weigh.

    `first`: the cell reads the input.
    """
    square = next(each for name, each in part.named_parameters() if name.startswith("weight_hh"))
    gates = _GATES[square.shape[0] // square.shape[1]]
    rows = f"gate {gates}, unit" if gates else "unit"
    if own.startswith("bias"):
        return (rows,)
    return rows, "state before" if own.startswith("weight_hh") else "input" if first else "state below"


def _named(part: Any, place: str, count: int) -> tuple[str, ...]:
    """The axes of other weights: what a layer makes is called as it is, and what it makes it from, input."""
    name = place.rpartition(".")[2]
    made = "class" if name == "head" else "unit" if name.isdigit() or not name else name
    axes = _AXES.get(type(part).__name__, (made, "input"))
    if count == 1:
        return (axes[1] if axes[0].endswith(" below") else axes[0],)
    return axes if len(axes) == count else tuple(f"axis {k}" for k in range(count))
