"""The break-it map as it is drawn: cells where they belong, a ring at the sliders, what fails crossed out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from app.breaking import Wish
from engine.clip import from_array
from engine.events import BreakMap, Progress, Traced
from engine.links import default_link
from engine.session import Session, Transport
from engine.trace import Trace
from widgets.views.breakmap import View

SNRS = tuple(np.arange(-10.0, 20.1, 2.5).tolist())
KINDS = ("white", "pink", "babble")


def mapped(share: float = 1.0) -> BreakMap:
    values = np.tile(np.linspace(1.0, 3.0, len(SNRS), dtype=np.float32), (3, 1))
    values[2, 5] = np.nan
    return BreakMap(
        "c", "wiener", "pesq_wb", KINDS, SNRS, values, 1.5, (), "It fails below 4 dB with white", share
    )


@pytest.fixture
def view(qtbot: Any) -> View:
    session = Session(chain=(default_link("noise", kind="pink", snr=5.0),))
    session.set("breaking", Wish())
    made = View(session)
    qtbot.addWidget(made)
    made.resize(300, 420)
    made.show()
    clip = from_array(np.zeros(16000, np.float32) + 0.01, 16000, "clip")
    session.set("traced", Traced(Trace(clip.id, 0.0, 1.0, {}), clip, clip, ""))
    return made


def test_it_says_what_would_fill_it(view: View) -> None:
    view.tick()
    assert not view.grid.isVisible()
    view.session.set("denoisers", ("wiener",))
    view.tick()
    assert view.grid.isVisible()
    assert "first cells" in view.said.text()
    view.session.set("jobs", {"quality": Progress(0.5)})
    view.tick()
    assert "Quality is measured first" in view.said.text()


def test_the_sentence_and_how_much_is_known(view: View) -> None:
    view.session.set("denoisers", ("wiener",))
    view.session.set("breakmap", mapped())
    view.tick()
    assert view.said.text() == "It fails below 4 dB with white."
    view.session.set("breakmap", mapped(0.25))
    view.session.set("transport", Transport(playing=True))
    view.tick()
    assert view.said.text().endswith("25 % of it is known, it waits for the sound to end.")


def test_without_noise_in_the_chain_it_says_what_it_takes_for_clean(view: View) -> None:
    view.session.set("denoisers", ("wiener",))
    view.session.set("breakmap", mapped())
    view.session.set("chain", tuple(replace(each, on=False) for each in view.session.state.chain))
    view.tick()
    assert "taken for clean" in view.said.text()


def test_a_cell_without_a_value_is_hatched_and_says_why(view: View) -> None:
    view.session.set("denoisers", ("wiener",))
    view.session.set("breakmap", mapped())
    view.tick()
    before = view.grid.grab().toImage()
    assert "not known yet" in view.grid.tell(2, 5)
    view.session.set("breakmap", replace(mapped(), reasons={(2, 5): "PESQ cannot line it up"}))
    view.tick()
    assert "no value, for PESQ cannot line it up" in view.grid.tell(2, 5)
    assert "hatched" in view.said.text()
    assert view.grid.grab().toImage() != before


def test_the_ring_follows_the_sliders(view: View) -> None:
    view.session.set("denoisers", ("wiener",))
    view.session.set("breakmap", mapped())
    view.tick()
    grid = view.grid
    assert grid.at == (5.0, "pink")
    assert grid.across(5.0) == pytest.approx(grid.cell(0, SNRS.index(5.0)).center().x())
    between = (grid.cell(0, 6).center().x() + grid.cell(0, 7).center().x()) / 2
    assert grid.across(6.25) == pytest.approx(between)
    view.session.set("chain", (default_link("noise", kind="babble", snr=-3.0),))
    view.tick()
    assert grid.at == (-3.0, "babble")
    view.session.set("chain", (default_link("noise", on=False),))
    view.tick()
    assert math.isnan(grid.at[0])


def test_a_click_asks_for_the_cell(view: View, qtbot: Any) -> None:
    view.session.set("denoisers", ("wiener",))
    view.session.set("breakmap", mapped())
    view.tick()
    asked: list[tuple[float, str]] = []
    view.chosen.connect(lambda snr, row: asked.append((snr, row)))
    for row, column in ((0, 0), (2, 12), (1, 6)):
        place = view.grid.cell(row, column).center().toPoint()
        assert view.grid.under(view.grid.cell(row, column).center()) == (row, column)
        qtbot.mouseClick(view.grid, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseClick(view.grid, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))  # a name is no cell
    assert asked == [(-10.0, "white"), (20.0, "babble"), (5.0, "pink")]


def test_what_fails_is_crossed_out_and_what_is_not_known_is_empty(view: View) -> None:
    view.session.set("denoisers", ("wiener",))
    view.session.set("breakmap", mapped())
    view.tick()
    assert view.grid.tell(0, 0) == "white at −10 dB: 1: fails. A click sets the sliders there."
    assert "not known yet" in view.grid.tell(2, 5)
    image = view.grid.grab().toImage()

    def shades(row: int, column: int) -> int:
        box = view.grid.cell(row, column).toRect().adjusted(2, 2, -3, -3)
        return len(
            {image.pixel(x, y) for x in range(box.left(), box.right()) for y in range(box.top(), box.bottom())}
        )

    assert shades(0, 0) > 1  # crossed out
    assert shades(0, 12) == 1
    assert shades(2, 5) == 1
