"""The commands that measure denoisers: what they refuse, what they print and write."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from app import cli, masking, rivalry, understanding
from engine import masked, rivals, understood, unheard
from engine.events import Progress
from engine.quality import Score
from engine.unheard import Planned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONE = Planned(0, 0, "a.flac", "b", "rain", ("c.flac",), "", -5.0, -20.0)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["bench", "denoise", "--mixtures", "0"], "1 to 2000"),
        (["bench", "denoise", "--out", "a.txt"], ".csv or .json"),
        (["bench", "start", "--mixtures", "3"], "bench denoise"),
        (["report", "mask", "--keep", "2"], "0 to 1"),
        (["report", "mask", "--out", "a.json"], ".csv"),
        (["report", "mask", "--mixtures", "0"], "1 to 2000"),
        (["eval", "digits", "--denoise", "wiener", "--leave-one-out"], "one of the two"),
    ],
)
def test_what_does_not_fit_is_refused(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == cli.USAGE
    assert said in capsys.readouterr().err


def contest() -> rivals.Contest:
    rows = tuple(
        rivals.Heard(name, ONE, {"si_sdr": Score(value)}) for name, value in (("noisy", -5.0), ("it", 6.25))
    )
    return rivals.Contest(rows, {"it": rivals.Facts(1234, 32.0, None, 0.01)}, ("other: pip install other",))


def test_the_contest_as_table_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    rivalry.show(contest(), Console(width=200))
    shown = capsys.readouterr().out
    for part in ("6.25 [6.25, 6.25]", "1,234", "all", "-5 dB", "rain", "absent: other: pip install other"):
        assert part in shown
    rivalry.write(contest(), (ONE,), tmp_path / "figures.csv")
    table = list(csv.DictReader((tmp_path / "figures.csv").read_text().splitlines()))
    assert {(row["denoiser"], row["by"], row["group"], float(row["mean"])) for row in table} >= {
        ("it", "SNR", "-5 dB", 6.25),
        ("noisy", "noise", "rain", -5.0),
    }
    assert "a.flac" in (tmp_path / "figures.mixtures.tsv").read_text()
    rivalry.write(contest(), (ONE,), tmp_path / "all.json")
    plain = json.loads((tmp_path / "all.json").read_text())
    assert plain["mixtures"][0]["speech"] == "a.flac"
    assert plain["scores"][1] == {"denoiser": "it", "mixture": 0, "si_sdr": 6.25}


def test_ctrl_c_shows_what_is_there_and_rows_are_written_as_they_come(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, made = tmp_path / "all.json", contest()

    def held(*_: object, **__: object) -> Iterator[Any]:
        try:
            for row in made.rows:
                yield Progress(0.5, f"mixture 1 of 1: {row.rival}")
                yield row
            assert len((tmp_path / "all.rows.jsonl").read_text().splitlines()) == 2
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            yield dataclasses.replace(made, absent=("what comes after mixture 1 of 1: stopped",))

    monkeypatch.setattr(rivals, "contest", held)
    monkeypatch.setattr(rivals, "found", lambda peers: ((), ()))
    monkeypatch.setattr(unheard, "plan", lambda count: (ONE,))
    monkeypatch.setattr(rivalry, "_pool", contextlib.nullcontext)
    assert cli.main(["bench", "denoise", "--mixtures", "1", "--out", str(out)]) == cli.STOPPED
    said = capsys.readouterr()
    assert "mixture 1 of 1: noisy" in said.err
    assert "6.25" in said.out
    assert "stopped" in said.out
    assert len(json.loads(out.read_text())["scores"]) == 2


def test_the_mask_as_a_table() -> None:
    row = masked.Row("rain", 3, (0.1,) * 6, (9,) * 6, -1.5, None)
    lines = list(csv.DictReader(masking.as_csv(masked.Masked("it", "noise_type", (row,), "")).splitlines()))
    assert lines[0]["noise_type"] == "rain"
    assert lines[0]["gain 0-0.25 kHz"] == "0.1"
    assert lines[0]["count 4-8 kHz"] == "9"
    assert (lines[0]["speech dB"], lines[0]["pauses dB"]) == ("-1.5", "")


def test_before_and_after_stand_beside_each_other() -> None:
    row = understood.Understanding(5.0, 60, (0.5, 0.4, 0.6), (0.25, 0.2, 0.3), (0.25, 0.1, 0.35))
    text = understanding.table(understood.Understood("net", "it", "DER", 12, (row,), "noises"))
    assert "5 dB      60  50.0 [40.0, 60.0]    25.0 [20.0, 30.0]    25.0 [10.0, 35.0]" in text
