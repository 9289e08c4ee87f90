"""Files of sound: opened at once where they can be read in place, decoded in the background where not."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from engine.audio import cache, ogg
from engine.audio.error import AudioError
from engine.audio.stream import StreamedSource
from engine.audio.wave import WaveSource, check_format, plausible, read_layout, shortfall
from engine.audio.write import Writer, native, write
from engine.clip import ArraySource, Clip
from engine.events import Notice, Opened, Progress

if TYPE_CHECKING:
    import os
    from collections.abc import Generator

    from engine.clip import Source

__all__ = ["SUFFIXES", "AudioError", "decode", "open_clip", "write"]

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".w64")
"""What the file dialog offers."""

_POOR_SEEKING = ("VORBIS", "OPUS", "MPEG_LAYER_I", "MPEG_LAYER_II", "MPEG_LAYER_III")
_BLOCK = 1 << 16  # frames decoded in a step; fewer of many channels
_CRUMB = 1 << 10  # frames decoded in a step where the file is damaged
_IN_MEMORY = 60 * 2 * 48_000  # samples of all channels below which a decoded file needs no cache


def open_clip(path: str | os.PathLike[str]) -> Clip:
    """The clip in a file; at once for WAV and FLAC, after decoding for MP3 and OGG. Raises AudioError."""
    for event in decode(path):
        if isinstance(event, Opened):
            return event.clip
    raise AudioError(f"{path} could not be opened.")


def decode(path: str | os.PathLike[str]) -> Generator[Progress | Notice | Opened, None, None]:
    """Open a file as a job: Progress where it must be decoded, Notices of flaws, Opened at the end.

    Raises AudioError, whose text names the file and says what to do.
    """
    path = Path(path)
    _check_path(path)
    try:
        layout = read_layout(path)
        if layout is not None:
            if layout.frames == 0:
                raise AudioError(_no_samples(path))
            notice = shortfall(path, layout)
            if notice:
                yield notice
            yield _opened(path, WaveSource(path, layout))
            return
        with soundfile.SoundFile(native(path)) as file:
            check_format(path, file.samplerate, file.channels)
            if file.frames == 0:
                raise AudioError(_no_samples(path))
            in_place = file.seekable() and file.subtype not in _POOR_SEEKING
        source = StreamedSource(path) if in_place else None
        if source is not None and source.whole():
            yield _opened(path, source)
        else:
            yield from _decoded(path)
    except soundfile.SoundFileError as error:
        raise AudioError(f"{path} is not sound that can be read ({_reason(error)}); {_REMEDY}") from error
    except OSError as error:
        raise AudioError(f"{path} cannot be read ({error.strerror or error}); mend it and try again.") from error


_REMEDY = "give a WAV, FLAC, OGG or MP3 file, or export it again."


def _check_path(path: Path) -> None:
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise AudioError(f"{path} is a folder; choose a file in it.")
        if not path.is_file():
            raise AudioError(f"{path} is no ordinary file; choose a WAV, FLAC, OGG or MP3 file.")
        with open(path, "rb"):
            pass
    except FileNotFoundError as error:
        raise AudioError(f"{path} does not exist; was it moved or renamed?") from error
    except PermissionError as error:
        raise AudioError(f"{path} may not be read by you; change its permissions or copy it.") from error
    except (OSError, ValueError) as error:
        raise AudioError(f"{path} cannot be opened ({error}); check the name.") from error
    if size == 0:
        raise AudioError(f"{path} is empty; copy or record it again.")


def _no_samples(path: Path) -> str:
    return f"{path} has a header but no sound in it; record or export it again."


def _reason(error: Exception) -> str:
    text = getattr(error, "error_string", None) or str(error)
    return str(text).strip().rstrip(".")


def _opened(path: Path, source: Source, original: Path | None = None) -> Opened:
    original = original or path
    name = original.stem.encode("utf-8", "replace").decode()  # a disk holds names that no text file takes
    return Opened(Clip(source, cache.key(original), name, path=original))


def _decoded(path: Path) -> Generator[Progress | Notice | Opened, None, None]:
    """Decode the whole file: into memory where it is short, else into the cache, where it is then mapped."""
    with soundfile.SoundFile(native(path)) as file:
        promised, rate, channels = file.frames, file.samplerate, file.channels
        if promised * channels > _IN_MEMORY:
            source: Source = yield from _cached(path, file)
        else:
            blocks = list(_blocks(file))
            samples = np.concatenate(blocks) if blocks else np.zeros((0, channels), np.float32)
            samples.setflags(write=False)
            source = ArraySource(samples, rate)
    if source.frames == 0:
        raise AudioError(_no_samples(path))
    there, whole = source.frames / rate, promised / rate
    if there < whole - 0.1:
        yield Notice(f"{path} breaks off: {there:.1f} of {whole:.1f} s are shown; copy it again.", "warning")
    elif ogg.is_cut(path):
        yield Notice(f"{path} breaks off: the first {there:.1f} s are there and shown; copy it again.", "warning")
    yield _opened(path, source)


def _cached(path: Path, file: soundfile.SoundFile) -> Generator[Progress, None, WaveSource]:
    """The file as it lies decoded in the cache, where it is put if need be."""
    entry = cache.place(path)
    layout = read_layout(entry) if entry.exists() else None
    if layout is not None and layout.promised is None:
        cache.touch(entry)
    else:
        cache.prune()
        yield from _to_cache(path, file, entry)
        layout = read_layout(entry)
    assert layout is not None
    return WaveSource(entry, layout)


def _to_cache(path: Path, file: soundfile.SoundFile, entry: Path) -> Generator[Progress, None, None]:
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        done = 0
        with Writer(entry, file.samplerate, file.channels, "PCM_16", frames=file.frames) as writer:
            for block in _blocks(file):
                writer.write(block)
                done += len(block)
                yield Progress(min(1.0, done / max(file.frames, 1)), f"decoding {path.name}")
    except (OSError, AudioError) as error:
        reason = getattr(error, "strerror", None) or "is the disk full?"
        text = f"{path} cannot be decoded into {entry.parent} ({reason}); make room there"
        raise AudioError(f"{text}, or convert it to WAV first.") from error


def _blocks(file: soundfile.SoundFile, size: int = _BLOCK) -> Generator[np.ndarray, None, None]:
    """float32 [n, channels] until the end, or until what cannot be decoded."""
    start = file.tell() if file.seekable() else 0
    size = max(1, min(size, 8 * _BLOCK // file.channels))
    while True:
        try:
            block = file.read(size, "float32", always_2d=True)
        except soundfile.SoundFileError:
            if size > _CRUMB and file.seekable():  # the block holds good sound before the flaw
                with contextlib.suppress(soundfile.SoundFileError):
                    file.seek(start)
                    yield from _blocks(file, _CRUMB)
            return
        if len(block) == 0:
            return
        start += len(block)
        yield plausible(block)
