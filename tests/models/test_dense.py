"""The dense network sees as many frames as it says, counts as it should, and a budget finds its size."""

from __future__ import annotations

from typing import Any

import pytest

from engine import budget, build, checkpoint
from engine.knob import KnobError
from engine.models import dense, recurrent
from engine.stepper import NotLive, Stepper


def test_its_parameters_are_those_of_the_formula() -> None:
    settings = dense.Settings(hidden=7, layers=2, context=1)
    assert budget.count("dense", settings, 5, 3) == (3 * 5 * 7 + 7) + (7 * 7 + 7) + (7 * 3 + 3)


def test_a_frame_alone_is_a_function_of_that_frame() -> None:
    import torch

    module = build.fresh("dense", dense.Settings(hidden=8), 4, 3, 0).eval()
    frames = torch.randn(1, 6, 4)
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    plain, mixed = (module(each, torch.tensor([6]))[0] for each in (frames, frames[:, order]))
    torch.testing.assert_close(plain[:, order], mixed)


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("dense", dense.Settings()),
        *(("recurrent", recurrent.Settings(cell=c, layers=1)) for c in ("rnn", "lstm", "gru")),
    ],
)
@pytest.mark.parametrize("wanted", [3000, 50_000])
def test_a_budget_finds_the_nearest_size(model, settings, wanted) -> None:
    best: Any = budget.fit(model, settings, 40, 11, wanted)

    def away(hidden: int) -> int:
        return abs(budget.count(model, settings.but(hidden=hidden), 40, 11) - wanted)

    assert away(best.hidden) == min(away(hidden) for hidden in range(1, best.hidden + 200))
    module = build.fresh(model, best, 40, 11, 0)
    assert budget.count(model, best, 40, 11) == sum(each.numel() for each in module.parameters())


def test_a_budget_that_nothing_meets_is_said() -> None:
    with pytest.raises(KnobError, match="no recurrent has about 10 parameters"):
        budget.fit("recurrent", recurrent.Settings(), 40, 11, 10)


def test_it_says_that_it_does_not_run_live() -> None:
    network = checkpoint.untrained("phonemes", dense.Settings(), model="dense")
    with pytest.raises(NotLive, match="no recurrent network"):
        Stepper(network)
