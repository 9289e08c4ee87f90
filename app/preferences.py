"""What the program remembers between two starts: layout, theme, recent files, devices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

from engine.knob import KnobError, Settings, knob, knobs

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "otoscope"
RECENT = 10
_SWITCH = {"true": True, "false": False}
LAYOUT = 3
"""Raised when docks are added or renamed: a layout of another number is not restored."""


@dataclass(frozen=True)
class Options(Settings):
    """What the user prefers; the rest of what is remembered comes by itself."""

    theme: str = knob("dark", choices=("dark", "light"), help="light on dark, or dark on light")
    autosave: bool = knob(
        True,
        label="keep my work",
        help="write what changes to the disk every few seconds: after a crash it is offered at the next start",
    )
    ask: bool = knob(
        True,
        label="ask before closing",
        help="ask what is to become of changes and recordings that no file holds, before they go",
    )
    runs: str = knob("", label="folder of runs", help="where trainings lie; nothing: among the program's own data")

    @property
    def folder(self) -> Path:
        """Where trainings lie."""
        usual = Path(platformdirs.user_data_dir(NAME, appauthor=False)) / "runs"
        return Path(self.runs).expanduser() if self.runs else usual


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

    @property
    def options(self) -> Options:
        """What the user prefers; the usual value where another one is stored that is not allowed."""
        found: dict[str, Any] = {}
        for each in knobs(Options):
            text = self.get(each.name, str(each.default))
            try:
                found[each.name] = each.check(_SWITCH.get(text.lower(), text) if each.kind is bool else text)
            except KnobError:
                continue
        return Options(**found)

    @options.setter
    def options(self, options: Options) -> None:
        for name, value in options.to_dict().items():
            self.set(name, str(value).lower() if isinstance(value, bool) else value)

    def clear(self) -> None:
        """All as at the first start."""
        self._values.clear()
        if self._file is not None:
            self._file.clear()

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
