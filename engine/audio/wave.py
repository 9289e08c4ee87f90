"""WAV files read in place: an hour opens at once, and only what is looked at is read."""

from __future__ import annotations

import os
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.audio.error import AudioError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

    from engine.events import Notice

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_UNKNOWN = (0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFF000, 0x7FFFF000)  # what writes into a pipe leave as the size
_ABSURD = 1 << 40  # a header that promises a terabyte is not believed
_LOUDEST = 1e6  # times full scale: a float beyond it is damage, and its square would overflow


@dataclass(frozen=True)
class Layout:
    """Where the samples of a WAV file lie and what they are."""

    rate: int
    channels: int
    frames: int
    code: str
    offset: int
    promised: int | None = None
    """Frames that the header speaks of, where the file has fewer."""

    @property
    def width(self) -> int:
        """Bytes a sample."""
        return {"u1": 1, "<i2": 2, "i3": 3, "<i4": 4, "<f4": 4, "<f8": 8}[self.code]


class WaveSource:
    """Samples of an uncompressed file, read from it when asked for and turned into float32.

    Not a memory map: pages that were looked at would count as ours, and one that another program
    has cut off would kill the process instead of being an error.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self.rate, self.channels, self.frames = layout.rate, layout.channels, layout.frames
        self.path, self._layout, self._lock = path, layout, threading.Lock()
        self._dtype = np.dtype((np.uint8, 3)) if layout.code == "i3" else np.dtype(layout.code)
        self._file = open(path, "rb", buffering=0)

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """float32 [n, channels]; what is no number, or beyond any sound, reads as 0. Raises AudioError."""
        return self._convert(self._raw(start, stop))

    def pick(self, starts: NDArray[np.int64], length: int) -> NDArray[np.float32]:
        """Samples [len(starts), length, channels]: a few from many places. Raises AudioError."""
        raw = np.empty((len(starts), length, self.channels), self._dtype)
        size = raw.nbytes // max(len(starts), 1)
        view = raw.view(np.uint8).reshape(-1).data
        for place, start in enumerate(starts.tolist()):
            self._fill(view[place * size : (place + 1) * size], start)
        return self._convert(raw)

    def holes(self, start: int, stop: int) -> int:
        """How many samples of a range are no numbers, or beyond any sound."""
        if self._layout.code not in ("<f4", "<f8"):
            return 0
        return implausible(self._raw(start, stop))

    def _raw(self, start: int, stop: int) -> NDArray[Any]:
        """What is in the file, [n, channels], with a last axis of three bytes for 24 bit."""
        raw = np.empty((stop - start, self.channels), self._dtype)
        self._fill(raw.view(np.uint8).reshape(-1).data, start)
        return raw

    def _fill(self, view: memoryview, start: int) -> None:
        """Read bytes from frame `start` on until `view` is full."""
        done = 0
        try:
            with self._lock:
                self._file.seek(self._layout.offset + start * self._layout.channels * self._layout.width)
                while done < len(view) and (got := self._file.readinto(view[done:])):
                    done += got
        except OSError as error:
            reason = error.strerror or error
            raise AudioError(f"{self.path} can no longer be read ({reason}); open it again.") from error
        if done < len(view):
            raise AudioError(f"{self.path} was cut short by another program while it was open; open it again.")

    def _convert(self, raw: NDArray[Any]) -> NDArray[np.float32]:
        code = self._layout.code
        if code == "i3":
            wide = np.zeros((*raw.shape[:-1], 4), np.uint8)
            wide[..., 1:] = raw
            return wide.view("<i4")[..., 0].astype(np.float32) * np.float32(2**-31)
        if code == "u1":
            return (raw.astype(np.float32) - 128) * np.float32(2**-7)
        if code == "<i2":
            return raw * np.float32(2**-15)
        if code == "<i4":
            return raw.astype(np.float32) * np.float32(2**-31)
        with np.errstate(over="ignore", invalid="ignore"):  # 64 bits may hold what 32 do not
            return plausible(raw.astype(np.float32))


def plausible(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples; what is no number, or beyond any sound, reads as 0."""
    with np.errstate(invalid="ignore"):
        if np.abs(samples).max(initial=0.0) < _LOUDEST:  # not where the greatest is no number
            return samples
        return np.where(np.abs(samples) < _LOUDEST, samples, np.float32(0))


def implausible(samples: NDArray[np.floating]) -> int:
    """How many samples are no numbers, or beyond any sound."""
    with np.errstate(invalid="ignore"):
        return samples.size - int((np.abs(samples) < _LOUDEST).sum())


def read_layout(path: Path) -> Layout | None:
    """The layout of a WAV or RF64 file; None for what this module does not read. Raises AudioError."""
    with open(path, "rb") as file:
        head = file.read(12)
        if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
            return None
        return _walk(path, file, os.fstat(file.fileno()).st_size)


def _walk(path: Path, file: BinaryIO, size: int) -> Layout | None:
    """Read chunk after chunk until the samples are found."""
    fmt, long_size = b"", None
    for _ in range(10_000):
        head = file.read(8)
        if len(head) < 8:
            break
        name, length = head[:4], struct.unpack("<I", head[4:])[0]
        begin = file.tell()
        if name == b"data":
            if len(fmt) < 16:
                raise AudioError(f"{path} has no format before its samples; export it again as WAV.")
            return _layout(path, fmt, begin, long_size if length == 0xFFFFFFFF and long_size else length, size)
        if name == b"fmt ":
            fmt = file.read(min(length, 64))
        elif name == b"ds64":
            body = file.read(24)
            long_size = struct.unpack("<Q", body[8:16])[0] if len(body) == 24 else None
        file.seek(begin + length + (length & 1))
    raise AudioError(f"{path} ends before its samples begin; copy or export it again.")


def _layout(path: Path, fmt: bytes, offset: int, length: int, size: int) -> Layout | None:
    tag, channels, rate, _, align, bits = struct.unpack("<HHIIHH", fmt[:16])
    if tag == _EXTENSIBLE and len(fmt) >= 26:
        tag = struct.unpack("<H", fmt[24:26])[0]
    codes = {(_PCM, 8): "u1", (_PCM, 16): "<i2", (_PCM, 24): "i3", (_PCM, 32): "<i4"}
    code = (codes | {(_FLOAT, 32): "<f4", (_FLOAT, 64): "<f8"}).get((tag, bits))
    if code is None:
        return None
    check_format(path, rate, channels)
    if align != channels * bits // 8:
        raise AudioError(f"{path} has a header that contradicts itself; export it again as 16-bit WAV.")
    if length > _ABSURD > size:
        raise AudioError(f"{path} claims {length / 2**40:.0f} TB but has {size} bytes; copy or export it again.")
    there = max(size - offset, 0)
    if length == 0 and there > 4096:  # a recorder that was stopped before it wrote the size
        return Layout(rate, channels, there // align, code, offset, 0)
    frames = min(length, there) // align
    short = length > there and length not in _UNKNOWN
    return Layout(rate, channels, frames, code, offset, length // align if short else None)


def check_format(path: Path, rate: int, channels: int) -> None:
    """Raise AudioError for a rate or a number of channels that no recording has."""
    if not 100 <= rate <= 10_000_000:
        raise AudioError(f"{path} claims a sample rate of {rate} Hz; export it again at 8 to 192 kHz.")
    if not 1 <= channels <= 1024:
        raise AudioError(f"{path} claims {channels} channels; export it again as mono or stereo.")


def shortfall(path: Path, layout: Layout) -> Notice | None:
    """What to tell the user where the header and the file disagree about the length."""
    from engine.events import Notice

    if layout.promised is None:
        return None
    there = layout.frames / layout.rate
    if layout.promised == 0:
        return Notice(
            f"{path} was never finished by what recorded it; the {there:.1f} s found in it are shown.", "warning"
        )
    promised = layout.promised / layout.rate
    return Notice(
        f"{path} is cut short: {there:.1f} of {promised:.1f} s are there and shown; copy it again.", "warning"
    )
