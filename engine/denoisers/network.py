"""Our own networks that learnt to denoise: causal recurrent ones frame by frame in NumPy, others whole sounds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine import build as builder
from engine import checkpoint, enhance, halves, netwise
from engine.denoisers.denoiser import DenoiserError
from engine.overlap import Gains
from engine.stepper import NotLive, Stepper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Denoiser, Mask
    from engine.network import Network

    Array = NDArray[np.float32]

TITLE = "Otoscope"
_TASK = "denoise"


class Answers:
    """The answers of a stepper, without what it did for them."""

    def __init__(self, stepper: Stepper) -> None:
        self._stepper, self.reset = stepper, stepper.reset

    def push(self, frames: Array) -> Array:
        return self._stepper.push(frames)[0]


class Whole:
    """A network that needs the end of the sound before it can begin."""

    rate = halves.RATE
    latency: int | None = None

    def __init__(self, network: Network) -> None:
        self.parameters = _parameters(network)
        self._domain = network.task_settings.domain  # type: ignore[attr-defined]
        self._module = builder.build(network)
        self._gains = Gains(halves.RATE, halves.HOP, 0, halves.HERTZ)
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
        x = enhance.frames(self._domain, sound)
        with torch.inference_mode():
            y, _, _ = self._module(torch.from_numpy(x[None]), torch.tensor([len(x)]))
        answered = y[0].numpy()
        if self._domain != "wave":
            for gain in np.abs(enhance.mask(self._domain, answered, x)):
                self._gains.add(gain.astype(np.float32))
        return enhance.apply(self._domain, answered, sound, x)

    def reset(self) -> None:
        self._heard = []
        self._gains.reset()

    def mask(self) -> Mask | None:
        return None if self._domain == "wave" else self._gains.take()


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


def build(source: str | Path) -> Denoiser:
    """Raises DenoiserError."""
    try:
        network = (
            checkpoint.load(source)
            if Path(source).suffix == checkpoint.SUFFIX
            else checkpoint.open_network(str(source))
        )
    except (checkpoint.CheckpointError, LookupError) as error:
        raise DenoiserError(str(error)) from error
    return of(network)


def of(network: Network) -> Denoiser:
    """A network of the task `denoise`, also one that is being trained. Raises DenoiserError."""
    if network.task != _TASK:
        raise DenoiserError(f"{network.name} has learnt {network.task}, not to denoise; choose a network that has")
    try:
        stepper = Stepper(network)
    except NotLive:
        return Whole(network)
    domain = network.task_settings.domain  # type: ignore[attr-defined] # those of its task
    return netwise.of(domain, Answers(stepper), _parameters(network))


def _parameters(network: Network) -> int:
    weights = network.weights if network.weights is not None else builder.weights(builder.build(network))
    return sum(each.size for each in weights.values())
