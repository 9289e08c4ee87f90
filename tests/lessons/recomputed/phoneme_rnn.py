"""Lesson 1: numbers of its steps, found in another way."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from engine import asset
from tests.lessons.recomputed.step import figure, right, share, step, traced

if TYPE_CHECKING:
    from engine.lessons.lesson import Outcome
    from tests.lessons.recomputed.step import Nets


@step(1, "cat")
def _(outcome: Outcome, nets: Nets) -> None:
    lines = asset.path("clips", "cat.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    told = [(f"/{text}/", f"{float(a):.2f} to {float(b):.2f} s") for a, b, text, tier in rows if tier == "phone"]
    assert list(outcome.values) == told
    assert outcome.answer == str(len(told))
    assert [label.text for label in traced("phonemes-rnn-128", asset.open_bundled("cat")).text] == ["k", "æ", "t"]


@step(1, "ceiling")
def _(outcome: Outcome, nets: Nets) -> None:
    (net, task), counts = nets[0], Counter[tuple[int, int]]()
    for number in range(100):
        symbols, classes = task.item("test", number)
        counts.update(zip(symbols[1:].tolist(), classes[1:].tolist(), strict=True))
    best = sum(max(n for (symbol, _), n in counts.items() if symbol == each) for each in (1, 2, 3))
    share(outcome, "the ceiling", best / counts.total())
    share(outcome, "a dense network", right(net, task, alone=True))


@step(1, "equal")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == 8 * 5 + 8 * 8 + 8
    assert figure(outcome, "hidden state") < 1e-12


@step(1, "rule")
def _(outcome: Outcome, nets: Nets) -> None:
    share(outcome, "before", right(*nets[0]))
    share(outcome, "after", right(*nets[1]))


@step(1, "context")
def _(outcome: Outcome, nets: Nets) -> None:
    alone, together = right(*nets[0], alone=True), right(*nets[1])
    assert float(outcome.answer) == pytest.approx(100 * (together - alone), abs=0.51)
