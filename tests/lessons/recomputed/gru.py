"""Lesson 3: numbers of its steps, found in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from engine import exercise
from tests.lessons.recomputed.step import figure, share, step, torch_like, wrong

if TYPE_CHECKING:
    from engine.lessons.lesson import Outcome
    from tests.lessons.recomputed.step import Nets


@step(3, "plan")
def _(outcome: Outcome, nets: Nets) -> None:
    assert float(outcome.answer) == 100 * (1 - 0.5) ** 3


@step(3, "torch")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == 2 * 3 * 8, "two biases, each of three blocks of 8"


@step(3, "conventions")
def _(outcome: Outcome, nets: Nets) -> None:
    weights = exercise.cell("gru-seed").weights
    u, w, x = weights["U"], weights["W"], np.random.default_rng(4).standard_normal((30, 5, 1))
    none = {"b": np.zeros((24, 1)), "d": np.zeros((8, 1))}
    with torch.no_grad():
        theirs = torch_like("gru", dict(weights) | none)(torch.tensor(x.transpose(0, 2, 1)))[0].numpy()[:, 0]
    h, apart = np.zeros(8), 0.0
    for t, now in enumerate(x[:, :, 0]):
        r, z = (1 / (1 + np.exp(-(u[k : k + 8] @ h + w[k : k + 8] @ now))) for k in (0, 8))
        h = (1 - z) * h + z * np.tanh(u[16:] @ (r * h) + w[16:] @ now)
        apart = max(apart, float(np.abs(h - theirs[t]).max()))
    assert figure(outcome, "the same weights") == pytest.approx(apart, abs=0.0051)


@step(3, "size")
def _(outcome: Outcome, nets: Nets) -> None:
    gru, lstm = 3 * 128 * (128 + 161), 4 * 128 * (128 + 161 + 1)
    assert [figure(outcome, "GRU"), figure(outcome, "LSTM")] == [gru, lstm]
    assert float(outcome.answer) == round(100 * gru / lstm)
    edits, count = wrong("phonemes-gru-128", exercise.unheard("phonemes", 8), "phone")
    share(outcome, "phonemes wrong, a trained GRU", edits / count)


@step(3, "phonemes")
def _(outcome: Outcome, nets: Nets) -> None:
    edits, count = wrong("phonemes-gru-32", exercise.unheard("phonemes", 16), "phone")
    assert float(outcome.answer) == pytest.approx(100 * edits / count, abs=0.051)
