"""Frames that are joined say what they said one by one, and a new stream stays a new one."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from engine.events import Frames
from engine.frames import joined
from engine.trace import Key, Series

RATE = 16000.0
H, TEXT = Key("h", 1), Key("posterior")


def frames(number: int, took: float = 0.001) -> Frames:
    """Block `number` of 10 ms, with one column of h each, and one of the posterior in every third."""
    samples = np.full(160, number, np.float32)
    series = {H: Series(np.full((1, 4), number, np.float32), 100.0, number / 100)}
    if number % 3 == 2:
        series[TEXT] = Series(np.full((1, 2), number, np.float32), 100 / 3, number / 100)
    return Frames(number / 100, samples, MappingProxyType(series), took=took, dropped=number, rate=RATE)


def test_a_stretch_becomes_one() -> None:
    (found,) = joined([frames(number) for number in range(4, 10)])
    assert found.start == 0.04
    np.testing.assert_array_equal(found.samples, np.repeat(np.arange(4, 10), 160))
    np.testing.assert_array_equal(found.series[H].values[:, 0], np.arange(4, 10))
    assert found.series[H].first == 0.04
    np.testing.assert_array_equal(found.series[TEXT].values[:, 0], [5, 8])
    assert found.series[TEXT].first == 0.05
    assert found.took == pytest.approx(0.006)
    assert found.dropped == 9


def test_a_new_stream_and_a_gap_begin_another() -> None:
    found = joined([frames(7), frames(8), frames(0), frames(1), frames(5)])
    assert [(each.start, len(each.samples)) for each in found] == [(0.07, 320), (0.0, 320), (0.05, 160)]


def test_one_alone_is_passed_on() -> None:
    alone = frames(3)
    assert joined([alone]) == (alone,)
    assert joined([]) == ()
