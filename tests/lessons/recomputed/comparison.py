"""Lesson 4: numbers of its steps, found in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import scipy.stats

from engine import catalog, exercise
from tests.lessons.recomputed.step import at_most, figure, figures, right, share, step, wrong

if TYPE_CHECKING:
    from engine.lessons.lesson import Outcome
    from tests.lessons.recomputed.step import Nets


@step(4, "count")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == 4 * 128, "the second bias of four blocks"
    assert figures(outcome, "phonemes") == list(
        wrong("phonemes-lstm-128", exercise.unheard("phonemes", 8), "phone")
    )


@step(4, "equal")
def _(outcome: Outcome, nets: Nets) -> None:
    assert outcome.answer == "neither"
    at_most(outcome, 1e-12)


@step(4, "time")
def _(outcome: Outcome, nets: Nets) -> None:
    told = figure(outcome, "LSTM") / figure(outcome, "GRU")
    assert float(outcome.answer) == pytest.approx(told, rel=0.2)  # both rounded to milliseconds


@step(4, "error")
def _(outcome: Outcome, nets: Nets) -> None:
    module: Any = catalog.load("lessons", "comparison")
    clips = [module._noisy(clip, number) for number, clip in enumerate(exercise.unheard("phonemes", module.CLIPS))]
    for kind in ("lstm", "gru"):
        edits, count = wrong(f"phonemes-{kind}-128", clips, "phone")
        span = scipy.stats.binomtest(edits, count).proportion_ci(method="wilson")
        wanted = [100 * each for each in (edits / count, span.low, span.high)]
        assert figures(outcome, kind.upper()) == pytest.approx(wanted, abs=0.06)


@step(4, "length")
def _(outcome: Outcome, nets: Nets) -> None:
    names = [f"{kind}, a pause of {delay}" for delay in (5, 20) for kind in ("LSTM", "GRU")]
    for name, net in zip(names, nets, strict=True):
        share(outcome, name, right(*net))
