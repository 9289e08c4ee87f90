"""Lane sets: a workspace that is for other lanes shows its own, and those of before come back after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from widgets.stack import LaneStack

SETS = {"Denoise": ("waveform", "spectrogram", "mask", "enhanced", "residual", "difference", "clean")}
"""The lanes of a workspace, where it has a set of its own."""


class LaneSets:
    """Which lanes were shown, folded and how high in the other set; a set that was changed by hand stays so."""

    def __init__(self, lanes: LaneStack) -> None:
        self.lanes = lanes
        self._set = ""
        """The workspace whose lanes are shown; none for those of all the others."""
        self._kept: dict[str, str] = {}

    def arrange(self, workspace: str) -> None:
        """Show the lanes of a workspace."""
        wanted = workspace if workspace in SETS else ""
        if wanted == self._set:
            return
        self._kept[self._set] = self.lanes.saved()
        before, self._set = self._kept.get(wanted), wanted
        self.lanes.let_show(not wanted)
        if before:
            self.lanes.restore(before)
        else:
            self.lanes.only(SETS[wanted])

    def saved(self) -> str:
        """The arrangement that is not shown, as text."""
        return self._kept.get("Denoise" if not self._set else "", "")

    def restore(self, workspace: str, text: str) -> None:
        """The lanes are those of `workspace`; the others are as this text says."""
        self._set = workspace if workspace in SETS else ""
        self.lanes.let_show(not self._set)
        if text:
            self._kept["Denoise" if not self._set else ""] = text
