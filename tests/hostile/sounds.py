"""Trials with sound: files of every kind that the program reads, mutated, then opened, drawn and heard."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from engine import infer
from engine.audio import peaks
from engine.audio.error import AudioError
from engine.audio.file import decode
from engine.blocks import StageError
from engine.events import Opened, Peaked, Traced
from engine.links import default_picture, default_sound_chain
from tests.hostile.mutation import mutated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.clip import Clip

_KINDS: tuple[tuple[str, str, str], ...] = (
    *(("wav", "WAV", each) for each in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")),
    *(("wav", "WAV", each) for each in ("ALAW", "ULAW", "IMA_ADPCM", "MS_ADPCM", "GSM610")),
    *(("wav", "WAVEX", each) for each in ("PCM_16", "PCM_24", "FLOAT")),
    *(("wav", "RF64", each) for each in ("PCM_16", "FLOAT")),
    *(("aiff", "AIFF", each) for each in ("PCM_16", "PCM_24", "FLOAT", "IMA_ADPCM")),
    *(("au", "AU", each) for each in ("PCM_16", "ULAW")),
    *(("caf", "CAF", each) for each in ("PCM_16", "ALAC_16")),
    *(("w64", "W64", each) for each in ("PCM_16", "DOUBLE")),
    *(("flac", "FLAC", each) for each in ("PCM_S8", "PCM_16", "PCM_24")),
    *(("ogg", "OGG", each) for each in ("VORBIS", "OPUS")),
    ("mp3", "MP3", "MPEG_LAYER_III"),
)
_RATES = (8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000)
_CHANNELS = (1, 2, 6)
_LONGEST = 20_000  # samples of all channels: a fifth of a second at the highest rates, and small files
_BLOCK = 1 << 16


@functools.cache
def seed(kind: int, rate: int, channels: int) -> bytes:
    """A whole file of a kind, or the nearest that there is; harmonics and noise."""
    _, form, subtype = _KINDS[kind]
    if subtype == "OPUS":
        rate = min((8_000, 12_000, 16_000, 24_000, 48_000), key=lambda each: abs(each - rate))
    if form == "MP3":
        rate, channels = min(rate, 48_000), min(channels, 2)
    if "ADPCM" in subtype or subtype == "GSM610":
        channels = 1 if subtype == "GSM610" else min(channels, 2)
        rate = min(rate, 96_000)
    n = _LONGEST // channels
    tone = 0.3 * np.sin(2 * np.pi * 220 / rate * np.arange(n)) + 0.02 * np.random.default_rng(0).standard_normal(n)
    file = io.BytesIO()
    soundfile.write(file, np.tile(tone[:, None], channels), rate, subtype, format=form)
    return file.getvalue()


@functools.cache
def _others() -> tuple[bytes, ...]:
    return tuple(seed(kind, 16_000, 1) for kind in range(len(_KINDS)))


def whole(folder: Path) -> Iterator[Path]:
    """Files that nothing has happened to, one of each kind."""
    for kind, data in enumerate(_others()):
        path = folder / f"whole-{kind}.{_KINDS[kind][0]}"
        path.write_bytes(data)
        yield path


def make(rng: np.random.Generator, stem: Path) -> Path:
    """A mutated file; now and then its name lies about its kind."""
    kind = int(rng.integers(len(_KINDS)))
    data = seed(kind, int(rng.choice(_RATES)), int(rng.choice(_CHANNELS)))
    shown = kind if rng.random() < 0.9 else int(rng.integers(len(_KINDS)))
    path = stem.with_suffix(f".{_KINDS[shown][0]}")
    path.write_bytes(mutated(data, _others(), rng))
    return path


def use(path: Path) -> str:
    """What the window does with a file: open it, draw it, read it to its end, run the chain over a stretch."""
    try:
        clip = next(event.clip for event in decode(path) if isinstance(event, Opened))
        drawn = next(event.peaks for event in peaks.build(clip) if isinstance(event, Peaked))
        _hear(clip)
    except AudioError as error:
        return refused(path, error)
    assert 0 < clip.frames < 1 << 40, "it believes in an absurd length"
    low, high = clip.columns(0.0, clip.seconds, 50, drawn)
    assert (low <= high).all()
    asked = infer.Inspection(clip, default_sound_chain(), default_picture(), None, 0.0, min(clip.seconds, 0.5))
    try:
        traced = [event for event in infer.run(asked) if isinstance(event, Traced)]
    except StageError:  # a sound that a stage cannot take: it says so
        return "no chain"
    assert all(np.isfinite(each.values).all() for each in traced[0].trace.series.values())
    return "read"


def refused(path: Path, error: Exception) -> str:
    """A refusal, if it is one in words: it names the file, in one line."""
    words = str(error)
    assert str(path) in words, f"it does not name the file: {words}"
    assert len(words.splitlines()) == 1, f"it has several lines: {words}"
    return "refused"


def _hear(clip: Clip) -> None:
    for start in range(0, clip.frames, _BLOCK):
        stop = min(clip.frames, start + _BLOCK)
        samples = clip.read(start, stop)
        assert samples.shape == (stop - start, clip.channels)
        assert np.isfinite(samples).all()
