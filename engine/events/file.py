"""What was read from files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.clip import Clip


@dataclass(frozen=True, eq=False)
class Opened:
    """A clip is ready to be shown."""

    clip: Clip


@dataclass(frozen=True, eq=False)
class Restored:
    """A session is read: values for it by key, in the order in which they are to be set.

    `path` is its file, if it has one; `unsaved`: it is not what lies there.
    """

    path: Path | None
    values: Mapping[str, Any]
    unsaved: bool = False


@dataclass(frozen=True, eq=False)
class Peaked:
    """The peak pyramid of a clip is complete."""

    clip_id: str
    peaks: Any
