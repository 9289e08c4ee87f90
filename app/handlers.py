"""What the window's actions do: one method for each, named as in the table of actions."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QCursor, QDesktopServices, QIcon
from PySide6.QtWidgets import QApplication, QMessageBox, QWhatsThis, QWidget

from app import captioned, cli, composing, jobs, pictures, places, probes
from app.keylist import KeyList
from app.log import log_folder
from engine import pipeline
from engine.session import Span
from widgets import axis, files, search

if TYPE_CHECKING:
    from app.window import Window
    from engine.audio.write import Subtype
    from engine.clip import Clip

SOUNDS: dict[str, Subtype] = {
    "WAV, 16 bit (*.wav)": "PCM_16",
    "WAV, 24 bit (*.wav)": "PCM_24",
    "WAV, floats (*.wav)": "FLOAT",
    "FLAC, 16 bit (*.flac)": "PCM_16",
    "FLAC, 24 bit (*.flac)": "PCM_24",
}
"""The kinds of files in which sound is saved."""


class Handlers:
    """Works on the parts of the window; holds nothing of its own but dialogs that stay."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._versus: QWidget | None = None
        self._confusions: QWidget | None = None
        self._vocabulary: QWidget | None = None
        self._blind: QWidget | None = None
        self._hello: QWidget | None = None

    # File

    def open(self) -> None:
        from engine.audio.file import SUFFIXES

        kinds = " ".join(f"*{suffix}" for suffix in (*SUFFIXES, jobs.SESSION))
        start = self.window.preferences.get("folder", str(Path.home()))
        kinds = f"Sound and sessions ({kinds});;All files (*)"
        if path := files.to_open(self.window, "Open a recording or a session", start, kinds):
            self.window.open_path(Path(path))

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

    def save_captions(self) -> None:
        captions = self.window.captioning.corrected()
        if captions is None:
            self.window.wiring.tell("There are no captions yet: start them first (C).", "warning")
            return
        kinds, endings = captioned.KINDS, tuple(captioned.KINDS.values())
        clip = self.window.session.state.clip
        name = f"{Path(clip.name).stem if clip is not None else 'captions'}.srt"
        target = places.place(self.window, "Save the captions", name, ";;".join(kinds), endings)
        if target is not None:
            places.write(self.window, target, captioned.save, captions, self.window.session.state.captions)

    def copy_captions(self) -> None:
        captions = self.window.captioning.corrected()
        if captions is not None:
            lines = [each.text for each in captions.lines] + [" ".join(each.text for each in captions.words)]
            QApplication.clipboard().setText("\n".join(filter(None, lines)))
            self.window.wiring.tell("The text of the captions is on the clipboard.")

    def script(self) -> None:
        self.window.docks.show(("script",))

    def open_recogniser(self) -> None:
        start = self.window.preferences.get("folder", str(Path.home()))
        path = files.to_open(self.window, "Open a recogniser: its file, or a file in its folder", start, "All (*)")
        if path:
            self.window.captioning.open_recogniser(Path(path))

    def open_script(self) -> None:
        start = self.window.preferences.get("folder", str(Path.home()))
        path = files.to_open(self.window, "Open a text to be read aloud", start, "Text (*.txt);;All files (*)")
        if path:
            self.window.captioning.aloud.open(Path(path))

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

    def copy_picture(self, title: str = "Lanes", widget: QWidget | None = None) -> None:
        pictures.copy(widget or self.window.lanes)
        self.window.wiring.tell(f"A picture is on the clipboard: {title}.")

    # Edit

    def undo(self) -> None:
        if not self.window.session.undo():
            self.window.wiring.tell("There is nothing to take back.")

    def redo(self) -> None:
        if not self.window.session.redo():
            self.window.wiring.tell("There is nothing to make again.")

    def deselect(self) -> None:
        if self.window.session.state.walk is not None:
            self.window.stepping.leave()
        elif self.window.session.state.notice is not None:
            self.window.session.set("notice", None)
        else:
            self.window.session.set("selection", None)

    def reset_chain(self) -> None:
        self.window.session.set("chain", self.window.default_chain())

    def preferences(self) -> None:
        from app.options import Dialog

        Dialog(self.window).open()

    # View

    def zoom_in(self) -> None:
        self._zoom(0.5)

    def zoom_out(self) -> None:
        self._zoom(2.0)

    def zoom_all(self) -> None:
        state = self.window.session.state
        if state.clip is not None:
            self.window.session.set("view", Span(0.0, state.seconds))

    def zoom_selection(self) -> None:
        selection, length = self.window.session.state.selection, self.window.session.state.seconds
        if selection is None or not length:
            self.window.wiring.tell("Nothing is selected: drag along the ruler or a lane with Shift held.")
        else:
            # Of an instant there is no picture, and no way back by zooming out.
            seconds = min(max(selection.seconds, axis.SHORTEST), length)
            self.window.session.set("view", Span(*axis.moved(selection.start, seconds, length)))

    def follow(self) -> None:
        self._transport(follow=not self.window.session.state.transport.follow)

    def cursor_by(self, frames: int = 0, seconds: float = 0.0) -> None:
        """Move the cursor by frames of the network, or by seconds."""
        state = self.window.session.state
        traced = state.traced
        series = next(iter(traced.trace.series.values()), None) if traced is not None else None
        frame = 1 / (series.rate * traced.scale) if series is not None and traced is not None else 0.01
        self.window.playing.seek(state.cursor.time + seconds + frames * frame)

    def light(self) -> None:
        self.window.set_theme("light" if self.window.theme_name == "dark" else "dark")

    def full_screen(self) -> None:
        if self.window.isFullScreen():
            self.window.showNormal()
        else:
            self.window.showFullScreen()

    # Sound

    def play(self) -> None:
        transport = self.window.session.state.transport
        if transport.live:
            self.window.listening.freeze()
        else:
            self.window.playing.toggle()

    def to_start(self) -> None:
        selection = self.window.session.state.selection
        self.window.playing.seek(selection.start if selection is not None else 0.0)

    def loop(self) -> None:
        self._transport(loop=not self.window.session.state.transport.loop)

    def step_on(self) -> None:
        self._step(1)

    def step_back(self) -> None:
        self._step(-1)

    def _step(self, frames: int) -> None:
        if self.window.session.state.transport.playing:
            self.window.playing.pause()
        self.window.stepping.step(frames)
        self.window.docks.hurry()

    def listen(self) -> None:
        self.window.listening.listen(not self.window.listening.always)

    def blind(self) -> None:
        from app.blindtest import Dialog

        if self._blind is None:
            self._blind = Dialog(self.window)
        self._blind.show()
        self._blind.raise_()

    def hello_world(self) -> None:
        from app.forty import Wizard

        if self._hello is None:
            self._hello = Wizard(self.window)
        self._hello.show()
        self._hello.raise_()

    # Model

    def open_network(self) -> None:
        start = str(self.window.runs.folder)
        if path := files.to_open(self.window, "Open a network", start, "Checkpoint (*.safetensors)"):
            self.window.models.open(Path(path))

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

    # Run

    def newest(self) -> None:
        self.window.runs.past.look(None)

    def resume(self) -> None:
        if place := places.run_folder(self.window, "Resume a run"):
            self.window.runs.resume(place)

    def open_run(self) -> None:
        if place := places.run_folder(self.window, "Open a run"):
            self.window.runs.follow(place)

    def compare(self) -> None:
        if place := places.run_folder(self.window, "Compare with a run"):
            self.window.runs.past.compare(place)

    def versus(self) -> None:
        from app.versus import Dialog

        if self._versus is None:
            self._versus = Dialog(self.window)
        self._versus.show()
        self._versus.raise_()

    def confusions(self) -> None:
        from app.confusion import Dialog

        if self._confusions is None:
            self._confusions = Dialog(self.window)
        self._confusions.show()
        self._confusions.raise_()

    def vocabulary(self) -> None:
        from app.vocabulary import Dialog

        if self._vocabulary is None:
            self._vocabulary = Dialog(self.window)
        self._vocabulary.show()
        self._vocabulary.raise_()

    def explode(self) -> None:
        self.window.runs.prepare("exploding-rnn")

    def raw(self) -> None:
        """The network on the waveform itself, with nothing between the samples and its states."""
        self.window.models.open("raw_rnn")
        for name, shown in (("waveform", True), ("spectrogram", False), ("features", False), ("hidden", True)):
            self.window.lanes.show_lane(name, shown)

    def resume_parts(self) -> None:
        self.window.runs.resume(parts=2)

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

    def stop_all(self) -> None:
        self.window.playing.pause()
        if self.window.session.state.transport.live:
            self.window.listening.stop()
        self.window.wiring.stop()

    # Help

    def explain(self) -> None:
        """What is under the pointer, in the words of its knob."""
        place = QCursor.pos()
        widget: QWidget | None = QApplication.widgetAt(place)
        while widget is not None:
            if words := widget.whatsThis() or widget.toolTip():
                QWhatsThis.showText(place, explained(words, widget), widget)
                return
            widget = widget.parentWidget()
        self.window.wiring.tell("Point at a knob, a lane or a button and press F1: it is explained there.")

    def keys(self) -> None:
        KeyList(self.window, self.window.actions_by_name.shortcuts()).open()

    def log(self) -> None:
        folder = log_folder()
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def about(self) -> None:
        self._tell(
            "About Otoscope",
            f"<h3>Otoscope {cli.VERSION}</h3><p>A workbench to see, hear and change what a recurrent network "
            "does with sound.</p><p>MIT licence. Everything runs on this machine.</p>",
        )

    def _live(self, clip: Clip | None) -> None:
        window = self.window
        if window.session.state.transport.live and not window.monitoring.on:
            window.listening.stop()
        else:
            window.listening.live(clip)
        window.mark()

    def _zoom(self, factor: float) -> None:
        state = self.window.session.state
        if state.clip is None:
            return
        view = state.view
        at = state.cursor.time if view.start <= state.cursor.time <= view.stop else (view.start + view.stop) / 2
        self.window.session.set("view", Span(*axis.zoomed(view.start, view.stop, factor, at, state.seconds)))

    def _transport(self, **changes: bool) -> None:
        session = self.window.session
        session.set("transport", replace(session.state.transport, **changes))  # type: ignore[arg-type]

    def _tell(self, title: str, words: str) -> None:
        box = QMessageBox(QMessageBox.Icon.NoIcon, title, words, parent=self.window)
        box.setStandardButtons(QMessageBox.StandardButton.Close)
        box.button(QMessageBox.StandardButton.Close).setIcon(QIcon())  # the style's own is for light windows
        box.open()


def explained(words: str, widget: QWidget) -> str:
    """The words of a control, and what the glossary says of the terms in them and in its name."""
    from engine import page

    named = f"{words} {widget.accessibleName()}"
    entries = [f"<p><b>{html.escape(term.name)}</b>: {html.escape(term.plain)}</p>" for term in page.terms(named)]
    told = words if "<" in words else html.escape(words)
    return "".join([f"<p>{told}</p>", *entries]) if entries else words
