"""What was said beside what was read: counts as jiwer has them, and labels that stay with their words."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import jiwer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.contrasting import Contrasting
from engine import asset, checkpoint, contrast, decoding, follower, infer, normaliser, searching
from engine.captions import Captions, Line
from engine.clip import Label, from_array
from engine.events import Ended, Traced
from engine.recognisers.recogniser import Word
from engine.script import parse
from engine.session import CAPTIONS, NETWORK, Session
from engine.trace import Key
from tests import example

WORDS = st.lists(st.sampled_from("one two three four".split()), min_size=1, max_size=12)


def labels(texts, tier="word"):
    return [Label(float(k), k + 0.5, each, tier) for k, each in enumerate(texts)]


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS)
def test_errors_are_those_of_jiwer(said, read):
    found = contrast.contrast("c", example.network(), "word", labels(said), labels(read))
    wanted = jiwer.process_words(" ".join(said), " ".join(read))
    assert found.words.error == pytest.approx(wanted.wer)
    assert found.words.errors == wanted.substitutions + wanted.deletions + wanted.insertions
    assert found.characters.error == pytest.approx(jiwer.cer(" ".join(said), " ".join(read)))
    assert [each.said for each in found.pairs if each.kind != "insert"] == said
    assert [each.read for each in found.pairs if each.kind != "delete"] == read
    for pair in found.pairs:
        assert pair.truth is None or pair.truth.text == pair.said
        assert pair.found is None or pair.found.text == pair.read
        assert (pair.kind == "equal") == (pair.said == pair.read)
    times = [each.truth.start for each in found.pairs if each.truth is not None]
    assert all(one < other for one, other in pairwise(times))


def test_words_that_a_label_becomes_stand_for_it():
    found = contrast.contrast(
        "c", example.network(), "word", labels(["It's", "21,"]), labels(["it's", "twenty", "one"])
    )
    assert [each.kind for each in found.pairs] == ["equal"] * 3
    assert found.pairs[1].truth is found.pairs[2].truth
    assert found.normaliser == normaliser.DEFAULT


def test_what_is_spelled_by_words_beside_it_is_so_across_labels():
    """A sentence beside single words of the same text: no error, and each word keeps a label that holds it."""
    said = "a hundred and forty dollars, 2 1/2 miles".split()
    found = contrast.contrast("c", example.network(), "word", labels([" ".join(said)]), labels(said))
    assert found.words.errors == 0
    assert found.words.count == len("one hundred forty dollars two and one half miles".split())
    times = [pair.found.start for pair in found.pairs]
    assert times == sorted(times)
    assert {pair.read: pair.found.text for pair in found.pairs}["forty"] == "forty"
    assert found.pairs[-1].found.text == "miles"


def test_labels_that_are_no_words_are_compared_as_they_are():
    found = contrast.contrast(
        "c", example.network(), "phone", labels(["S", "s"], "phone"), labels(["s", "s"], "phone")
    )
    assert (found.normaliser, found.words.substitutions, found.characters) == ("none", 1, None)


def test_the_tier_is_that_of_the_task_or_of_words():
    digits = checkpoint.open_network("digits-lstm-32")
    assert contrast.tier_of(digits, labels(["a"], "word")) == "digit"
    speech = checkpoint.untrained("speech")
    own = contrast.tier_of(speech, ())
    assert contrast.tier_of(speech, labels(["a b"], "text")) in ("text", own)


def test_what_should_be_read_of_sentences_are_their_words():
    speech, digits = checkpoint.open_network("speech"), checkpoint.open_network("digits-lstm-32")
    sentence = Label(0.0, 5.0, "Go on, Tom!", "text")
    assert contrast.said(speech, [sentence]) == [Label(0.0, 5.0, word, "word") for word in ("go", "on", "tom")]
    assert contrast.said(speech, [sentence, *labels(["go"])]) == labels(["go"])
    assert contrast.said(digits, [sentence]) == []


def test_a_clip_with_a_sentence_has_an_error_wherever_one_is_told():
    """By the network's own text as by the search: both count against the words of the sentence."""
    speech, clip = checkpoint.open_network("speech"), asset.open_bundled("speech-1")
    asked = infer.Inspection(clip, (), None, speech, 0.0, clip.seconds)
    traced = next(each for each in infer.run(asked) if isinstance(each, Traced))
    words = "below him the shadow was broken into a pool of rippling starlight".split()
    wanted = jiwer.process_words(" ".join(words), " ".join(each.text for each in traced.trace.text))
    assert traced.length == len(words)
    assert traced.edits == wanted.substitutions + wanted.deletions + wanted.insertions
    (found,) = [each for each in searching.run(traced, speech, decoding.Settings()) if each is not None]
    assert found.length == len(words)


def test_captions_are_compared_with_a_script_or_with_what_is_labelled():
    said, heard = labels(["Go on, Tom!"], "text"), labels("go own tom zip".split())
    of_clip = contrast.captioned("clip", said, heard)
    assert [each.kind for each in of_clip.pairs] == ["equal", "substitute", "equal", "insert"]
    assert (of_clip.clip_id, of_clip.network_id, of_clip.normaliser) == ("clip", CAPTIONS, normaliser.DEFAULT)
    assert of_clip.pairs[1].truth is said[0]
    assert of_clip.pairs[1].found is heard[1]
    elsewhere = contrast.captioned("", said, heard)
    assert [each.kind for each in elsewhere.pairs] == [each.kind for each in of_clip.pairs]
    assert all((each.truth, each.found) == (None, None) for each in elsewhere.pairs), "no clip, no times"
    by_script = contrast.captioned("clip", said, heard, ("Go", "own", "Tim,", "Zip"))
    assert [each.said for each in by_script.pairs] == ["go", "own", "tim", "zip"], "the script goes before labels"
    assert by_script.words.errors == 1
    assert all(each.truth is None for each in by_script.pairs), "its words have no times"
    assert [each.found for each in by_script.pairs] == heard


class Asked:
    """A wiring that carries out at once what is submitted."""

    def __init__(self, session):
        self.session, self.count, self.handlers = session, 0, {}

    def on(self, kind, handler):
        self.handlers[kind] = handler

    def submit(self, worker, name, job, *arguments, doing):
        self.count += 1
        for event in job(*arguments):
            self.handlers[type(event)](event)


def test_what_captions_have_heard_is_aligned_when_they_have_ended():
    clip = from_array(np.zeros(8000, np.float32), 8000, "talk", (Label(0.0, 1.0, "one two three", "text"),))
    lines = (Line((Word(0.0, 0.2, "one"), Word(0.2, 0.4, "too"))),)
    session = Session(clip=clip, contrasting=CAPTIONS, captions=Captions(lines, (Word(0.5, 0.7, "three"),)))
    wiring = Asked(session)
    made = Contrasting(session, wiring, lambda name: name == "diff", lambda: (clip, 0.1))
    session.set("transport", replace(session.state.transport, captioning=True))
    made.tick()
    assert wiring.count == 0, "not while they are written"
    session.set("transport", replace(session.state.transport, captioning=False))
    made.tick()
    made.tick()
    assert wiring.count == 1, "once"
    pairs = session.state.contrasted.pairs
    assert [(each.kind, each.said, each.read) for each in pairs] == [
        ("equal", "one", "one"), ("substitute", "two", "too"), ("equal", "three", "three"),
    ]  # fmt: skip
    assert (pairs[2].found.start, pairs[2].found.end) == pytest.approx((0.6, 0.8)), "captions began at 0.1 s"
    slow = replace(example.full().state.traced, scale=2.0)
    session.set("traced", slow)
    made.tick()
    found = session.state.contrasted.pairs[2].found
    assert (found.start, found.end) == pytest.approx((1.2, 1.6)), "the sound is played at half the speed"
    for stopped, count in ((False, 2), (True, 3)):
        wiring.handlers[Ended](Ended("aligning the texts", stopped=stopped))
        made.tick()
        assert wiring.count == count, "what was stopped is asked again"
    wiring.count = 1
    script = parse("one too many words")
    reader = follower.Follower(script)
    reader.add(["one", "too"])
    session.set("script", script)
    session.set("readings", (reader.reading(),))
    made.tick()
    assert [each.said for each in session.state.contrasted.pairs if each.said] == ["one", "too"], "as far as read"
    session.set("contrasting", NETWORK)
    made.tick()
    assert wiring.count == 2, "without a network there is nothing to compare"


def test_another_language_compares_captions_anew():
    clip = from_array(np.zeros(8000, np.float32), 8000, "talk", (Label(0.0, 1.0, "2 te", "text"),))
    session = Session(clip=clip, contrasting=CAPTIONS, captions=Captions((Line((Word(0.0, 0.2, "two te"),)),)))
    made = Contrasting(session, Asked(session), lambda name: True, lambda: (session.state.clip, 0.0))
    for spoken, name, errors in (("", "english", 0), ("mi", "unicode", 1), ("en-nz", "english", 0)):
        session.set("clip", replace(session.state.clip, language=spoken))
        made.tick()
        found = session.state.contrasted
        assert (found.language, found.normaliser, found.words.errors) == (spoken, name, errors)


def test_the_text_of_a_search_comes_with_its_name():
    """Posteriors show what each frame is likeliest: its rate is another one."""
    session = example.full()
    made = Contrasting(session, Asked(session), lambda name: name == "diff")
    made.tick()
    assert session.state.contrasted.search == "beam of 8"
    found = session.state.searched
    asked = replace(found.decoding, width=4, language="words", weight=0.25)
    session.set("searched", replace(found, decoding=asked, text=found.text[:2]))
    made.tick()
    assert session.state.contrasted.search == "beam of 4, words × 0.25"
    assert session.state.contrasted.words.deletions == len(session.state.clip.text("digit")) - 2
    session.set("searched", replace(found, decoding=replace(asked, search="greedy")))
    made.tick()
    assert session.state.contrasted.search == "the likeliest text"
    session.set("searched", None)
    made.tick()
    assert session.state.contrasted.search == ""


def test_a_sentence_beside_the_sound_is_what_the_trellis_is_laid_for():
    """Of a network that writes characters: its words, spelt, with spaces between."""
    vocabulary = ("", " ", *"abcdefghijklmnopqrstuvwxyz'")
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(len(vocabulary)), 60).astype(np.float32)
    old = example.full().state.traced
    sound = replace(old.sound, labels=(Label(0.0, 5.0, "Go on, Tom!", "text"),))
    series = {Key("posterior"): replace(old.trace.series[Key("posterior")], values=shares, rows=vocabulary)}
    traced = replace(old, sound=sound, trace=replace(old.trace, series=series))
    network = replace(checkpoint.untrained("speech"), vocabulary=vocabulary)
    (found,) = [each for each in searching.run(traced, network, decoding.Settings(width=2)) if each is not None]
    assert found.reference is not None
    assert "".join(vocabulary[each] for each in found.reference.labels) == "go on tom"
    assert found.length == 3
