"""Labelling by keys: what is at the cursor, or selected, is named, cut in two, moved or taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine import catalog
from engine.clip import Label
from widgets import relabel

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from engine.clip import Clip
    from engine.session import Session

_SAME = 1e-4
"""Seconds: a selection whose ends are that close to a label's is that label."""


class Labelling:
    """`tier` is the one that is worked in; `write` opens a line over a label and passes on the text typed there.

    What every way returns is why it did nothing, or an empty text. Each is one step back.
    """

    def __init__(self, session: Session, write: Callable[[Label, Callable[[str], Any]], None]) -> None:
        self.session, self._write = session, write
        self._tier = ""

    @property
    def tier(self) -> str:
        """The one of `tiers` that was clicked last, else the first; without a network, a text."""
        tiers = self.tiers()
        return self._tier if self._tier in tiers else next(iter(tiers), "text")

    def tiers(self) -> tuple[str, ...]:
        """The tiers of the clip, and at last that of the network's task, which may have no label yet."""
        state = self.session.state
        known = [each.tier for each in state.clip.labels] if state.clip is not None else []
        named = [str(catalog.load("tasks", state.network.task).TIER)] if state.network is not None else []
        return tuple(dict.fromkeys(known + named))

    def choose(self, tier: str) -> None:
        self._tier = tier

    def name(self) -> str:
        """Name the selection; else the label at the cursor; else what lies between two labels there."""
        clip = self._clip()
        if clip is None:
            return _NOTHING
        label, selection = self._label(clip), self.session.state.selection
        if label is not None:
            self._rename(label)
        elif selection is not None:
            self.begin(selection.start, min(selection.stop, clip.seconds))
        else:
            self.begin(*relabel.gap(clip.labels, self.tier, self.session.state.cursor.time, clip.seconds))
        return ""

    def begin(self, start: float, stop: float) -> None:
        """Type the text of a new label."""
        new = Label(start, stop, "", self.tier)
        self._write(new, lambda text: self._put(replace(new, text=text.strip())) if text.strip() else None)

    def split(self) -> str:
        """From the cursor on, a label gets another text; without one it ends there."""
        clip, time = self._clip(), self.session.state.cursor.time
        label = self._at(clip, time) if clip is not None else None
        if label is None or min(time - label.start, label.end - time) < relabel.LEAST:
            return "There is no label at the cursor to be cut: move the cursor into one."
        right = replace(label, start=time, text="")
        self._write(right, lambda text: self._put(replace(right, text=text.strip())))
        return ""

    def move(self) -> str:
        """The boundary that is nearest to the cursor comes to it."""
        clip, time = self._clip(), self.session.state.cursor.time
        edge = relabel.nearest(clip.labels, self.tier, time) if clip is not None else None
        if clip is None or edge is None:
            return "There is no label whose end could be moved: name a stretch of the clip first (F2)."
        relabel.write(self.session, relabel.moved(clip.labels, self.tier, edge, time, clip.seconds))
        return ""

    def remove(self) -> str:
        """Take away the label that is selected, or at the cursor."""
        clip = self._clip()
        label = self._label(clip) if clip is not None else None
        if label is None:
            return "There is no label at the cursor to be taken away: click one, or move the cursor into it."
        relabel.rename(self.session, label, "")
        return ""

    def _clip(self) -> Clip | None:
        state = self.session.state
        return None if state.transport.live else state.clip

    def _label(self, clip: Clip) -> Label | None:
        """The label that is selected or, where nothing is, the one at the cursor."""
        selection = self.session.state.selection
        if selection is None:
            return self._at(clip, self.session.state.cursor.time)
        same = (
            each
            for each in clip.labels
            if max(abs(each.start - selection.start), abs(each.end - selection.stop)) < _SAME
        )
        return min(same, key=lambda each: each.tier != self.tier, default=None)

    def _at(self, clip: Clip, time: float) -> Label | None:
        inside = (each for each in clip.labels if each.tier == self.tier and each.start <= time < each.end)
        return next(inside, None)

    def _rename(self, label: Label) -> None:
        self._write(label, lambda text: relabel.rename(self.session, label, text))

    def _put(self, new: Label) -> None:
        clip = self._clip()
        if clip is not None:
            relabel.write(self.session, relabel.put(clip.labels, new))


_NOTHING = "There is nothing to be labelled: open a recording first."
