"""Lesson 8: numbers of its steps, found in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import asset, catalog
from engine.trace import Key
from tests.lessons.recomputed.step import figures, right, share, step, traced, wrong

if TYPE_CHECKING:
    from engine.lessons.lesson import Outcome
    from tests.lessons.recomputed.step import Nets


@step(8, "rate")
def _(outcome: Outcome, nets: Nets) -> None:
    shares = {rate: right(*net) for rate, net in zip(("0.0003", "0.01", "0.5"), nets, strict=True)}
    for rate, found in shares.items():
        share(outcome, f"rate {rate}", found)
    assert outcome.answer == max(shares, key=lambda rate: shares[rate])


@step(8, "packing")
def _(outcome: Outcome, nets: Nets) -> None:
    assert int(outcome.answer) == round(100 * ((20 - 14) + (20 - 9)) / (3 * 20))


@step(8, "masked")
def _(outcome: Outcome, nets: Nets) -> None:
    clip, module = asset.open_bundled("digits"), catalog.load("stages", "specaugment")
    frames, bins = traced("digits-lstm-128", clip).series[Key("features")].values.shape
    drawn: Any = module.masks(module.Settings(policy="LD", preview=True, seed=3), frames, bins, 100.0)
    gone = {(t, f) for each in drawn for t in range(each.start, each.stop) for f in range(each.low, each.high)}
    share(outcome, "of the features", len(gone) / (frames * bins))
    assert figures(outcome, "digits read wrongly") == list(wrong("digits-lstm-128", [clip], "digit"))
