"""A session file, .oto: a zip of TOML, FLAC and safetensors, with all that is needed to see the same elsewhere."""

from __future__ import annotations

import math
import shutil
import tempfile
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine import catalog, checkpoint
from engine.audio import cache
from engine.audio.error import AudioError
from engine.audio.file import open_clip
from engine.audio.write import Writer
from engine.clip import Label
from engine.events import Progress, Restored
from engine.knob import KnobError, knobs
from engine.links import link_from_dict, link_to_dict
from engine.replacing import replacing
from engine.session import SORTS, Cursor, Span
from engine.trace import Key

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from engine.audio.write import Subtype
    from engine.clip import Clip
    from engine.network import Network
    from engine.session import State
    from engine.stages.stage import Link

SUFFIX = ".oto"
FORMAT = 1
_TEXT, _WEIGHTS, _SOUND, _FILES = "session.toml", "network.safetensors", "sound", "files/"
_BLOCK = 1 << 20  # frames, or bytes, copied in a step
_LONGEST = 1 << 22  # bytes of TOML: an hour of labels is a tenth of it


class DocumentError(ValueError):
    """A session that cannot be read or written; the message names the file and says what to do."""


def save(state: State, path: str | Path) -> Generator[Progress, Any, None]:
    """Write the session of a state, through a temporary name beside `path`. Raises DocumentError."""
    import tomli_w

    path = Path(path)
    try:
        with tempfile.TemporaryDirectory(prefix="otoscope-") as folder, replacing(path) as part:
            sound: Path | None = None
            files: dict[str, Path] = {}
            if state.clip is not None:
                sound = yield from _write_sound(state.clip, Path(folder))
            # Files of before 1980 count as of then: a zip knows no others.
            with zipfile.ZipFile(part, "w", strict_timestamps=False) as pack:
                text = _described(state, sound, files)
                pack.writestr(_TEXT, tomli_w.dumps(text))
                for name, file in files.items():
                    pack.write(file, name)
                if state.network is not None and state.network.trained:
                    pack.write(checkpoint.save(state.network, Path(folder) / _WEIGHTS), _WEIGHTS)
                if sound is not None:
                    pack.write(sound, sound.name)
                yield Progress(1.0, f"writing {path.name}")
    except (OSError, AudioError, checkpoint.CheckpointError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DocumentError(f"{path} cannot be written ({reason}); choose another place.") from error


def load(path: str | Path) -> Generator[Progress | Restored, Any, None]:
    """Open a session file: what it holds comes as one Restored. Raises DocumentError."""
    path = Path(path)
    yield Progress(0.0, f"opening {path.name}")
    try:
        with zipfile.ZipFile(path) as pack:
            if any(each.compress_type != zipfile.ZIP_STORED for each in pack.infolist()):
                raise DocumentError(f"{path} is packed in a way that Otoscope does not write; get it again.")
            if pack.getinfo(_TEXT).file_size > _LONGEST:
                raise DocumentError(f"{path} holds a text too long for a session; get it again.")
            described = tomllib.loads(pack.read(_TEXT).decode("utf-8"))
            version = described.get("format")
            if not isinstance(version, int) or version > FORMAT:
                raise DocumentError(
                    f"{path} was made by a later version of Otoscope (format {version}; this one knows {FORMAT}): "
                    "install that one."
                )
            values = _values(described, pack)
    except FileNotFoundError as error:
        raise DocumentError(f"there is no file {path}") from error
    except (OSError, EOFError, zipfile.BadZipFile, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DocumentError(f"{path} is not a whole session ({reason}); get it again.") from error
    except (AudioError, KnobError, LookupError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, DocumentError):
            raise
        reason = f"the entry {error} is missing" if type(error) is KeyError else error
        raise DocumentError(f"{path} does not fit this program: {reason}") from error
    yield Restored(path, MappingProxyType(values))


def _write_sound(clip: Clip, folder: Path) -> Generator[Progress, Any, Path]:
    """The clip as FLAC of 24 bits where that holds it, else as WAV of floats."""
    if clip.channels <= 8 and clip.rate <= 655_350:
        path = folder / f"{_SOUND}.flac"
        if not (yield from _written(clip, path, "PCM_24")):
            return path
    path = folder / f"{_SOUND}.wav"
    yield from _written(clip, path, "FLOAT")
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


def _described(state: State, sound: Path | None, files: dict[str, Path]) -> dict[str, Any]:
    """The state as TOML tables. `files` receives what its knobs name: name in the zip -> file."""
    told: dict[str, Any] = {"format": FORMAT, "sort": state.sort, "heard": state.transport.heard}
    told["chain"] = [_link(each, files) for each in state.chain]
    told["view"] = {"start": state.view.start, "stop": state.view.stop}
    if state.picture is not None:
        told["picture"] = _link(state.picture, files)
    if state.clip is not None and sound is not None:
        labels = [[each.start, each.end, each.text, each.tier] for each in state.clip.labels]
        told["clip"] = {"name": state.clip.name, "file": sound.name, "labels": labels}
    if state.selection is not None:
        told["selection"] = {"start": state.selection.start, "stop": state.selection.stop}
    told["cursor"] = {"time": state.cursor.time}
    if state.cursor.key is not None:
        key = state.cursor.key
        told["cursor"] |= {"series": [key.name, key.layer, key.direction], "unit": state.cursor.unit or 0}
    if state.network is not None and not state.network.trained:
        network = checkpoint.describe(state.network)
        told["network"] = {key: network[key] for key in ("task", "task_settings", "model", "settings", "seed")}
    return told


def _link(link: Link, files: dict[str, Path]) -> dict[str, Any]:
    described = link_to_dict(link)
    settings = described["settings"]
    for each in knobs(type(link.settings)):
        file = Path(str(settings[each.name])) if each.file and settings[each.name] else None
        if file is not None and file.is_file():
            settings[each.name] = f"{_FILES}{len(files)}-{file.name}"
            files[settings[each.name]] = file
    return described


def _values(described: dict[str, Any], pack: zipfile.ZipFile) -> dict[str, Any]:
    """What session.set takes, in the order in which it is to be set."""
    values: dict[str, Any] = {"chain": tuple(_linked(each, pack) for each in described["chain"])}
    if "picture" in described:
        values["picture"] = _linked(described["picture"], pack)
    if network := _network(described, pack):
        values["network"] = network
    if "clip" in described:
        clip = described["clip"]
        opened = open_clip(_extracted(pack, clip["file"]))
        labels = tuple(Label(float(a), float(b), str(text), str(tier)) for a, b, text, tier in clip["labels"])
        values["clip"] = replace(opened, name=str(clip["name"]), labels=labels, path=None)
    for key in ("view", "selection"):
        if key in described:
            values[key] = _span(**described[key])
    values["cursor"] = _cursor(**described["cursor"])
    if described["sort"] in SORTS:
        values["sort"] = described["sort"]
    values["heard"] = str(described["heard"])
    return values


def _cursor(time: float, series: Sequence[Any] | None = None, unit: int | None = None) -> Cursor:
    if not 0 <= time < math.inf:
        raise ValueError(f"there is no time {time} s")
    if series is None:
        return Cursor(float(time))
    name, layer, direction = series
    return Cursor(float(time), Key(str(name), int(layer), str(direction)), int(unit or 0))  # type: ignore[arg-type]


def _span(start: float, stop: float) -> Span:
    if not 0 <= start < stop < math.inf:
        raise ValueError(f"there is no time from {start} to {stop} s")
    return Span(float(start), float(stop))


def _linked(described: dict[str, Any], pack: zipfile.ZipFile) -> Link:
    kind = catalog.load("stages", described["stage"]).Settings
    settings = dict(described["settings"])
    for each in knobs(kind):
        if each.file and str(settings.get(each.name, "")).startswith(_FILES):
            settings[each.name] = str(_extracted(pack, settings[each.name]))
    return link_from_dict({**described, "settings": settings})


def _network(described: dict[str, Any], pack: zipfile.ZipFile) -> Network | None:
    if _WEIGHTS in pack.namelist():
        return checkpoint.load(_extracted(pack, _WEIGHTS))
    if "network" not in described:
        return None
    told = described["network"]
    settings = catalog.load("models", told["model"]).Settings.from_dict(told["settings"])
    task_settings = catalog.load("tasks", told["task"]).Settings.from_dict(told["task_settings"])
    return checkpoint.untrained(told["task"], settings, task_settings, told["model"], int(told["seed"]))


def _extracted(pack: zipfile.ZipFile, name: str) -> Path:
    """The file of that name in the cache: equal content lies there once."""
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
