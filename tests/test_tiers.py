"""Labels in files beside a sound: TIMIT's, Praat's and our own, and what is opened where they are damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app import commands, jobs
from engine import tiers
from engine.events import Notice, Opened
from tests.corpora import layouts

if TYPE_CHECKING:
    from pathlib import Path


def test_labels_beside_a_sound_are_read(tmp_path: Path) -> None:
    sound = layouts.sound(tmp_path / "x.wav", 1.0)
    assert tiers.beside(sound) == ()
    (tmp_path / "x.PHN").write_text("0 1600 h#\n1600 3200 ix\n")
    (tmp_path / "x.wrd").write_text("1600 3200 in it\n")
    (tmp_path / "x.TextGrid").write_text(layouts.GRID)
    (tmp_path / "x.tsv").write_text("start\tend\ttext\ttier\n0.5\t0.75\thello\ttext\n")
    found = [(each.tier, each.text, round(each.start, 3), round(each.end, 3)) for each in tiers.beside(sound)]
    assert found == [
        ("text", "hello", 0.5, 0.75),
        ("phone", "ih", 0.1, 0.2),
        ("word", "in it", 0.1, 0.2),
        ("MAU", "<p:>", 0.0, 0.2),
        ("MAU", "k", 0.2, 0.4),
        ("MAU", "{", 0.4, 0.6),
        ("MAU", "?", 0.6, 1.0),
    ]
    (tmp_path / "x.TextGrid").write_text("nothing")
    with pytest.raises(ValueError, match=r"x\.TextGrid holds no tier"):
        tiers.beside(sound)


def test_a_file_is_opened_with_them(tmp_path: Path) -> None:
    sound = layouts.sound(tmp_path / "x.wav", 1.0)
    (tmp_path / "x.phn").write_text("0 1600 h#\n1600 3200 ix\n")
    *_, opened = jobs.open_file(sound)
    assert isinstance(opened, Opened)
    assert opened.clip.text("phone") == ("ih",)
    assert opened.clip.name == "x"
    (tmp_path / "x.phn").write_text("0 h#\n")
    *_, told, opened = jobs.open_file(sound)
    assert isinstance(told, Notice)
    assert "x.wav is read without the labels beside it" in told.text
    assert "x.phn, line 1" in told.text
    assert isinstance(opened, Opened)
    assert opened.clip.labels == ()


def test_a_language_that_cannot_be_read_takes_no_labels_away_and_labels_no_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = layouts.sound(tmp_path / "x.wav", 1.0)
    (tmp_path / "x.phn").write_text("0 1600 h#\n1600 3200 ix\n")
    (tmp_path / "manifest.tsv").write_text("file\tlanguage\nx.wav\tno tag\n")
    *_, told, opened = jobs.open_file(sound)
    assert isinstance(told, Notice)
    assert "x.wav is read without the language beside it" in told.text
    assert "manifest.tsv, line 2: 'no tag'" in told.text
    assert isinstance(opened, Opened)
    assert (opened.clip.text("phone"), opened.clip.language) == (("ih",), "")
    assert commands.open_sound(sound).text("phone") == ("ih",)
    assert "without the language" in capsys.readouterr().err
    (tmp_path / "manifest.tsv").write_text("file\tlanguage\nx.wav\the\n")
    (tmp_path / "x.phn").write_text("0 h#\n")
    opened = list(jobs.open_file(sound))[-1]
    assert isinstance(opened, Opened)
    assert (opened.clip.labels, opened.clip.language) == ((), "he")
