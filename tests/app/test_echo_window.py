"""The gradient echo in the real window: nothing while nobody looks, then at the cursor, redrawn, and heard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from app.window import Window
from engine.surgery import Edit
from engine.trace import Key
from tests.waiting import analysed, pump
from widgets import theme

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def window(qapp, tmp_path_factory):
    theme.apply(qapp, "dark")
    made = Window(fresh=True, network="phonemes-lstm-32", in_process=True)
    made.runs.folder = tmp_path_factory.mktemp("runs")
    made.runs.asks = made.saving.asks = False
    made.show()
    pump(qapp, lambda: analysed(made) and made.session.state.traced.trace.find("h"))
    yield made
    made.close()


@pytest.fixture
def looking(qapp, window):
    """The window with the lane of the gradient, and what it shows."""
    window.lanes.show_lane("gradient", True)
    move(window, 0.8)
    pump(qapp, lambda: at(window) == pytest.approx(0.8, abs=0.01))
    yield window
    window.lanes.show_lane("gradient", False)


def move(window, time):
    window.session.set("cursor", replace(window.session.state.cursor, time=time))


def at(window):
    echo = window.session.state.echo
    return None if echo is None else echo.time


def pixels(window, name):
    window.lanes.lanes[name].tick()
    image = window.lanes.lanes[name].canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).copy()


def test_while_nobody_looks_nothing_is_computed(qapp, window):
    for time in (0.3, 0.6):
        move(window, time)
        for _ in range(30):
            qapp.processEvents()
            window.tick()
    state = window.session.state
    assert state.echo is None
    assert state.attributed is None
    assert not window.wiring.workers["inspect"].has("gradient echo")


def test_a_click_on_another_moment_asks_about_that(qapp, looking):
    window, lane = looking, looking.lanes.lanes["gradient"]
    before, first = pixels(window, "gradient"), window.session.state.echo
    assert "memory horizon" in lane.badge()
    unit = window.session.state.cursor.unit
    lane.clicked(QPointF(lane.axis().x(1.4), 20.0))
    pump(qapp, lambda: window.session.state.echo is not first)
    assert at(window) == pytest.approx(1.4, abs=0.01)
    assert (pixels(window, "gradient") != before).mean() > 0.01
    assert window.session.state.cursor.unit == unit, "the unit that is looked at stays"
    # A class that is clicked in the posteriors is the one that is asked about.
    second = window.session.state.echo
    cursor = window.session.state.cursor
    window.session.set("cursor", replace(cursor, key=Key("posterior"), unit=3))
    pump(qapp, lambda: window.session.state.echo is not second)
    assert window.session.state.echo.output == window.session.state.network.vocabulary[3]
    window.session.set("cursor", cursor)


def test_the_radius_redraws_the_decay_and_leaves_the_network_alone(qapp, looking):
    window = looking
    network, slopes = window.session.state.network, []
    for radius in (1.5, 0.5):
        before, echo = pixels(window, "gradient"), window.session.state.echo
        settings = replace(window.session.state.backward, rescale=True, radius=radius)
        window.session.set("backward", settings)
        pump(qapp, lambda echo=echo: window.session.state.echo is not echo)
        slopes.append(window.session.state.echo.decay.slope)
        assert (pixels(window, "gradient") != before).any()
    assert slopes[1] < slopes[0]
    echo = window.session.state.echo
    window.session.set("backward", replace(window.session.state.backward, rescale=False))
    pump(qapp, lambda: window.session.state.echo is not echo)
    assert window.session.state.network is network


def test_three_cells_stand_beside_each_other(qapp, looking):
    window = looking
    dock = window.docks.docks["decay"]
    dock.show()
    pump(qapp, lambda: len(window.session.state.echo.others) == 3)
    view = dock.widget()
    view.tick()
    assert [each.name for each in view.plot.chart.lines] == ["RNN", "bound", "LSTM", "GRU"]
    assert "horizon" in view.table.text()
    dock.hide()


def test_with_edits_the_gradients_are_those_of_the_edited_run(qapp, looking):
    window, lane = looking, looking.lanes.lanes["gradient"]
    plain = window.session.state.echo
    window.session.set("edits", (Edit("reset", 0.5),))
    pump(qapp, lambda: window.session.state.echo is not plain and window.session.state.echo.edited)
    found = window.session.state.echo
    assert at(window) == pytest.approx(0.8, abs=0.01)
    for key, each in found.series.items():
        if key.name in ("grad.h", "grad.c"):
            assert not each.values[: each.frame(0.48)].any(), "nothing comes back past a reset"
            assert plain.series[key].values[: each.frame(0.48)].any()
    lane.tick()
    assert "with the edits" in lane.badge()
    assert window.session.undo()
    pump(qapp, lambda: not window.session.state.echo.edited)
    np.testing.assert_array_equal(window.session.state.echo.decay.norms, plain.decay.norms)


def test_labels_are_edited_by_the_keys_of_the_menu(qapp, window):
    before = window.session.state.clip.labels
    label = before[1]
    move(window, (label.start + label.end) / 2)
    window.session.set("selection", None)
    window.actions_by_name["remove_label"].trigger()
    assert window.session.state.clip.labels == (*before[:1], *before[2:])
    window.actions_by_name["remove_label"].trigger()
    assert "no label at the cursor" in window.session.state.notice.text
    window.actions_by_name["name_label"].trigger()
    line = window.lanes.lanes["ruler"].canvas.findChild(QLineEdit)
    line.setText("x")
    QTest.keyClick(line, Qt.Key.Key_Return)
    texts = [each.text for each in window.session.state.clip.labels if each.tier == label.tier]
    assert "x" in texts
    assert window.session.undo()
    assert window.session.undo()
    assert window.session.state.clip.labels == before
    window.session.set("notice", None)


def test_the_echo_is_heard(qapp, looking):
    window = looking
    window.actions_by_name["hear_echo"].trigger()
    assert window.session.state.transport.playing
    assert window.playing._ready().heard == "echo"
    pump(qapp, lambda: not window.session.state.transport.playing)
    assert window.playing._ready().heard == "processed"
    assert window.session.state.cursor.time == pytest.approx(0.8)
    window.playing.close()


def test_attribution_is_complete_and_has_the_shape_of_the_features(qapp, window):
    window.lanes.show_lane("attribution", True)
    move(window, 0.9)
    pump(qapp, lambda: window.session.state.attributed is not None)
    found = window.session.state.attributed
    assert found.error < 0.01
    assert found.series.values.shape == window.session.state.traced.trace.series[Key("features")].values.shape
    before, lane = pixels(window, "attribution"), window.lanes.lanes["attribution"]
    lane.header.chosen.emit(1)
    pump(qapp, lambda: window.session.state.attributed is not found)
    assert window.session.state.attributed.method == "times input"
    assert (pixels(window, "attribution") != before).any()
    window.lanes.show_lane("attribution", False)


def test_exploding_gradients_halt_the_training_and_clipping_cures_it(qapp, window):
    clip, network = window.session.state.clip, window.session.state.network
    window.actions_by_name["explode"].trigger()
    pump(qapp, lambda: window.session.state.history.halted is not None)
    window.menus.tick()
    notice = window.session.state.notice
    assert "The gradient explodes" in notice.text
    assert "clip_here" in notice.actions
    assert window.actions_by_name["clip_here"].isVisible()
    assert not window.session.state.history.steps
    window.actions_by_name["clip_here"].trigger()
    pump(qapp, lambda: len(window.session.state.history.steps) > 2)
    assert window.session.state.history.halted is None
    assert window.session.state.training.clip == 1.0
    window.runs.stop()
    pump(qapp, lambda: not window.runs.training)
    window.session.set("clip", clip)
    window.session.set("network", network)
    pump(qapp, lambda: analysed(window) and window.session.state.traced.network_id == network.id)
