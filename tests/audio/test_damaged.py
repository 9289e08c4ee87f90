"""Damaged files: bundled clips in every format, hurt by chance, are refused in words or give a clip."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from engine import asset
from engine.audio.error import AudioError
from engine.audio.file import open_clip

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = (
    ("wav", "WAV", "PCM_16"),
    ("wav", "WAVEX", "PCM_24"),
    ("wav", "RF64", "FLOAT"),
    ("wav", "WAV", "MS_ADPCM"),
    ("wav", "WAV", "ULAW"),
    ("flac", "FLAC", "PCM_16"),
    ("ogg", "OGG", "VORBIS"),
    ("ogg", "OGG", "OPUS"),
    ("mp3", "MP3", "MPEG_LAYER_III"),
)
DAMAGES = ("cut", "bits", "zeros", "random", "missing", "twice", "header", "tail")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.audio.cache._folder", lambda: tmp_path / "cache")


@functools.cache
def whole(name: str, kind: str, subtype: str) -> bytes:
    """The first second of a bundled clip as a file. Opus knows few rates, so that its pace may differ."""
    clip, file = asset.open_bundled(name), io.BytesIO()
    rate = 48_000 if subtype == "OPUS" else clip.rate
    soundfile.write(file, clip.read(0, clip.rate), rate, subtype, format=kind)
    return file.getvalue()


def hurt(data: bytes, how: str, rng: np.random.Generator) -> bytes:
    """The file with one kind of damage, at a place by chance."""
    found = bytearray(data)
    start = int(rng.integers(len(found)))
    stop = min(len(found), start + int(rng.integers(1, 2000)))
    if how == "cut":
        del found[start:]
    elif how == "bits":
        for place in rng.integers(0, len(found), 20):
            found[place] ^= 1 << int(rng.integers(8))
    elif how == "zeros":
        found[start:stop] = bytes(stop - start)
    elif how == "random":
        found[start:stop] = rng.bytes(stop - start)
    elif how == "missing":
        del found[start:stop]
    elif how == "twice":
        found[start:start] = found[start:stop]
    elif how == "header":  # where lengths, rates and channels are told
        for place in rng.integers(0, min(64, len(found)), 3):
            found[place] = int(rng.integers(256))
    else:
        found += rng.bytes(500)
    return bytes(found)


def check(seed: int, folder: Path) -> bool:
    """Open one damaged file and read it. Returns whether it could be read."""
    rng = np.random.default_rng(seed)
    suffix, kind, subtype = FORMATS[seed % len(FORMATS)]
    names = asset.clips()
    damage = DAMAGES[seed // len(FORMATS) % len(DAMAGES)]
    path = folder / f"damaged-{seed}.{suffix}"
    path.write_bytes(hurt(whole(names[int(rng.integers(len(names)))], kind, subtype), damage, rng))
    try:
        clip = open_clip(path)
        assert clip.frames > 0
        for start in (0, max(0, clip.frames // 2), max(0, clip.frames - 1000)):
            stop = min(clip.frames, start + 1000)
            samples = clip.read(start, stop)
            assert samples.shape == (stop - start, clip.channels)
            assert np.isfinite(samples).all()
        low, high = clip.columns(0.0, clip.seconds, 50)
        assert (low <= high).all()
    except AudioError as error:
        refusal = str(error)
    else:
        return True
    assert str(path) in refusal
    assert len(refusal.splitlines()) == 1
    return False


def test_damaged_files_are_read_or_refused_by_name(tmp_path: Path) -> None:
    read = [check(seed, tmp_path) for seed in range(72)]
    assert any(read)
    assert not all(read), "the damage was none"


@pytest.mark.long
@pytest.mark.parametrize("begin", range(72, 720, 72))
def test_hundreds_of_damaged_files(tmp_path: Path, begin: int) -> None:
    for seed in range(begin, begin + 72):
        check(seed, tmp_path)
