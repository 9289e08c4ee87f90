"""Live rings: what was written is read by its time, gaps stay empty, and only the last seconds are kept."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from engine.trace import Key, Series
from widgets import colour
from widgets.image import Roll, picture
from widgets.ring import Ring, Tail, keep

TABLE = colour.table("share", "dark")


def test_reads_what_was_written_by_its_time():
    ring, values = Ring(100.0, 3, seconds=1.0), np.arange(750, dtype=np.float32).reshape(250, 3)
    for begin in range(0, 250, 7):
        ring.write(values[begin : begin + 7], begin / 100)
    assert ring.end == 250
    for frame in (150, 200, 249):
        assert np.array_equal(ring.at(frame / 100), values[frame])
        assert np.array_equal(ring.at(frame / 100 + 0.004), values[frame])
    assert ring.at(1.4) is None, "older than the ring is long"
    assert ring.at(2.6) is None, "not there yet"
    seen, first = ring.between(1.8, 2.0)
    assert first == pytest.approx(1.8)
    assert np.array_equal(seen, values[180 : 180 + len(seen)])


def test_a_ring_is_made_anew_where_rows_or_rate_are_others():
    rings, key = {}, Key("h", 1)
    for begin in range(3):
        keep(rings, key, Series(np.full((10, 4), begin, np.float32), 100.0, 0.1 * begin))
    assert [rings[key].at(time)[0] for time in (0.05, 0.15, 0.25)] == [0, 1, 2]
    for rows, rate in ((5, 100.0), (5, 50.0)):
        keep(rings, key, Series(np.ones((10, rows), np.float32), rate, 0.3))
        assert (rings[key].rows, rings[key].rate) == (rows, rate)
        assert rings[key].at(0.05) is None


def test_a_gap_is_empty_and_a_jump_begins_anew():
    ring = Ring(100.0, 2, seconds=1.0)
    ring.write(np.ones((20, 2), np.float32), 0.0)
    ring.write(np.ones((20, 2), np.float32), 0.5)
    assert ring.at(0.3) is None
    assert ring.at(0.1) is not None
    assert ring.at(0.6) is not None
    ring.write(np.ones((5, 2), np.float32), 100.0)
    assert ring.end == 10005


def test_a_block_longer_than_the_ring_keeps_its_end():
    ring = Ring(10.0, 1, seconds=1.0)
    ring.write(np.arange(35, dtype=np.float32)[:, None], 0.0)
    assert ring.end == 35
    assert ring.at(3.4)[0] == 34


@pytest.mark.parametrize("blocks", [1, 3, 64])
@pytest.mark.parametrize("upward", [True, False])
def test_the_rolled_picture_is_the_picture_of_the_same_values(blocks, upward):
    values = np.random.default_rng(0).random((180, 8)).astype(np.float32)
    roll = Roll(100.0, 8, seconds=1.0)
    for begin in range(0, 180, blocks):
        roll.push(values[begin : begin + blocks], begin / 100, 0.0, 1.0, TABLE, upward)
    image = QImage(100, 8, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    roll.draw(painter, QRectF(0, 0, 100, 8), 0.795, 1.795)
    painter.end()
    expected = picture(values[80:180], 0.0, 1.0, TABLE, upward)
    wrong = [(x, y) for x in range(100) for y in range(8) if image.pixel(x, y) != expected.pixel(x, y)]
    assert not wrong


def test_recolouring_is_painting_anew():
    values = np.random.default_rng(0).random((50, 4)).astype(np.float32)
    old, new = Roll(100.0, 4, 1.0), Roll(100.0, 4, 1.0)
    old.push(values, 0.0, 0.0, 1.0, TABLE, True)
    old.recolour(0.0, 0.5, TABLE, True)
    new.push(values, 0.0, 0.0, 0.5, TABLE, True)
    assert old._image == new._image


def test_the_tail_of_a_stream_is_its_last_numbers() -> None:
    tail, stream = Tail(10), np.arange(97, dtype=np.float32)
    for begin in range(0, 90, 3):
        tail.add(stream[begin : begin + 3])
        np.testing.assert_array_equal(tail.values, stream[max(0, begin - 7) : begin + 3])
    tail.add(stream[:45])  # more than there is room for
    np.testing.assert_array_equal(tail.values, stream[35:45])
