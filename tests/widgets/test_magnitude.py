"""Charts of the sizes of gradients: medians of layers, and the histogram of the step that is looked at."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import pytest

from engine.events import MAGNITUDES, Step
from engine.session import History, Session
from widgets import quantity
from widgets.quantity import Run, Wish
from widgets.runs import Record
from widgets.views.curves import View


def step(number: int) -> Step:
    return Step(number, number // 50, 1.0 / number, MappingProxyType({"seconds": 0.1}))


def run(made: History) -> Run:
    record = Record()
    record.take(made)
    return Run("", made, record=record)


def sized(number: int, **counts: dict[int, int]) -> Step:
    """A step with so many gradients in each bar of each layer."""
    made = {
        name.replace("_", " "): tuple(each.get(bar, 0) for bar in range(len(MAGNITUDES) + 1))
        for name, each in counts.items()
    }
    return dataclasses.replace(step(number), magnitudes=MappingProxyType(made))


def test_sizes_of_gradients_are_drawn_by_layer_and_at_the_step_that_is_looked_at(qtbot):
    """Bar 19 reaches from 1e-4 to 2.15e-4; bar 0 holds what is below 1e-10."""
    first = sized(1, layer_1={19: 100}, output={0: 30, 25: 10})
    last = sized(50, layer_1={13: 100}, output={25: 40})
    made = History(tuple(step(k) for k in range(1, 51)), counted=(first, last))
    high, bars = quantity.charts("sizes", [run(made)], Wish())
    assert {line.name for line in high.lines} == {"layer 1", "output"}
    layer = next(line for line in high.lines if line.name == "layer 1")
    assert list(layer.x) == [1, 50]
    assert layer.y == pytest.approx([10**-3.8333, 10**-5.8333], rel=1e-3)
    assert bars.lines[0].y.sum() == 140
    (bar,) = [x for x, y in zip(bars.lines[0].x, bars.lines[0].y, strict=True) if y == 100]
    assert bar == pytest.approx(10**-6)
    assert "140, at step 50" in bars.y.name
    earlier = quantity.charts("sizes", [run(dataclasses.replace(made, at=20))], Wish())[1]
    assert earlier.lines[0].y.sum() == 140
    assert earlier.lines[0].y[0] == 30, "nothing is left out at the ends"
    assert "at step 1" in earlier.y.name
    view = View(Session(history=made))
    qtbot.addWidget(view)
    view.resize(800, 300)
    view.show()
    view.tick()
    view.choices.what.setCurrentIndex(view.choices.what.findData("sizes"))
    view.choices.changed.emit()
    assert view.trouble == ""
    assert view.side.isVisible()
    assert quantity.charts("sizes", [run(History((step(1),)))], Wish())[1].lines == ()
