"""Opening files: every format gives what soundfile reads, and every bad file a message that names it."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from engine.audio import ogg
from engine.audio.error import AudioError
from engine.audio.file import decode, open_clip
from engine.audio.peaks import build
from engine.audio.stream import StreamedSource
from engine.audio.wave import WaveSource
from engine.clip import ArraySource
from engine.events import Notice, Opened, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RATE = 22_050


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.audio.cache._folder", lambda: tmp_path / "cache")


def noise(frames: int = 3000, channels: int = 2) -> NDArray[np.float32]:
    return np.random.default_rng(1).uniform(-0.9, 0.9, (frames, channels)).astype(np.float32)


def header(rate: int = 16_000, channels: int = 1, bits: int = 16, size: int = 200, tag: int = 1) -> bytes:
    """The first 44 bytes of a WAV file that promises `size` bytes of samples."""
    align = channels * bits // 8
    fmt = struct.pack("<HHIIHH", tag, channels, rate, (rate * align) & 0xFFFFFFFF, align, bits)
    return b"RIFF\0\0\0\0WAVE" + b"fmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", size)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("kind", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_wav_reads_as_soundfile_reads_it(tmp_path: Path, subtype: str, kind: str, channels: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(channels=channels), RATE, subtype, format=kind)
    clip = open_clip(path)
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert isinstance(clip.source, WaveSource)
    assert (clip.rate, clip.channels, clip.frames, clip.name, clip.path) == (RATE, channels, 3000, "a", path)
    np.testing.assert_allclose(clip.read(), expected, atol=1e-7)
    np.testing.assert_allclose(clip.read(100, 217), expected[100:217], atol=1e-7)
    starts = np.array([0, 17, 2990])
    np.testing.assert_allclose(clip.source.pick(starts, 10)[1], expected[17:27], atol=1e-7)


def test_a_telephone_recording_that_cannot_seek_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    soundfile.write(path, 0.5 * np.sin(np.arange(16000) * 0.3), 8000, "GSM610")
    wanted, _ = soundfile.read(path, dtype="float32", always_2d=True)
    np.testing.assert_array_equal(open_clip(path).read(), wanted)


@pytest.mark.parametrize(("suffix", "kind", "subtype"), [(".flac", "FLAC", "PCM_24"), (".wav", "WAV", "ULAW")])
def test_what_seeks_well_is_streamed(tmp_path: Path, suffix: str, kind: str, subtype: str) -> None:
    path = tmp_path / f"a{suffix}"
    soundfile.write(path, noise(50_000), RATE, subtype, format=kind)
    clip = open_clip(path)
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert isinstance(clip.source, StreamedSource)
    for start, stop in [(0, 100), (40_000, 50_000), (100, 40_000), (40_000, 40_001)]:
        np.testing.assert_array_equal(clip.read(start, stop), expected[start:stop])


@pytest.mark.parametrize(("suffix", "subtype"), [("ogg", "VORBIS"), ("ogg", "OPUS"), ("mp3", "MPEG_LAYER_III")])
def test_short_compressed_files_open_in_memory(tmp_path: Path, suffix: str, subtype: str) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, noise(48_000), 48_000, subtype)
    clip = open_clip(path)
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert isinstance(clip.source, ArraySource)
    np.testing.assert_array_equal(clip.read(), expected)


@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_long_compressed_files_are_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr("engine.audio.file._IN_MEMORY", 1.0)
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, noise(100_000, 1) * 0.5, 16_000)
    events = list(decode(path))
    clip = events[-1].clip  # type: ignore[union-attr]
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    assert [each.share for each in events if isinstance(each, Progress)][-1] == 1.0
    assert isinstance(clip.source, WaveSource)
    assert clip.path == path
    assert clip.name == "a"
    np.testing.assert_allclose(clip.read(), np.clip(expected, -1, 1), atol=2**-15)
    again = list(decode(path))
    assert len(again) == 1
    assert again[0].clip.id == clip.id  # type: ignore[union-attr]
    soundfile.write(path, noise(90_000, 1) * 0.5, 16_000)
    assert open_clip(path).frames < 95_000
    assert not list(tmp_path.rglob("*.part"))


def test_closing_the_job_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.audio.file._IN_MEMORY", 1.0)
    path = tmp_path / "a.ogg"
    soundfile.write(path, noise(200_000, 1), 16_000)
    job = decode(path)
    assert isinstance(next(job), Progress)
    job.close()
    assert not list((tmp_path / "cache").iterdir())


def test_identity_follows_content(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(), RATE)
    first = open_clip(path).id
    assert open_clip(path).id == first
    soundfile.write(path, noise(4000), RATE)
    assert open_clip(path).id != first


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_samples_that_are_no_numbers_read_as_zero_and_are_told(tmp_path: Path, subtype: str) -> None:
    samples = noise().astype(np.float64)
    samples[5, 0], samples[6, 1], samples[7] = np.nan, np.inf, 1e300 if subtype == "DOUBLE" else -3e38
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, RATE, subtype)
    clip = open_clip(path)
    assert np.isfinite(clip.read()).all()
    assert clip.read()[5, 0] == clip.read()[6, 1] == clip.read()[7, 0] == 0
    told = [each.text for each in build(clip) if isinstance(each, Notice)]
    assert len(told) == 1
    assert "no numbers" in told[0]


def test_a_cut_file_shows_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(header(size=64_000) + b"\1\2" * 8000)
    notice, opened = decode(path)
    assert isinstance(notice, Notice)
    assert "0.5 of 2.0 s" in notice.text
    assert isinstance(opened, Opened)
    assert opened.clip.frames == 8000


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0])
def test_a_recording_without_size_is_read_to_its_end(tmp_path: Path, size: int) -> None:
    path = tmp_path / "pipe.wav"
    path.write_bytes(header(size=size) + b"\1\2" * 8000)
    assert open_clip(path).frames == 8000


def test_a_cut_flac_shows_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "cut.flac"
    soundfile.write(path, noise(100_000, 1), RATE)
    path.write_bytes(path.read_bytes()[:100_000])
    *notices, opened = decode(path)
    assert isinstance(opened, Opened)
    assert 20_000 < opened.clip.frames < 60_000
    assert "breaks off" in notices[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize(("suffix", "subtype"), [("ogg", "VORBIS"), ("ogg", "OPUS"), ("mp3", "MPEG_LAYER_III")])
def test_cut_compressed_files_are_told_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, subtype: str, long: bool, share: float
) -> None:
    """The header of an OGG does not tell its length; what misses its last page is cut."""
    if long:
        monkeypatch.setattr("engine.audio.file._IN_MEMORY", 1.0)
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, 0.3 * noise(160_000, 1), 16_000, subtype)
    assert not [event for event in decode(path) if isinstance(event, Notice)]
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    for _ in range(2):  # decoded, and from the cache
        *others, opened = decode(path)
        assert isinstance(opened, Opened)
        told = [event.text for event in others if isinstance(event, Notice)]
        gone = 10.0 - opened.clip.seconds
        if subtype == "MPEG_LAYER_III" and gone < 0.1:
            assert not told
        else:
            assert [str(path) in text and "breaks off" in text for text in told] == [True]


def test_tags_behind_the_last_page_are_no_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    soundfile.write(path, noise(16_000, 1), 16_000, "VORBIS")
    path.write_bytes(path.read_bytes() + b"TAG" + bytes(125))
    assert not ogg.is_cut(path)
    path.write_bytes(path.read_bytes()[:-129])
    assert ogg.is_cut(path)
    (tmp_path / "a.wav").write_bytes(header())
    assert not ogg.is_cut(tmp_path / "a.wav")


HOSTILE = {
    "empty.wav": b"",
    "text.wav": b"this is no sound at all" * 100,
    "head.wav": header()[:30],
    "half.wav": header()[:11],
    "nodata.wav": header()[:36],
    "nosamples.wav": header(size=0),
    "norate.wav": header(rate=0) + bytes(200),
    "fast.wav": header(rate=4_294_967_295) + bytes(200),
    "crowd.wav": header(channels=5000) + bytes(200),
    "nobody.wav": header(channels=0) + bytes(200),
    "tera.wav": b"RF64\xff\xff\xff\xffWAVEds64"
    + struct.pack("<IQQQI", 28, 1 << 50, 1 << 50, 1 << 49, 0)
    + header(size=0xFFFFFFFF)[12:]
    + bytes(200),
    "noise.mp3": bytes(range(256)) * 40,
    "head.ogg": b"OggS" + bytes(100),
    "head.flac": b"fLaC" + bytes(60),
    "tera.flac": b"fLaC\x80\0\0\x22"
    + bytes.fromhex("10001000000000000000")
    + b"\x0a\xc4\x40\xff\xff\xff\xff\xff"
    + bytes(16),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name])
    with pytest.raises(AudioError) as caught:
        open_clip(path)
    text = str(caught.value)
    assert str(path) in text
    assert "Traceback" not in text
    assert len(text.splitlines()) == 1


def test_what_is_no_file_is_refused_by_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    for path, word in [
        (tmp_path / "none.wav", "exist"),
        (tmp_path, "folder"),
        (tmp_path / "pipe.wav", "ordinary"),
    ]:
        with pytest.raises(AudioError, match=word):
            open_clip(path)
    with pytest.raises(AudioError):
        open_clip("a\0b.wav")
    with pytest.raises(AudioError):
        open_clip(tmp_path / ("x" * 300))


def test_a_forbidden_file_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    path = tmp_path / "a.wav"
    soundfile.write(path, noise(), RATE)
    monkeypatch.setattr("engine.audio.file.open", forbid, raising=False)  # chmod does not bind root
    with pytest.raises(AudioError, match=r"a\.wav may not be read by you"):
        open_clip(path)


def test_a_file_cut_while_open_is_an_error_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(400_000), RATE)
    clip = open_clip(path)
    os.truncate(path, 10_000)
    with pytest.raises(AudioError, match="cut short by another program"):
        clip.read(300_000, 300_010)
    low, high = clip.columns(0, clip.seconds, 100)
    assert not low.any()
    assert not high.any()
