"""The lane of evidence: what an answer rests on, and where half of it lies."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from engine.trace import Key, Series
from tests import example
from widgets.views import evidence

NAMES = ("Ada", "Ben", "Cleo")


def brute(values: np.ndarray) -> int:
    """How long the shortest stretch is that holds half of what is positive."""
    positive = np.maximum(values, 0)
    for size in range(1, len(values) + 1):
        if any(positive[k : k + size].sum() >= positive.sum() / 2 - 1e-12 for k in range(len(values) - size + 1)):
            return size
    return 0


@pytest.mark.parametrize("seed", range(8))
def test_half_of_it_lies_in_the_shortest_stretch(seed):
    values = np.random.default_rng(seed).standard_normal(40)
    found = evidence.half(values)
    assert found is not None
    start, stop = found
    positive = np.maximum(values, 0)
    assert positive[start:stop].sum() >= positive.sum() / 2 - 1e-12
    assert stop - start == brute(values)


def test_nothing_speaks_for_it():
    assert evidence.half(np.array([-1.0, 0.0])) is None


def test_the_head_names_the_answer_and_where_it_comes_from(qtbot):
    session = example.full()
    traced = session.state.traced
    values = np.zeros((500, 3), np.float32)
    values[100:120, 1], values[300:305, 2] = 0.1, -0.2
    series = {key: each for key, each in traced.trace.series.items() if key.name not in ("evidence", "posterior")}
    series[Key("evidence")] = Series(values, 100.0, 0.0, "class", NAMES)
    series[Key("posterior")] = Series(np.array([[0.1, 0.8, 0.1]], np.float32), 0.2, 2.5, "class", NAMES)
    session.set("traced", replace(traced, trace=replace(traced.trace, series=MappingProxyType(series))))
    view = evidence.View(session)
    qtbot.addWidget(view)
    view.resize(900, 160)
    view.show()
    view.tick()
    assert "<b>Ben</b>" in view.badge()
    start, stop = (float(each) for each in view.badge().rpartition("<br>")[2].replace(" s", "").split(" to "))
    assert 0.99 <= start < stop <= 1.2
    assert stop - start == pytest.approx(0.1, abs=0.02)
    box = view.box(1, 0)
    found = view.read(QPointF(view.axis().x(1.1), box.top() + 0.5 * box.height()))
    assert found.text.startswith("Ben")
    assert found.value == pytest.approx(0.1)
    assert view.strips[0].low == -view.strips[0].high, "for and against on one scale"
