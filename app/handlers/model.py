"""What the Model menu does: a method for each action, named as in the table of actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app import probes
from widgets import files

if TYPE_CHECKING:
    from app.handlers import Dialogs
    from app.window import Window


class Model:
    """Works on the parts of the window."""

    def __init__(self, window: Window, dialogs: Dialogs) -> None:
        self.window, self.dialogs = window, dialogs

    def open_network(self) -> None:
        start = str(self.window.runs.folder)
        if path := files.to_open(self.window, "Open a network", start, "Checkpoint (*.safetensors)"):
            self.window.models.open(Path(path))

    def vocabulary(self) -> None:
        from app.vocabulary import Dialog

        self.dialogs.show(Dialog)

    def stored(self) -> None:
        window = self.window
        if not window.probes.stop(probes.STORED):
            window.docks.show(("stored",))
            window.probes.read()

    def index(self) -> None:
        window = self.window
        start = window.preferences.get("folder", str(Path.home()))
        if window.probes.stop(probes.INDEX) or window.session.state.network is None:
            return
        if path := files.folder(window, "Index a folder of recordings", start):
            window.probes.index(Path(path))

    def seam(self) -> None:
        self.window.session.set("seaming", not self.window.session.state.seaming)

    def raw(self) -> None:
        """The network on the waveform itself, with nothing between the samples and its states."""
        self.window.models.open("raw_rnn")
        for name, shown in (("waveform", True), ("spectrogram", False), ("features", False), ("hidden", True)):
            self.window.lanes.show_lane(name, shown)
