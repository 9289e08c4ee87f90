"""Figures beside the lanes: how long a cell remembers, and how many values are saturated."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from PySide6.QtGui import QFontMetrics

from engine import catalog
from engine.trace import Key
from tests.example import full
from widgets import theme
from widgets.header import WIDTH
from widgets.memory import half_life
from widgets.strip import MINUS


@pytest.mark.parametrize(("forget", "frames"), [(0.5, 1.0), (0.5**0.25, 4.0), (0.25, 0.5)])
def test_a_constant_gate_halves_the_memory_in_its_half_life(forget, frames):
    gates = np.full((50, 3), forget, np.float32)
    assert half_life(gates) == pytest.approx(frames, rel=1e-4)
    assert forget ** half_life(gates)[0] == pytest.approx(0.5, rel=1e-4)


def test_gates_that_never_open_or_never_shut_have_finite_half_lives():
    assert np.isfinite(half_life(np.array([[0.0, 1.0]], np.float32))).all()


@pytest.mark.parametrize("forget", [0.0, 0.5, 0.95, 0.999, 1.0])
def test_the_half_life_is_not_cut_off_by_the_edge_of_the_header(qtbot, forget):
    session = full()
    traced = session.state.traced
    series = dict(traced.trace.series)
    for key in traced.trace.find("gate.f"):
        series[key] = replace(series[key], values=np.full_like(series[key].values, forget))
    view = catalog.load("widgets.views", "cell").View(session)
    qtbot.addWidget(view)
    for unit in (None, 9):
        session.set("cursor", replace(session.state.cursor, key=traced.trace.find("h")[0], unit=unit))
        session.set("traced", replace(traced, trace=replace(traced.trace, series=MappingProxyType(series))))
        view.show()
        view.tick()
        assert "half-life" in view.badge()
        font = QFontMetrics(theme.font(theme.SMALL))
        assert max(map(font.horizontalAdvance, view.badge().split("<br>"))) <= WIDTH - 28


def test_the_share_of_saturated_values(qtbot):
    session = full()
    traced = session.state.traced
    values = np.zeros((200, 10), np.float32)
    values[:, 0], values[:50, 1] = 0.99, -0.98  # 250 of 2000 values
    series = dict(traced.trace.series)
    for key in traced.trace.find("h"):
        series[key] = replace(series[key], values=values)
    trace = replace(traced.trace, series=MappingProxyType(series))
    session.set("traced", replace(traced, trace=trace))
    view = catalog.load("widgets.views", "hidden").View(session)
    qtbot.addWidget(view)
    view.resize(600, 120)
    view.show()
    view.tick()
    assert Key("h", 1) in series
    assert "12.5 % saturated" in view.badge()


@pytest.mark.parametrize(("name", "key"), [("features", "features"), ("spectrogram", "picture")])
def test_what_is_kept_of_the_cosines_stands_beside_the_lane(qtbot, name, key):
    session = full()
    traced, key = session.state.traced, Key(key)
    kept = {"values": np.zeros((500, 13), np.float32), "axis": "mfcc", "rows": tuple(map(float, range(13)))}
    cosines = replace(traced.trace.series[key], note="13 of 64 coefficients", **kept)
    trace = replace(traced.trace, series={**traced.trace.series, key: cosines})
    session.set("traced", replace(traced, trace=trace))
    view = catalog.load("widgets.views", name).View(session)
    qtbot.addWidget(view)
    view.renew()
    assert "13 of 64 coefficients" in view.badge()
    assert [text for _, text in view.marks(view.strips[0], 200)] == ["0", "6", "12"]
    assert view.label(view.strips[0], 3) == "mfcc 3"


@pytest.mark.parametrize(
    ("name", "words"), [("cell", "± 9"), ("hidden", "± 1"), ("spectrogram", f"{MINUS}60…24"), ("gates", "")]
)
def test_a_folded_lane_tells_what_its_colours_reach_to(qtbot, name, words):
    session = full()
    traced = session.state.traced
    ranges = {"c": (-9.0, 9.0), "picture": (-60.0, 24.0)}
    series = {
        key: replace(each, low=ranges[key.name][0], high=ranges[key.name][1]) if key.name in ranges else each
        for key, each in traced.trace.series.items()
    }
    session.set("traced", replace(traced, trace=replace(traced.trace, series=MappingProxyType(series))))
    view = catalog.load("widgets.views", name).View(session)
    view.span_of = lambda key, each: (each.low, each.high)
    qtbot.addWidget(view)
    view.resize(900, 24)
    view.header.set_folded(True)
    view.renew()
    assert [tick.text for tick in view.folded_ticks()] == ([words] if words else [])
    image = view.canvas.grab().toImage()
    ground = image.pixel(2, 2)
    written = any(image.pixel(x, y) != ground for x in range(40) for y in range(image.height()))
    assert written == bool(words)
