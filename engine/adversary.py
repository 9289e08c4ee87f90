"""Adversarial training: beside a network another one learns to tell what that makes from clean sound.

By least squares (Mao and others 2017; Pascual, Bonafonte and Serrà 2017, SEGAN). Of clean x, noisy n and what is
made of it, g:

    discriminator  1/2 E[(D(x, n) - 1)^2] + 1/2 E[D(g, n)^2]        generator  1/2 E[(D(g, n) - 1)^2]

Both take their step from the same batch and the same weights. The discriminator is no part of the network: it is
kept with the state of a training, and thrown away when that has ended.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from engine import build, optim

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WIDTHS = (16, 32, 64, 128, 128)
_KERNEL, _STRIDE = 16, 4
_EMPHASIS, _SIZE = 0.95, 10.0


def telling(real: Tensor, made: Tensor) -> Tensor:
    """The discriminator's loss, by its scores of any shape: 1 is to be told of what is real, 0 of what is made."""
    return 0.5 * (real - 1.0).square().mean() + 0.5 * made.square().mean()


def fooling(made: Tensor) -> Tensor:
    """The generator's loss: what it made should be scored as if it were real."""
    return 0.5 * (made - 1.0).square().mean()


class Discriminator(nn.Module):
    """Two sounds [B, n], the judged one and the noisy one -> scores [B, m], one for every 64 ms at 16 kHz.

    Strided convolutions with leaky ReLU over what SEGAN hears, pre-emphasised sound, about as large as one. Its
    virtual batch norm would need a batch of reference, and norms by channel hide how loud a steady noise is; its
    single score would need a fixed length.
    """

    def __init__(self) -> None:
        super().__init__()
        layers = list[nn.Module]()
        for inputs, outputs in pairwise((2, *WIDTHS)):
            conv = nn.Conv1d(inputs, outputs, _KERNEL, _STRIDE, padding=(_KERNEL - _STRIDE) // 2)
            layers += [conv, nn.LeakyReLU(0.3)]
        self.layers = nn.Sequential(*layers, nn.Conv1d(WIDTHS[-1], 1, 1))

    def forward(self, judged: Tensor, noisy: Tensor) -> Tensor:
        both = torch.stack([judged, noisy], 1)
        scores: Tensor = self.layers(_SIZE * (both[..., 1:] - _EMPHASIS * both[..., :-1]))[:, 0]
        return scores


class Adversary:
    """A discriminator that learns beside a network, with an optimiser of its own.

    `hear(y, batch)` tells, of a network's answers, what is made, what is clean and what was noisy, [B, n] each.
    """

    def __init__(
        self,
        hear: Callable[[Any, Any], tuple[Tensor, Tensor, Tensor]],
        weight: float,
        rate: float,
        seed: int,
        device: Any = "cpu",
    ) -> None:
        with build.drawn(seed):
            self.module = Discriminator().to(device)
        self.optimiser = torch.optim.Adam(self.module.parameters(), rate, betas=(0.5, 0.9))
        self._hear, self._weight, self._rate = hear, weight, rate

    def weigh(self, y: Tensor, batch: Any) -> tuple[Tensor, Tensor]:
        """The generator's term, times its weight, and the discriminator's loss, whose gradients are kept."""
        made, clean, noisy = self._hear(y, batch)
        scores = self.module(made, noisy)
        own = telling(self.module(clean, noisy), scores)
        weights = list(self.module.parameters())
        for each, gradient in zip(weights, torch.autograd.grad(own, weights, retain_graph=True), strict=True):
            each.grad = gradient
        return self._weight * fooling(scores), own.detach()

    def learn(self, share: float) -> None:
        """A step by the gradients that are kept, at so much of the rate."""
        for group in self.optimiser.param_groups:
            group["lr"] = share * self._rate
        self.optimiser.step()

    def state(self) -> dict[str, Tensor]:
        """All that `restore` needs to go on exactly."""
        weights = {f"weights.{name}": each for name, each in self.module.state_dict().items()}
        return weights | {f"optimiser.{name}": each for name, each in optim.memory(self.optimiser).items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Raises RuntimeError where they are another's."""
        self.module.load_state_dict(optim.under("weights.", tensors))
        optim.remember(self.optimiser, optim.under("optimiser.", tensors))
