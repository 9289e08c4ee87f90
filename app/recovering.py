"""The jobs of recovery: keeping the state in the program's folder, and restoring what a dead one has left."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app import takes
from app.recovery import TEXT, recordings
from engine.events import Notice, Opened, Restored

if TYPE_CHECKING:
    from collections.abc import Generator

    from app.recovery import Lost, Recovery
    from engine.clip import Clip
    from engine.session import State

    Events = Generator[Any, Any, None]


class RecoveryError(ValueError):
    """What was kept cannot be read; the message names its folder."""


@dataclass(frozen=True, eq=False)
class Kept:
    """The state is on the disk, or, where there is an `error`, is not."""

    state: State
    error: str = ""


def keep(recovery: Recovery, state: State, saved: Path | None) -> Events:
    """Write the state, as a job."""
    from engine.audio.error import AudioError
    from engine.checkpoint import CheckpointError

    try:
        recovery.write(state, saved)
    except (OSError, AudioError, CheckpointError) as error:
        yield Kept(state, str(getattr(error, "strerror", None) or error))
    else:
        yield Kept(state)


def clear(recovery: Recovery, state: State) -> Events:
    with contextlib.suppress(OSError):
        recovery.clear()
    yield Kept(state)


def restore(lost: Lost) -> Events:
    """What was lost, as a job: a Restored, the sound Found under its captions, a Notice of what is missing in it,
    an Opened for each recording.

    Raises RecoveryError where nothing of it can be read.
    """
    from engine.audio import take
    from engine.audio.error import AudioError
    from engine.audio.file import open_clip

    cut_off, trouble = recordings(lost.path), ""
    if (lost.path / TEXT).exists():
        try:
            yield from _session(lost.path)
        except RecoveryError as error:
            trouble = str(error)
    found = 0
    for path in cut_off:
        with contextlib.suppress(AudioError):
            at = time.strftime("%H:%M:%S", time.localtime(path.stat().st_mtime))
            yield Opened(replace(open_clip(take.finish(path)), name=f"recording until {at}", path=None))
            found += 1
    if trouble and not found:
        raise RecoveryError(trouble)
    if trouble:
        yield Notice(trouble, "warning")


def _session(folder: Path) -> Events:
    from engine import checkpoint, description
    from engine.audio.error import AudioError

    try:
        described = description.parse((folder / TEXT).read_text(encoding="utf-8"))
        weights = described.get("weights")
        network = checkpoint.load(folder / Path(weights).name) if weights else None
        clip, missing = _sound(described.get("clip"), folder)
        values = description.values(described, partial(Path, folder), clip, network)
        saved = Path(described["saved"]) if "saved" in described else None
    except (OSError, AudioError, *description.ERRORS) as error:
        reason = getattr(error, "strerror", None) or description.reason(error)
        raise RecoveryError(
            f"What was kept cannot be read ({reason}). Its files stay in {folder}; File > Discard removes them."
        ) from error
    yield Restored(saved, MappingProxyType(values), unsaved=True)
    if values["captions"] is not None:
        yield from takes.recover(folder)
    if missing:
        yield Notice(missing, "warning")


def _sound(told: dict[str, Any] | None, folder: Path) -> tuple[Clip | None, str]:
    """The clip, and what to say where its file is no more what it was."""
    from engine import description
    from engine.audio.error import AudioError
    from engine.audio.file import open_clip

    if told is None:
        return None, ""
    spoken, name = description.spoken(told), str(told["name"])
    if "file" in told:
        return replace(open_clip(folder / Path(told["file"]).name), name=name, path=None, **spoken), ""
    path = Path(told["path"])
    try:
        clip = open_clip(path)
    except AudioError as error:
        return None, f"All is restored but the sound: {error}"
    if clip.id == told["id"]:
        return replace(clip, name=name, **spoken), ""
    return replace(clip, name=name, **spoken), f"{path} has been changed since: it is shown as it is now."
