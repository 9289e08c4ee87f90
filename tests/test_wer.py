"""Error rates against their definition and an independent implementation; of a corpus, total over total."""

from __future__ import annotations

import types
import unicodedata

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine import wer, written
from engine.clip import Label
from engine.wer import Rate, Text

SAID = some.lists(some.sampled_from(["the", "cat", "sat", "on", "a", "mat"]), min_size=1, max_size=12).map(
    " ".join
)


def test_case_counts_only_where_nothing_is_normalised() -> None:
    text = Text("one", "A", "a")
    assert wer.one(text, "basic-en").words.error == wer.one(text, "unicode").words.error == 0
    assert wer.one(text, "none").words.error == 1
    assert wer.score([text], "none").to_dict()["normaliser"] == "none"


@given(some.lists(some.tuples(SAID, SAID), min_size=1, max_size=5))
def test_rates_are_those_of_an_independent_implementation(pairs: list[tuple[str, str]]) -> None:
    found = wer.score([Text("", *pair) for pair in pairs], "none")
    truth, read = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert found.words.error == pytest.approx(jiwer.wer(truth, read))
    assert found.characters.error == pytest.approx(jiwer.cer(truth, read))
    assert found.words.count == sum(len(each.split()) for each in truth)


def test_a_corpus_is_total_errors_over_total_words_and_not_the_mean_of_clips() -> None:
    nine = "one two three four five six seven eight nine"
    found = wer.score([Text("long", nine, nine), Text("short", "ten", "hen")])
    assert found.words == Rate(1, 0, 0, 10)
    assert found.words.error == 0.1
    assert sum(clip.words.error for clip in found.clips) / 2 == 0.5
    assert found.words_within is not None
    low, high = found.words_within
    assert low == 0.0 < found.words.error < high == 1.0


def test_kinds_add_up_and_are_told() -> None:
    scored = wer.one(Text("", "the cat sat on the mat", "a cat sat the mat now"))
    assert scored.words == Rate(1, 1, 1, 6)
    assert str(scored.words) == "50.0% (S 1, D 1, I 1, N 6)"
    assert Rate(1, 2, 3, 4) + Rate(4, 3, 2, 1) == Rate(5, 5, 5, 5)


def test_words_where_none_were_said_are_errors_of_the_corpus() -> None:
    silent, spoken = Text("silence", "", "thank you"), Text("speech", "yes please", "yes please")
    assert wer.one(silent).words == Rate(0, 0, 2, 0)
    assert wer.score([silent, spoken]).words.error == 1.0
    assert wer.score([silent]).words_within is None
    with pytest.raises(ValueError, match="no text"):
        wer.score([])


def test_languages_are_told_apart_and_writing_is_canonical() -> None:
    said = "Ça, c'était très réussi !"
    texts = [
        Text("1", said, unicodedata.normalize("NFD", said.upper()), "fr"),
        Text("2", "नमस्ते दुनिया", "नमस्ते दुनिय", "hi"),
        Text("3", "مرحبا بالعالم", "مرحبا", "ar"),
        Text("4", "good morning", "good morning", "en"),
    ]
    found = wer.by_language(wer.score(texts, "unicode"))
    assert {name: score.words.error for name, score in found.items()} == {"ar": 0.5, "en": 0, "fr": 0, "hi": 0.5}
    assert found["hi"].characters == Rate(0, 1, 0, len("नमस्ते दुनिया"))


def test_a_network_that_names_words_is_scored_by_words(monkeypatch):
    """A text is its labels in order, a space between words: against what was put into its mouth."""
    task = types.SimpleNamespace(__module__="engine.tasks.digits")
    labels = tuple(Label(float(k), k + 1.0, text, "digit") for k, text in enumerate("123"))
    clip = types.SimpleNamespace(
        name="a", read=lambda: np.zeros((1, 1)), text=lambda tier: tuple("123"), labels=labels
    )
    task.corpus = types.SimpleNamespace(split=lambda name: [clip])
    monkeypatch.setattr(written.build, "task_of", lambda network: task)
    monkeypatch.setattr(written.build, "build", lambda network: None)
    monkeypatch.setattr(written.leakage, "check", lambda task, split: None)
    monkeypatch.setattr(written.evaluate, "features", lambda network, sound: sound)
    monkeypatch.setattr(written.evaluate, "texts", lambda task, module, frames: [("1", "4")])
    network = types.SimpleNamespace(task="digits")
    assert written.writes(network, words=True)
    assert not written.writes(network)
    assert written.measure(network).words == Rate(1, 1, 0, 3)
