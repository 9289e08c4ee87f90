"""The folder is the registry: a leaf is one file, found by listing its folder, imported when asked for."""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


class UnknownLeaf(LookupError):
    """A name for which the folder has no file; the message lists those it has."""


def names(folder: str) -> tuple[str, ...]:
    """The leaves of `engine/<folder>`, sorted, without importing any. Files that begin with _ are shared parts.

    A dotted name is a package of its own: names("widgets.views").
    """
    return tuple(sorted(path.stem for path in _directory(folder).glob("*.py") if _is_leaf(path, folder)))


@functools.cache
def load(folder: str, name: str) -> ModuleType:
    """The module of one leaf. Raises UnknownLeaf."""
    # Not from sys.modules: another thread may be in the midst of importing it, and only import_module waits.
    if name not in names(folder):
        raise UnknownLeaf(f"there is no {name!r} among the {folder}; there are: {', '.join(names(folder))}")
    return importlib.import_module(f"{_package(folder)}.{name}")


def about(folder: str, name: str) -> str:
    """The first line of a leaf's docstring, without importing it."""
    source = (_directory(folder) / f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or name).splitlines()[0].rstrip(".")


def _is_leaf(path: Path, folder: str) -> bool:
    # engine/models/model.py holds the Protocol that the leaves of engine/models fulfil.
    singular = {"corpora": "corpus"}.get(folder, folder.rpartition(".")[2].removesuffix("s"))
    return not path.stem.startswith("_") and path.stem != singular


def _package(folder: str) -> str:
    return folder if "." in folder else f"engine.{folder}"


@functools.cache
def _directory(folder: str) -> Path:
    spec = importlib.util.find_spec(_package(folder))
    if spec is None or not spec.submodule_search_locations:
        raise UnknownLeaf(f"there is no folder {folder!r}")
    return Path(spec.submodule_search_locations[0])
