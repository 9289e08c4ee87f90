"""The panel Memory: strips of colour that fade as the norms do, the bound, and what it says of edits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QImage

from tests import example
from widgets import colour, theme
from widgets.views import decay


@pytest.fixture
def panel(qtbot):
    session = example.full()
    session.set("echo", example.echo(session.state.clip.id))
    view = decay.View(session)
    qtbot.addWidget(view)
    view.resize(320, 800)
    view.show()
    view.tick()
    return view


def drawn(widget) -> np.ndarray:
    """Lightness [height, width] as it is on the screen."""
    shown = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    whole = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), shown.bytesPerLine())
    return whole[:, : shown.width()].astype(float)


def test_a_strip_for_each_cell_and_layer_fades_as_its_norms_do(panel):
    echo, (left, width, start, stop) = panel.session.state.echo, panel.plot.window_of()
    light = drawn(panel.bands)
    table, at = colour.table("magnitude", theme.current().name), 0
    red, green, blue = ((table >> shift & 255).astype(float) for shift in (16, 8, 0))
    greys = (11 * red + 16 * green + 5 * blue) / 32  # as Qt weighs them
    for each in echo.others:
        for row in range(len(each.layers)):
            strip = light[at + 9 * row + 4, int(left) + 1 : int(left + width) - 1]
            norms = each.layers[::-1][row]
            powers = np.maximum(np.log10(norms / each.layers.max()), -8)
            times = 1000 * np.arange(len(norms)) / each.rate
            powers = np.interp(np.linspace(start, stop, len(strip)), times, powers)
            wanted = greys[colour.indices(powers.astype(np.float32), -8.0, 0.0)]
            assert np.abs(strip - wanted).mean() < 6, (each.cell, row)
        at += 9 * len(each.layers) + 6
    assert at < panel.bands.height()


def test_a_bound_that_is_known_is_dashed_beside_its_line(panel):
    assert [each.name for each in panel.plot.chart.lines] == ["RNN", "LSTM", "GRU"]
    echo = panel.session.state.echo
    rnn = replace(echo.others[0], limits=2 * echo.others[0].norms, bound=1.5)
    panel.session.set("echo", replace(echo, others=(rnn, *echo.others[1:])))
    panel.tick()
    line, bound = panel.plot.chart.lines[:2]
    assert (bound.name, bound.look, bound.ink) == ("bound", "steps", line.ink)
    there = np.isfinite(line.y)
    np.testing.assert_allclose(bound.y[there], 2 * line.y[there])
    assert "× 1.50" in panel.table.text()


def test_edits_are_said_and_why_there_is_no_highway(panel):
    assert not panel.why.isVisibleTo(panel)
    assert "edits" not in panel.about.text()
    echo = panel.session.state.echo
    panel.session.set("echo", replace(echo, edited=True, highway=None, why="an edit puts another cell state in"))
    panel.tick()
    assert "with the edits (the others as they are)" in panel.about.text()
    assert panel.why.text() == "No highway: an edit puts another cell state in."
    assert panel.why.isVisibleTo(panel)
    assert not panel.highway.isVisibleTo(panel)
