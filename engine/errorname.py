"""What the error of a task is called: of texts always with the normaliser by which they are compared."""

from __future__ import annotations

import functools
import tomllib
from typing import TYPE_CHECKING, Any

from engine import catalog

if TYPE_CHECKING:
    from engine.knob import Settings
    from engine.network import Network


def of(task: str, settings: Settings | None = None) -> str:
    """Of a task with these settings, or its own: DER, or WER (basic-en)."""
    name, by = parts(task, settings)
    return f"{name} ({by if by != 'none' else 'normaliser none'})" if by else name


def parts(task: str, settings: Settings | None = None) -> tuple[str, str]:
    """The same where room is short: DER and "", or WER and basic-en; of a task that there is not, "error"."""
    if task not in catalog.names("tasks"):
        return "error", ""
    return str(getattr(catalog.load("tasks", task), "METRIC", "error")), normaliser(task, settings)


def normaliser(task: str, settings: Settings | None = None) -> str:
    """By which normaliser the task's texts are compared; "" where it writes none. Raises UnknownLeaf."""
    module = catalog.load("tasks", task)
    tell = getattr(module, "normaliser", None)
    return str(tell(settings if settings is not None else module.Settings())) if tell is not None else ""


def read_by(network: Network | None) -> str:
    """Of what a network reads."""
    return of(network.task, network.task_settings) if network is not None else "error"


@functools.lru_cache(maxsize=16)
def of_recipe(text: str) -> str:
    """Of a run by its recipe, a TOML text; "error" where that is none."""
    try:
        told: dict[str, Any] = dict(tomllib.loads(text)["task"])
        name = str(told.pop("name"))
        return of(name, catalog.load("tasks", name).Settings.from_dict(told))
    except (tomllib.TOMLDecodeError, ValueError, KeyError, TypeError, LookupError):
        return "error"
