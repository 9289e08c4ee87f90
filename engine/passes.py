"""The gradient of a whole batch, with the network run in parts: one after another, and on several processes.

A task's loss need not be the mean over the clips. So the outputs of all parts are put together, the loss of the
whole batch is taken, and every part goes on from its slice of the loss's gradient by the outputs. Of several parts
in a process, of batch or of time, each runs twice, first without a graph: memory is that of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lightning_fabric import Fabric

    Outputs = Iterator[tuple[Tensor, Tensor]]
    """[B, T', C] and lengths [B] of one stretch after another."""


class Passes:
    """Forward and backward over one batch x [B, T, F] with lengths [B], of which this process runs its share.

    `stretch` frames, where it is not 0, are the furthest that a gradient reaches back. Dropout is drawn by `seed`,
    whatever else draws in this process. A network that is `taught` hears the right answers [B, U].
    """

    def __init__(
        self,
        fabric: Fabric,
        module: Any,
        x: Tensor,
        lengths: Tensor,
        parts: int,
        stretch: int,
        seed: int,
        taught: Tensor | None = None,
    ) -> None:
        self.fabric, self.module, self.x, self.lengths = fabric, module, x, lengths
        self.taught = taught
        self.stretch, self.seed, self._first = stretch, seed, fabric.global_rank * parts
        share = -(-len(x) // fabric.world_size)
        start, stop = (min(len(x), (fabric.global_rank + side) * share) for side in (0, 1))
        # A process without a clip runs the first one, for nothing, so that no other waits for it.
        self.own = range(start, stop) if start < stop else range(1)
        self.idle = start >= stop
        size = max(1, -(-len(self.own) // parts))
        self.parts = [self.own[place : place + size] for place in range(0, len(self.own), size)]
        self._kept: Tensor | None = None

    def forward(self) -> tuple[Tensor, Tensor]:
        """The outputs of the whole batch [B, T', C], a leaf that wants a gradient, and their lengths [B]."""
        if len(self.parts) == 1 and not self._is_cut():
            ((self._kept, steps),) = self._run(0)
            y = self._kept.detach()
        else:
            with torch.no_grad():
                whole = [joined(self._run(number)) for number in range(len(self.parts))]
            y, steps = (torch.cat(each) for each in zip(*whole, strict=True))
        return self._gathered(y).requires_grad_(), self._gathered(steps)

    def backward(self, gradient: Tensor) -> None:
        """Add to the weights' gradients, given that of the loss by the outputs [B, T', C], over all processes."""
        for number, part in enumerate(self.parts):
            begun, kept = 0, self._kept
            for y in (each for each, _ in self._run(number)) if kept is None else (kept,):
                slice_ = gradient[part.start : part.stop, begun : begun + y.shape[1]]
                self.fabric.backward(y, gradient=torch.zeros_like(slice_) if self.idle else slice_)
                begun += y.shape[1]
        self._kept = None
        if self.fabric.world_size > 1:
            self._sum()

    def _run(self, number: int) -> Outputs:
        """What a part of the batch gives, a stretch after the other."""
        part = slice(self.parts[number].start, self.parts[number].stop)
        devices = [self.x.device] if self.x.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            _seed(self.seed + ((self._first + number) << 40), self.x.device.type)
            if self.taught is not None:
                y, steps, _ = self._called(self.x[part], self.lengths[part], taught=self.taught[part])
                yield y.float(), steps
                return
            for y, steps in through(
                self._called, self.module.stride, self.x[part], self.lengths[part], self.stretch
            ):
                yield y.float(), steps

    def _called(self, *arguments: Any, **more: Any) -> Any:
        """The network, in the precision that is asked for."""
        with self.fabric.autocast():
            return self.module(*arguments, **more)

    def _is_cut(self) -> bool:
        """Whether there are several stretches."""
        return self.taught is None and 0 < self.stretch < self.x.shape[1]

    def _gathered(self, own: Tensor) -> Tensor:
        """[b, ...] of each process -> [B, ...] of the whole batch."""
        if self.fabric.world_size == 1:
            return own
        whole = own.new_zeros(len(self.x), *own.shape[1:])
        if not self.idle:
            whole[self.own.start : self.own.stop] = own
        summed: Any = self.fabric.all_reduce(whole, reduce_op="sum")
        return torch.as_tensor(summed)

    def _sum(self) -> None:
        """The gradients of all processes added up, in one message."""
        held = [each.grad for each in self.module.parameters() if each.grad is not None]
        whole: Any = self.fabric.all_reduce(torch.cat([each.flatten() for each in held]), reduce_op="sum")
        for each, summed in zip(held, whole.split([each.numel() for each in held]), strict=True):
            each.copy_(summed.view_as(each))


def _seed(number: int, device: str) -> None:
    """As torch.manual_seed, which asks every kind of device that there may be, and takes almost a millisecond."""
    torch.default_generator.manual_seed(number)
    if device != "cpu":
        getattr(torch, device).manual_seed(number)


def through(run: Callable[..., Any], stride: int, x: Tensor, lengths: Tensor, stretch: int = 0) -> Outputs:
    """The outputs for x [B, T, F] and their lengths; one after another of stretches of so many frames, if not 0.

    The state is carried from stretch to stretch, and no gradient is: truncated backpropagation through time.
    Dropout masks are drawn for each stretch.
    """
    stretch = -(-stretch // stride) * stride or x.shape[1]
    state = None
    for start in range(0, max(x.shape[1], 1), max(stretch, 1)):
        part = x[:, start : start + stretch]
        y, steps, state = run(part, (lengths - start).clamp(0, part.shape[1]), state)
        yield y, steps
        state = detached(state)


def joined(outputs: Outputs) -> tuple[Tensor, Tensor]:
    """All stretches as one: [B, T', C], and lengths [B]."""
    ys, steps = zip(*outputs, strict=True)
    return torch.cat(ys, 1), torch.stack(steps).sum(0)


def detached(state: Any) -> Any:
    """A model's state, tensors in tuples, as values without a history."""
    if isinstance(state, tuple):
        return tuple(map(detached, state))
    return state.detach() if isinstance(state, Tensor) else state


def part() -> None:
    """Several processes end together: one that went first would break a connection of the others, and them."""
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()
