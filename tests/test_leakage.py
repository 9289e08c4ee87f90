"""Leakage: a split that shares a sound with training is refused by name, also on the command line."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app import cli
from engine import leakage
from engine.clip import Clip, from_array
from engine.corpora import phonemes


def clip(seed: int, name: str, frames: int = 100) -> Clip:
    return from_array(np.random.default_rng(seed).uniform(-1, 1, frames), 16000, name)


def task(**splits: list[Clip]) -> Any:
    return SimpleNamespace(corpus=SimpleNamespace(split=splits.__getitem__))


def test_splits_that_overlap_are_refused_and_what_they_share_is_named() -> None:
    train = [clip(number, f"train {number}") for number in range(5)]
    leakage.check(task(train=train, test=[clip(7, "test 0"), clip(8, "test 1")]), "test")
    again = dataclasses.replace(train[3], name="test 1", id="another")
    with pytest.raises(leakage.LeakageError, match=r"1 of the 2 sounds of the test split .* \(test 1\)"):
        leakage.check(task(train=train, test=[clip(7, "test 0"), again]), "test")


def test_a_file_of_another_type_is_the_same_sound() -> None:
    sound = np.random.default_rng(0).uniform(-1, 1, 1000).astype(np.float32)
    coarse = np.rint(sound * np.float32(32767)) / np.float32(32767)
    assert leakage.digest(sound) == leakage.digest(coarse)
    assert leakage.digest(sound) != leakage.digest(coarse * np.float32(0.99))


def test_recordings_that_are_joined_anew_are_found() -> None:
    said = {"train": [("theo 1", np.ones(9)), ("theo 2", np.zeros(9))], "test": [("test 5", np.zeros(9))]}
    with pytest.raises(leakage.LeakageError, match="test 5"):
        leakage.check(SimpleNamespace(corpus=SimpleNamespace(parts=said.__getitem__)), "test")


def test_clips_need_not_be_made_to_know_their_length() -> None:
    split = phonemes.build(phonemes.Settings(clips=10)).split("train")
    assert [split.frames(index) for index in range(4)] == [each.frames for each in split[:4]]


def test_eval_refuses_what_was_trained_on(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    own = phonemes.Corpus.split

    def leaking(corpus: phonemes.Corpus, name: str) -> Any:
        return own(corpus, "train" if name == "test" else name)[:6]

    monkeypatch.setattr(phonemes.Corpus, "split", leaking)
    assert cli.main(["eval", "phonemes-rnn-32"]) == cli.BAD_FILE
    said = capsys.readouterr()
    assert "6 of the 6 sounds of the test split were trained on too" in said.err
    assert not said.out
