"""Live text by a beam: what it says is what a beam over the whole says, and a pause settles it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import arpa, asset, beam, beamed, catalog, checkpoint, ctc, decoding, fusion, kneser, searching
from engine.events import Frames, Notice
from engine.live import Stream, live
from engine.ngram import BEGIN, END, SPACE
from engine.spacing import Spacing
from tests.spelling import drawn

if TYPE_CHECKING:
    from engine.network import Network

RATE = 33.0
LIVE = decoding.Settings(live=True)
speech: Any = catalog.load("tasks", "speech")


@pytest.fixture(scope="module")
def task() -> Any:
    return speech.build(speech.Settings())


def said(labels: Any) -> list[str]:
    return [label.text for label in labels]


def test_in_any_blocks_it_says_what_the_whole_search_says(task: Any) -> None:
    rng, different = np.random.default_rng(0), 0
    for _ in range(6):
        logits = drawn(rng, 60, len(task.vocabulary), 2.5).astype(np.float32)
        text, place = beamed.Beamed(task, LIVE, "word"), 0
        while place < len(logits):
            size = int(rng.integers(1, 9))
            text.add(logits[place : place + size])
            place += size
            found = text.labels(1000.0, 0.0)  # so many frames a second that nothing is a pause
            best = decoding.search(logits[:place], task.vocabulary, LIVE)
            # The search of the whole also weighs by all alignments at its end; what leads is among its best.
            heads = [
                said(decoding.words(replace_first(best, prefix), task.vocabulary, 1.0, "word"))
                for prefix in best.prefixes
            ]
            assert said(found) in heads
        different += said(found) != said(task.decode(logits, 1e-3))
    assert different, "and greedy says something else"


def replace_first(found: Any, prefix: Any) -> Any:
    return replace(found, prefixes=(prefix,))


def test_it_adds_up_where_greedy_says_nothing(task: Any) -> None:
    probs = np.full((2, len(task.vocabulary)), 1e-9)
    probs[:, [0, 5, 9]] = 0.4, 0.35, 0.25
    text = beamed.Beamed(task, LIVE, "word")
    text.add(np.log(probs).astype(np.float32))
    assert ctc.greedy(np.log(probs)) == ()
    assert said(text.labels(RATE, 0.0)) == [task.vocabulary[5]]


def spelled(task: Any, *words: str, pause: int) -> np.ndarray:
    """Logits of words, a letter every third frame, with `pause` blank frames behind each."""
    rows: list[int] = []
    for word in words:
        for letter in f"{word} ":
            rows += [task.vocabulary.index(letter), 0, 0]
        rows += [0] * pause
    logits = np.full((len(rows), len(task.vocabulary)), -6.0, np.float32)
    logits[np.arange(len(rows)), rows] = 6.0
    return logits


def test_a_pause_settles_what_was_said_and_its_times_are_the_alignments(task: Any) -> None:
    logits = spelled(task, "hello", "there", "again", pause=30)
    text, seen = beamed.Beamed(task, LIVE, "word"), list[Any]()
    for start in range(0, len(logits), 4):
        text.add(logits[start : start + 4])
        seen.append(text.labels(RATE, 0.5))
    assert said(seen[-1]) == ["hello", "there", "again"]
    wanted = task.decode(logits, 1 / RATE)  # which is sure here
    for found, each in zip(seen[-1], wanted, strict=True):
        assert (found.start, found.end) == pytest.approx((each.start + 0.5, each.end + 0.5), abs=2 / RATE)
    first = next(place for place, each in enumerate(seen) if said(each)[1:])
    assert all(each[0] == seen[-1][0] for each in seen[first:]), "a settled word changes no more"
    assert text._search.frames < 40, "the beam has begun anew"


TEXT = ["a cab", "a bad cab", "bad a", "dab a cab", "a bad dab", "cab cab a"]
KINDS = {
    "letters": ("", " ", "a", "b", "c", "d"),
    "words": ("", "a", "cab", "bad"),
    "parts": ("", " a", " cab", " ba", "d"),
}


@pytest.mark.parametrize(("unit", "kind"), [("char", "letters"), *(("word", kind) for kind in KINDS)])
def test_after_a_pause_the_model_weighs_a_text_as_in_the_joined_one(unit: str, kind: str) -> None:
    vocabulary, alpha, model = KINDS[kind], 0.7, kneser.train(TEXT, unit, 3)
    spacing, language = Spacing(vocabulary), fusion.fuse(model, vocabulary)
    first = beam.Search(vocabulary, language=language, alpha=alpha)
    said_first = np.full((8, len(vocabulary)), -30.0)
    labels = searching.encode(["a", "cab"], vocabulary)
    said_first[np.arange(8), [*labels, *[0] * (8 - len(labels))]] = 0.0
    first.push(said_first)
    # By the model itself: "a cab", which goes on, and the space behind it.
    context = [BEGIN, *model.encode(model.split("a cab"))]
    before = model.sentence("a cab") - model.log_prob(END, context)
    if unit == "char":
        before += model.log_prob(model.ids[SPACE], context)
    second = drawn(np.random.default_rng(2), 4, len(vocabulary), 1.0)
    found = beam.Search(vocabulary, 4000, language=language, alpha=alpha, context=first.after()).run(second)
    checked = 0
    for prefix in found.prefixes:
        words = spacing.write(prefix.labels)
        if unit == "word" or (words and "".join(prefix.text) == " ".join(words)):  # no space too many
            joined = model.sentence(" ".join(["a", "cab", *words]))
            assert prefix.language == pytest.approx(alpha * (joined - before), abs=1e-9)
            checked += 1
    assert checked > 3


def test_what_was_settled_decides_between_words_that_sound_alike(tmp_path: Any) -> None:
    """A sentence begins with north, and wind comes after cold alone; the sound after the pause is either."""
    kept = tmp_path / "wind.arpa"
    arpa.save(kneser.train(["north", "north sea", "cold wind", "the cold wind"] * 9, "word", 2), kept)
    task = SimpleNamespace(vocabulary=("", "north", "cold", "wind"))
    reading = LIVE.but(language="file", file=str(kept))
    sounds = np.log([[0.97, 0.01, 0.01, 0.01], [0.01, 0.01, 0.97, 0.01], [0.01, 0.485, 0.02, 0.485]])
    for before, wanted in (([1], ["cold", "wind"]), ([0], ["north"])):
        text = beamed.Beamed(task, reading, "word")
        text.add(sounds[[0, *before, *[0] * 30]].astype(np.float32))
        assert said(text.labels(RATE, 0.0)) == wanted[:-1]
        assert text._search.frames == 0, "it was settled"
        text.add(sounds[[2, 0]].astype(np.float32))
        assert said(text.labels(RATE, 0.0)) == wanted


def test_a_sound_that_is_held_is_no_pause(task: Any) -> None:
    logits = np.repeat(spelled(task, "o", pause=1), 40, 0)
    text = beamed.Beamed(task, LIVE, "word")
    for start in range(0, len(logits), 5):
        text.add(logits[start : start + 5])
        found = text.labels(RATE, 0.0)
    assert said(found) == ["o"]


def test_without_a_pause_it_begins_anew_too(task: Any) -> None:
    logits = spelled(task, *["on"] * 200, pause=0)
    text = beamed.Beamed(task, LIVE, "word")
    for start in range(0, len(logits), 9):
        text.add(logits[start : start + 9])
        text.labels(RATE, 0.0)
        assert text._search.frames <= beamed.LONGEST * RATE + 9
    assert set(said(text.labels(RATE, 0.0))) <= {"on", "o", "n"}


def heard(network: Network, reading: decoding.Settings | None) -> tuple[list[str], list[str]]:
    """The text of a bundled clip as it comes live, and the notices."""
    clip = asset.open_bundled("digits")
    blocks: list[Any] = [*np.array_split(clip.read()[:, 0], 60), None]
    stream = Stream((), network, None, clip.rate, lambda: blocks.pop(0), reading=reading)
    events = list(live(stream))
    frames = [each for each in events if isinstance(each, Frames)]
    return said(frames[-1].text), [each.text for each in events if isinstance(each, Notice)]


def test_live_it_reads_by_the_beam_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    network, made = checkpoint.open_network("digits-lstm-128"), []
    first = beamed.Beamed.__init__

    def noted(self: Any, *arguments: Any) -> None:
        made.append(arguments[1])
        first(self, *arguments)

    monkeypatch.setattr(beamed.Beamed, "__init__", noted)
    truth = [label.text for label in asset.open_bundled("digits").labels if label.tier == "digit"]
    assert heard(network, LIVE)[0] == truth
    assert made == [LIVE]
    assert heard(network, LIVE.but(live=False))[0] == truth
    assert heard(network, LIVE.but(search="greedy"))[0] == truth
    assert made == [LIVE]
    weights = {name: value[..., ::-1].copy() for name, value in (network.weights or {}).items()}
    assert heard(replace(network, weights=MappingProxyType(weights), id="turned"), LIVE)[0] != truth


def test_a_model_that_is_not_there_is_named_and_left_out(tmp_path: Any) -> None:
    network = checkpoint.open_network("digits-lstm-128")
    text, notices = heard(network, LIVE.but(language="file", file=str(tmp_path / "gone.arpa")))
    assert len(text) > 3
    assert any("gone.arpa" in each for each in notices)
