"""What the program remembers between two starts: layout, theme, recent files, devices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "otoscope"
RECENT = 10
LAYOUT = 1
"""Raised when docks are added or renamed: a layout of another number is not restored."""


class Preferences:
    """An ini file of its own in the user's configuration folder; a fresh start neither reads nor writes it."""

    def __init__(self, fresh: bool = False) -> None:
        path = Path(platformdirs.user_config_dir(NAME, appauthor=False)) / "window.ini"
        self._file = None if fresh else QSettings(str(path), QSettings.Format.IniFormat)
        self._values: dict[str, Any] = {}

    def get(self, key: str, default: str = "") -> str:
        """A text; the default where there is none."""
        value = self._values.get(key, default) if self._file is None else self._file.value(key, default)
        return str(value)

    def set(self, key: str, value: Any) -> None:
        if self._file is None:
            self._values[key] = value
        else:
            self._file.setValue(key, value)

    def share(self, key: str, default: float = 1.0) -> float:
        """A number from 0 to 1; the default where there is none, or something else."""
        try:
            value = float(self.get(key))
        except ValueError:
            return default
        return value if 0.0 <= value <= 1.0 else default

    def bytes(self, key: str) -> QByteArray | None:
        """A stored layout, or None."""
        value = self._values.get(key) if self._file is None else self._file.value(key)
        return value if isinstance(value, QByteArray) and not value.isEmpty() else None

    @property
    def recent(self) -> tuple[Path, ...]:
        """The files opened last, newest first, those that are gone left out."""
        stored = self.get("recent")
        return tuple(path for path in map(Path, stored.split("\n") if stored else []) if path.is_file())

    def opened(self, path: Path) -> None:
        """Remember a file as the one opened last."""
        self._store([path, *(each for each in self.recent if each != path)])

    def forget(self) -> None:
        """Empty the list of recent files, or all of a layout that no longer helps."""
        self._store([])

    def _store(self, paths: Iterable[Path]) -> None:
        self.set("recent", "\n".join(str(path) for path in list(paths)[:RECENT]))

    def close(self) -> None:
        """Write what is not yet written."""
        if self._file is not None:
            self._file.sync()
