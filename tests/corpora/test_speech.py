"""The corpus of spoken English, on a few made files: what is learnt from, kept for tests, and left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from engine.corpora import speech
from engine.corpora.corpus import CorpusMissing

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "file\tseconds\tsr\tspeaker\tlabel\tsplit\textra"
SAID = (
    "the old man went home|a boat lay by the shore|nobody knew why he came|she sang, and they danced|"
    "ten men stood up"
)


def put(root: Path, name: str, rows: list[tuple[str, str, str, str, float]]) -> None:
    """A data set of tones; rows are file, speaker, label, split, seconds."""
    lines = [HEAD]
    for number, (file, speaker, label, split, seconds) in enumerate(rows):
        path = root / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        tone = 0.2 * np.sin(np.arange(round(seconds * 16000)) * (0.05 + 0.003 * number + len(name) * 1e-4))
        soundfile.write(path, tone, 16000)
        lines.append(f"{file}\t{seconds:.3f}\t16000\t{speaker}\t{label}\t{split}\t")
    (root / name / "manifest.tsv").write_text("\n".join(lines) + "\n")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Kathleen's sentences, of which the last two are a test; a synthetic voice and a speaker of digits."""
    said = SAID.split("|")
    put(
        tmp_path,
        speech.READ,
        [(f"audio/a{n}.flac", "kathleen", text, "test" if n > 2 else "train", 1.5) for n, text in enumerate(said)],
    )
    voices = [("v0", said[3], "train"), ("v1", "hello world again", "train"), ("v2", "mind the gap", "valid")]
    put(
        tmp_path,
        speech.SYNTHETIC,
        [(f"audio/{n}.flac", "piper-joe", text, split, 1.2) for n, text, split in voices],
    )
    put(tmp_path, speech.DIGITS, [(f"audio/{n}_theo_{n}.flac", "theo", str(n), "train", 0.4) for n in range(10)])
    monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path))
    return tmp_path


def items(split: str, **settings: object) -> tuple[speech.Item, ...]:
    return speech.build(speech.Settings(**settings)).split(split).items  # type: ignore[arg-type]


def test_no_text_of_a_test_is_learnt_from_whoever_says_it(data: Path) -> None:
    learnt = {item.text for item in items("train")}
    assert "she sang and they danced" not in learnt, "the synthetic voice says a sentence of the test"
    assert "hello world again" in learnt
    for split in ("valid", "test"):
        assert items(split)
        assert learnt.isdisjoint(item.text for item in items(split))
    assert not {item.paths for item in items("valid")} & {item.paths for item in items("test")}


def test_nobody_is_learnt_from_who_is_in_the_test_alone(data: Path) -> None:
    """Whatever their tables say, and whatever else they say."""
    said = SAID.split("|")
    texts = [said[0], said[4], "nothing of this is a text of the test"]
    put(data, speech.OTHER, [(f"audio/f{n}.flac", "fraser", text, "train", 1.5) for n, text in enumerate(texts)])
    put(data, speech.HAND, [("audio/si9.flac", "dr1-fvmh0", "what a day it was", "train", 1.5)])
    learnt = {item.speaker for item in items("train")}
    tried = {item.speaker for item in items("test")}
    assert tried == {"kathleen", "fraser", "timit dr1-fvmh0"}
    assert learnt & tried == {"kathleen"}


def test_real_speech_comes_more_often(data: Path) -> None:
    speakers = [item.speaker for item in items("train")]
    assert speakers.count("kathleen") == 3 * speech.TIMES[speech.READ]
    assert speakers.count("piper-joe") == 1


def test_digits_are_joined_to_strings_of_words(data: Path) -> None:
    strings = [item for item in items("train") if item.speaker == "theo"]
    assert [len(item.paths) for item in strings] == [5, 5]
    words = {
        int(path.stem[0]): word
        for item in strings
        for path, word in zip(item.paths, item.text.split(), strict=True)
    }
    assert words == dict(enumerate(speech.DIGIT))
    assert len(strings[0].sound()) == pytest.approx(16000 * strings[0].seconds, abs=10)


def test_what_is_too_long_and_has_no_pause_is_left_out_and_counted(data: Path) -> None:
    put(data, speech.PROMPTS, [("audio/p.flac", "allison", "please hold the line", "train", 7.0)])
    short, long = (speech.build(speech.Settings(longest=seconds)) for seconds in (5.0, 8.0))
    assert short.notes() == ("1 clips are longer than 5 s, and what no pause surely parts is left out",)
    assert long.notes() == ()
    assert len(long.split("train")) == len(short.split("train")) + speech.TIMES[speech.PROMPTS]


def test_what_is_too_long_is_cut_where_pauses_and_marks_agree_k308(data: Path) -> None:
    """No part of it is lost, none comes with the words of another, and a text of the test stays out."""
    label = "Please hold the line. She sang, and they danced! Somebody comes to you"
    rows = [("audio/p.flac", "allison", label, "train", 1.0), ("audio/q.flac", "allison", "go on", "train", 6.0)]
    put(data, speech.PROMPTS, rows)
    parts = [(0.6, 0.0), (1.6, 0.1), (0.5, 0.0), (2.4, 0.2), (0.5, 0.0), (1.9, 0.3), (0.8, 0.0)]
    sound = np.concatenate([level * np.sin(np.arange(round(seconds * 16000)) * 0.05) for seconds, level in parts])
    soundfile.write(data / speech.PROMPTS / "audio" / "p.flac", sound, 16000)
    quiet = np.pad(0.2 * np.sin(np.arange(16000) * 0.04), (40000, 40000))
    soundfile.write(data / speech.PROMPTS / "audio" / "q.flac", quiet, 16000)
    table = data / speech.PROMPTS / "manifest.tsv"
    table.write_text(table.read_text().replace("1.000", f"{len(sound) / 16000:.3f}"))
    corpus = speech.build(speech.Settings(longest=3.0))
    found = {item.text: item for item in corpus.split("train").items if item.part is not None}
    assert set(found) == {"please hold the line", "somebody comes to you", "go on"}
    assert found["please hold the line"].written == "Please hold the line."
    for text, level, seconds in (("please hold the line", 0.1, 1.6), ("somebody comes to you", 0.3, 1.9)):
        heard = found[text].sound()
        assert np.abs(heard).max() == pytest.approx(level, rel=0.01)
        assert len(heard) / 16000 == pytest.approx(seconds + 0.2, abs=0.06)
        assert found[text].seconds == pytest.approx(len(heard) / 16000, abs=1e-3)
    assert len(found["go on"].sound()) / 16000 == pytest.approx(1.2, abs=0.06)
    assert corpus.notes() == ("2 clips are longer than 3 s and are cut at pauses",)
    clips = corpus.split("train")
    assert [clips.frames(n) for n in range(len(clips))] == [clip.frames for clip in clips]


def test_clips_have_their_words_in_order_within_the_sound(data: Path) -> None:
    clip = speech.build(speech.Settings()).split("train")[0]
    labels = [label for label in clip.labels if label.tier == speech.TIER]
    assert clip.text(speech.TIER) == ("the", "old", "man", "went", "home")
    assert all(0 <= label.start < label.end <= clip.seconds + 1e-9 for label in labels)
    assert [label.start for label in labels] == sorted(label.start for label in labels)


def test_a_number_of_clips_is_drawn_by_the_seed(data: Path) -> None:
    one, same, other = (items("train", clips=4, seed=seed) for seed in (1, 1, 2))
    assert len(one) == 4
    assert one == same
    assert one != other


def test_lengths_are_told_without_reading(data: Path) -> None:
    clips = speech.build(speech.Settings()).split("test")
    assert [clips.frames(n) for n in range(len(clips))] == [clip.frames for clip in clips]


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("Lord, but I'm glad!", "lord but i'm glad"),
        ("Room 21", "room twenty one"),
        ("press [beep] now", ""),
        ("Currently, there are ...", ""),
        ("q", ""),
        ("Café", ""),
    ],
)
def test_plain_texts(label: str, text: str) -> None:
    assert speech.plain(label) == text


def test_without_recordings_it_says_what_to_get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path))
    for split in ("train", "valid", "test"):
        with pytest.raises(CorpusMissing, match=r"Kathleen.*OTOSCOPE_DATA"):
            speech.build(speech.Settings()).split(split)
    with pytest.raises(LookupError, match="train, valid, test"):
        speech.build(speech.Settings()).split("dev")
