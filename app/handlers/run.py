"""What the Run menu does: a method for each action, named as in the table of actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app import jobs, places
from widgets import files

if TYPE_CHECKING:
    from app.handlers import Dialogs
    from app.window import Window
    from engine.clip import Clip


class Run:
    """Works on the parts of the window."""

    def __init__(self, window: Window, dialogs: Dialogs) -> None:
        self.window, self.dialogs = window, dialogs

    def newest(self) -> None:
        self.window.runs.past.look(None)

    def resume(self) -> None:
        if place := places.run_folder(self.window, "Resume a run"):
            self.window.runs.resume(place)

    def resume_parts(self) -> None:
        self.window.runs.resume(parts=2)

    def open_run(self) -> None:
        if place := places.run_folder(self.window, "Open a run"):
            self.window.runs.follow(place)

    def compare(self) -> None:
        if place := places.run_folder(self.window, "Compare with a run"):
            self.window.runs.past.compare(place)

    def versus(self) -> None:
        from app.versus import Dialog

        self.dialogs.show(Dialog)

    def confusions(self) -> None:
        from app.confusion import Dialog

        self.dialogs.show(Dialog)

    def explode(self) -> None:
        self.window.runs.prepare("exploding-rnn")

    def hello_world(self) -> None:
        from app.forty import Wizard

        self.dialogs.show(Wizard)

    def open_recipe(self) -> None:
        if path := files.to_open(self.window, "Open a recipe", "", "Recipe (*.toml)"):
            self.window.runs.open_recipe(Path(path))

    def save_recipe(self) -> None:
        network, runs = self.window.session.state.network, self.window.runs
        if network is None:
            self.window.wiring.tell("There is no network yet: choose a task first.", "warning")
            return
        if target := places.place(
            self.window, "Save the recipe", f"{network.task}.toml", "Recipe (*.toml)", (".toml",)
        ):
            places.write(self.window, target, jobs.save_recipe, network, runs.settings)

    def live(self) -> None:
        self._live(None)

    def live_clip(self) -> None:
        clip = self.window.session.state.clip
        if clip is None:
            self.window.wiring.tell("There is no clip to listen to: open a recording first.", "warning")
        else:
            self._live(clip)

    def _live(self, clip: Clip | None) -> None:
        window = self.window
        if window.session.state.transport.live and not window.monitoring.on:
            window.listening.stop()
        else:
            window.listening.live(clip)
        window.mark()

    def script(self) -> None:
        self.window.docks.show(("script",))

    def open_script(self) -> None:
        start = self.window.preferences.get("folder", str(Path.home()))
        path = files.to_open(self.window, "Open a text to be read aloud", start, "Text (*.txt);;All files (*)")
        if path:
            self.window.captioning.aloud.open(Path(path))

    def open_recogniser(self) -> None:
        start = self.window.preferences.get("folder", str(Path.home()))
        path = files.to_open(self.window, "Open a recogniser: its file, or a file in its folder", start, "All (*)")
        if path:
            self.window.captioning.choosing.open(Path(path))

    def stop_all(self) -> None:
        self.window.playing.pause()
        if self.window.session.state.transport.live:
            self.window.listening.stop()
        self.window.captioning.cancel()
        self.window.wiring.stop()
