"""A network that takes two voices apart, as a denoiser: one voice is what it leaves, the other what it takes away.

So each is heard alone, and the other is silent, by the keys that choose between enhanced sound and residual.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build as builder
from engine import checkpoint, enhance, halves
from engine.denoisers.denoiser import DenoiserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Mask

    Array = NDArray[np.float32]

TITLE = "Voice apart"
_TASK = "separate"


class Voice:
    """Hears the whole sound, and gives the voice that it found first, as loud as it is in it."""

    rate = halves.RATE
    latency: int | None = None

    def __init__(self, network: Any) -> None:
        self._task: Any = builder.task_of(network)
        self._module = builder.build(network)
        self.parameters = sum(each.numel() for each in self._module.parameters())
        self._heard: list[Array] = []

    def push(self, block: Array) -> Array:
        self._heard.append(np.array(block, np.float32))
        return np.zeros(0, np.float32)

    def flush(self) -> Array:
        import torch

        sound = np.concatenate([*self._heard, np.zeros(0, np.float32)])
        self._heard = []
        if not len(sound):
            return sound
        x = enhance.frames("wave", sound)
        with torch.inference_mode():
            y, _, _ = self._module(torch.from_numpy(x[None]), torch.tensor([len(x)]))
        first: Array = self._task.voices(y[0].numpy(), sound)[0]
        return first

    def reset(self) -> None:
        self._heard = []

    def mask(self) -> Mask | None:
        return None


def names() -> tuple[str, ...]:
    """The bundled ones."""
    return checkpoint.by_task()[_TASK]


def fits(path: Path) -> bool:
    if path.suffix != checkpoint.SUFFIX or not path.is_file():
        return False
    try:
        return checkpoint.load(path).task == _TASK
    except checkpoint.CheckpointError:
        return False


def build(source: str | Path) -> Voice:
    """Raises DenoiserError."""
    try:
        is_file = Path(source).suffix == checkpoint.SUFFIX
        network = checkpoint.load(source) if is_file else checkpoint.open_network(str(source))
    except (checkpoint.CheckpointError, LookupError) as error:
        raise DenoiserError(str(error)) from error
    return Voice(network)
