"""A session file, .oto: a zip of TOML, sound and safetensors, all that is needed to see the same elsewhere."""

from __future__ import annotations

import errno
import shutil
import tempfile
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine import checkpoint, description
from engine.audio import cache
from engine.audio.error import AudioError
from engine.audio.file import SUFFIXES, open_clip
from engine.audio.write import Writer
from engine.events import Progress, Restored
from engine.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Generator

    from engine.audio.write import Subtype
    from engine.clip import Clip
    from engine.session import State

SUFFIX = ".oto"
_TEXT, _WEIGHTS, _SOUND = "session.toml", "network.safetensors", "sound"
_BLOCK = 1 << 20  # frames, or bytes, copied in a step
_LONGEST = 1 << 22  # bytes of TOML: an hour of labels is a tenth of it
_MANY = 1 << 23  # samples above which packing them as FLAC takes too long


class DocumentError(ValueError):
    """A session that cannot be read or written; the message names the file and says what to do."""


def save(state: State, path: str | Path) -> Generator[Progress, Any, None]:
    """Write the session of a state, through a temporary name beside `path`. Raises DocumentError."""
    import tomli_w

    path = Path(path)
    try:
        if path.is_dir():
            raise DocumentError(f"{path} is a folder; choose the name of a file.")
        with tempfile.TemporaryDirectory(prefix="otoscope-") as folder, replacing(path, durable=True) as part:
            # Files of before 1980 count as of then: a zip knows no others.
            with zipfile.ZipFile(part, "w", strict_timestamps=False) as pack:
                files: dict[str, Path] = {}
                text = description.describe(state, files)
                if state.clip is not None:
                    sound = yield from write_sound(state.clip, Path(folder))
                    name = f"{_SOUND}{sound.suffix.lower()}"
                    text["clip"] = description.describe_clip(state.clip, name)
                    files[name] = sound
                if state.network is not None and state.network.trained:
                    files[_WEIGHTS] = checkpoint.save(state.network, Path(folder) / _WEIGHTS)
                pack.writestr(_TEXT, tomli_w.dumps(text))
                for name, file in files.items():
                    yield from _put(pack, name, file)
            yield Progress(1.0, f"writing {path.name}")
    except (OSError, AudioError, checkpoint.CheckpointError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DocumentError(f"{path} cannot be written ({reason}); {_remedy(error)}.") from error


def load(path: str | Path) -> Generator[Progress | Restored, Any, None]:
    """Open a session file: what it holds comes as one Restored. Raises DocumentError."""
    path = Path(path)
    yield Progress(0.0, f"opening {path.name}")
    try:
        with zipfile.ZipFile(path) as pack:
            # Stored, not packed: then nothing in it is larger than the file itself.
            if any(each.compress_type != zipfile.ZIP_STORED for each in pack.infolist()):
                raise DocumentError(f"{path} is packed in a way that Otoscope does not write; get it again.")
            if any(each.file_size != each.compress_size for each in pack.infolist()):
                raise DocumentError(f"{path} contradicts itself about how long its parts are; get it again.")
            if _TEXT not in pack.namelist():
                raise DocumentError(f"{path} is no session of Otoscope: it lacks its {_TEXT}.")
            if pack.getinfo(_TEXT).file_size > _LONGEST:
                raise DocumentError(f"{path} holds a text too long for a session; get it again.")
            values = _values(pack)
    except FileNotFoundError as error:
        raise DocumentError(f"there is no file {path}") from error
    except (OSError, EOFError, zipfile.BadZipFile, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DocumentError(f"{path} is not a whole session ({reason}); get it again.") from error
    except description.LaterVersion as error:
        raise DocumentError(
            f"{path} was made by a later version of Otoscope {error}: install that one."
        ) from error
    except (AudioError, *description.ERRORS) as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError(f"{path} does not fit this program: {description.reason(error)}") from error
    yield Restored(path, MappingProxyType(values))


def write_sound(clip: Clip, folder: Path) -> Generator[Progress, Any, Path]:
    """A file with the sound of a clip: the one it is read from, or else one that is written into `folder`.

    That is FLAC of 24 bits where it holds the sound and does not take long, else WAV of floats.
    """
    if (lying := lies_in(clip)) is not None and lying.suffix.lower() in SUFFIXES:
        return lying
    if clip.channels <= 8 and clip.rate <= 655_350 and clip.frames * clip.channels <= _MANY:
        path = folder / f"{_SOUND}.flac"
        if not (yield from _written(clip, path, "PCM_24")):
            return path
    path = folder / f"{_SOUND}.wav"
    yield from _written(clip, path, "FLOAT")
    return path


def lies_in(clip: Clip) -> Path | None:
    """The file that a clip's samples are read from; None where there is none, or it is another by now."""
    path: Path | None = getattr(clip.source, "path", None)
    if path is None or not path.is_file() or (path == clip.path and cache.key(path) != clip.id):
        return None
    return path


def _written(clip: Clip, path: Path, subtype: Subtype) -> Generator[Progress, Any, int]:
    """How many samples were clipped; at the first ones writing ends, for another subtype is needed."""
    with Writer(path, clip.rate, clip.channels, subtype, frames=clip.frames) as writer:
        for start in range(0, clip.frames, _BLOCK):
            writer.write(clip.read(start, start + _BLOCK))
            if writer.clipped:
                break
            yield Progress(min(1.0, (start + _BLOCK) / clip.frames), f"writing {clip.name}")
    return writer.clipped


def _put(pack: zipfile.ZipFile, name: str, file: Path) -> Generator[Progress, Any, None]:
    """A file into the zip, a block a step."""
    info = zipfile.ZipInfo.from_file(file, name, strict_timestamps=False)
    size, done = max(1, info.file_size), 0
    with file.open("rb") as source, pack.open(info, "w", force_zip64=size > _ZIP32) as target:
        while block := source.read(_BLOCK):
            target.write(block)
            done += len(block)
            yield Progress(min(1.0, done / size), f"writing {file.name}")


_ZIP32 = (1 << 31) - 1  # bytes above which a zip needs its longer form


def _remedy(error: Exception) -> str:
    full = getattr(error, "errno", None) == errno.ENOSPC
    return "make room there, or choose another place" if full else "choose another place"


def _values(pack: zipfile.ZipFile) -> dict[str, Any]:
    described = description.parse(pack.read(_TEXT).decode("utf-8"))
    network = checkpoint.load(_extracted(pack, _WEIGHTS)) if _WEIGHTS in pack.namelist() else None
    clip = None
    if "clip" in described:
        told = described["clip"]
        opened = open_clip(_extracted(pack, told["file"]))
        clip = replace(opened, name=str(told["name"]), path=None, **description.spoken(told))
    return description.values(described, partial(_extracted, pack), clip, network)


def _extracted(pack: zipfile.ZipFile, name: str) -> Path:
    """The file of that name in the cache: equal content lies there once."""
    if name not in pack.namelist():
        raise DocumentError(f"{pack.filename} lacks a part, {name}; get it again.")
    info = pack.getinfo(name)
    path = cache.slot(f"{info.CRC:08x}-{info.file_size}-{Path(name).name}")
    if path.is_file() and path.stat().st_size == info.file_size:
        cache.touch(path)
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part, pack.open(info) as source, part.open("wb") as target:
            shutil.copyfileobj(source, target, _BLOCK)
    except OSError as error:
        raise DocumentError(
            f"{pack.filename} cannot be unpacked into {path.parent} ({error.strerror or error}); make room there."
        ) from error
    cache.prune()
    return path
