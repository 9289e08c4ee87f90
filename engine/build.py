"""From a frozen Network to a torch module that runs, and back to weights that no longer move."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from torch.nn import Module

    from engine.knob import Settings
    from engine.network import Network
    from engine.tasks.task import Task


_DRAWING = threading.RLock()


class WeightsError(ValueError):
    """Weights that do not belong to the network they came with; the message names the first that differs."""


def build(network: Network, device: str = "cpu") -> Any:
    """The network as a torch module in evaluation mode. Raises WeightsError.

    Untrained weights are drawn from the network's seed, without touching torch's own random state.
    """
    import torch

    module = fresh(network.model, network.settings, network.inputs, len(network.vocabulary), network.seed)
    if network.weights is not None:
        wanted = module.state_dict()
        _check(network.name, {name: tuple(value.shape) for name, value in wanted.items()}, network.weights)
        module.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in network.weights.items()})
    return module.to(device).eval()


def fresh(model: str, settings: Settings, inputs: int, outputs: int, seed: int) -> Module:
    """An untrained module; the same arguments give the same weights."""
    with drawn(seed):
        module: Module = catalog.load("models", model).build(settings, inputs, outputs)
    return module


@contextlib.contextmanager
def drawn(seed: int) -> Iterator[None]:
    """What torch draws in here is the seed's, though other threads come here meanwhile: they wait, as all threads
    draw from one generator. Its own state is left as it was."""
    import torch

    with _DRAWING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def usual(task: Task, model: str) -> Settings:
    """The settings of a model before any knob is turned: of the task's own model, as the task wants them."""
    knobs = getattr(task, "knobs", {}) if model == task.model else {}
    settings: Settings = catalog.load("models", model).Settings(**knobs)
    return settings


def weights(module: Module) -> Mapping[str, NDArray[np.float32]]:
    """A read-only copy of a module's weights."""
    return frozen({name: value.detach().cpu().numpy() for name, value in module.state_dict().items()})


def frozen(arrays: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[np.float32]]:
    """The arrays as float32, each set read-only."""
    out = {}
    for name, value in arrays.items():
        out[name] = np.array(value, np.float32)
        out[name].setflags(write=False)
    return MappingProxyType(out)


def identity(described: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None) -> str:
    """A name for these weights under this description: equal ids, equal networks."""
    # The quickest of the library's where processors help: a snapshot of a large network mostly waited for another.
    digest = hashlib.sha1(json.dumps(described, sort_keys=True, default=str).encode(), usedforsecurity=False)
    for name in sorted(arrays or ()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray((arrays or {})[name]).data)
    return digest.hexdigest()[:24]


def task_of(network: Network) -> Task:
    """The task that the network was made for."""
    task: Task = catalog.load("tasks", network.task).build(network.task_settings)
    if hasattr(task, "adopt"):
        task.adopt(network.vocabulary)
    return task


def is_live(model: str, settings: Settings) -> bool:
    """Whether a model with these settings needs a finite stretch of the future only; without importing torch."""
    lookahead = getattr(catalog.load("models", model), "lookahead", None)
    return lookahead is None or lookahead(settings) is not None


def stride(model: str, settings: Settings) -> int:
    """Input frames per output frame of a model with these settings; without importing torch."""
    return int(getattr(catalog.load("models", model), "STRIDE", getattr(settings, "stack", 1)))


def _check(name: str, wanted: Mapping[str, tuple[int, ...]], found: Mapping[str, NDArray[Any]]) -> None:
    for each, shape in wanted.items():
        if each not in found:
            raise WeightsError(f"{name}: the weights {each!r} are missing; take the file from its source again")
        if found[each].shape != shape:
            raise WeightsError(f"{name}: {each!r} is {found[each].shape}, but its settings ask for {shape}")
    for each in found:
        if each not in wanted:
            raise WeightsError(f"{name}: the weights {each!r} belong to no part of the network")
