"""The files of denoisers: their own, which are added by hand, and those that their sounds are written to."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import places
from app.handlers.file import SOUNDS
from engine.events import Notice, Progress
from widgets import files

if TYPE_CHECKING:
    from collections.abc import Generator

    from app.window import Window
    from engine.audio.write import Subtype
    from engine.clip import Clip
    from engine.events import Enhanced

KINDS = "Denoisers (*.onnx *.safetensors);;All files (*)"
_BLOCK = 1 << 18


def write(sound: Clip, subtype: Subtype, part: str, path: Path) -> Generator[Any, Any, None]:
    """The job that writes a sound; `part` says of which part of the recording it is, where not of all."""
    from engine.audio.write import Writer

    with Writer(path, sound.rate, sound.channels, subtype, frames=sound.frames) as writer:
        for start in range(0, sound.frames, _BLOCK):
            yield Progress(start / max(1, sound.frames), f"writing {path.name}")
            writer.write(sound.read(start, start + _BLOCK))
    loud = f"; {writer.clipped} samples were too loud and are clipped" if writer.clipped else ""
    yield Notice(f"Saved {path}{part}{loud}", "warning" if part or writer.clipped else "info")


class DenoiserFiles:
    """Asks for files, and fills the menu of what can be saved."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def add(self) -> None:
        """A denoiser from a file."""
        start = self.window.preferences.get("denoisers", str(Path.home()))
        if path := files.to_open(self.window, "Add a denoiser", start, KINDS):
            self.window.preferences.set("denoisers", str(Path(path).parent))
            self.window.enhancing.add(Path(path))
            self.window.docks.show(("denoise",))

    def takes(self, path: Path) -> bool:
        """Whether a file that is opened or dropped is a denoiser; then it is added."""
        suffix = path.suffix.lower()
        folder = path.is_dir() and any(path.glob("*.onnx"))
        own = suffix == ".safetensors" and self.window.docks.workspace == "Denoise"
        if not (suffix == ".onnx" or folder or own):
            return False
        self.window.enhancing.add(path)
        self.window.docks.show(("denoise",))
        return True

    def fill(self) -> None:
        """What each denoiser made and removed, a line each."""
        menu = self.window.actions_by_name.menus["save_enhanced"]
        menu.clear()
        for each in self.window.session.state.enhanced:
            words = each.title.replace("&", "&&")
            menu.addAction(f"Enhanced by {words}…", partial(self.save, each, False))
            menu.addAction(f"Removed by {words}…", partial(self.save, each, True))
        if menu.isEmpty():
            menu.addAction("Nothing yet: choose a denoiser in the panel Denoise").setEnabled(False)

    def save(self, made: Enhanced, removed: bool) -> None:
        """Write one of them where the user says; all of a short recording, of a long one what is analysed."""
        from engine.audio.file import SUFFIXES

        clip, traced = self.window.session.state.clip, self.window.session.state.traced
        if clip is None or traced is None:
            return
        kind = "removed" if removed else "enhanced"
        title, name = f"Save the {kind} sound", f"{Path(clip.name).stem} {kind} by {made.title}.wav"
        target, chosen = places.named(self.window, title, name, ";;".join(SOUNDS), SUFFIXES)
        if target is None:
            return
        trace, part = traced.trace, ""
        if trace.stop - trace.start < clip.seconds - 0.01:
            part = (
                f", of {trace.start:.1f} to {trace.stop:.1f} s alone: `otoscope denoise` writes a long recording"
            )
        sound = made.residual if removed else made.sound
        places.write(self.window, target, write, sound, SOUNDS.get(chosen, "PCM_16"), part)
