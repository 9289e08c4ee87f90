"""A session in plain values, as files hold it: to TOML tables and back, wherever sound and weights lie."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import catalog, checkpoint, correction, denoising, generate, language, pipeline, surgery
from engine.captions import Origin
from engine.clip import Label
from engine.knob import KnobError, knobs
from engine.links import link_from_dict, link_to_dict
from engine.recipe import TrainSettings
from engine.session import SORTS, Cursor, Span
from engine.trace import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.clip import Clip
    from engine.network import Network
    from engine.session import State
    from engine.stages.stage import Link

    Fetch = Callable[[str], Path]
    """Where a file lies that a description names."""

FORMAT = 1
FILES = "files/"


class LaterVersion(ValueError):
    """A description in a format that a later program has brought."""


def describe(state: State, files: dict[str, Path] | None = None) -> dict[str, Any]:
    """All of a state that a file holds, but the clip and the weights of a trained network.

    `files` receives what its knobs name, name in the file -> file; without it they keep their places.
    """
    told: dict[str, Any] = {"format": FORMAT, "sort": state.sort, "heard": state.transport.heard}
    told["chain"] = [{**_link(each, files), "station": pipeline.station(each)} for each in state.chain]
    told["view"] = {"start": state.view.start, "stop": state.view.stop}
    if state.picture is not None:
        told["picture"] = _link(state.picture, files)
    if state.selection is not None:
        told["selection"] = {"start": state.selection.start, "stop": state.selection.stop}
    told["cursor"] = {"time": state.cursor.time}
    if state.cursor.key is not None:
        key = state.cursor.key
        told["cursor"] |= {"series": [key.name, key.layer, key.direction], "unit": state.cursor.unit or 0}
    if state.edits:
        told["edits"] = [surgery.to_dict(each) for each in state.edits]
    if state.bypassed:
        told["bypassed"] = list(state.bypassed)
    if state.captions is not None and (state.captions.lines or state.captions.words):
        told["captions"] = correction.to_dict(state.captions, state.corrections)
        origin = state.origin
        if origin is not None and state.clip is not None and origin.clip_id == state.clip.id:
            told["captions"]["clip"] = {"start": origin.start, "tier": origin.tier}
    if state.training is not None:
        told["training"] = state.training.to_dict()
    if state.composing is not None:
        told["composing"] = state.composing.to_dict()
    if state.denoisers is not None:
        told["denoisers"] = [_filed(each, files) if Path(each).is_file() else each for each in state.denoisers]
    if state.denoising is not None:
        told["denoising"] = state.denoising.to_dict()
    if state.opening:
        told["opening"] = list(state.opening)
    if state.melody is not None and state.melody.network is state.network:
        told["melody"] = generate.to_dict(state.melody)
    if state.network is not None and not state.network.trained:
        network = checkpoint.describe(state.network)
        told["network"] = {key: network[key] for key in ("task", "task_settings", "model", "settings", "seed")}
    return told


def describe_clip(clip: Clip, file: str) -> dict[str, Any]:
    """A clip whose sound lies in `file`."""
    labels = [[each.start, each.end, each.text, each.tier] for each in clip.labels]
    told = {"name": clip.name, "file": file, "labels": labels}
    return {**told, "language": clip.language} if clip.language else told


def parse(text: str) -> dict[str, Any]:
    """The tables of a description. Raises ValueError, and LaterVersion for a format that is not known here."""
    described = tomllib.loads(text)
    version = described.get("format")
    if not isinstance(version, int) or version > FORMAT:
        raise LaterVersion(f"(format {version}; this one knows {FORMAT})")
    return described


def values(
    described: Mapping[str, Any], fetch: Fetch, clip: Clip | None, network: Network | None
) -> dict[str, Any]:
    """What session.set takes, in the order in which it is to be set; `heard` is no key of the session.

    `clip` and `network` are what lies beside the description. Raises ERRORS where a value does not fit.
    """
    asked = described.get("bypassed", ())
    bypassed = tuple(each for each in pipeline.STATIONS if each in asked and each not in pipeline.ENDS)
    chain = (pipeline.taken(_linked(each, fetch), each.get("station"), bypassed) for each in described["chain"])
    found: dict[str, Any] = {"chain": tuple(chain), "bypassed": bypassed}
    if "picture" in described:
        found["picture"] = _linked(described["picture"], fetch)
    found["edits"] = tuple(surgery.from_dict(each) for each in described.get("edits", ()))
    found["network"] = network or _untrained(described)
    found["clip"] = clip
    found["captions"], found["corrections"], found["origin"] = None, (), None
    if "captions" in described:
        found["origin"] = _origin(clip, **described["captions"].get("clip", {}))
        found["captions"], found["corrections"] = correction.from_dict(described["captions"])
    if "training" in described:
        found["training"] = TrainSettings.from_dict(described["training"])
    if "composing" in described:
        found["composing"] = generate.Settings.from_dict(described["composing"])
    if "denoisers" in described:
        asked = [str(each) for each in described["denoisers"]]
        found["denoisers"] = tuple(str(fetch(each)) if each.startswith(FILES) else each for each in asked)
    if "denoising" in described:
        found["denoising"] = denoising.Options.from_dict(described["denoising"])
    found["opening"] = generate.opening(described.get("opening", ()))
    found["melodies"] = ()
    if "melody" in described and clip is not None and found["network"] is not None:
        found["melodies"] = (generate.from_dict(described["melody"], clip, found["network"]),)
    for key in ("view", "selection"):
        if key in described:
            found[key] = _span(**described[key])
    found["cursor"] = _cursor(**described["cursor"])
    if described["sort"] in SORTS:
        found["sort"] = described["sort"]
    found["heard"] = str(described["heard"])
    return found


def labels(described: Mapping[str, Any]) -> tuple[Label, ...]:
    """The labels of a clip's table."""
    return tuple(Label(float(a), float(b), str(text), str(tier)) for a, b, text, tier in described["labels"])


def spoken(described: Mapping[str, Any]) -> dict[str, Any]:
    """What a clip's table tells of what is said in it: its labels and its language."""
    return {"labels": labels(described), "language": language.tag(str(described.get("language", "")))}


def reason(error: Exception) -> str:
    """What is wrong with a description, as a part of a sentence."""
    if isinstance(error, UnicodeDecodeError):
        return "its text is damaged"
    return f"the entry {error} is missing" if type(error) is KeyError else str(error)


def _link(link: Link, files: dict[str, Path] | None) -> dict[str, Any]:
    described = link_to_dict(link)
    settings = described["settings"]
    for each in knobs(type(link.settings)):
        file = Path(str(settings[each.name])) if each.file and settings[each.name] else None
        if file is not None and file.is_file():
            settings[each.name] = _filed(str(file), files)
    return described


def _filed(path: str, files: dict[str, Path] | None) -> str:
    """What a file is called in the description; without `files` it keeps its place."""
    if files is None:
        return path
    name = f"{FILES}{len(files)}-{Path(path).name}"
    files[name] = Path(path)
    return name


def _linked(described: Mapping[str, Any], fetch: Fetch) -> Link:
    kind = catalog.load("stages", described["stage"]).Settings
    settings = dict(described["settings"])
    for each in knobs(kind):
        if each.file and str(settings.get(each.name, "")).startswith(FILES):
            settings[each.name] = str(fetch(settings[each.name]))
    return link_from_dict({**described, "settings": settings})


def _untrained(described: Mapping[str, Any]) -> Network | None:
    if "network" not in described:
        return None
    told = described["network"]
    settings = catalog.load("models", told["model"]).Settings.from_dict(told["settings"])
    task_settings = catalog.load("tasks", told["task"]).Settings.from_dict(told["task_settings"])
    return checkpoint.untrained(told["task"], settings, task_settings, told["model"], int(told["seed"]))


def _cursor(time: float, series: Sequence[Any] | None = None, unit: int | None = None) -> Cursor:
    if not 0 <= time < math.inf:
        raise ValueError(f"there is no time {time} s")
    if series is None:
        return Cursor(float(time))
    name, layer, direction = series
    return Cursor(float(time), Key(str(name), int(layer), str(direction)), int(unit or 0))  # type: ignore[arg-type]


def _origin(clip: Clip | None, start: float = math.nan, tier: str = "") -> Origin | None:
    """What captions were heard in, where that is told; a clip has another id wherever it lies."""
    known = clip is not None and 0 <= start < clip.seconds
    return Origin(clip.id, float(start), str(tier)) if clip is not None and known else None


def _span(start: float, stop: float) -> Span:
    if not 0 <= start < stop < math.inf:
        raise ValueError(f"there is no time from {start} to {stop} s")
    return Span(float(start), float(stop))


ERRORS = (KnobError, LookupError, TypeError, AttributeError, ValueError)
"""What a description that does not fit raises."""
