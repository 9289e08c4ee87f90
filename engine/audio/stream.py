"""Compressed files read where they lie: each read seeks and decodes only what it is asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import soundfile

from engine.audio.error import AudioError
from engine.audio.wave import implausible, plausible
from engine.audio.write import native

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class StreamedSource:
    """Samples of a file that libsndfile seeks in well: FLAC, A-law, AIFF, CAF. One reader at a time."""

    def __init__(self, path: Path) -> None:
        self.path, self._lock = path, threading.Lock()
        self._file = soundfile.SoundFile(native(path))
        self.rate, self.channels, self.frames = self._file.samplerate, self._file.channels, self._file.frames

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """float32 [n, channels]; what is no number, or beyond any sound, reads as 0. Raises AudioError."""
        return plausible(self._raw(start, stop))

    def holes(self, start: int, stop: int) -> int:
        """How many samples of a range are no numbers, or beyond any sound. Raises AudioError."""
        return implausible(self._raw(start, stop)) if self._file.subtype in ("FLOAT", "DOUBLE") else 0

    def _raw(self, start: int, stop: int) -> NDArray[np.float32]:
        try:
            with self._lock:
                if self._file.tell() != start:  # a seek throws away what the decoder has ready
                    self._file.seek(start)
                samples = self._file.read(stop - start, "float32", always_2d=True)
        except (soundfile.SoundFileError, OSError) as error:
            raise AudioError(f"{self.path} can no longer be read ({error}); open it again.") from error
        if len(samples) < stop - start:
            raise AudioError(
                f"{self.path} breaks off at {(start + len(samples)) / self.rate:.1f} s; copy it again."
            )
        return samples

    def whole(self) -> bool:
        """Whether the last sample can be reached: False for a file that was cut short."""
        try:
            return len(self.read(self.frames - 1, self.frames)) == 1
        except AudioError:
            return False
