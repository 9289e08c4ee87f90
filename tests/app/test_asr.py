"""K039: recognisers side by side on the same recordings, against jiwer's figures of the texts that they wrote."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING, Any

import jiwer
import pytest

from app import asr, cli
from app.cli import UsageError
from engine import asset, normaliser, wer
from engine.texts import TextError
from widgets import comparison

if TYPE_CHECKING:
    from pathlib import Path

SAID = {"digits": "Seven three one nine zero zero four two eight", "digits-2": "five zero six two nine eight one"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in SAID.items():
        shutil.copy(asset.path("clips", f"{name}.flac"), tmp_path)
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    return tmp_path


def test_any_two_are_set_beside_each_other(folder: Path, tmp_path: Path, capfd: Any) -> None:
    out = tmp_path / "new" / "files.csv"
    asked = ["bench", "asr", "--models", "digits,speech", "--folder", str(folder), "--out", str(out), "--json"]
    assert cli.main(asked) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["normaliser"] == normaliser.DEFAULT
    assert [row["recogniser"] for row in told["rows"]] == ["digits", "speech"]
    plain = normaliser.NORMALISERS[normaliser.DEFAULT]
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["file"] for row in rows) == ["digits-2.flac", "digits.flac"]
    for row in told["rows"]:
        name = row["recogniser"]
        files = told["files"][name]
        texts = [(plain(SAID[each["name"].removesuffix(".flac")]), plain(each["text"])) for each in files]
        wanted = jiwer.wer([said for said, _ in texts], [heard for _, heard in texts])
        assert row["wer"]["error"] == pytest.approx(wanted)
        assert f"WER {wanted:.1%}" in row["said"]
        assert 0 < row["factor"] < 50
        assert row["memory"] > 1e6
        for line, (said, heard) in zip(rows, texts, strict=True):
            assert float(line[f"{name} WER (english)"]) == pytest.approx(jiwer.wer(said, heard), abs=1e-4)
    assert told["rows"][0]["wer"]["error"] < told["rows"][1]["wer"]["error"], "one of them knows digits alone"
    from PySide6.QtGui import QImage

    assert QImage(str(out.with_suffix(".png"))).width() >= 700


def test_languages_are_told_apart(folder: Path, capfd: Any) -> None:
    lines = [f"{name}.flac\t{text}\t{code}" for (name, text), code in zip(SAID.items(), ("en", "he"), strict=True)]
    (folder / "manifest.tsv").write_text("\n".join(["file\tlabel\tlanguage", *lines]) + "\n", encoding="utf-8")
    assert cli.main(["bench", "asr", "--models", "digits", "--folder", str(folder), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["normaliser"] == "unicode", "not all of it is English"
    (row,) = told["rows"]
    assert {name: each["wer"]["N"] for name, each in row["languages"].items()} == {"en": 9, "he": 7}
    for kind in "SDI":
        assert sum(each["wer"][kind] for each in row["languages"].values()) == row["wer"][kind]


def test_a_tag_of_english_is_english_however_it_is_written(folder: Path) -> None:
    manifest = folder / "manifest.tsv"
    manifest.write_text("file\tlabel\tlanguage\ndigits.flac\tseven\ten_US\n", encoding="utf-8")
    (item,) = asr.items(folder)
    assert item.language == "en-us"
    assert wer.usual([wer.Text("digits", item.text, "", item.language)]) == "english"
    manifest.write_text("file\tlabel\tlanguage\ndigits.flac\tseven\tno tag\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"manifest\.tsv: 'no tag' names no language"):
        asr.items(folder)


def test_a_manifest_of_another_program_is_read_as_it_stands_or_named(folder: Path) -> None:
    """With a byte order mark, quotation marks that are part of a text, and rows in which something is missing."""
    manifest = folder / "manifest.tsv"
    rows = 'file\tlabel\r\ndigits.flac\t"Seven,\N{LINE SEPARATOR} he said\r\n\tno file\r\nspeech-1.flac\r\n'
    manifest.write_bytes(rows.encode("utf-8-sig"))
    assert [(item.name, item.text) for item in asr.items(folder)] == [
        ("digits.flac", '"Seven,\N{LINE SEPARATOR} he said')
    ]
    manifest.write_bytes(b"file\tlabel\ndigits.flac\tcaf\xe9\n")
    with pytest.raises(TextError, match=r"manifest\.tsv is no text in UTF-8"):
        asr.items(folder)


def test_the_scatter_has_a_point_for_every_recording() -> None:
    lines, x, y = comparison.scatter({"a": [0.0, 0.5, 1.0], "b": [0.25, 0.5, 0.0]}, "WER (english)")
    assert [(each.x.tolist(), each.y.tolist()) for each in lines[1:]] == [
        ([0.0], [25.0]),
        ([50.0], [50.0]),
        ([100.0], [0.0]),
    ]
    assert lines[0].x.tolist() == lines[0].y.tolist() == [0.0, 100.0]
    assert x.name == "WER (english) of a, %"
    assert y.name == "b, %: 1 better, 1 worse"
    three, _, _ = comparison.scatter({"a": [0.0, 0.5], "b": [0.25, 0.5], "c": [1.0, 1.0]}, "WER (english)")
    assert [each.end for each in three if each.end] == ["equal", "b: 0 better, 1 worse", "c: 0 better, 2 worse"]


@pytest.mark.parametrize("models", ["no-such-recogniser", "wav2vec2"], ids=["unknown", "without weights"])
def test_what_is_not_here_is_said_in_a_line(models: str, capfd: Any) -> None:
    assert cli.main(["bench", "asr", "--models", models]) == cli.BAD_FILE
    told = capfd.readouterr().err
    assert models in told
    assert "Traceback" not in told
    assert len(told.strip().splitlines()) == 1


def test_a_place_that_cannot_be_written_is_said_before_anything_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.setattr(asr, "_measured", lambda *_: pytest.fail("it is measured"))
    (folder / "note").write_text("")
    for out, words in (
        (folder, "is a folder; name a file in it"),
        (folder / "note" / "x.csv", "cannot be written"),
    ):
        assert cli.main(["bench", "asr", "--models", "digits", "--out", str(out)]) == 2
        assert words in capfd.readouterr().err


def test_labels_beside_a_sound_say_what_is_said(tmp_path: Path) -> None:
    for name in ("digits", "speech-1"):
        for ending in (".flac", ".tsv"):
            shutil.copy(asset.path("clips", name + ending), tmp_path)
    found = {each.name: each.text for each in asr.items(tmp_path)}
    assert found["digits.flac"].split() == list(asset.open_bundled("digits").text("digit"))
    assert found["speech-1.flac"] == "Below him the shadow was broken into a pool of rippling starlight."
    (tmp_path / "digits.txt").write_text("seven", encoding="utf-8")
    assert {each.name: each.text for each in asr.items(tmp_path)}["digits.flac"] == "seven", "a text comes first"
    (tmp_path / "speech-1.tsv").write_bytes(b"\xff\x00start")
    with pytest.raises(TextError, match=r"speech-1\.tsv"):
        asr.items(tmp_path)


def test_a_folder_without_texts_is_said(tmp_path: Path, capfd: Any) -> None:
    assert cli.main(["bench", "asr", "--models", "digits", "--folder", str(tmp_path)]) == cli.USAGE
    assert "no sound with its text" in capfd.readouterr().err
