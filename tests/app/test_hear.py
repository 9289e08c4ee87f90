"""`otoscope hear` and `otoscope probe`: what they write, what they say, and what they refuse."""

from __future__ import annotations

import json

import pytest
import soundfile

from app import cli
from engine.probes import decode, probing


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(decode, "SPEECH", ("digits", "speech-2"))
    monkeypatch.setattr(decode, "SPEEDS", (1.0,))
    for name, value in (("LEARNT", 3), ("TRIED", 2), ("POINTS", 3)):
        monkeypatch.setattr(probing, name, value)


def test_a_layer_is_written_as_sound(quick, tmp_path, capsys):
    out = tmp_path / "x.wav"
    asked = ["hear", "cat", "--network", "phonemes-lstm-32", "--layer", "2", "--units", "1,4-9", "--json"]
    assert cli.main([*asked, "--out", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["layer"] == 2
    assert told["correlation"] > told["shuffled states"] + 0.2
    sound, rate = soundfile.read(out)
    assert (rate, len(sound)) == (16000, round(told["seconds"] * 16000))
    assert 0.001 < abs(sound).max() <= 1


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--layer", "9"], 3, "0 (what it hears) to 2"),
        (["--units", "5-2"], 2, "write units as 1,5-9"),
        (["--mute", "99"], 3, "0 to 31"),
        (["--out", "/nowhere/x.wav"], 2, "make it first"),
    ],
)
def test_what_cannot_be_heard_is_refused_in_words(quick, capsys, more, code, words):
    assert cli.main(["hear", "cat", "--network", "phonemes-lstm-32", *more]) == code
    assert words in capsys.readouterr().err


def test_a_sound_that_is_not_there_is_named(capsys):
    assert cli.main(["hear", "gone.wav", "--network", "phonemes-lstm-32"]) == 3
    assert "gone.wav" in capsys.readouterr().err


def test_what_is_stored_is_told_as_a_table_and_as_json(quick, capsys):
    assert cli.main(["probe", "phonemes-lstm-32", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["seconds"] == [0.0, 0.3, 0.6]
    assert set(told["accuracy"]) == set(told["horizon"]) == {"1", "2"}
    assert cli.main(["probe", "phonemes-lstm-32"]) == 0
    assert "more than half of it is kept for: layer 1" in capsys.readouterr().out
