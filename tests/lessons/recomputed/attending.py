"""Lesson 9: numbers of its steps, found in another way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine import asset, build, exercise
from engine.trace import Key
from tests.lessons.recomputed.step import at_most, figure, figures, step, torch_like, traced, wrong

if TYPE_CHECKING:
    from engine.lessons.lesson import Outcome
    from tests.lessons.recomputed.step import Nets


@step(9, "attention")
def _(outcome: Outcome, nets: Nets) -> None:
    at_most(outcome, 1e-12)
    assert float(outcome.answer) == 1.0


@step(9, "reach")
def _(outcome: Outcome, nets: Nets) -> None:
    heard = np.random.default_rng(16).standard_normal((60, 8, 1))
    x = torch.tensor(heard.transpose(0, 2, 1), requires_grad=True)
    torch_like("rnn", exercise.cell("rnn", 8, 8).weights)(x)[0][-1].sum().backward()
    assert x.grad is not None
    norms = x.grad[:, 0].norm(dim=1)
    assert figure(outcome, "RNN") == pytest.approx(float(norms[0] / norms[-1]), rel=0.5)
    parts = exercise.draw({name: (8, 8) for name in ("W_q", "W_k", "W_v")}, 14, 0.1)
    frames = torch.tensor(heard[:, :, 0])
    fits = (frames[-1] @ torch.tensor(parts["W_q"]).T) @ (frames @ torch.tensor(parts["W_k"]).T).T / math.sqrt(8)
    shares = fits.softmax(0)
    assert figure(outcome, "attention") == pytest.approx(float(shares[0] / shares[-1]), abs=0.0051)


@step(9, "field")
def _(outcome: Outcome, nets: Nets) -> None:
    clip = asset.open_bundled("phonemes")
    assert figure(outcome, "RNN, trained: the most from later frames") == 0.0
    assert figures(outcome, "phonemes that the RNN") == list(wrong("phonemes-rnn-128", [clip], "phone"))
    module = build.build(exercise.network("phonemes-rnn-128")).double()
    x = torch.tensor(traced("phonemes-rnn-128", clip).series[Key("features")].values)[:120].double()
    reached = []
    with torch.no_grad():
        base = module(x[None], torch.tensor([120]))[0][0]
        for t in range(0, 120, 4):  # what moves when a moment of the sound is left out?
            less = x.clone()
            less[t] = 0.0
            moved = (module(less[None], torch.tensor([120]))[0][0] - base).abs().max(1).values
            assert float(max(moved[:t], default=0.0)) < 1e-9, "an answer before it"
            reached.append(float(moved[t:].max()))
    assert max(reached) > 0.1


@step(9, "reading")
def _(outcome: Outcome, nets: Nets) -> None:
    edits, count = wrong("digits-lstm-128", [asset.open_bundled("digits")], "digit")
    assert (int(outcome.answer), count) == (edits, 8)
