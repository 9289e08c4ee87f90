"""Pipelines as files: a sound, a chain and a network written as JSON, and run again to the same bits."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, checkpoint, decoding, description, document, pipeline
from engine.events import Notice, Opened, Progress, Traced
from engine.knob import KnobError
from engine.links import link_from_dict, link_to_dict
from engine.memo import Memo
from engine.replacing import replacing
from engine.trace import LONGEST, Key

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from engine.clip import Clip
    from engine.network import Network
    from engine.pipeline import Station
    from engine.stages.stage import Link

FORMAT, VERSION = "otoscope pipeline", 1
_LONGEST = 1 << 22  # bytes of JSON


class PipelineError(ValueError):
    """A pipeline that cannot be read, written or run; the message names the file and says what to do."""


@dataclass(frozen=True, eq=False)
class Pipeline:
    """From `start` to `stop` seconds of a clip through a chain and a network, but for what is `bypassed`.

    `expected` are digests of what came out when it was saved, by name. `reading` is how text is searched in what
    the network answers; None: as its task does by itself.
    """

    clip: Clip
    start: float
    stop: float
    chain: tuple[Link, ...]
    network: Network | None
    bypassed: tuple[str, ...] = ()
    expected: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    reading: decoding.Settings | None = None


@dataclass(frozen=True, eq=False)
class Ran:
    """What a pipeline gave: its stations with their latency, the inspection, and digests of what came out."""

    stations: tuple[Station, ...]
    traced: Traced
    digests: Mapping[str, str]


def run(asked: Pipeline) -> Generator[Progress | Notice, Any, Ran]:
    """Run a pipeline from its beginning, on one thread of the CPU: sums over several come out in another order.

    It runs twice, and the second time counts: the first one pays for what is loaded. Raises StageError,
    WeightsError, PipelineError, and NgramError for a language model that cannot be had.
    """
    yield Progress(-1.0, f"running the pipeline of {asked.clip.name}")
    _once(asked, Memo())
    yield Progress(0.5, f"running the pipeline of {asked.clip.name}")
    memo = Memo()
    traced, notices = _once(asked, memo)
    yield from notices
    text = " ".join(each.text for each in traced.trace.text)
    told = pipeline.stations(asked.chain, asked.network, asked.bypassed, memo.took, text, asked.reading)
    return Ran(told, traced, MappingProxyType(digests(traced)))


def _once(asked: Pipeline, memo: Memo) -> tuple[Traced, list[Notice]]:
    from threadpoolctl import threadpool_limits

    from engine.infer import Inspection, run

    reader, chain = pipeline.runs(asked.network, asked.bypassed), pipeline.passing(asked.chain, asked.bypassed)
    raw = "decode" in asked.bypassed
    span, reading = (asked.start, asked.stop), None if raw else asked.reading
    inspection = Inspection(asked.clip, chain, None, reader, *span, "cpu", raw=raw, reading=reading)
    with threadpool_limits(1):
        events = list(run(inspection, memo))
    traced = next(event for event in events if isinstance(event, Traced))
    return traced, [event for event in events if isinstance(event, Notice)]


def digests(traced: Traced) -> dict[str, str]:
    """What came out, as digests of its bytes: the sound, the features, what the network answers, the text."""
    found = {"sound": _digest(traced.sound.read())}
    for name in ("features", "posterior", "mask"):
        series = traced.trace.series.get(Key(name))
        if series is not None:
            found[name] = _digest(series.values)
    said = json.dumps([[each.start, each.end, each.text] for each in traced.trace.text])
    return {**found, "text": hashlib.blake2b(said.encode(), digest_size=16).hexdigest()}


def _digest(values: Any) -> str:
    array = np.ascontiguousarray(values)
    shape = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.blake2b(
        array.tobytes(), digest_size=16, key=hashlib.blake2b(shape, digest_size=16).digest()
    ).hexdigest()


# Files.


def save(asked: Pipeline, path: str | Path) -> Generator[Progress | Notice, Any, Path]:
    """Write it, sound and network beside it where they are nowhere else; then run what was written, and add the
    digests of what came out. Raises PipelineError.
    """
    path = Path(path)
    try:
        sound = yield from _sound(asked.clip, path)
        said = description.describe_clip(asked.clip, "")
        told = {
            "format": FORMAT,
            "version": VERSION,
            "clip": {key: said[key] for key in said if key != "file"}
            | {**sound, "start": asked.start, "stop": asked.stop},
            "chain": [{**link_to_dict(link), "station": pipeline.station(link)} for link in asked.chain],
            "network": _network(asked.network, path),
            "bypassed": list(asked.bypassed),
            "decoding": asked.reading.to_dict() if asked.reading is not None else None,
        }
        _write(told, path)
        ran = yield from run(load(path))
        text = [each.text for each in ran.traced.trace.text]
        _write({**told, "expected": dict(ran.digests), "text": text}, path)
    except OSError as error:
        raise PipelineError(
            f"{path} cannot be written ({error.strerror or error}); choose another place."
        ) from error
    return path


def _write(told: Mapping[str, Any], path: Path) -> None:
    with replacing(path) as part:
        part.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: str | Path) -> Pipeline:
    """The pipeline of a file, with its sound and network. Raises PipelineError, AudioError and CheckpointError."""
    path = Path(path)
    told = _read(path)
    try:
        bypassed = tuple(str(each) for each in told["bypassed"])
        chain = tuple(
            pipeline.taken(link_from_dict(each), each.get("station"), bypassed) for each in told["chain"]
        )
        unknown = [each for each in bypassed if each not in pipeline.STATIONS or each in pipeline.ENDS]
        if unknown:
            raise ValueError(f"there is no station {unknown[0]!r} to be bypassed")
        clip, start, stop = told["clip"], float(told["clip"]["start"]), float(told["clip"]["stop"])
        if not 0 <= start < stop < math.inf or stop - start > LONGEST + 0.01:
            raise ValueError(f"it wants {start:g} to {stop:g} s; a run covers at most {LONGEST:g} s")
        expected = {str(name): str(each) for name, each in dict(told.get("expected", {})).items()}
        network = told["network"]
        opened = None if network is None else _opened(network, path)
        searched = told.get("decoding")  # one that was saved by an earlier version has none
        reading = decoding.Settings.from_dict(searched) if searched is not None else None
        known = MappingProxyType(expected)
        return Pipeline(_clip(clip, path), start, stop, chain, opened, bypassed, known, reading)
    except (KeyError, TypeError, LookupError, AttributeError, KnobError) as error:
        entry = f"the entry {error} is missing" if type(error) is KeyError else str(error)
        raise PipelineError(f"{path} is no pipeline that this program can run: {entry}.") from error
    except ValueError as error:
        if type(error) is not ValueError:
            raise
        raise PipelineError(f"{path} is no pipeline that this program can run: {error}.") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LONGEST:
            raise PipelineError(
                f"{path} is too long for a pipeline; name the JSON file that the Pipeline panel saved."
            )
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PipelineError(f"there is no file {path}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        if isinstance(error, PipelineError):
            raise
        raise PipelineError(
            f"{path} cannot be read as JSON ({reason}); save it anew from the Pipeline panel."
        ) from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise PipelineError(f'{path} is no pipeline of Otoscope: its "format" is not {FORMAT!r}.')
    if told.get("version") != VERSION:
        raise PipelineError(
            f"{path} was made by a later version of Otoscope ({told.get('version')}): install that one."
        )
    return told


def _sound(clip: Clip, path: Path) -> Generator[Progress, Any, dict[str, Any]]:
    """Where the sound lies: bundled, in a file of its own, or written beside the pipeline."""
    if clip.path is None and clip.name in asset.clips() and asset.open_bundled(clip.name).id == clip.id:
        return {"bundled": clip.name}
    lying = document.lies_in(clip)
    if lying is None:
        made = yield from document.write_sound(clip, path.parent)
        lying = path.with_name(f"{path.stem}-sound{made.suffix}")
        shutil.move(made, lying)
    return {"file": _beside(lying, path)}


def _network(network: Network | None, path: Path) -> dict[str, Any] | None:
    if network is None:
        return None
    told = {"name": network.name, "id": network.id}
    if network.name in checkpoint.bundled() and checkpoint.open_network(network.name).id == network.id:
        return {**told, "bundled": network.name}
    if not network.trained:
        raise PipelineError(f"{network.name} is untrained: train it, or choose a bundled network, then save.")
    beside = path.with_name(f"{path.stem}-network.safetensors")
    checkpoint.save(network, beside)
    return {"name": network.name, "id": checkpoint.load(beside).id, "file": beside.name}


def _opened(told: Mapping[str, Any], path: Path) -> Network:
    network = checkpoint.open_network(told["bundled"] if "bundled" in told else path.parent / str(told["file"]))
    if network.id != told["id"]:
        raise PipelineError(
            f"{path} was saved with other weights of {told['name']} (id {told['id']}, now {network.id}); "
            "save it anew, or bring that network back."
        )
    return network


def _clip(told: Mapping[str, Any], path: Path) -> Clip:
    """The clip with its labels."""
    spoken = description.spoken(told)
    if "bundled" in told:
        return replace(asset.open_bundled(str(told["bundled"])), **spoken)
    from engine.audio.file import decode

    file = path.parent / str(told["file"])
    for event in decode(file):
        if isinstance(event, Opened):
            return replace(event.clip, name=str(told["name"]), **spoken)
    raise PipelineError(f"{file}, the sound of {path}, could not be read.")


def _beside(file: Path, path: Path) -> str:
    """A file's name where it lies beside the pipeline, else its whole path."""
    whole = file.resolve()
    return whole.name if whole.parent == path.resolve().parent else str(whole)
