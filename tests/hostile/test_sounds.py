"""Hostile files of sound: refused in words, or read to their true end, in little time and memory."""

from __future__ import annotations

import io
import os
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.audio.error import AudioError
from engine.audio.wave import read_layout
from tests.hostile.sounds import refused
from tests.hostile.trial import outcomes

if TYPE_CHECKING:
    from pathlib import Path

TERABYTE = 1 << 40


@pytest.mark.parametrize("begin", [0, 250])
def test_mutated_files(tmp_path: Path, begin: int) -> None:
    """Five hundred; that both happen often shows that the mutations are neither none nor all there is."""
    found = outcomes("sounds", tmp_path, begin, 250)
    assert found.count("read") > 50
    assert found.count("refused") > 50


@pytest.mark.long
@pytest.mark.parametrize("begin", range(500, 10_500, 500))
def test_ten_thousand_mutated_files(tmp_path: Path, begin: int) -> None:
    outcomes("sounds", tmp_path, begin, 500)


def test_files_made_to_blow_up(tmp_path: Path) -> None:
    """Each of `sounds.BOMBS` unpacks to gigabytes, or says that it does."""
    found = outcomes("bombs", tmp_path, 0, 6)
    assert "read" in found


def claiming(size: int, frames: int = 100) -> bytes:
    """An RF64 file of 16 bit whose samples claim a size in bytes."""
    body = struct.pack("<4sI4s4sIQQQI", b"RF64", 0xFFFFFFFF, b"WAVE", b"ds64", 28, size + 36, size, size // 2, 0)
    body += struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16)
    return body + struct.pack("<4sI", b"data", 0xFFFFFFFF) + bytes(2 * frames)


@pytest.mark.parametrize("size", [TERABYTE + 1, 4 * TERABYTE, 2**63, 2**64 - 100])
def test_a_header_that_claims_a_terabyte_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(claiming(size))
    with pytest.raises(AudioError, match=r"long\.wav claims .* TB but has"):
        read_layout(path)


def test_a_header_that_claims_less_is_read_to_the_end_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(claiming(TERABYTE - 1000))
    layout = read_layout(path)
    assert layout is not None
    assert layout.frames == 100
    assert layout.promised is not None


_NAMES = st.sampled_from([b"fmt ", b"data", b"ds64", b"fact", b"LIST", b"JUNK", b"\0\0\0\0"])
_SIZES = st.one_of(st.none(), st.integers(0, 64), st.sampled_from([2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1]))
_FORMAT = st.builds(
    lambda *values: struct.pack("<HHIIHH", *values),
    st.sampled_from([1, 3, 6, 7, 0xFFFE, 0]),
    st.sampled_from([0, 1, 2, 6, 1024, 65535]),
    st.sampled_from([0, 1, 8000, 192_000, 2**32 - 1]),
    st.integers(0, 2**32 - 1),
    st.integers(0, 64),
    st.sampled_from([0, 1, 8, 12, 16, 24, 32, 64, 65535]),
)
_CHUNKS = st.lists(st.tuples(_NAMES, _SIZES, st.one_of(_FORMAT, st.binary(max_size=60))), max_size=6)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_CHUNKS, st.sampled_from([b"RIFF", b"RF64"]))
def test_any_chunks_give_a_layout_inside_the_file_or_are_refused(
    tmp_path: Path, chunks: list[tuple[bytes, int | None, bytes]], form: bytes
) -> None:
    path = tmp_path / "any.wav"
    parts = [name + struct.pack("<I", len(body) if size is None else size) + body for name, size, body in chunks]
    path.write_bytes(form + bytes(4) + b"WAVE" + b"".join(parts))
    try:
        layout = read_layout(path)
    except AudioError as error:
        refused(path, error)
        return
    if layout is not None:
        assert 0 <= layout.frames
        assert layout.offset + layout.frames * layout.width * layout.channels <= path.stat().st_size


def test_a_file_that_grows_or_shrinks_while_it_is_read(tmp_path: Path) -> None:
    """What was opened stays as long as it was; what is gone is named."""
    from engine.audio.file import open_clip

    path = tmp_path / "grows.wav"
    soundfile.write(path, np.zeros(1000), 16_000)
    clip = open_clip(path)
    with path.open("ab") as file:
        file.write(bytes(4000))
    assert clip.frames == 1000
    assert len(clip.read()) == 1000
    os.truncate(path, 500)
    with pytest.raises(AudioError, match=r"grows\.wav was cut short"):
        clip.read()


def test_what_is_no_ordinary_file_is_refused_at_once(tmp_path: Path) -> None:
    """Reading a pipe would wait for ever, and /dev/zero has no end."""
    from engine.audio.file import open_clip

    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    (tmp_path / "zero.wav").symlink_to("/dev/zero")
    (tmp_path / "folder.wav").mkdir()
    for name in ("pipe.wav", "loop.wav", "zero.wav", "folder.wav", "gone.wav", "gone.wav/a.wav"):
        with pytest.raises(AudioError, match=name.replace(".", r"\.")):
            open_clip(tmp_path / name)


def test_gigabytes_of_nothing_open_at_once_and_cost_no_memory(tmp_path: Path) -> None:
    """A sparse file whose header is true."""
    from engine.audio.file import open_clip

    path = tmp_path / "sparse.wav"
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 2**31 + 36, b"WAVE", b"fmt ", 16, 1, 1, 48_000, 96_000, 2, 16)
    path.write_bytes(head + struct.pack("<4sI", b"data", 2**31))
    os.truncate(path, 2**31 + 44)
    clip = open_clip(path)
    assert clip.frames == 2**30
    assert not clip.read(2**30 - 10).any()
    low, high = clip.columns(0.0, clip.seconds, 500)
    assert (low == 0).all()
    assert (high == 0).all()


@pytest.mark.parametrize(
    "name", ["a\nb.wav", "é漢🎤 .wav", "a" * 200 + ".wav", "%s{0}\\.wav", "-rf.wav", "\udcff.wav"]
)
def test_names_of_every_kind(tmp_path: Path, name: str) -> None:
    from engine.audio.file import open_clip

    path, file = tmp_path / name, io.BytesIO()
    soundfile.write(file, np.zeros(100), 16_000, format="WAV")
    path.write_bytes(file.getvalue())
    clip = open_clip(path)
    assert clip.frames == 100
    assert clip.name.encode()
    path.write_bytes(b"no sound")
    with pytest.raises(AudioError, match="is not sound"):
        open_clip(path)
