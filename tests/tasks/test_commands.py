"""Single words: clips are fitted to a second, splits keep speakers apart, and Speech Commands is trained on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import librosa
import numpy as np
import pytest
import soundfile

from app import cli
from engine import dealing, fitted, recipe
from engine.clip import Label, from_array
from engine.corpora import single_digits, speech_commands
from engine.corpora.corpus import CorpusMissing
from engine.tasks import commands
from tests.corpora import layouts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path))
    layouts.speech_commands(tmp_path)
    return tmp_path


@pytest.mark.parametrize("seconds", [0.02, 0.4, 1.0, 1.7])
@pytest.mark.parametrize("rate", [8000, 16000, 22050])
def test_clips_are_filled_up_or_cut_to_a_second(seconds, rate):
    sound = np.full((round(seconds * rate), 2), 0.25, np.float32)
    clip = from_array(sound, rate, "word", (Label(0.0, seconds, "yes", "word"),))
    made = fitted.fit(clip, 22050, 1.0)
    assert (made.frames, made.rate, made.channels) == (22050, 22050, 1)
    assert made.text("word") == ("yes",)
    silent = made.read()[round(min(seconds, 1.0) * 22050) + 200 :]
    assert not silent.any()
    assert made.read()[round(min(seconds, 1.0) * 22050) // 2] == pytest.approx(0.25, abs=0.01)


def test_what_is_heard_is_13_mfcc_of_2048_and_512_at_22050():
    """The recipe's front end before it is normalised, against librosa's MFCC of the same numbers."""
    task = commands.build(recipe.read("kws_ten").task_settings)
    assert task.rate == 22050
    clip = fitted.fit(
        from_array(0.1 * np.random.default_rng(0).standard_normal((9000, 1)), 16000, "a"), 22050, 1.0
    )
    frames, _ = task.example(clip.read()[:, 0], (Label(0, 1, "zero", "word"),))
    mel = librosa.feature.melspectrogram(
        y=clip.read()[:, 0], sr=22050, n_fft=2048, hop_length=512, n_mels=40, fmax=8000
    )
    wanted = librosa.feature.mfcc(S=np.log(mel + 1e-6), n_mfcc=13).T
    mean, std = (np.array(each) for each in commands._MFCC)
    assert frames.shape == wanted.shape == (44, 13)
    assert frames[2:-2] * std + mean == pytest.approx(wanted[2:-2], abs=0.35)


def test_a_batch_of_short_clips_is_read(root):
    """Clips of 0.2 s, which crashed where this recipe comes from."""
    turned = {"corpus": "speech_commands", "features": "mfcc", "rate": 22050, "n_fft": 2048, "hop": 512}
    batch = commands.build(commands.Settings(**turned)).batch("train", 0, 2, 0)
    assert batch.x.shape == (2, 44, 13)
    assert batch.lengths.tolist() == [44, 44]
    assert sorted(batch.targets[:, 0].tolist()) == [0, 1]


def test_without_lists_the_rule_splits(root):
    place = root / "speech_commands"
    for number in range(60):
        soundfile.write(place / "yes" / f"{number:08x}_nohash_0.wav", np.full(99, 0.1), 16000)
    corpus = speech_commands.build(speech_commands.Settings(words="ten"))
    listed = {split: {path.name for path in corpus.split(split).paths} for split in ("train", "valid", "test")}
    assert listed["valid"] == {"1b4c9b89_nohash_0.wav"}, "the lists say so"
    for name in ("validation_list.txt", "testing_list.txt"):
        (place / name).unlink()
    for split in ("train", "valid", "test"):
        names = {path.name for path in corpus.split(split).paths}
        assert names
        assert {dealing.split(name) for name in names} == {split}


def test_a_copy_is_described(root, capsys):
    place = root / "speech_commands"
    assert cli.main(["data", "speech-commands", "--dir", str(place), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["words"] == {word: {"train": 1, "valid": 1, "test": 1} for word in ("no", "yes")}
    assert found["speakers"] == 3
    assert cli.main(["data", "speech-commands"]) == 0
    assert "all                2       2       2" in capsys.readouterr().out
    assert cli.main(["data", "speech-commands", "--dir", str(root / "none")]) == 2
    assert cli.main(["data", "speech-commands", "--dir", str(place / "yes")]) == 3
    assert "a folder for each word" in capsys.readouterr().err


def test_the_recipe_trains_with_any_cell(root, tmp_path, capsys):
    made = tmp_path / "run"
    assert cli.main(["train", "speech-commands", "--cell", "bilstm", "--smoke", "--out", str(made)]) == 0
    capsys.readouterr()
    assert cli.main(["inspect", str(made / "best.safetensors"), "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert card["model"]["recurrent"]["bidirectional"] is True
    assert card["vocabulary"].split() == list(speech_commands.TEN)


def test_the_speaker_who_tests_is_never_trained_on(data):
    corpus = single_digits.build(single_digits.Settings(held_out="george"))
    names = {split: [clip.name for clip in corpus.split(split)] for split in ("train", "valid", "test")}
    assert {name.rpartition(", ")[2] for name in names["test"]} == {"george"}
    assert len(names["test"]) == 500
    assert not any(name.endswith(", george") for name in names["train"] + names["valid"])
    assert len(names["valid"]) / 2000 == pytest.approx(0.2, abs=0.03)
    assert len(set(names["train"] + names["valid"])) == 2000


def test_without_the_recordings_it_says_what_to_get(monkeypatch):
    monkeypatch.setenv("OTOSCOPE_DATA", "")
    with pytest.raises(CorpusMissing, match="OTOSCOPE_DATA"):
        commands.build(commands.Settings()).batch("train", 0, 2, 0)
