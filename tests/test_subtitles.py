"""Subtitles against parsers that others wrote, and the rules of their rows and times."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest
import srt
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as some

from engine import subtitles
from engine.captions import Captions, Line
from engine.recognisers.recogniser import Word

if TYPE_CHECKING:
    from pathlib import Path


def spoken(text: str, start: float = 0.0, each: float = 0.3, sure: float | None = None) -> Line:
    words = text.split()
    return Line(
        tuple(Word(start + n * each, start + (n + 0.9) * each, word, sure) for n, word in enumerate(words))
    )


LONG = spoken(
    "It was the best of times, it was the worst of times. It was the age of wisdom, it was the age "
    "of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light.",
    3590.5,
)
TRICKY = (spoken("a < b --> c & d <i>x</i>"), LONG, spoken("Größe café 数字", 3700.0))


def seconds(text: str) -> float:
    hours, minutes, rest = text.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


def test_subrip_reads_back_in_its_own_parser() -> None:
    written = subtitles.text(TRICKY, "srt")
    found = list(srt.parse(written))
    # It forgives a point where SubRip has a comma, but does not write one.
    assert srt.compose(found, reindex=False) == written
    wanted = subtitles.cues(TRICKY)
    assert {line.words[0].start for line in TRICKY} <= {each.start.total_seconds() for each in found}
    assert [each.index for each in found] == list(range(1, len(wanted) + 1))
    assert [each.start.total_seconds() for each in found] == pytest.approx([cue.start for cue in wanted], abs=6e-4)
    assert [each.end.total_seconds() for each in found] == pytest.approx([cue.stop for cue in wanted], abs=6e-4)
    said = " ".join(each.content.replace("\n", " ") for each in found)
    assert said.split()[8:-3] == LONG.text.split()
    assert "-->" not in said
    assert "<" not in said


def test_webvtt_reads_back_in_its_own_parser(tmp_path: Path) -> None:
    path = subtitles.write(Captions(lines=TRICKY), tmp_path / "talk.vtt")
    found = webvtt.read(str(path)).captions
    wanted = subtitles.cues(TRICKY)
    assert [seconds(each.start) for each in found] == pytest.approx([cue.start for cue in wanted], abs=6e-4)
    assert [seconds(each.end) for each in found] == pytest.approx([cue.stop for cue in wanted], abs=6e-4)
    assert " ".join(each.text.replace("\n", " ") for each in found[1:-1]) == LONG.text
    raw = path.read_text("utf-8")
    assert "a &lt; b --&gt; c &amp; d &lt;i&gt;x&lt;/i&gt;" in raw.replace("\n", " ")


def test_json_keeps_words_times_and_confidences() -> None:
    told = json.loads(subtitles.text((spoken("seven two", 1.0, sure=0.75), spoken("x")), "json", recogniser="it"))
    assert told["recogniser"] == "it"
    assert told["lines"][0]["words"][1] == {"text": "two", "start": 1.3, "stop": 1.57, "confidence": 0.75}
    assert told["lines"][1]["words"][0]["confidence"] is None


def test_text_is_a_row_a_line_and_what_is_tentative_is_left_out(tmp_path: Path) -> None:
    captions = Captions((spoken("one two"),), spoken("three", 2.0).words, spoken("four", 3.0).words)
    assert subtitles.write(captions, tmp_path / "a.txt").read_text("utf-8") == "one two\nthree\n"


def test_another_ending_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(subtitles.SubtitleError, match=r"a\.doc.*\.srt, \.vtt"):
        subtitles.write(Captions(), tmp_path / "a.doc")
    assert subtitles.text((), "srt") == ""
    assert webvtt.from_string(subtitles.text((), "vtt")).captions == []


LETTERS = some.text(some.characters(categories=("L", "N"), include_characters="<>&-.,'"), min_size=1, max_size=20)
SAID = some.lists(
    some.lists(some.tuples(LETTERS, some.floats(0.01, 3.0), some.floats(0.0, 4.0)), min_size=1, max_size=30),
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(SAID)
def test_rows_and_times_keep_the_rules(said: list[list[tuple[str, float, float]]]) -> None:
    now, lines = 0.0, []
    for parts in said:
        words = []
        for text, length, pause in parts:
            words.append(Word(now, now + length, text))
            now += length + pause
        lines.append(Line(tuple(words)))
    found = subtitles.cues(lines)
    assert " ".join(row for cue in found for row in cue.rows) == " ".join(
        word.text for line in lines for word in line.words
    )
    for cue in found:
        assert len(cue.rows) <= subtitles.HIGH
        assert all(len(row) <= subtitles.WIDE for row in cue.rows)
        assert 0 < cue.stop - cue.start <= subtitles.LONGEST + 1e-6
    for one, other in itertools.pairwise(found):
        assert one.stop < other.start
        free = other.start - one.start
        assert one.stop - one.start >= min(subtitles.SHORTEST, free) - 0.002
