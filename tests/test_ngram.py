"""N-gram models against probabilities that add up, against counts by hand, and against kenlm where it is there."""

from __future__ import annotations

import collections
import itertools
import math

import numpy as np
import pytest

from engine import arpa, kneser
from engine.ngram import BEGIN, END, UNKNOWN, Ngram, NgramError

TEXT = """the cat sat on the mat
the dog sat on the log
a cat and a dog ran
the mat was on the log
the cat ran and the dog sat
a log sat on a mat and a cat sat on the log""".splitlines()
HELD = ["the cat sat on the log", "a zebra ran", "the dog and the cat"]
KINDS = [("char", order) for order in (1, 2, 4, 6)] + [("word", order) for order in (1, 2, 3)]


def contexts(model: Ngram, count: int) -> list[tuple[int, ...]]:
    """Some that were seen, some that were not, and the beginning."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(2, len(model.words), (count, model.order)).tolist()
    seen = [model.encode(model.split(text))[: model.order] for text in TEXT]
    return [(BEGIN,), *map(tuple, drawn), *seen, *((BEGIN, *each[:2]) for each in seen)]


@pytest.mark.parametrize(("unit", "order"), KINDS)
@pytest.mark.parametrize("prune", [0.0, 1e-3])
def test_what_may_follow_adds_up_to_one(unit, order, prune):
    model = kneser.train(TEXT, unit, order, prune=prune)
    assert model.order <= order
    for context in contexts(model, 60):
        row = model.row(context)
        assert np.exp(row).sum() == pytest.approx(1.0, abs=1e-6)
        assert row[BEGIN] < -100
        for word in range(len(model.words)):
            assert model.log_prob(word, context) == pytest.approx(row[word], abs=1e-12)


def test_a_bigram_is_what_the_formula_says():
    # Chen and Goodman's interpolation by hand; so few counts take the discounts 0.5, 1 and 1.5.
    model = kneser.train(["a b", "a b", "a c", "b a"], "word", 2)
    a, b, c = (model.ids[each] for each in "abc")
    left = {
        a: 2,
        b: 2,
        c: 1,
        END: 3,
    }  # how many words each was seen after: a after <s> and b, b after a and <s>, …
    taken = {1: 0.5, 2: 1.0, 3: 1.5}
    freed, total = sum(taken[count] for count in left.values()), sum(left.values())
    once = {word: (count - taken[count]) / total + freed / total / 5 for word, count in left.items()}
    once[UNKNOWN] = freed / total / 5
    for word, each in once.items():
        assert math.exp(model.log_prob(word, ())) == pytest.approx(each)
    # After a: b twice, c once, the end once.
    share = (1.0 + 0.5 + 0.5) / 4
    assert math.exp(model.log_prob(b, (a,))) == pytest.approx((2 - 1.0) / 4 + share * once[b])
    assert math.exp(model.log_prob(c, (a,))) == pytest.approx((1 - 0.5) / 4 + share * once[c])
    assert math.exp(model.log_prob(a, (a,))) == pytest.approx(share * once[a])


def test_enough_counts_give_discounts_of_their_own():
    """Chen and Goodman, section 4.1: Y = n1 / (n1 + 2 n2), D1 = 1 - 2 Y n2 / n1 and so on, by hand of bigrams."""
    rng = np.random.default_rng(1)
    texts = [" ".join(f"w{each}" for each in np.minimum(rng.zipf(1.4, 8), 60)) for _ in range(300)]
    model = kneser.train(texts, "word", 2)
    pairs = collections.Counter(
        pair for text in texts for pair in itertools.pairwise(["<s>", *text.split(), "</s>"])
    )
    n1, n2, n3, n4 = (sum(count == n for count in pairs.values()) for n in (1, 2, 3, 4))
    share = n1 / (n1 + 2 * n2)
    taken = [0, 1 - 2 * share * n2 / n1, 2 - 3 * share * n3 / n2, 3 - 4 * share * n4 / n3]
    assert min(n1, n2, n3, n4) > 5
    after = {word: count for (before, word), count in pairs.items() if before == "w1"}
    freed = sum(taken[min(count, 3)] for count in after.values()) / sum(after.values())
    context = (model.ids["w1"],)
    for word, count in after.items():
        if word == "</s>":
            continue
        once = math.exp(model.log_prob(model.ids[word], ()))
        wanted = (count - taken[min(count, 3)]) / sum(after.values()) + freed * once
        assert math.exp(model.log_prob(model.ids[word], context)) == pytest.approx(wanted)


def test_longer_contexts_foretell_better_and_shuffled_text_worse():
    text = [" ".join(words) for words in itertools.product(("the", "a"), ("cat", "dog"), ("ran", "sat"))] * 3
    short, long = (kneser.train(text, "char", order).perplexity(text).per_character for order in (1, 5))
    assert long < 0.3 * short
    rng = np.random.default_rng(0)
    muddled = ["".join(rng.permutation(list(each)).tolist()) for each in text]
    model = kneser.train(text, "char", 5)
    assert model.perplexity(muddled).per_character > 3 * long


@pytest.mark.parametrize("unit", ["char", "word"])
def test_perplexities_are_of_the_same_strings(unit):
    model = kneser.train(TEXT, unit, 3)
    found = model.perplexity(["the cat", "", "  a   log "])
    assert (found.sentences, found.words, found.characters) == (2, 4, 12)
    assert found.log_prob == pytest.approx(model.sentence("the cat") + model.sentence("a log"))
    assert math.log(found.per_word) * 6 == pytest.approx(-found.log_prob)
    assert math.log(found.per_character) * 14 == pytest.approx(-found.log_prob)
    assert found.bits == pytest.approx(math.log2(found.per_character))


def test_a_word_that_is_unknown_is_spelled():
    model = kneser.train(TEXT, "word", 2)
    assert model.perplexity(HELD).unknown == 1
    known, unknown = model.sentence("a cat ran"), model.sentence("a zebra ran")
    assert unknown < known - 5 * math.log(model.letters)
    assert model.sentence("a zebras ran") < unknown


@pytest.mark.parametrize(("unit", "order"), KINDS)
def test_both_files_give_the_model_back(tmp_path, unit, order):
    model = kneser.train(TEXT, unit, order)
    for name, close in (("model.arpa", 1e-5), ("model.npz", 1e-3)):
        arpa.save(model, tmp_path / name)
        again = arpa.load(tmp_path / name)
        assert (again.unit, again.sizes) == (unit, model.sizes)
        assert set(again.words) == set(model.words)
        for text in TEXT + HELD:
            assert again.sentence(text) == pytest.approx(model.sentence(text), abs=close * (len(text) + 1))
        assert list(tmp_path.iterdir()) == [tmp_path / name]
        (tmp_path / name).unlink()


@pytest.mark.parametrize(("unit", "order"), [("char", 2), ("char", 5), ("word", 3)])
@pytest.mark.parametrize("prune", [0.0, 1e-3])
def test_kenlm_reads_the_file_and_says_the_same(tmp_path, unit, order, prune):
    kenlm = pytest.importorskip("kenlm")
    model = kneser.train(TEXT, unit, order, prune=prune)
    arpa.save(model, tmp_path / "model.arpa")
    theirs = kenlm.Model(str(tmp_path / "model.arpa"))
    for text in TEXT + HELD:
        units = model.split(text)
        spelled = sum(model.spell(each) for each in units if each not in model.ids)
        score = theirs.score(" ".join(units), bos=True, eos=True) * math.log(10)
        assert model.sentence(text) - spelled == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize("unit", ["char", "word"])
def test_what_is_drawn_is_of_the_language(unit):
    model = kneser.train(TEXT, unit, 6 if unit == "char" else 3)
    drawn = [model.sample(np.random.default_rng(seed)) for seed in range(20)]
    words = set(" ".join(TEXT).split())
    known = [word in words for text in drawn for word in text.split()]
    assert np.mean(known) > 0.6
    assert model.sample(np.random.default_rng(3)) == drawn[3]
    assert model.sample(np.random.default_rng(1), "the cat").startswith("the cat")


def test_the_commonest_words_alone():
    model = kneser.train(TEXT, "word", 2, vocabulary=5)
    assert len(model.words) == 8
    assert {"the", "a", "sat"} <= set(model.words)
    assert model.perplexity(TEXT).unknown > 0


def test_texts_that_hold_nothing():
    for text in ([], ["", "  "]):
        with pytest.raises(NgramError, match="no sentence"):
            kneser.train(text, "char", 3)
    with pytest.raises(NgramError, match="no sentence"):
        kneser.train(TEXT, "char", 3).perplexity([""])
    with pytest.raises(ValueError, match="order 1 to 10"):
        kneser.train(TEXT, "char", 11)


@pytest.mark.parametrize("unit", ["char", "word"])
def test_marks_of_sentences_are_no_words(unit):
    marked = [f"<s> {line} </S>" for line in TEXT]
    plain, model = kneser.train(TEXT, unit, 3), kneser.train(marked, unit, 3)
    assert model.words == plain.words
    assert model.perplexity(marked) == plain.perplexity(TEXT)


def test_a_file_with_other_bytes_in_it_is_refused_or_read(tmp_path):
    file, rng, told = tmp_path / "damaged.npz", np.random.default_rng(0), []
    arpa.save(kneser.train(TEXT, "word", 3), file)
    whole = file.read_bytes()
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(len(whole), size=3):
            damaged[place] = rng.integers(256)
        file.write_bytes(damaged)
        try:
            arpa.load(file)
        except NgramError as error:
            told.append(str(error))
    assert len(told) > 100
    assert all("damaged.npz" in each for each in told)


def test_files_that_are_none(tmp_path):
    good = tmp_path / "good.arpa"
    arpa.save(kneser.train(TEXT, "word", 2), good)
    text = good.read_text()
    spoilt = {
        "empty": b"",
        "noise": bytes(range(256)) * 20,
        "cut": text[: len(text) // 2].encode(),
        "row": text.replace("\\2-grams:\n", "\\2-grams:\n-0.3\tnobody\tthe\n").encode(),
        "nan": text.replace("\\2-grams:\n", "\\2-grams:\nnan\tthe cat\n").encode(),
    }
    arpa.save(kneser.train(TEXT, "word", 2), tmp_path / "good.npz")
    packed = (tmp_path / "good.npz").read_bytes()
    spoilt["packed"] = packed[: len(packed) // 2]
    with np.load(tmp_path / "good.npz") as file:
        arrays = {name: file[name] for name in file.files}
    arrays["words2"] = arrays["words2"] + 1000
    np.savez_compressed(tmp_path / "wrong.npz", allow_pickle=False, **arrays)
    spoilt["wrong"] = (tmp_path / "wrong.npz").read_bytes()
    for name, other in {"single": np.uint8(5), "floats": np.full(3, np.nan)}.items():
        np.savez(tmp_path / "wrong.npz", allow_pickle=False, **(arrays | {"going2": other}))
        spoilt[name] = (tmp_path / "wrong.npz").read_bytes()
    for name, data in spoilt.items():
        file = tmp_path / f"{name}.lm"
        file.write_bytes(data)
        with pytest.raises(NgramError, match=f"{name}.lm"):
            arpa.load(file)
