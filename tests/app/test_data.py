"""`otoscope data list`: every data set with its licence and size, where it is or where to put it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app import cli
from tests.corpora import layouts

if TYPE_CHECKING:
    from pathlib import Path

WANTED = ("TIMIT", "Speech Commands", "GTZAN", "UrbanSound8K", "DNS", "VCTK-DEMAND", "Synthetic")


@pytest.mark.parametrize("known", [False, True])
def test_every_data_set_is_named_with_its_place(
    known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if known:
        monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path))
    else:
        monkeypatch.delenv("OTOSCOPE_DATA", raising=False)
    assert cli.main(["data", "list"]) == 0
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert lines[0] == (
        f"OTOSCOPE_DATA is {tmp_path}" if known else "OTOSCOPE_DATA is not set: let it name a folder for data sets"
    )
    for title in WANTED:
        (at,) = [number for number, line in enumerate(lines) if line.startswith(f"{title} (")]
        assert "licence: " in lines[at + 2]
        assert ("here: made here" if title == "Synthetic" else "not here: get it (") in lines[at + 3]
    assert "timit/train/dr1/fcjf0/sa1.phn" in said


def test_what_is_here_is_found_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path))
    for maker in layouts.MAKERS.values():
        maker(tmp_path)
    (tmp_path / "speech_commands" / "testing_list.txt").unlink()
    assert cli.main(["data", "list", "--json"]) == 0
    rows = {row["title"]: row for row in json.loads(capsys.readouterr().out)}
    assert set(WANTED) <= set(rows)
    assert rows["UrbanSound8K"]["clips"] == {"train": 8, "valid": 1, "test": 1}
    assert rows["DNS"]["clips"] == {"train": 18, "valid": 2, "test": 2}
    assert rows["TIMIT"]["here"] == str(tmp_path / "timit")
    assert "testing_list.txt cannot be read" in rows["Speech Commands"]["trouble"]
    assert cli.main(["data", "list"]) == 0
    said = capsys.readouterr().out
    assert "(18 train, 2 valid, 2 test clips)" in said
    assert "but: " in said
