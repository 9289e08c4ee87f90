"""`otoscope gradcheck`: right gradients pass, and a broken one is found and ends with 1."""

from __future__ import annotations

from typing import Any

import pytest

from app import cli, gradcheck
from engine.scratch.exchange import CELLS
from engine.scratch.gru import SeedGru, TorchGru
from engine.scratch.lstm import Lstm
from engine.scratch.rnn import Rnn


@pytest.mark.parametrize("kind", CELLS)
def test_every_gradient_of_every_cell_is_right(kind: str) -> None:
    found = gradcheck.checked(kind)
    names = {each.name for each in found}
    wanted = {f"layers.0.forwards.{name}" for name in CELLS[kind].shapes(2, 3)} | {"dense.V", "dense.b"}
    assert names == wanted
    assert max(each.error for each in found) < gradcheck.MOST


def test_stacks_in_both_directions_too() -> None:
    found = gradcheck.checked("lstm", layers=2, both=True)
    assert len(found) == 2 * 2 * 3 + 2
    assert max(each.error for each in found) < gradcheck.MOST


@pytest.mark.parametrize(
    ("options", "cell"),
    [
        (["--cell", "lstm"], Lstm),
        (["--cell", "rnn", "--lesson", "1"], Rnn),
        (["--cell", "gru"], TorchGru),
        (["--cell", "gru", "--variant", "seed"], SeedGru),
    ],
)
def test_a_broken_gradient_is_found(
    options: list[str], cell: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["gradcheck", *options]) == 0
    assert "agree" in capsys.readouterr().out
    right = cell.back

    def broken(self: Any, t: int) -> None:
        right(self, t)
        if t == 7:
            self.dh *= 1.001  # a thousandth too much, at one step of thirty

    monkeypatch.setattr(cell, "back", broken)
    assert cli.main(["gradcheck", *options]) == 1
    said = capsys.readouterr().out
    assert "broken" in said
    assert "layers.0.forwards.U" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--cell", "lstm", "--variant", "seed"], "leave it out"),
        (["--cell", "lstm", "--lesson", "1"], "--cell rnn"),
    ],
)
def test_what_does_not_fit_together_is_said(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["gradcheck", *options]) == cli.USAGE
    assert words in capsys.readouterr().err
