"""A language model beside a network: the beam's score is that of the text by the model itself, for every kind."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine import beam, decoding, fusion, kneser, searching
from engine.ngram import NgramError
from engine.spacing import Spacing
from tests.spelling import drawn, sums

TEXT = ["a cab", "a bad cab", "bad a", "dab a cab", "a bad dab", "cab cab a"]
KINDS = {
    "char": ("", " ", "a", "b", "c", "d"),
    "pipe": ("", "|", "A", "B", "C", "D"),
    "word": ("", " a", " cab", " bad"),
    "bare": ("", "a", "cab", "bad"),
    "part": ("", " a", " ca", "b", " ba"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_words_begin_where_they_do(kind):
    vocabulary = KINDS[kind]
    labels = searching.encode(["a", "cab"], vocabulary) or (1, 2, 3)
    spacing = Spacing(vocabulary)
    assert [each.lower() for each in spacing.write(labels)] == ["a", "cab"]
    ends = {"char": [[0], [2, 3, 4]], "pipe": [[0], [2, 3, 4]], "part": [[0], [1, 2]]}
    assert spacing.words(labels) == ends.get(kind, [[0], [1]])


@pytest.mark.parametrize(
    ("unit", "kind"), [("char", "char"), ("char", "pipe"), *(("word", kind) for kind in KINDS)]
)
def test_the_beam_weighs_the_text_as_the_model_does(unit, kind):
    vocabulary, alpha, beta = KINDS[kind], 0.8, 0.6
    model = kneser.train(TEXT, unit, 3)
    log_probs = drawn(np.random.default_rng(1), 4, len(vocabulary), 1.0)
    found = beam.Search(vocabulary, 4000, language=fusion.fuse(model, vocabulary), alpha=alpha, beta=beta).run(
        log_probs
    )
    spacing, checked = Spacing(vocabulary), 0
    for prefix in found.prefixes:
        words = [each.lower() for each in spacing.write(prefix.labels)]
        spaces = [each for each in prefix.text if each in (" ", "|")]
        assert prefix.bonus == pytest.approx(beta * len(words))
        if unit == "word" or len(spaces) == max(0, len(words) - 1):  # no space too many
            if unit == "char" and prefix.text and " " in (prefix.text[0], prefix.text[-1]):
                continue
            assert prefix.language == pytest.approx(alpha * model.sentence(" ".join(words)), abs=1e-9)
            checked += 1
    assert checked > 3
    truth = {
        labels: each
        + alpha * model.sentence(" ".join(spacing.write(labels)).lower())
        + beta * len(spacing.words(labels))
        for labels, each in sums(log_probs).items()
    }
    if unit == "word":
        assert found.prefixes[0].labels == max(truth, key=lambda labels: truth[labels])


def test_characters_cannot_score_words():
    model = kneser.train(TEXT, "char", 3)
    with pytest.raises(NgramError, match="one of words"):
        fusion.fuse(model, KINDS["word"])


@pytest.mark.parametrize("name", decoding.BUNDLED)
def test_the_weight_turns_what_sounds_alike_into_what_is_said(name):
    # The sound can hardly tell "wes" from "was": the text can, the more it counts.
    vocabulary = ("", " ", *"abcdefghijklmnopqrstuvwxyz")
    said = "she wes there"
    probs = np.full((2 * len(said), len(vocabulary)), 1e-4)
    for place, letter in enumerate(said):
        probs[2 * place, vocabulary.index(letter)] = 1.0
        probs[2 * place + 1, 0] = 1.0
    probs[10, vocabulary.index("a")] = 0.8
    logits = np.log(probs)
    path: dict[float, str] = {}
    for weight in (0.0, 0.001, 1.0):
        settings = decoding.Settings(language=name, weight=weight, width=8)
        read = decoding.search(logits, vocabulary, settings)
        path[weight] = "".join(read.prefixes[0].text)
    assert path == {0.0: "she wes there", 0.001: "she wes there", 1.0: "she was there"}


@pytest.mark.parametrize("name", decoding.BUNDLED)
def test_the_bundled_models_know_english(name):
    model = decoding.load(decoding.bundled(name))
    english = ["she opened the door and went out", "what time is it in the morning", "the people of this country"]
    rng = np.random.default_rng(0)
    muddled = [" ".join(rng.permutation(text.split())) for text in english]
    assert model.perplexity(english).per_character < 4
    assert model.perplexity(muddled).per_character > 1.5 * model.perplexity(english).per_character
    assert sum(np.exp(model.row(model.encode(model.split("she was")))).tolist()) == pytest.approx(1.0, abs=1e-3)


def test_zero_weight_is_no_model_whatever_its_file():
    logits = drawn(np.random.default_rng(3), 20, 6, 1.0)
    plain = decoding.search(logits, KINDS["char"], decoding.Settings(language="none"))
    zero = decoding.search(logits, KINDS["char"], decoding.Settings(language="words", weight=0.0, bonus=3.0))
    assert zero.prefixes == plain.prefixes
    greedy = decoding.search(logits, KINDS["char"], decoding.Settings(search="greedy"))
    assert len(greedy.prefixes) == 1
    assert greedy.prefixes[0].score <= plain.prefixes[0].score


def test_the_beam_is_as_wide_as_its_knob_says():
    logits = drawn(np.random.default_rng(4), 20, 6, 0.3)
    for width in (1, 3, 40):
        assert decoding.search(logits, KINDS["char"], decoding.Settings(width=width)).kept.max() == width


def test_models_that_are_not_there(tmp_path):
    with pytest.raises(NgramError, match="no such language model"):
        decoding.named("latin")
    with pytest.raises(NgramError, match="no file"):
        decoding.ngram(decoding.Settings(language="file"))
    file = tmp_path / "own.arpa"
    file.write_text("nothing")
    with pytest.raises(NgramError, match=r"own\.arpa"):
        decoding.ngram(decoding.named(str(file)))


def test_every_word_that_can_be_written_is():
    assert [searching.encode(["a", "cab"], each) for each in KINDS.values()] == [
        (2, 1, 4, 2, 3),
        (2, 1, 4, 2, 3),
        (1, 2),
        (1, 2),
        (),
    ]
    assert searching.encode(["zoo"], KINDS["char"]) == ()
    assert all(itertools.chain(searching.encode(["bad"], KINDS["word"])))


def test_a_narrow_beam_ends_words_where_they_end():
    """A word that is only charged when it ends is never ended by a narrow beam: its letters must be."""
    vocabulary = ("", " ", "a", "c", "e", "h", "t")
    model = kneser.train(["the cat", "the hat", "a cat", "a hat", "each that", "teach a cat"], "word", 2)
    likely = np.full((13, len(vocabulary)), 0.5 / 6)  # of each letter the network is half sure
    for frame, label in enumerate("t-h-e- -c-a-t"):
        if label == "-":
            likely[frame] = 1e-4
        likely[frame, vocabulary.index(label) if label != "-" else 0] = 1.0 if label == "-" else 0.5
    likely[6] = 1e-4
    likely[6, :2] = 0.65, 0.35  # between the words is hardly a pause
    log_probs = np.log(likely / likely.sum(axis=1, keepdims=True))
    language = fusion.fuse(model, vocabulary)
    for width in (2, 4, 8, 16, 128):
        found = beam.Search(vocabulary, width, language=language, alpha=1.0, beta=1.0).run(log_probs)
        assert "".join(found.prefixes[0].text) == "the cat", width
