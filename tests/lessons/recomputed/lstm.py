"""Lesson 2: numbers of its steps, found in another way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine import asset, exercise
from engine.trace import Key
from tests.lessons.recomputed.step import figure, right, share, step, torch_like, traced
from widgets.memory import half_life

if TYPE_CHECKING:
    from engine.lessons.lesson import Outcome
    from tests.lessons.recomputed.step import Nets


@step(2, "vanishing")
def _(outcome: Outcome, nets: Nets) -> None:
    theirs = torch_like("rnn", exercise.cell("rnn", hidden=16).weights)
    x = torch.tensor(np.random.default_rng(2).standard_normal((60, 5, 1)).transpose(0, 2, 1))
    first = torch.zeros(1, 1, 16, dtype=torch.float64, requires_grad=True)
    (0.25 * theirs(x, first)[1]).sum().backward()  # an error of length 1 at the end
    left = float(first.grad.norm())  # type: ignore[union-attr]
    assert float(outcome.answer) == pytest.approx(left ** (1 / 60), abs=0.0051)
    assert figure(outcome, "what is left") == pytest.approx(left, rel=0.5)


@step(2, "equal")
def _(outcome: Outcome, nets: Nets) -> None:
    lstm, rnn = (sum(each.numel() for each in make(5, 8).parameters()) for make in (torch.nn.LSTM, torch.nn.RNN))
    assert float(outcome.answer) == lstm / rnn


@step(2, "highway")
def _(outcome: Outcome, nets: Nets) -> None:
    assert figure(outcome, "forget gate open") == pytest.approx((1 / (1 + math.exp(-12.0))) ** 60, abs=6e-4)
    assert figure(outcome, "forget gate half open") == pytest.approx(0.5**60, rel=0.5)


@step(2, "gates")
def _(outcome: Outcome, nets: Nets) -> None:
    gate = traced("digits-lstm-128", asset.open_bundled("digits")).series[Key("gate.f", 1)]
    seconds = half_life(gate.values) / gate.rate
    assert float(outcome.answer) == pytest.approx(seconds.max(), abs=0.051)
    assert figure(outcome, "median") == pytest.approx(1000 * np.median(seconds), abs=0.51)
    assert figure(outcome, "one step") == 30.0


@step(2, "recall")
def _(outcome: Outcome, nets: Nets) -> None:
    share(outcome, "simple RNN", right(*nets[0]))
    share(outcome, "LSTM", right(*nets[1]))
