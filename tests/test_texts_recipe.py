"""The scripts that make texts and have them spoken: what becomes a sentence, and what no training may have."""

from __future__ import annotations

import importlib
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

if TYPE_CHECKING:
    from collections.abc import Callable

RECIPES = Path(__file__).parents[1] / "assets" / "recipes"


@pytest.fixture
def recipes(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Imports a script by its name."""
    monkeypatch.syspath_prepend(str(RECIPES))
    return importlib.import_module


def test_prose_is_cut_into_plain_sentences(recipes: Any) -> None:
    texts = recipes("make_texts")
    prose = 'CHAPTER I\n\nMr. Bennet went home, and was glad. "Did you see it?" It was 1813.\nHe waited;\n'
    prose += "she never came back again."
    assert list(texts.sentences(prose)) == [
        "mr bennet went home and was glad",
        "did you see it",
        "she never came back again",
    ]
    assert texts.spell_out("mr bennet and dr grant") == "mister bennet and doctor grant"


def test_vectors_of_lines_are_read_from_r(recipes: Any, tmp_path: Path) -> None:
    """The format by hand: a head, the length of the vector, and each string with its flags and length."""
    lines = [b"It was late.", b"", b"Nobody came."]
    block = b"X\n" + bytes(20) + b"\x00\x00\x00\x10" + len(lines).to_bytes(4, "big")
    block += b"".join(b"\x00\x04\x00\x09" + len(line).to_bytes(4, "big") + line for line in lines)
    packed = zlib.compress(block)
    place = tmp_path / "x" / "janeaustenr" / "data" / "Rdata.rdb"
    place.parent.mkdir(parents=True)
    place.write_bytes(2 * (len(block).to_bytes(4, "big") + packed))
    assert list(recipes("make_texts").austen(tmp_path)) == ["It was late.\n\nNobody came."] * 2


def test_sentences_of_tests_and_those_like_them_are_left_out(recipes: Any, monkeypatch, tmp_path: Path) -> None:
    texts = recipes("make_texts")
    monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path))
    exact, runs = texts.forbidden()
    assert "kids are talking by the door" in exact
    like = "the kids are talking by the window"
    assert any(run in runs for run in texts.fives(like))
    assert not any(run in runs for run in texts.fives("two men stood talking by the old door"))


def test_the_held_out_part_depends_on_the_sentence_alone(recipes: Any) -> None:
    texts = recipes("make_texts")
    drawn = [f"sentence number {number} of some" for number in range(4000)]
    kept = [text for text in drawn if texts.held(text)]
    assert kept == [text for text in drawn if texts.held(text)]
    assert 0.5 / texts.PARTS < len(kept) / len(drawn) < 2 / texts.PARTS


def test_everyday_sentences_have_every_place_filled(recipes: Any) -> None:
    everyday = recipes("everyday")
    drawn = everyday.sentences(np.random.default_rng(0))
    some = [next(drawn) for _ in range(3000)]
    assert all(re.fullmatch(r"[a-z']+( [a-z']+)*", text) for text in some)
    assert len(set(some)) > 2000
    again = everyday.sentences(np.random.default_rng(0))
    assert [next(again) for _ in range(5)] == some[:5]
    named = set(re.findall(r"\{(\w+)\}", everyday._RULES)) - {"digits"}
    assert named <= set(everyday.lists())


def test_voices_are_joined_into_one_table(recipes: Any, tmp_path: Path) -> None:
    """A voice that only makes a tone, as long as its text: the table tells what is there."""
    speech = recipes("make_speech")

    def speak(text: str, out: Path, rng: np.random.Generator) -> None:
        soundfile.write(out, 0.1 * np.ones(800 * len(text)), 16000)

    said = iter([("a long enough sentence", "train"), ("no", "train"), ("i'm held out from it", "valid")] * 9)
    (tmp_path / "audio").mkdir()
    speech.say_all(tmp_path, "tone", speak, said, 1.6, 0)
    speech.join(tmp_path)
    rows = [line.split("\t") for line in (tmp_path / "manifest.tsv").read_text().splitlines()[1:]]
    assert [(row[4], row[5]) for row in rows] == [
        ("a long enough sentence", "train"),
        ("i'm held out from it", "valid"),
    ]
    for row in rows:
        assert soundfile.info(tmp_path / row[0]).frames == pytest.approx(16000 * float(row[1]), abs=16)


def test_sentences_are_written_as_they_are_said(recipes: Any) -> None:
    written = recipes("make_speech").written
    assert written("where did i put it") == "Where did I put it?"
    assert written("i'm late") == "I'm late."
