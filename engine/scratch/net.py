"""The network: layers on top of each other and an output at every frame; and the loop that trains it."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from engine.scratch.batch import Batch, Clip, shuffled
from engine.scratch.cell import Array, State
from engine.scratch.clip import clip_norm
from engine.scratch.layer import Layer
from engine.scratch.loss import cross_entropy
from engine.scratch.output import Dense


class Net:
    """x -> layers -> dense -> y, the logits."""

    def __init__(self, layers: Sequence[Layer], dense: Dense) -> None:
        self.layers, self.dense = layers, dense
        self.weights = self._named("weights")
        self.grads = self._named("grads")

    def forward(self, x: Array, lengths: Array, states: Sequence[State] | None = None) -> Array:
        """x [T, D, B], lengths [B] -> y [T, C, B]. The states of all layers after it are `states`."""
        h = x
        for number, layer in enumerate(self.layers):
            h = layer.forward(h, lengths, None if states is None else states[number])
        return self.dense.forward(h)

    def backward(self, dy: Array) -> None:
        """dy [T, C, B]; the gradients of all weights are added to `grads`."""
        dh: Any = self.dense.backward(dy)
        for number, layer in reversed(list(enumerate(self.layers))):
            dh = layer.backward(dh, to_input=number > 0)

    @property
    def states(self) -> list[State]:
        return [layer.forwards.state for layer in self.layers]

    def learn(self, batch: Batch, stretch: int = 0) -> Array:
        """Put the gradients of a batch into `grads`; the loss of each frame [T, B].

        Full BPTT, or truncated: in stretches of so many frames. The state is carried from one to the next, but as
        a number: no error goes back over the seam, and only one stretch need be remembered at a time.
        """
        for each in self.grads.values():
            each[...] = 0.0
        steps, frames = len(batch.x), int(batch.mask.sum())
        if 0 < stretch < steps and any(layer.backwards for layer in self.layers):
            raise ValueError("truncated BPTT needs layers that go forward only: take stretch=0")
        losses, states = [], None
        for start in range(0, steps, stretch or steps):
            part = slice(start, start + (stretch or steps))
            y = self.forward(batch.x[part], batch.lengths - start, states)
            each, dy = cross_entropy(y, batch.targets[part], batch.mask[part], frames)
            self.backward(dy)
            losses.append(each)
            states = self.states
        return np.concatenate(losses)

    def _named(self, kind: str) -> dict[str, Array]:
        """Every weight or gradient of the network by its place: layers.0.forwards.W."""
        parts = {
            f"layers.{number}.{way}": cell
            for number, layer in enumerate(self.layers)
            for way, cell in layer.cells.items()
        }
        return {
            f"{place}.{name}": each
            for place, part in (parts | {"dense": self.dense}).items()
            for name, each in getattr(part, kind).items()
        }


def draw(
    kind: Any,
    sizes: tuple[int, int, int],
    rng: np.random.Generator,
    layers: int = 1,
    both: bool = False,
    **more: Any,
) -> Net:
    """A network of a kind of cell with drawn weights; sizes are inputs, units and classes."""
    inputs, hidden, outputs = sizes
    width = hidden * (2 if both else 1)
    stack = []
    for number in range(layers):
        cells = [kind.draw(width if number else inputs, hidden, rng, **more) for _ in range(2 if both else 1)]
        stack.append(Layer(*cells))
    return Net(stack, Dense.draw(width, outputs, rng, **more))


def train(
    net: Net,
    clips: Sequence[Clip],
    optimiser: Any,
    rng: np.random.Generator,
    size: int = 16,
    most: float = 1.0,
    stretch: int = 0,
) -> Iterator[tuple[float, float]]:
    """Step after step without end: the mean loss of a frame, and the gradient's norm before it is clipped."""
    while True:
        for batch in shuffled(clips, size, rng):
            loss = net.learn(batch, stretch).sum() / batch.mask.sum()
            before, _ = clip_norm(net.grads.values(), most)
            optimiser.step(net.weights, net.grads)
            yield float(loss), before
