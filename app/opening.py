"""Opening: what a file is becomes the clip, the session, a recipe's network or a denoiser; and the recent ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app import jobs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.window import Window


class Opening:
    """Works on the parts of the window."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def open(self, path: Path) -> None:
        """Open a file in the background: it becomes the clip, or as a session takes the place of all.

        A recipe brings its untrained network.
        """
        window = self.window
        if window.denoiser_files.takes(path):
            return
        if path.suffix.lower() == ".toml":
            window.runs.open_recipe(path)
            return
        if path.suffix.lower() == jobs.SESSION:
            again = partial(self.open, path)
            if not (window.saving.may_leave(window, again) and window.runs.may_leave(window)):
                return
        if window.session.state.transport.live:
            window.listening.stop()
        window.wiring.workers["background"].stop("open")
        window.wiring.submit("background", "open", jobs.open_file, path, doing=f"opening {path.name}")

    def open_all(self, paths: Sequence[Path]) -> None:
        """Open the first of several files; the others wait in the list of recent ones, and that is said."""
        paths = [path for path in paths if not self.window.denoiser_files.takes(path)]
        if not paths:
            return
        for path in reversed(paths[1:]):
            self.window.preferences.opened(path)
        self.open(paths[0])
        if len(paths) > 1:
            self.window.wiring.tell(f"{paths[0].name} is opened; the others are in File > Open recent.")
            self.window.mark()

    def remember(self, path: Path | None) -> None:
        """The file that was opened or saved last comes first in the list of recent ones."""
        if path is not None:
            self.window.preferences.opened(path)
            self.window.preferences.set("folder", str(path.parent))
            self.window.mark()
