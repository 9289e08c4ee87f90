"""The project of the forty clips: what was recorded and what came of each step, in a folder that can be left."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine.audio.check import Check, check
from engine.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WORDS, EACH = ("hello", "world"), 20
SECONDS = 2.0
"""Of a take."""
STEPS = ("collect", "train", "evaluate", "quantise", "profile")
SOURCES = ("voice", "bundled", "folder")
NETWORK, _STATE = "hello.safetensors", "project.json"


class ProjectError(ValueError):
    """A project that cannot be read or written; the message names the file and what to do."""


@dataclass(frozen=True)
class Take:
    """One recording of a word: its file, and what was found in it; None where it was not recorded yet."""

    word: str
    number: int
    path: Path
    check: Check | None = None

    @property
    def good(self) -> bool:
        return self.check is not None and not self.check.trouble


@dataclass(frozen=True)
class Project:
    """`source` says where the clips come from: one's own voice, bundled voices, or the folder `folder`.

    `results` are plain values by step, of those that were done with the clips of now.
    """

    place: Path
    source: str = "voice"
    folder: str = ""
    takes: tuple[Take, ...] = ()
    results: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def recorded(self) -> int:
        return sum(take.check is not None for take in self.takes)

    @property
    def learnt_from(self) -> str:
        """The folder of the clips, as the task `hello` has it; empty for bundled ones."""
        return {"voice": str(self.place / "takes"), "bundled": "", "folder": self.folder}[self.source]

    @property
    def collected(self) -> bool:
        """Whether there are clips to learn from."""
        if self.source == "voice":
            return bool(self.takes) and all(take.good for take in self.takes)
        return self.source == "bundled" or bool(self.folder)

    @property
    def network(self) -> Path:
        return self.place / NETWORK

    def done(self, step: str) -> bool:
        return self.collected if step == "collect" else step in self.results

    def ready(self, step: str) -> bool:
        """Whether the step before it is done."""
        place = STEPS.index(step)
        return place == 0 or (self.done("collect") and (place == 1 or self.done("train")))

    def next_take(self) -> Take | None:
        """The first that is not recorded, or has a flaw; the words come in turns."""
        return next((take for take in self.takes if not take.good), None)


def load(place: Path) -> Project:
    """The project in a folder as it was left; a new one where there is none. Raises ProjectError."""
    found = Project(place, takes=_takes(place))
    state = place / _STATE
    if not state.is_file():
        return found
    try:
        said = json.loads(state.read_text(encoding="utf-8"))
        results = {step: each for step, each in dict(said["results"]).items() if step in STEPS}
        source = said["source"] if said["source"] in SOURCES else "voice"
        return replace(found, source=source, folder=str(said["folder"]), results=MappingProxyType(results))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ProjectError(f"{state} cannot be read ({error}); remove it: the recordings stay") from error


def save(project: Project) -> None:
    """Keep everything but the takes, which are files already. Raises ProjectError."""
    said = {"source": project.source, "folder": project.folder, "results": dict(project.results)}
    try:
        project.place.mkdir(parents=True, exist_ok=True)
        with replacing(project.place / _STATE) as part:
            part.write_text(json.dumps(said, indent=2), encoding="utf-8")
    except OSError as error:
        raise ProjectError(f"{project.place} cannot be written to ({error.strerror or error})") from error


def chosen(project: Project, source: str, folder: str = "") -> Project:
    """Other clips: what was learnt from the ones before is no result any more."""
    if (source, folder) == (project.source, project.folder):
        return project
    return replace(project, source=source, folder=folder, results=MappingProxyType({}))


def stepped(project: Project, step: str, result: Any) -> Project:
    """The result of a step; those of the steps after a training are asked for anew."""
    kept = {} if step == "train" else dict(project.results)
    return replace(project, results=MappingProxyType({**kept, step: result}))


def retaken(project: Project, take: Take) -> Project:
    """The take as it lies on the disk now, checked."""
    fresh = _checked(take)
    takes = tuple(fresh if each.path == take.path else each for each in project.takes)
    changed = project.source == "voice"
    return replace(project, takes=takes, results=MappingProxyType({}) if changed else project.results)


def _takes(place: Path) -> tuple[Take, ...]:
    """Forty takes, the words in turns, with those checked that were recorded."""
    return tuple(
        _checked(Take(word, number, place / "takes" / f"{word}-{number:02d}.wav"))
        for number in range(1, EACH + 1)
        for word in WORDS
    )


def _checked(take: Take) -> Take:
    import soundfile

    if not take.path.is_file():
        return replace(take, check=None)
    try:
        sound, rate = soundfile.read(take.path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError):
        broken = Check(0.0, -120.0, -120.0, 0.0, 0, ("the file cannot be read: record it again",))
        return replace(take, check=broken)
    return replace(take, check=check(sound.mean(axis=1), rate))
