"""The time axis: there and back again, round ticks, zoom that keeps a point, and times written for people."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.axis import Axis, clock, hertz, moved, round_step, zoomed

times = st.floats(0, 3600)


@given(times, st.floats(0.01, 3600), st.floats(-5, 5))
def test_pixels_and_back(start, seconds, share):
    axis = Axis(start, start + seconds, 48.0, 700.0)
    time = start + share * seconds
    assert axis.time(axis.x(time)) == pytest.approx(time, abs=1e-6 * (1 + seconds))


@given(times, st.floats(0.01, 7200))
def test_ticks_are_inside_and_apart(start, seconds):
    axis = Axis(start, start + seconds, 48.0, 700.0)
    ticks = axis.ticks(80)
    assert all(start - 1e-6 <= tick <= start + seconds + 1e-6 for tick in ticks)
    assert all(later - earlier >= 79.9 * axis.step for earlier, later in itertools.pairwise(ticks))
    assert len({clock(tick, axis.decimals()) for tick in ticks}) == len(ticks), "every tick reads differently"


@given(st.floats(0, 50), st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0, 1))
def test_zoom_keeps_the_point_and_the_ends(start, seconds, factor, share):
    length = 60.0
    seconds = min(seconds, length - start)
    at = start + share * seconds
    low, high = zoomed(start, start + seconds, factor, at, length)
    assert -1e-9 <= low < high <= length + 1e-6
    if 0 < low and high < length:
        assert (at - low) / (high - low) == pytest.approx(share, abs=1e-6)


def test_moving_stops_at_the_ends():
    assert moved(-3, 2, 10) == (0, 2)
    assert moved(9, 2, 10) == (8, 10)
    assert moved(4, 2, 10) == (4, 6)


@pytest.mark.parametrize(
    ("least", "step"), [(0.0011, 0.002), (0.2, 0.2), (0.21, 0.5), (3, 5), (6, 10), (70, 100), (1, 1)]
)
def test_round_steps(least, step):
    assert round_step(least) == pytest.approx(step)


@pytest.mark.parametrize(
    ("time", "decimals", "text"),
    [(1.24, 3, "1.240 s"), (0, 0, "0 s"), (59.9996, 3, "60.000 s"), (123.5, 2, "2:03.50"), (120, 0, "2:00"),
     (3723.25, 1, "1:02:03.2"), (-75, 0, "-1:15")],
)  # fmt: skip
def test_clock(time, decimals, text):
    assert clock(time, decimals) == text


@pytest.mark.parametrize(
    ("frequency", "text"), [(50, "50 Hz"), (1000, "1 kHz"), (2500, "2.5 kHz"), (8000, "8 kHz")]
)
def test_hertz(frequency, text):
    assert hertz(frequency) == text
