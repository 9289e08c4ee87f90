"""Lesson 7: numbers of its steps, found in another way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine import exercise
from tests.lessons.recomputed.step import answers, at_most, figure, figures, right, share, step, torch_like

if TYPE_CHECKING:
    from engine.lessons.lesson import Outcome
    from tests.lessons.recomputed.step import Nets


@step(7, "gradients")
def _(outcome: Outcome, nets: Nets) -> None:
    at_most(outcome, 1e-6)
    assert outcome.answer == "by a millionth at most"


@step(7, "torch")
def _(outcome: Outcome, nets: Nets) -> None:
    at_most(outcome, 1e-10)


@step(7, "radius")
def _(outcome: Outcome, nets: Nets) -> None:
    for radius in (0.5, 0.9, 1.0, 1.1, 1.5):
        assert figure(outcome, f"spectral radius {radius:g}") == pytest.approx(radius**50, rel=0.5)
    assert int(outcome.answer) == round(1.1**50)


@step(7, "clipping")
def _(outcome: Outcome, nets: Nets) -> None:
    theirs = torch_like("lstm", exercise.cell("lstm").weights)
    x = np.random.default_rng(11).standard_normal((40, 5, 4))
    theirs(torch.tensor(x.transpose(0, 2, 1)))[0].sum().backward()
    grads = [each.grad.numpy() for name, each in theirs.named_parameters() if name != "bias_hh_l0"]
    before = np.concatenate([each.ravel() for each in grads])
    cut = np.clip(before, -0.05, 0.05)
    turned = math.degrees(math.acos(before @ cut / np.linalg.norm(before) / np.linalg.norm(cut)))
    assert figures(outcome, "length before") == pytest.approx([np.linalg.norm(before), 1.0], abs=0.051)
    assert figure(outcome, "turned") == pytest.approx(turned, abs=0.51)


@step(7, "truncation")
def _(outcome: Outcome, nets: Nets) -> None:
    share(outcome, "the error goes back", right(*nets[0]))
    share(outcome, "it stops", right(*nets[1]))


@step(7, "echo")
def _(outcome: Outcome, nets: Nets) -> None:
    ((net, task),) = nets
    share(outcome, "right answers", right(net, task))
    symbols, classes = task.item("test", 0)
    x = torch.tensor(task.table[symbols], dtype=torch.float64, requires_grad=True)
    asked = torch.tensor(classes > 0)
    torch.nn.functional.cross_entropy(answers(net, x)[asked], torch.tensor(classes)[asked]).backward()
    assert x.grad is not None
    echo = x.grad.norm(dim=1).numpy()
    place = next(n for n, symbol in enumerate(symbols) if symbol in (1, 2))
    times = echo[place] / np.median(np.delete(echo[:-1], place))
    assert figure(outcome, "the tone") == pytest.approx(times, abs=0.51)
