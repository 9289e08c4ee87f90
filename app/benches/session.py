"""Saving and opening a session with ten minutes of sound, in a file and recorded."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.bench import Figure, median

if TYPE_CHECKING:
    from engine.clip import Clip

MINUTES = 10
ROUNDS = 5
LONGEST = 1000.0
"""Milliseconds."""


def measure() -> list[Figure]:
    """Medians. What is saved or opened is as in the window: sound, chain, picture and a trained network."""
    from engine.audio.file import open_clip

    recorded = sound()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.wav"
        _write(recorded, path)
        return [*kept("from a file", open_clip(path), Path(folder)), *kept("recorded", recorded, Path(folder))]


def sound() -> Clip:
    """Ten minutes of the bundled clip, in memory as floats, as a recording is."""
    from app.benches import _training

    return _training.speech(60 * MINUTES)


def kept(name: str, clip: Clip, folder: Path) -> list[Figure]:
    """The seconds to save a session with a clip, and to open it."""
    from engine import checkpoint, default, document
    from engine.chain import default_picture, default_sound_chain
    from engine.session import Session

    network = checkpoint.open_network(default.network())
    state = Session(clip=clip, chain=default_sound_chain(), picture=default_picture(), network=network).state
    path, saved, opened = folder / f"{name}.oto", [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in document.save(state, path):
            pass
        saved.append(time.perf_counter() - began)
        began = time.perf_counter()
        for _ in document.load(path):
            pass
        opened.append(time.perf_counter() - began)
    return [
        Figure(f"{MINUTES} min {name}: save", 1e3 * median(saved), target=LONGEST),
        Figure(f"{MINUTES} min {name}: open", 1e3 * median(opened), target=LONGEST),
    ]


def _write(clip: Clip, path: Path) -> None:
    from engine.audio.file import write

    write(path, clip.read(), clip.rate, "PCM_16")
