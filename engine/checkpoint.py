"""A checkpoint: a network as one safetensors file whose metadata says everything else. Never a pickle."""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, build, catalog
from engine.knob import KnobError, Settings, knobs
from engine.links import link_from_dict, link_to_dict
from engine.network import Network
from engine.replacing import replacing
from engine.stages.stage import Format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.tasks.task import Task

FORMAT = 1
SUFFIX = ".safetensors"
_KEY = "otoscope"


class CheckpointError(ValueError):
    """A file that cannot be used as a network; the message names it, what is wrong and what to do."""


def save(network: Network, path: str | Path, half: bool = False) -> Path:
    """Write a trained network, through a temporary name beside `path`; `half` stores float16.

    Raises CheckpointError for an untrained network or a place that cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    path = Path(path)
    if network.weights is None:
        raise CheckpointError(f"{network.name} is untrained: there is nothing to save yet; train it first")
    kind = np.float16 if half else np.float32
    arrays = {name: np.ascontiguousarray(value, kind) for name, value in network.weights.items()}
    text = json.dumps({"format": FORMAT, **describe(network)}, ensure_ascii=False)
    try:
        with replacing(path) as part:
            save_file(arrays, part, {_KEY: text})
    except (OSError, SafetensorError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise CheckpointError(f"cannot write {path}: {reason}; choose another place") from error
    return path


def load(path: str | Path) -> Network:
    """The network in a file. Raises CheckpointError, naming the file and what is wrong with it."""
    path = Path(path)
    described, arrays = _read(path)
    version = described.get("format") if isinstance(described, dict) else None
    if not isinstance(version, int) or version > FORMAT:
        raise CheckpointError(
            f"{path} is written in format {version}, this program knows up to {FORMAT}; install a newer Otoscope"
        )
    for name, value in arrays.items():
        if not np.isfinite(value).all():
            raise CheckpointError(f"{path}: {name!r} holds numbers that are not finite; get the file again")
    try:
        return _network(described, arrays)
    except (AttributeError, KnobError, LookupError, TypeError, ValueError) as error:
        text = f"the entry {error} is missing" if type(error) is KeyError else str(error)
        raise CheckpointError(
            f"{path} does not fit this program: {text}; install the Otoscope it was made with"
        ) from error


def describe(network: Network) -> dict[str, Any]:
    """All but the weights, in plain values."""
    return {
        "name": network.name,
        "task": network.task,
        "task_settings": network.task_settings.to_dict(),
        "model": network.model,
        "settings": network.settings.to_dict(),
        "frontend": [link_to_dict(each) for each in network.frontend],
        "vocabulary": list(network.vocabulary),
        "inputs": network.inputs,
        "seed": network.seed,
        "metrics": dict(network.metrics),
        "card": dict(network.card),
    }


def bundled() -> tuple[str, ...]:
    """The names of the networks that come with the program, sorted."""
    return tuple(sorted(file.stem for file in asset.path("checkpoints").glob(f"*{SUFFIX}")))


def by_task() -> dict[str, tuple[str, ...]]:
    """The names of the bundled networks of every task of the catalog; none of some. Reads no weights."""
    found: dict[str, tuple[str, ...]] = {task: () for task in catalog.names("tasks")}
    for name in bundled():
        found[_described(name)["task"]] += (name,)
    return found


def causal() -> frozenset[str]:
    """The names of the bundled networks that can run live: those whose look-ahead is finite. Reads no weights."""
    found = set()
    for name in bundled():
        described = _described(name)
        settings = catalog.load("models", described["model"]).Settings.from_dict(described["settings"])
        if build.is_live(described["model"], settings):
            found.add(name)
    return frozenset(found)


def _described(name: str) -> dict[str, Any]:
    """All but the weights of a bundled network, as `describe` gives it."""
    from safetensors import safe_open

    with safe_open(asset.path("checkpoints", f"{name}{SUFFIX}"), framework="numpy") as file:
        return dict(json.loads(file.metadata()[_KEY]))


def open_network(name: str | Path) -> Network:
    """A bundled network by its name, or any checkpoint by its path. Raises CheckpointError."""
    if str(name) in bundled():
        path = asset.path("checkpoints", f"{name}{SUFFIX}")
        return _load_once(path, path.stat().st_mtime_ns)
    if not Path(name).exists():
        raise CheckpointError(f"there is no network {str(name)!r}; bundled are: {', '.join(bundled()) or 'none'}")
    return load(name)


def untrained(
    task: str | Network,
    settings: Settings | None = None,
    task_settings: Settings | None = None,
    model: str | None = None,
    seed: int = 0,
) -> Network:
    """A network without weights, for a task by name or for the same task as another network."""
    if isinstance(task, Network):
        like = task
        task_settings = like.task_settings if task_settings is None else task_settings
        task, model = like.task, model or like.model
    module = catalog.load("tasks", task)
    task_settings = module.Settings() if task_settings is None else task_settings
    made: Task = module.build(task_settings)
    model = model or made.model
    settings = build.usual(made, model) if settings is None else settings
    described: dict[str, Any] = {"name": f"untrained {task}", "task": task, "model": model, "settings": settings}
    described |= {"task_settings": task_settings, "frontend": tuple(made.frontend), "inputs": width(made)}
    described |= {"vocabulary": tuple(made.vocabulary), "seed": seed}
    return Network(id=build.identity(described, None), live=build.is_live(model, settings), **described)


def ladder(task: str) -> Mapping[tuple[Any, ...], str]:
    """The bundled networks of a task by those settings that decide their shape, see `shape`."""
    found: dict[tuple[Any, ...], str] = {}
    for name in bundled():
        network = open_network(name)
        if network.task == task:
            found.setdefault(shape(network), name)
    return MappingProxyType(found)


def with_settings(network: Network, settings: Settings) -> Network:
    """The network that stands for other model settings: itself, a bundled trained one, or an untrained one."""
    wanted = shape(network, settings)
    if wanted == shape(network):
        return network if settings == network.settings else network.but(settings)
    name = ladder(network.task).get(wanted)
    return untrained(network, settings, seed=network.seed) if name is None else open_network(name)


def shape(network: Network, settings: Settings | None = None) -> tuple[Any, ...]:
    """What must agree for two networks to do the same work with weights of the same form.

    The model, its structural knobs (those whose change rebuilds), the front end and the vocabulary.
    """
    settings = network.settings if settings is None else settings
    structure = tuple(getattr(settings, each.name) for each in knobs(type(settings)) if each.effect == "rebuild")
    return network.model, structure, network.frontend, network.vocabulary


def width(task: Task) -> int:
    """How many features the task's front end gives a frame."""
    return output(task).width


def output(task: Task) -> Format:
    """What the task's front end gives for mono sound at the task's rate."""
    from engine.chain import Chain

    return Chain(task.frontend, Format(task.rate)).output


@functools.lru_cache(32)
def _load_once(path: Path, _changed: int) -> Network:
    return load(path)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    from safetensors import SafetensorError, safe_open

    if path.is_dir():
        raise CheckpointError(f"{path} is a folder; choose the .safetensors file in it")
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get(_KEY)
            if text is None:
                raise CheckpointError(f"{path} holds weights, but not of an Otoscope network; open another file")
            return json.loads(text), {name: file.get_tensor(name) for name in file.keys()}
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no file {path}") from error
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    except (SafetensorError, json.JSONDecodeError) as error:
        raise CheckpointError(
            f"{path} is not a whole checkpoint ({error}); it may be cut short or of another kind: get it again"
        ) from error


def _network(described: Mapping[str, Any], arrays: Mapping[str, Any]) -> Network:
    model, task = described["model"], described["task"]
    words = (described["name"], *described["vocabulary"])
    if not all(isinstance(each, str) for each in words) or not described["vocabulary"]:
        raise ValueError("its name and its vocabulary are no words")
    if not isinstance(described["inputs"], int) or described["inputs"] < 1:
        raise ValueError(f"it wants {described['inputs']!r} features a frame")
    settings = catalog.load("models", model).Settings.from_dict(described["settings"])
    weights = build.frozen(arrays)
    read = Network(
        name=described["name"],
        id="",
        task=task,
        model=model,
        settings=settings,
        task_settings=catalog.load("tasks", task).Settings.from_dict(described["task_settings"]),
        frontend=tuple(link_from_dict(each) for each in described["frontend"]),
        vocabulary=tuple(described["vocabulary"]),
        inputs=described["inputs"],
        weights=weights,
        seed=described["seed"],
        live=build.is_live(model, settings),
        metrics=MappingProxyType(described["metrics"]),
        card=MappingProxyType(described["card"]),
    )
    # By what it was read as, not by the file: that of an older version lacks the knobs that came since.
    plain = {key: value for key, value in describe(read).items() if key not in ("metrics", "card")}
    return dataclasses.replace(read, id=build.identity(plain, weights))
