"""What the File menu does: a method for each action, named as in the table of actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app import captioned, composing, jobs, pictures, places
from engine import pipeline
from engine.session import Span
from widgets import files, search

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.window import Window
    from engine.audio.write import Subtype

SOUNDS: dict[str, Subtype] = {
    "WAV, 16 bit (*.wav)": "PCM_16",
    "WAV, 24 bit (*.wav)": "PCM_24",
    "WAV, floats (*.wav)": "FLOAT",
    "FLAC, 16 bit (*.flac)": "PCM_16",
    "FLAC, 24 bit (*.flac)": "PCM_24",
}
"""The kinds of files in which sound is saved."""


class File:
    """Works on the parts of the window."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def open(self) -> None:
        from engine.audio.file import SUFFIXES

        kinds = " ".join(f"*{suffix}" for suffix in (*SUFFIXES, jobs.SESSION))
        start = self.window.preferences.get("folder", str(Path.home()))
        kinds = f"Sound and sessions ({kinds});;All files (*)"
        if path := files.to_open(self.window, "Open a recording or a session", start, kinds):
            self.window.opening.open(Path(path))

    def save(self) -> None:
        if (path := self.window.saving.path) is not None:
            self.window.saving.save(path)
        else:
            self.save_as()

    def save_as(self) -> None:
        if target := self.session_place():
            self.window.saving.save(target)

    def session_place(self) -> Path | None:
        """The file that the user names for the session."""
        clip, known = self.window.session.state.clip, self.window.saving.path
        name = f"{Path(clip.name).stem if clip is not None else 'session'}{jobs.SESSION}"
        return places.place(
            self.window, "Save the session", str(known or name), "Session (*.oto)", (jobs.SESSION,)
        )

    def restore(self) -> None:
        window = self.window
        may_leave = window.autosave.offered and window.saving.may_leave(window, self.restore)
        if may_leave and window.runs.may_leave(window):
            window.autosave.restore()
        window.mark()

    def discard(self) -> None:
        self.window.autosave.discard()
        self.window.mark()

    def export(self) -> None:
        state = self.window.session.state
        if state.clip is None:
            self.window.wiring.tell("There is no processed sound yet: open a recording first.", "warning")
            return
        from engine.audio.file import SUFFIXES

        name, kinds = f"{Path(state.clip.name).stem} processed.wav", ";;".join(SOUNDS)
        target, kind = places.named(self.window, "Save the processed sound", name, kinds, SUFFIXES)
        if target is not None:
            subtype = SOUNDS.get(kind, "PCM_16")
            chain = pipeline.passing(state.chain, state.bypassed)
            places.write(self.window, target, jobs.export, state.clip, chain, state.network, subtype)

    def save_captions(self) -> bool:
        """Whether they are being written."""
        self.window.saving.cleared = None
        captions = self.window.captioning.said.corrected()
        if captions is None:
            self.window.wiring.tell("There are no captions yet: start them first (C).", "warning")
            return False
        kinds, endings = captioned.KINDS, tuple(captioned.KINDS.values())
        clip = self.window.session.state.clip
        name = f"{Path(clip.name).stem if clip is not None else 'captions'}.srt"
        target = places.place(self.window, "Save the captions", name, ";;".join(kinds), endings)
        if target is not None:
            shown, language = self.window.session.state.captions, self.window.captioning.said.language
            places.write(self.window, target, captioned.save, captions, shown, language)
        return target is not None

    def save_pipeline(self) -> None:
        state = self.window.session.state
        if state.clip is None or state.traced is None:
            self.window.wiring.tell("There is no pipeline yet: open a recording first.", "warning")
            return
        title, name = "Save the pipeline", f"{Path(state.clip.name).stem}.json"
        target = places.place(self.window, title, name, "Pipeline (*.json)", (".json",))
        if target is not None:
            span = Span(state.traced.trace.start, state.traced.trace.stop)
            found = search.known(state)
            reading = found.decoding if found is not None else None
            asked = state.clip, span, state.chain, state.network, state.bypassed, reading
            places.write(self.window, target, jobs.save_pipeline, *asked)

    def export_trace(self) -> None:
        traced, clip = self.window.session.state.traced, self.window.session.state.clip
        if traced is None or clip is None:
            self.window.wiring.tell("There is nothing analysed yet: open a recording first.", "warning")
            return
        from engine import export

        title, name, kinds = "Save the states", f"{Path(clip.name).stem}.npz", "NumPy (*.npz);;Tables (*.csv)"
        target = places.place(self.window, title, name, kinds, (".npz", ".csv"))
        if target is None:
            return
        there = [each for each in export.places(traced.trace, target) if each != target and each.exists()]
        if not there or places.replaces(self.window, title, there):
            places.write(self.window, target, jobs.export_trace, traced.trace)

    def save_melody(self) -> None:
        made, title = self.window.session.state.melody, "Save the melody"
        if made is None:
            self.window.wiring.tell("There is no melody yet: generate one first (Ctrl+G).", "warning")
            return
        target = places.place(self.window, title, f"{made.network.name}.mid", "MIDI (*.mid)", (".mid",))
        if target is None:
            return
        beside = target.with_suffix(".wav")
        if not beside.exists() or places.replaces(self.window, title, [beside]):
            places.write(self.window, target, composing.write, made)

    def save_picture(self, title: str, widget: QWidget) -> None:
        words = f"Save a picture: {title}"
        if target := places.place(self.window, words, f"{title.lower()}.png", pictures.KINDS, (".png", ".svg")):
            try:
                pictures.save(widget, target)
            except pictures.PictureError as error:
                self.window.wiring.tell(str(error), "error")
            else:
                self.window.wiring.tell(f"Saved {target}")
