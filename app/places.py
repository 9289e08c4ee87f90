"""Where things are written to and read from: the files and folders that the user names."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QMessageBox

from widgets import files

if TYPE_CHECKING:
    from app.window import Window


def place(window: Window, title: str, name: str, kinds: str, endings: tuple[str, ...]) -> Path | None:
    return named(window, title, name, kinds, endings)[0]


def named(window: Window, title: str, name: str, kinds: str, endings: tuple[str, ...]) -> tuple[Path | None, str]:
    """The file that the user names, and of which kind; with none of the `endings` it gets that of the kind."""
    folder = Path(window.preferences.get("folder", str(Path.home())))
    path, chosen = files.to_save(window, title, str(folder / name), kinds)
    target = Path(path)
    if not path or target.suffix.lower() in endings:
        return target if path else None, chosen
    target = target.with_name(target.name + next((each for each in endings if f"*{each}" in chosen), endings[0]))
    # The dialog has seen it without its ending.
    return target if not target.exists() or replaces(window, title, [target]) else None, chosen


def replaces(window: Window, title: str, there: list[Path]) -> bool:
    """Whether files that are there already may go."""
    several = f"{len(there)} files, {there[0].name} and its like, are there already. Replace them?"
    words = several if len(there) > 1 else f"{there[0].name} is there already. Replace it?"
    yes = QMessageBox.StandardButton.Yes
    return QMessageBox.question(window, title, words) == yes


def run_folder(window: Window, title: str) -> Path | None:
    """The folder of a run that the user names."""
    folder = window.runs.folder
    with contextlib.suppress(OSError):  # then the dialog begins elsewhere
        folder.mkdir(parents=True, exist_ok=True)
    path = files.folder(window, title, str(folder))
    return Path(path) if path else None


def write(window: Window, target: Path, job: Any, *asked: Any) -> None:
    """In the background, each file by itself: none takes the place of another that waits."""
    window.wiring.submit("background", f"write {target}", job, *asked, target, doing=f"writing {target}")
