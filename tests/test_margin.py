"""Margins: paired differences by hand, and what is said of them (K227)."""

from __future__ import annotations

from typing import Any

import pytest

from engine import margin
from engine.comparison import side


def rows(**values: list[float | None]) -> dict[str, Any]:
    return {name: {"SI-SDR gain": side([None] * 3), "error": side(each)} for name, each in values.items()}


def test_differences_are_taken_seed_by_seed() -> None:
    """Seeds scatter by 10 dB, their differences by 0.1: t(0.975, 2) = 4.30265, the standard deviation is 0.1."""
    found = rows(sum=[0.0, 10.0, 20.0], lowrank=[1.0, 11.1, 21.2], full=[0.1, 9.9, 20.0])
    for row in found.values():
        row["SI-SDR gain"] = row["error"]
    made = margin.margins(found)
    assert made is not None
    assert (made["side"], made["unit"], made["over"]) == ("SI-SDR gain", "dB", "sum")
    lowrank = made["networks"]["lowrank"]
    assert lowrank["values"] == pytest.approx([1.0, 1.1, 1.2])
    assert (lowrank["mean"], lowrank["ci95"]) == pytest.approx((1.1, 4.30265 * 0.1 / 3**0.5))
    words = margin.verdict(made)
    assert "lowrank over sum: +1.10 ± 0.25 dB, which is a sure one" in words
    assert "full over sum: -0.00 ± 0.25 dB, which is no sure difference" in words or "+0.00" in words


def test_of_errors_less_is_better() -> None:
    made = margin.margins(rows(rnn=[0.5, 0.6, 0.7], gru=[0.3, 0.4, 0.5]))
    assert made is not None
    assert made["side"] == "error"
    assert made["networks"]["gru"]["mean"] == pytest.approx(20.0)


def test_one_network_or_one_seed_says_nothing() -> None:
    assert margin.margins(rows(rnn=[0.5, 0.6, 0.7])) is None
    assert margin.margins(rows(rnn=[0.5, 0.6, 0.7], gru=[None, 0.1, 0.1])) is None
    made = margin.margins(rows(rnn=[0.5], gru=[0.3]))
    assert made is not None
    assert "says nothing of chance" in margin.verdict(made)
