"""Trials with bombs: small files of sound that unpack to gigabytes, or say that they do."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from engine.audio import peaks
from engine.audio.error import AudioError
from engine.audio.file import decode
from engine.events import Opened, Peaked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECONDS = 40


def whole(folder: Path) -> Iterator[Path]:
    """Files that nothing has happened to."""
    path = folder / "whole.flac"
    soundfile.write(path, np.zeros(1000), 16_000)
    yield path


def make(rng: np.random.Generator, stem: Path) -> Path:
    """Silence of eight channels at 192 kHz: 40 s are 250 MB of floats, and a few kilobytes of FLAC."""
    number = int(stem.name)
    kinds = (("flac", "PCM_16", 8), ("flac", "PCM_16", 8), ("ogg", "VORBIS", 8), ("caf", "ALAC_16", 8))
    suffix, subtype, channels = (*kinds, ("wav", "PCM_U8", 1024), ("aiff", "PCM_16", 1024))[number]
    path, file = stem.with_suffix(f".{suffix}"), io.BytesIO()
    rate, frames = (192_000, 192_000 * _SECONDS) if channels == 8 else (16_000, 400)
    with soundfile.SoundFile(file, "w", rate, channels, subtype, format=suffix) as writer:
        for _ in range(0, frames, rate):
            writer.write(np.zeros((min(frames, rate), channels), np.int16))
    data = file.getvalue()
    path.write_bytes(data[:-20] if number == 1 else data)  # one that is cut is decoded as a whole
    return path


def use(path: Path) -> str:
    """Open it and draw it."""
    with contextlib.suppress(AudioError):
        clip = next(event.clip for event in decode(path) if isinstance(event, Opened))
        assert any(isinstance(event, Peaked) for event in peaks.build(clip))
        return "read"
    return "refused"
