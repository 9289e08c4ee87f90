"""`otoscope lm`, and --decode of eval and inspect: what they write, and what they say of wrong arguments."""

from __future__ import annotations

import json

import pytest

from app import cli
from engine import asset, decoding

SENTENCES = "The cat sat on the mat.\nA dog ran\n\nthe cat ran and the dog sat\n" * 20


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(SENTENCES)
    return path


def run(capsys, *arguments):
    code = cli.main([str(each) for each in arguments])
    return code, *capsys.readouterr()


@pytest.mark.parametrize(("unit", "name"), [("char", "own.npz"), ("word", "own.arpa")])
def test_a_model_is_trained_tried_and_speaks(capsys, tmp_path, text, unit, name):
    own = tmp_path / name
    code, said, _ = run(capsys, "lm", "train", text, "--unit", unit, "--order", 4, "--out", own)
    assert (code, own.exists()) == (0, True)
    assert f"order {4}" in said
    code, said, _ = run(capsys, "lm", "eval", own, text, "--json")
    found = json.loads(said)
    assert (code, found["unit"], found["sentences"], found["unknown"]) == (0, unit, 60, 0)
    assert 1.0 < found["perplexity_per_character"] < 1.5
    code, said, _ = run(capsys, "lm", "eval", "characters", text)
    assert code == 0
    assert "bits" in said
    code, said, _ = run(capsys, "lm", "sample", own, "--count", 3, "--begin", "the")
    assert len(said.splitlines()) == 3
    assert all(line.startswith("the") for line in said.splitlines())


def test_the_mark_of_a_byte_order_is_no_character(capsys, tmp_path):
    text, own = tmp_path / "text.txt", tmp_path / "new" / "own.arpa"
    text.write_text(SENTENCES, encoding="utf-8-sig")
    assert run(capsys, "lm", "train", text, "--out", own)[0] == 0
    assert "\N{ZERO WIDTH NO-BREAK SPACE}" not in own.read_text(encoding="utf-8")


def test_a_sound_is_read_by_a_beam_with_an_own_model(capsys, tmp_path):
    # Digits in a language that knows only one order of them.
    own, text = tmp_path / "digits.arpa", tmp_path / "digits.txt"
    text.write_text("7 3 1 9 0 4 2 8\n" * 5)
    assert run(capsys, "lm", "train", text, "--unit", "word", "--out", own)[0] == 0
    sound = next(asset.path("clips").glob("digits.flac"))
    code, said, _ = run(
        capsys,
        "inspect",
        "digits-lstm-128",
        "--wav",
        sound,
        "--decode",
        "beam",
        "--lm",
        own,
        "--alpha",
        1,
        "--json",
    )
    found = json.loads(said)
    assert (code, found["decoded"]) == (0, list("73190428"))
    best = found["hypotheses"][0]
    model = decoding.load(own)
    assert best["language"] == pytest.approx(model.sentence("7 3 1 9 0 4 2 8"), abs=1e-4)
    assert found["score"] == pytest.approx(best["sound"] + best["language"] + 8.0, abs=1e-2)
    assert len(found["times"]) == 8


def test_files_are_transcribed_with_a_language_model(capsys):
    sound = next(asset.path("clips").glob("digits.flac"))
    said = {}
    for alpha in (0, 3):
        weigh = ("--decode", "beam", "--lm", "words", "--alpha", alpha, "--beta", 0)
        code, said[alpha], _ = run(capsys, "transcribe", sound, "--recogniser", "digits", *weigh)
        assert code == 0
    assert said[0].split() == list("73190428")
    assert len(said[3].split()) < 8, "a language that knows none of these words hears few of them"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["lm", "train", "TEXT", "--order", "11", "--out", "OUT"], 2, "1 to 10"),
        (["lm", "train", "TEXT", "--prune", "2", "--out", "OUT"], 2, "--prune"),
        (["lm", "train", "EMPTY", "--out", "OUT"], 3, "no sentence"),
        (["lm", "train", "BYTES", "--out", "OUT"], 3, "UTF-8"),
        (["lm", "train", "MISSING", "--out", "OUT"], 3, "missing.txt"),
        (["lm", "eval", "TEXT", "TEXT"], 3, "ARPA header"),
        (["lm", "eval", "latin", "TEXT"], 3, "characters, words"),
        (["lm", "sample", "words", "--count", "0"], 2, "--count"),
        (["inspect", "digits-lstm-128", "--decode", "beam"], 2, "--wav"),
        (["inspect", "digits-lstm-128", "--lm", "words"], 2, "--decode beam"),
        (["eval", "digits-lstm-128", "--decode", "beam", "--alpha", "1"], 2, "--lm"),
        (["eval", "digits-lstm-128", "--decode", "beam", "--lm", "words", "--alpha", "9"], 2, "0 to 3"),
        (["eval", "denoiser", "--decode", "beam", "--denoise", "denoiser"], 2, "--denoise"),
        (["transcribe", "SOUND", "--recogniser", "digits", "--lm", "words"], 2, "--decode beam"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(capsys, tmp_path, text, arguments, code, words):
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "bytes.txt").write_bytes(bytes(range(256)))
    names = {
        "TEXT": text,
        "SOUND": next(asset.path("clips").glob("digits.flac")),
        "OUT": tmp_path / "out.npz",
        "EMPTY": tmp_path / "empty.txt",
        "BYTES": tmp_path / "bytes.txt",
        "MISSING": tmp_path / "missing.txt",
    }
    found, out, said = run(capsys, *[names.get(each, each) for each in arguments])
    assert (found, out) == (code, "")
    assert words in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out.npz").exists()
