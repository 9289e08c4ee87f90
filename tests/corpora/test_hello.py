"""The forty clips: what is bundled, voices apart, and recordings of one's own in a folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from engine import asset, catalog, leakage
from engine.audio import length
from engine.clip import from_array
from engine.corpora.corpus import CorpusMissing
from engine.leakage import LeakageError

if TYPE_CHECKING:
    from pathlib import Path

hello: Any = catalog.load("corpora", "hello")
RATE = 16000


def corpus(folder: Path | str = "") -> Any:
    return hello.build(hello.Settings(folder=str(folder)))


def said(seconds: float, at: float, rate: int = RATE, long: float = 0.5) -> np.ndarray[Any, Any]:
    """A tone of `long` seconds from `at` on, in near silence."""
    n = round(seconds * rate)
    t = np.arange(n) / rate
    noise = np.random.default_rng(0).normal(0, 1e-4, n)
    return (noise + 0.3 * np.sin(2 * np.pi * 440 * t) * ((t >= at) & (t < at + long))).astype(np.float32)


def folder_of(place: Path, sounds: dict[str, tuple[np.ndarray[Any, Any], int]]) -> Path:
    for name, (sound, rate) in sounds.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(place / name, sound, rate)
    return place


def test_forty_clips_are_learnt_from_and_over_a_hundred_are_held_out_k316() -> None:
    rows = corpus().rows("train")
    assert [sum(row.text == word for row in rows) for word in ("hello", "world")] == [20, 20]
    assert len(corpus().rows("test")) >= 100
    clips = corpus().split("train")
    assert {(clip.rate, clip.seconds, clip.channels) for clip in clips} == {(RATE, 2.0, 1)}


def test_no_voice_and_no_sound_is_in_two_splits_k320() -> None:
    voices = {split: {row.voice for row in corpus().rows(split)} for split in ("train", "valid", "test")}
    assert not voices["train"] & (voices["valid"] | voices["test"])
    assert not voices["valid"] & voices["test"]
    task = catalog.load("tasks", "hello").build(catalog.load("tasks", "hello").Settings())
    digests = {split: leakage.digests(task, split) for split in voices}
    assert not digests["train"] & (digests["valid"] | digests["test"])


def test_each_file_of_the_folder_is_in_the_table_once() -> None:
    listed = [row.path for split in ("train", "valid", "test") for row in corpus().rows(split)]
    assert sorted(listed) == sorted(asset.path("hello").rglob("*.flac"))


def test_the_words_lie_where_it_is_loud() -> None:
    (label,) = [each for each in hello.labels(said(2.0, 0.7), "hello") if each.tier == "word"]
    assert (label.start, label.end) == pytest.approx((0.7, 1.2), abs=0.03)
    letters = [each for each in hello.labels(said(2.0, 0.7), "hello") if each.tier == "character"]
    assert "".join(each.text for each in letters) == "hello"
    assert letters[0].start == label.start
    assert letters[-1].end == pytest.approx(label.end)


def test_the_bundled_test_clips_as_own_recordings_are_refused_k358(tmp_path: Path) -> None:
    for row in corpus().rows("test")[:4]:
        shutil.copy(row.path, tmp_path / row.path.name)
    tasks: Any = catalog.load("tasks", "hello")
    task = tasks.build(tasks.Settings(folder=str(tmp_path)))
    with pytest.raises(LeakageError, match="4 of the 120"):
        leakage.check(task, "test")


def test_a_folder_is_read_by_the_names_of_its_files(tmp_path: Path) -> None:
    sound = (said(2.0, 0.5), RATE)
    folder_of(tmp_path, {"hello-1.wav": sound, "World 2.flac": sound, "hello/a.wav": sound, "notes.wav": sound})
    rows = corpus(tmp_path).rows("train")
    assert sorted((row.path.name, row.text) for row in rows) == [
        ("World 2.flac", "world"),
        ("a.wav", "hello"),
        ("hello-1.wav", "hello"),
    ]
    assert len(corpus(tmp_path).rows("test")) == len(corpus().rows("test"))  # bundled voices, of nobody here


@pytest.mark.parametrize(
    ("files", "said_of_it"),
    [
        ({}, "holds no recordings"),
        ({"manifest.tsv": "file\tvoice\nx.wav\tme\n"}, "'text' is missing"),
        ({"manifest.tsv": "file\tvoice\ttext\tsplit\na.wav\tme\thello\tbest\n"}, "split 'best'"),
        (
            {"manifest.tsv": "file\tvoice\ttext\tsplit\na.wav\tme\thello\ttrain\nb.wav\tme\tworld\ttest\n"},
            "voice me",
        ),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(files: dict[str, str], said_of_it: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(CorpusMissing, match=said_of_it):
        corpus(tmp_path).rows("train")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CorpusMissing, match="there is no folder"):
        corpus(tmp_path / "none").split("train")


def test_a_broken_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "hello-1.wav").write_bytes(b"RIFF....WAVE")
    with pytest.raises(CorpusMissing, match=r"hello-1\.wav cannot be read"):
        corpus(tmp_path).split("train")


def test_other_texts_need_held_out_clips_of_their_own(tmp_path: Path) -> None:
    folder_of(tmp_path, {"a.wav": (said(2.0, 0.5), RATE)})
    (tmp_path / "manifest.tsv").write_text("file\tvoice\ttext\na.wav\tme\tgood morning\n", encoding="utf-8")
    assert corpus(tmp_path).texts() == ("good morning",)
    with pytest.raises(CorpusMissing, match="give its manifest"):
        corpus(tmp_path).rows("test")


@pytest.mark.parametrize(("seconds", "pieces"), [(0.5, 1), (5.0, 1), (7.0, 2)])
def test_pieces_are_80000_samples_each_k308_k312(seconds: float, pieces: int) -> None:
    clip = from_array(said(seconds, 0.1, 44100, 0.3), 44100, "long")
    found = length.pieces(clip)
    assert [len(piece) for piece, _ in found] == [80000] * pieces
    assert sum(int(mask.sum()) for _, mask in found) == pytest.approx(seconds * RATE, abs=2)


def test_a_long_clip_is_cut_and_that_is_counted_k308(tmp_path: Path) -> None:
    folder_of(
        tmp_path,
        {
            "hello-1.wav": (said(7.0, 6.0, 44100), 44100),  # all of it in the second piece
            "hello-2.wav": (said(7.0, 4.8, 44100, 0.6), 44100),  # across the cut: whose text is it?
            "hello-3.wav": (said(2.0, 0.5), RATE),
        },
    )
    own = corpus(tmp_path)
    assert [("".join(clip.text("character")), round(clip.seconds, 1)) for clip in own.split("train")] == [
        ("", 5.0),
        ("hello", 2.0),
        ("hello", 2.0),
    ]
    cut, left = own.notes()
    assert cut.startswith("1 of 3 clips are longer than 5 s")
    assert "1 of 3 clips are left out" in left
    assert "hello-2.wav" in left
    assert corpus().notes() == ()


def test_the_network_is_tried_on_whole_clips_of_any_length(tmp_path: Path) -> None:
    folder_of(tmp_path, {"a.wav": (said(2.0, 0.5), RATE), "b.wav": (said(7.0, 6.0, 44100), 44100)})
    (tmp_path / "manifest.tsv").write_text(
        "file\tvoice\ttext\tsplit\na.wav\tme\thello\ttrain\nb.wav\tyou\thello\ttest\n", encoding="utf-8"
    )
    (clip,) = corpus(tmp_path).split("test")
    assert clip.seconds == pytest.approx(7.0)


def test_it_is_small() -> None:
    assert sum(file.stat().st_size for file in asset.path("hello").rglob("*")) < 2_500_000
