"""Replacing: whole or not at all, and nothing left behind."""

from __future__ import annotations

import pytest

from engine.replacing import replacing


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_what_breaks_off_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def broken() -> None:
        with replacing(path) as part:
            part.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        broken()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "no" / "a.txt") as part:
        part.write_text("new")


def test_others_may_read_it_as_any_file(tmp_path):
    plain, path = tmp_path / "plain.txt", tmp_path / "a.txt"
    plain.touch()
    with replacing(path) as part:
        part.unlink()
        part.touch(0o600)
    assert path.stat().st_mode == plain.stat().st_mode
