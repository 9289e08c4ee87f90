"""Recovery: what a program held is kept in a folder of its own as it works, and found there when it has died.

No Qt here. A running program holds a lock on its folder, which the system frees however the program ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

if TYPE_CHECKING:
    from typing import BinaryIO

    from engine.clip import Clip
    from engine.session import State

TEXT, _LOCK = "session.toml", "lock"
"""What tells of the session in a folder, and what its program holds."""
_YOUNG = 60.0  # seconds in which an empty folder may be that of a program that begins


@dataclass(frozen=True)
class Lost:
    """What a program that died has left: since when, and how many seconds of a recording nobody has kept, and of
    sound under captions."""

    path: Path
    at: float
    recording: float = 0.0
    spoken: float = 0.0

    def told(self) -> str:
        """It in words."""
        now, then = time.localtime(), time.localtime(self.at)
        day = "" if now[:3] == then[:3] else time.strftime(" on %d %B", then)
        words = f"Otoscope was not ended properly{day} at {time.strftime('%H:%M', then)}."
        found = [
            f"{what} of {round(length) // 60}:{round(length) % 60:02} min"
            for what, length in (("a recording", self.recording), ("the sound under captions", self.spoken))
            if length
        ]
        return f"{words} What it held can be restored{', with ' if found else ''}{' and '.join(found)}."


class Recovery:
    """The folder of this program, and those of programs that died. Its methods may be called by any thread."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or Path(platformdirs.user_data_dir("otoscope", appauthor=False)) / "recovery"
        self._own: Path | None = None
        self._locks: dict[Path, BinaryIO] = {}
        self._mutex = threading.RLock()
        self._clip: tuple[Clip | None, str, str] = (None, "", "")
        """The last clip, the file beside it, and its table as text: ten thousand labels take a second."""

    def folder(self) -> Path:
        """This program's own folder, made when it is first asked for. Raises OSError."""
        with self._mutex:
            if self._own is None:
                path = self.root / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{secrets.token_hex(2)}"
                path.mkdir(parents=True, exist_ok=True)
                if not self._claim(path):
                    raise OSError(f"{path} cannot be locked")
                self._own = path
            return self._own

    def recording(self, kind: str = "recording") -> Path | None:
        """Where a recording is to lie that begins now; None where there is no place.

        One of another `kind` is offered by itself to nobody when this program has died.
        """
        try:
            folder = self.folder()
        except OSError:
            return None
        return folder / f"{kind}-{time.strftime('%H%M%S')}-{secrets.token_hex(2)}.wav"

    def lost(self) -> tuple[Lost, ...]:
        """What dead programs have left, newest first. They are this program's from now on, until `release`."""
        with self._mutex:
            found = [self._look(path) for path in self._folders() if path not in self._locks and self._claim(path)]
        return tuple(sorted((each for each in found if each is not None), key=lambda each: -each.at))

    def adopt(self, lost: Lost) -> None:
        """Go on in the folder of what was restored: nothing in it need be written again."""
        with self._mutex:
            self._own, self._clip = lost.path, (None, "", "")

    def discard(self, path: Path) -> None:
        """Remove a folder of this program's."""
        with self._mutex:
            (path / TEXT).unlink(missing_ok=True)  # first, so that half a folder promises nothing
            self._free(path)
            shutil.rmtree(path, ignore_errors=True)

    def release(self, *paths: Path) -> None:
        """Leave folders as they are, for the next program."""
        with self._mutex:
            for path in paths:
                self._free(path)

    def close(self, kept: tuple[Path, ...] = ()) -> None:
        """The program ends well: its folders go, but those in `kept`."""
        self.release(*kept)
        for path in list(self._locks):
            self.discard(path)

    def clear(self) -> None:
        """There is nothing to be restored: all is saved, or as it was."""
        with self._mutex:
            if self._own is not None:
                (self._own / TEXT).unlink(missing_ok=True)

    def write(self, state: State, saved: Path | None) -> None:
        """Put the state on the disk; `saved` is its session file. Raises OSError, AudioError, CheckpointError."""
        import tomli_w

        from engine import checkpoint, description
        from engine.replacing import replacing

        folder, network = self.folder(), state.network
        told = description.describe(state)
        needed = set()
        if saved is not None:
            told["saved"] = str(saved)
        if network is not None and network.trained:
            told["weights"] = f"network-{network.id}.safetensors"
            needed.add(told["weights"])
            if not (folder / told["weights"]).exists():
                checkpoint.save(network, folder / told["weights"])
        if state.clip is not None and self._clip[0] is not state.clip:
            table = _placed(state.clip, folder)
            self._clip = (state.clip, table.get("file", ""), tomli_w.dumps({"clip": table}))
        text = tomli_w.dumps(told)
        if state.clip is not None:
            text += f"\n{self._clip[2]}"
            needed.add(self._clip[1])
        with replacing(folder / TEXT) as part:
            part.write_text(text, encoding="utf-8")
        for old in (*folder.glob("network-*.safetensors"), *folder.glob("sound-*")):
            if old.name not in needed:
                with contextlib.suppress(OSError):
                    old.unlink()

    def _folders(self) -> list[Path]:
        with contextlib.suppress(OSError):
            return [path for path in self.root.iterdir() if path.is_dir()]
        return []

    def _look(self, path: Path) -> Lost | None:
        """What lies in a folder; one with nothing in it goes."""
        from app import takes as spoken
        from engine.audio import take

        with contextlib.suppress(OSError):
            takes = recordings(path)
            texts = [path / TEXT] if (path / TEXT).exists() else []
            if takes or texts:
                at = max(each.stat().st_mtime for each in (*takes, *texts))
                longest = max((take.seconds(each) for each in takes), default=0.0)
                under = sum(take.seconds(each) for _, each in spoken.left(path)) if texts else 0.0
                return Lost(path, at, longest, under)
            if time.time() - path.stat().st_mtime > _YOUNG:
                self.discard(path)
        self._free(path)
        return None

    def _claim(self, path: Path) -> bool:
        """Take the lock of a folder; False where another program has it."""
        try:
            lock = (path / _LOCK).open("ab")
        except OSError:
            return False
        try:
            _lock(lock)
        except OSError:
            lock.close()
            return False
        self._locks[path] = lock
        return True

    def _free(self, path: Path) -> None:
        if (lock := self._locks.pop(path, None)) is not None:
            lock.close()


def _placed(clip: Clip, folder: Path) -> dict[str, Any]:
    """The table of a clip, whose sound is found again: in the user's own file, or in the folder."""
    from engine import description
    from engine.audio import cache
    from engine.audio.write import Writer
    from engine.document import lies_in

    lying = lies_in(clip)
    if clip.path is not None and clip.path.is_file() and cache.key(clip.path) == clip.id:
        told = description.describe_clip(clip, "")
        del told["file"]
        return told | {"path": str(clip.path.resolve()), "id": clip.id}
    if lying is not None and lying.parent == folder:
        return description.describe_clip(clip, lying.name)
    file = folder / f"sound-{clip.id}{lying.suffix if lying is not None else '.wav'}"
    if not file.exists() and lying is not None:
        try:
            os.link(lying, file)
        except OSError:
            shutil.copyfile(lying, file)
    elif not file.exists():
        with Writer(file, clip.rate, clip.channels, "FLOAT", frames=clip.frames) as writer:
            for start in range(0, clip.frames, 1 << 18):
                writer.write(clip.read(start, start + (1 << 18)))
    return description.describe_clip(clip, file.name)


def recordings(folder: Path) -> list[Path]:
    """The recordings that no session in the folder tells of: those that went on, and those that came later."""
    from engine.audio import take

    text = folder / TEXT
    since = text.stat().st_mtime if text.exists() else 0.0
    later = [each for each in folder.glob("recording-*.wav") if each.stat().st_mtime > since]
    found = (*folder.glob(f"recording-*{take.UNFINISHED}"), *later)
    return sorted((each for each in found if take.seconds(each) > 0), key=lambda each: each.stat().st_mtime)


def _lock(file: BinaryIO) -> None:
    """Take the lock of an open file. Raises OSError where another has it."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
