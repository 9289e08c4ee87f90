"""Blocks of convolutions over pictures [B, C, T, F]: separable, depthwise, residual; and their weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class Depthwise(nn.Conv2d):
    """Each channel by its own kernel and nothing across: groups = channels."""

    def __init__(self, channels: int, kernel: int = 3, stride: int = 1, bias: bool = True) -> None:
        super().__init__(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=bias)


class SepConv(nn.Module):
    """Depthwise, then pointwise (1 x 1): k^2 C + C C' weights, where a dense convolution has k^2 C C'.

    (Chollet, Xception, 2017)
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, bias: bool = True) -> None:
        super().__init__()
        self.depthwise = Depthwise(inputs, kernel, stride, bias)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, C, T, F] -> [B, C', T', F']."""
        y: Tensor = self.pointwise(self.depthwise(x))
        return y

    def composed(self) -> nn.Conv2d:
        """The dense convolution with the same answers: K[o, i] = P[o, i] D[i], its bias P b + b'."""
        deep, point = self.depthwise, self.pointwise
        dense = nn.Conv2d(
            deep.in_channels,
            point.out_channels,
            (deep.kernel_size[0], deep.kernel_size[1]),
            (deep.stride[0], deep.stride[1]),
            (deep.kernel_size[0] // 2, deep.kernel_size[1] // 2),
            bias=point.bias is not None,
        )
        mixed = point.weight[:, :, 0, 0]
        with torch.no_grad():
            dense.weight.copy_(mixed[:, :, None, None] * deep.weight[:, 0][None])
            if dense.bias is not None and point.bias is not None and deep.bias is not None:
                dense.bias.copy_(mixed @ deep.bias + point.bias)
        return dense


class ResBlock(nn.Module):
    """y = f(x) + x (He and others, Deep Residual Learning, 2016), f: twice layer norm over F, GELU, 3 x 3.

    Where the shape changes, the shortcut is a 1 x 1 convolution with the same stride. `plain` leaves it out, and
    with it the sum; without `norm` there are no layer norms. Frames that do not exist are 0 before each
    convolution, so that padding changes nothing.
    """

    def __init__(
        self, inputs: int, outputs: int, bands: int, stride: int = 1, plain: bool = False, norm: bool = True
    ) -> None:
        super().__init__()
        self.stride, self.plain = stride, plain
        after = -(-bands // stride)
        self.norms = nn.ModuleList(nn.LayerNorm(each) if norm else nn.Identity() for each in (bands, after))
        self.convs = nn.ModuleList(
            [nn.Conv2d(inputs, outputs, 3, stride, 1), nn.Conv2d(outputs, outputs, 3, 1, 1)]
        )
        changes = stride > 1 or inputs != outputs
        self.shortcut = nn.Conv2d(inputs, outputs, 1, stride) if changes and not plain else None

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """x [B, C, T, F], lengths [B] -> [B, C', ceil(T / stride), ceil(F / stride)] and the lengths."""
        steps = (lengths + self.stride - 1) // self.stride
        h = self.convs[0](existing(functional.gelu(self.norms[0](x)), lengths))
        h = self.convs[1](existing(functional.gelu(self.norms[1](h)), steps))
        if self.plain:
            return h, steps
        return h + (x if self.shortcut is None else self.shortcut(x)), steps


def existing(x: Tensor, lengths: Tensor) -> Tensor:
    """x [B, C, T, F] with zeros for the frames after each item's end."""
    there = torch.arange(x.shape[2], device=x.device)[None] < lengths[:, None]
    return x * there[:, None, :, None].to(x.dtype)


def heard(x: Tensor, lengths: Tensor) -> Tensor:
    """The same of x [B, T, N]."""
    there = torch.arange(x.shape[1], device=x.device)[None] < lengths[:, None]
    return x * there[..., None].to(x.dtype)


@dataclass(frozen=True)
class Count:
    """A convolution: its place in the network, what it is, its weights without biases, products a picture."""

    name: str
    kind: str
    weights: int
    products: int


def counts(module: nn.Module, *arguments: Any) -> list[Count]:
    """Every convolution of a module, with the products that it makes for these arguments of `forward`."""
    found, hooks = list[Count](), list[Any]()

    def note(name: str) -> Any:
        def seen(conv: Any, _: Any, out: Tensor) -> None:
            weights = conv.weight.numel()
            moments = out.numel() // out.shape[0] // out.shape[1]
            found.append(Count(name, kind_of(conv), weights, weights * moments))

        return seen

    for name, each in module.named_modules():
        if isinstance(each, nn.Conv1d | nn.Conv2d):
            hooks.append(each.register_forward_hook(note(name)))
    try:
        with torch.inference_mode():
            module(*arguments)
    finally:
        for each in hooks:
            each.remove()
    return found


def kind_of(conv: Any) -> str:
    """dense, depthwise (a kernel for each channel), or pointwise (1 x 1)."""
    if conv.groups > 1 and conv.groups == conv.in_channels:
        return "depthwise"
    return "pointwise" if set(conv.kernel_size) == {1} else "dense"
