"""Writing sound: quantised with clipping counted, under a temporary name that is renamed when all is there."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
import soundfile

from engine.audio.error import AudioError

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

Subtype = Literal["PCM_16", "PCM_24", "FLOAT"]
_FORMATS = {
    ".wav": "WAV",
    ".flac": "FLAC",
    ".ogg": "OGG",
    ".mp3": "MP3",
    ".aif": "AIFF",
    ".aiff": "AIFF",
    ".caf": "CAF",
    ".w64": "W64",
}
_LOSSY = {"OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}
_LONG = 0xF0000000  # bytes that a plain WAV file holds, with room for its head
_BITS = {"PCM_16": 16, "PCM_24": 24}


class Writer:
    """Writes blocks of sound; the file appears under its name when the `with` block ends well."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        rate: int,
        channels: int,
        subtype: Subtype = "PCM_16",
        dither: bool = False,
        frames: int = 0,
    ) -> None:
        """`dither` adds triangular noise of one step before PCM rounding, always the same; `frames` is how
        many are expected, which matters above 4 GB. Raises AudioError.
        """
        self.path, self.clipped, self.frames = Path(path), 0, 0
        kind = _FORMATS.get(self.path.suffix.lower())
        if kind is None:
            raise AudioError(f"{path}: sound is not written as {self.path.suffix!r}; use {', '.join(_FORMATS)}.")
        self._subtype = _LOSSY.get(kind, subtype)
        if not soundfile.check_format(kind, self._subtype):
            raise AudioError(f"{path}: {kind} does not hold {self._subtype}; use WAV, or PCM_16 or PCM_24.")
        self._rng = np.random.default_rng(0) if dither else None
        self._temporary = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.part")
        if kind == "WAV" and frames * channels * 4 > _LONG:
            kind = "RF64"  # WAV with a size of 64 bits
        try:
            self._file = soundfile.SoundFile(
                native(self._temporary), "w", rate, channels, self._subtype, format=kind
            )
        except (soundfile.SoundFileError, OSError) as error:
            with contextlib.suppress(OSError):
                self._temporary.unlink(missing_ok=True)
            raise AudioError(_failure(self.path, rate, channels, error)) from error

    def write(self, samples: NDArray[np.floating]) -> None:
        """Append samples [n, channels] or [n]. Raises AudioError."""
        if not np.isfinite(samples).all():
            raise AudioError(f"{self.path}: the sound holds values that are no numbers; it is not written.")
        try:
            self._file.write(self._quantised(samples))
        except (soundfile.SoundFileError, OSError) as error:
            raise AudioError(f"{self.path} cannot be written ({error}); is the disk full?") from error
        self.frames += len(samples)

    def _quantised(self, samples: NDArray[np.floating]) -> NDArray:
        bits = _BITS.get(self._subtype)
        if self._subtype == "FLOAT":
            return np.asarray(samples, np.float32)
        self.clipped += int((np.abs(samples) > 1).sum())
        if bits is None:
            return np.clip(samples, -1, 1)
        full = float(1 << (bits - 1))
        steps = np.asarray(samples, np.float64) * full
        if self._rng is not None:
            steps += self._rng.random(steps.shape) - self._rng.random(steps.shape)
        whole = np.clip(np.rint(steps), -full, full - 1)
        return whole.astype(np.int16) if bits == 16 else whole.astype(np.int32) << 8

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._file.close()
            if kind is None:
                os.replace(self._temporary, self.path)
        except (soundfile.SoundFileError, OSError) as failure:
            raise AudioError(f"{self.path} cannot be written ({failure}); is the disk full?") from failure
        finally:
            with contextlib.suppress(OSError):
                self._temporary.unlink(missing_ok=True)


def write(
    path: str | os.PathLike[str],
    samples: NDArray[np.floating],
    rate: int,
    subtype: Subtype = "PCM_16",
    dither: bool = False,
) -> int:
    """Write samples [n] or [n, channels] in [-1, 1]; returns how many were clipped. Raises AudioError."""
    samples = np.asarray(samples).reshape(len(samples), -1)
    with Writer(path, rate, samples.shape[1], subtype, dither, len(samples)) as writer:
        writer.write(samples)
    return writer.clipped


def native(path: Path) -> str | bytes:
    """The name as libsndfile takes it: soundfile by itself refuses names that are not UTF-8."""
    return str(path) if os.name == "nt" else os.fsencode(path)


def _failure(path: Path, rate: int, channels: int, error: Exception) -> str:
    if not path.parent.is_dir():
        return f"{path} cannot be written: there is no folder {path.parent}; make it first."
    if not os.access(path.parent, os.W_OK):
        return f"{path} cannot be written: the folder may not be changed by you; choose another."
    return f"{path} cannot be written at {rate} Hz with {channels} channels ({error}); choose another format."
