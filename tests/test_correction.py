"""Corrections of captions: what stands for what, and when."""

from __future__ import annotations

import tomllib

import pytest
import tomli_w

from engine.captions import Captions, Line
from engine.correction import Correction, corrected, from_dict, put, to_dict
from engine.recognisers.recogniser import Word
from tests.captioned import said


def test_a_word_is_replaced_by_none_one_or_several_that_share_its_time():
    captions = said("the wether is fine", now="ice cream truck")
    start = captions.lines[0].words[1].start
    found = put((), captions.lines[0].words[1], "weather")
    found = put(found, captions.lines[0].words[2], "")
    found = put(found, captions.words[0], "I  scream")
    fixed = corrected(captions, found)
    assert [line.text for line in fixed.lines] == ["the weather fine"]
    assert fixed.lines[0].words[1] == Word(start, captions.lines[0].words[1].stop, "weather")
    assert [word.text for word in fixed.words] == ["I", "scream", "cream", "truck"]
    one, two = fixed.words[:2]
    assert one.start == captions.words[0].start
    assert two.stop == captions.words[0].stop
    assert abs((two.stop - two.start) / (one.stop - one.start) - 6) < 1e-6  # by letters
    assert one.stop == two.start


def test_a_correction_replaces_the_one_before_and_its_own_text_takes_it_back():
    word = Word(1.0, 1.5, "wether", 0.4)
    found = put((), word, "weather")
    assert put(found, word, "whether") == (Correction(1.0, "wether", "whether"),)
    assert put(found, word, "wether") == ()


def test_captions_and_corrections_are_kept_as_plain_values_and_come_back():
    captions = said("the wether is fine", now="ice cream", tentative="perhaps")
    silent = Captions(
        (*captions.lines, Line((Word(30.0, 30.1 + 0.2, 'öl \\ "x"', None),))), captions.words, heard=31.0
    )
    fixes = put((), captions.lines[0].words[1], "weather")
    text = tomli_w.dumps(to_dict(silent, fixes))
    found, again = from_dict(tomllib.loads(text))
    assert found.lines == (*silent.lines, Line(captions.words))  # what was tentative is not kept
    assert again == fixes
    assert corrected(found, again).lines[0].text == "the weather is fine"
    for lines in ([[[0.0, float("nan"), "x"]]], [[[0.0, 1.0, 5]]], [[["a", 1.0, "x"]]], [[[0.0]]], 3):
        with pytest.raises((ValueError, TypeError)):
            from_dict({"lines": lines, "heard": 1.0, "corrections": []})


def test_without_corrections_nothing_is_made_anew_and_empty_lines_go():
    captions = said("one", "two")
    assert corrected(captions, ()) is captions
    gone = put((), captions.lines[0].words[0], "")
    assert [line.text for line in corrected(captions, gone).lines] == ["two"]
