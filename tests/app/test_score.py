"""`otoscope score`: rates with their parts and their normaliser, a diff of both texts, what cannot be read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import jiwer
import pytest
from rich.cells import cell_len

from app import cli, score
from engine import texts, wer

if TYPE_CHECKING:
    from pathlib import Path

SAID = "The cat sat on the mat; 21 cats did. Don't ask!"
FOUND = "a cat sat the mat twenty one cats did don't ask now"


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert cli.main(["score", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_two_texts_are_scored_with_what_they_were_normalised_by(tmp_path, capsys):
    folder = write(tmp_path, said=SAID, found=FOUND)
    out = told(capsys, folder / "said.txt", folder / "found.txt")
    assert "normalised by english" in out
    assert "WER 25.0% (S 1, D 1, I 1, N 12)" in out
    plain = told(capsys, folder / "said.txt", folder / "found.txt", "--normaliser", "none", "--json")
    assert json.loads(plain)["normaliser"] == "none"
    assert json.loads(plain)["wer"]["error"] == pytest.approx(jiwer.wer(SAID, FOUND))


def test_folders_are_one_corpus_and_a_missing_text_counts(tmp_path, capsys):
    ours = write(tmp_path / "r", a="one two three", b="four five six seven eight", c="nine ten")
    theirs = write(tmp_path / "h", a="one two tree", b="four five six seven eight", d="eleven")
    found = json.loads(told(capsys, ours, theirs, "--json"))
    assert found["wer"]["error"] == 3 / 10
    assert [each["wer"]["error"] for each in found["files"]] == [1 / 3, 0, 1]
    assert found["files"][0]["diff"] == [["substitute", "three", "tree"]]
    assert [note.split(" without")[0] for note in found["notes"]] == ["1 text (c)", "1 text (d)"]


def test_lines_are_clips_where_that_is_asked(tmp_path, capsys):
    folder = write(tmp_path, said="one two\n\nthree four", found="one two\n\nthree more")
    found = json.loads(told(capsys, folder / "said.txt", folder / "found.txt", "--lines", "--json"))
    assert [each["file"] for each in found["files"]] == ["said.txt:1", "said.txt:3"]
    assert found["wer"]["within"] == [0.0, 0.5]


@pytest.mark.parametrize(
    ("told", "name"), [("en_US", "english"), ("English", "english"), ("en_us", "english"), ("enm", "unicode")]
)
def test_english_is_english_however_a_table_writes_it(tmp_path, capsys, told, name):
    table = tmp_path / "all.tsv"
    table.write_text(f"language\tref\thyp\n{told}\t21 men\ttwenty one men\n", encoding="utf-8")
    assert cli.main(["score", str(table), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["normaliser"] == name


def test_a_table_is_scored_by_language(tmp_path, capsys):
    table = tmp_path / "two.tsv"
    rows = [
        ("file", "language", "ref", "hyp"),
        ("1", "fr", "Ça va", "ça va"),
        ("2", "ar", "مرحبا بالعالم", "مرحبا"),
        ("3", "fr", "il y a 2 chats", "il y a deux chats"),
    ]
    table.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    found = json.loads(told(capsys, table, "--json"))
    assert found["normaliser"] == "unicode"
    assert {name: each["wer"]["error"] for name, each in found["languages"].items()} == {"ar": 0.5, "fr": 1 / 7}
    out = told(capsys, table, "--diff")
    assert re.search(r"fr +2 +14\.3%", out)
    assert "ça va" in out


@pytest.mark.parametrize("width", [20, 60, 200])
def test_a_diff_is_both_texts_and_marks_stand_beneath_what_they_mark(width):
    aligned = wer.align(SAID, FOUND + " 你好 e\N{COMBINING ACUTE ACCENT}")
    lines = list(score.diff(aligned, width))
    assert all(cell_len(line) <= width for line in lines)
    rows = {head: [line for line in lines if line.startswith(head)] for head in ("REF", "HYP")}
    for head, text in (("REF", aligned.truth), ("HYP", aligned.found)):
        words = [word for line in rows[head] for word in line[5:].split()]
        assert tuple(word for word in words if set(word) != {"*"}) == text
    marks = [line.replace(" ", "") for line in lines if line and not line.startswith(("REF", "HYP"))]
    assert "".join(marks) == "SDIII"
    coloured = list(score.diff(aligned, width, colour=True))
    assert [re.sub(r"\x1b\[\d+m", "", line).rstrip() for line in coloured] == lines


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["said.txt"], 2, "one table (.tsv)"),
        (["said.txt", "found.txt", "--normaliser", "loud"], 2, "basic-en"),
        (["missing.txt", "found.txt"], 3, "missing.txt cannot be read"),
        ([".", "found.txt"], 3, "two folders"),
        (["empty.txt", "found.txt"], 3, "no word"),
        (["latin.txt", "found.txt"], 3, "save it in UTF-8"),
        (["zeros.txt", "found.txt"], 3, "is no text"),
        (["said.txt", "lines.txt", "--lines"], 3, "without --lines"),
        (["head.tsv"], 3, "names the columns"),
        (["short.tsv"], 3, "line 2: 1 columns"),
        (["none.tsv"], 3, "no rows"),
    ],
)
def test_what_cannot_be_scored_is_said(tmp_path, monkeypatch, capsys, arguments, code, said):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, said=SAID, found=FOUND, empty=" \n", lines="a\nb")
    (tmp_path / "latin.txt").write_bytes("déjà".encode("latin-1"))
    (tmp_path / "zeros.txt").write_bytes(b"a\0b")
    (tmp_path / "head.tsv").write_text("a\tb\n")
    (tmp_path / "short.tsv").write_text("ref\thyp\none\n")
    (tmp_path / "none.tsv").write_text("ref\thyp\n")
    assert cli.main(["score", *arguments]) == code
    assert said in capsys.readouterr().err


def test_a_text_is_read_with_a_byte_order_mark_and_in_utf_16(tmp_path):
    for coding in ("utf-8-sig", "utf-16"):
        (tmp_path / "text.txt").write_text("ça va", encoding=coding)
        assert texts.read(tmp_path / "text.txt") == "ça va"
