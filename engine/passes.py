"""The gradient of a whole batch, with the network run in parts: one after another, and on several processes.

A task's loss need not be the mean over the clips. So the outputs of all parts are put together, the loss of the
whole batch is taken, and every part goes on from its slice of the loss's gradient by the outputs. Of several parts
in a process each runs twice, first without a graph: memory is that of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from lightning_fabric import Fabric


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
        if len(self.parts) == 1:
            self._kept, steps = self._run(0)
            y = self._kept.detach()
        else:
            with torch.no_grad():
                y, steps = (torch.cat(each) for each in zip(*map(self._run, range(len(self.parts))), strict=True))
        return self._gathered(y).requires_grad_(), self._gathered(steps)

    def backward(self, gradient: Tensor) -> None:
        """Add to the weights' gradients, given that of the loss by the outputs [B, T', C], over all processes."""
        for number, part in enumerate(self.parts):
            y = self._run(number)[0] if self._kept is None else self._kept
            slice_ = gradient[part.start : part.stop]
            self.fabric.backward(y, gradient=torch.zeros_like(slice_) if self.idle else slice_)
        self._kept = None
        if self.fabric.world_size > 1:
            self._sum()

    def _run(self, number: int) -> tuple[Tensor, Tensor]:
        part = slice(self.parts[number].start, self.parts[number].stop)
        devices = [self.x.device] if self.x.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices), self.fabric.autocast():
            _seed(self.seed + ((self._first + number) << 40), self.x.device.type)
            taught = None if self.taught is None else self.taught[part]
            y, steps = through(self.module, self.x[part], self.lengths[part], self.stretch, taught)
        return y.float(), steps

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


def through(
    module: Any, x: Tensor, lengths: Tensor, stretch: int = 0, taught: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The outputs for x [B, T, F] and their lengths; in stretches of so many frames, if that is not 0.

    The state is carried from stretch to stretch, and no gradient is: truncated backpropagation through time.
    Dropout masks are drawn for each stretch. A network that is `taught` [B, U] has no stretches.
    """
    if taught is not None:
        y, steps, _ = module(x, lengths, taught=taught)
        return y, steps
    stretch = -(-stretch // module.stride) * module.stride
    if not 0 < stretch < x.shape[1]:
        y, steps, _ = module(x, lengths)
        return y, steps
    ys, steps, state = [], torch.zeros_like(lengths), None
    for start in range(0, x.shape[1], stretch):
        part = x[:, start : start + stretch]
        y, count, state = module(part, (lengths - start).clamp(0, part.shape[1]), state)
        ys.append(y)
        steps, state = steps + count, detached(state)
    return torch.cat(ys, 1), steps


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
