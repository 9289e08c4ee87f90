"""Denoisers on the screen: the panel that chooses them, and the tags over lanes that let them be heard."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest

from engine.events import Audible, Offer, Progress
from engine.limits import Options
from engine.links import default_link
from tests import example
from widgets.panels.denoise import DenoisePanel, costs
from widgets.transport import Transport
from widgets.views import clean, difference, enhanced, residual, spectrogram, waveform


@pytest.fixture
def session():
    return example.full()


@pytest.fixture
def panel(qtbot, session):
    actions = {"add_denoiser": QAction("Add a denoiser…")}
    made = DenoisePanel(session, actions, Options())
    qtbot.addWidget(made)
    made.resize(300, 600)
    made.show()
    return made


def lane(qtbot, view, session):
    made = view.View(session)
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    made.tick()
    made.grab()
    return made


def click(made, ear):
    QTest.mouseClick(made.canvas, Qt.MouseButton.LeftButton, pos=ear.box.center().toPoint())


def test_the_noise_that_is_added_is_told_and_left_out_by_a_button(panel, session):
    """Who drops a noisy recording on the window would else hear it with more noise than it has."""
    noise = default_link("noise", kind="pink", snr=20.0)
    session.set("chain", (noise, default_link("speed")))
    panel.tick()
    assert panel.added.isVisible()
    assert panel.added.told.text().startswith("Pink noise is added at 20 dB")
    QTest.mouseClick(panel.added.button, Qt.MouseButton.LeftButton)
    panel.tick()
    assert panel.added.isHidden()
    assert [each.on for each in session.state.chain] == [False, True]
    session.undo()
    assert session.state.chain[0].on


def test_a_long_name_makes_nothing_wider_than_the_panel(qtbot, panel, session):
    """What stands at the right, the keys, would be cut off: the panel does not scroll to the side."""
    before = panel.minimumSizeHint().width()
    name = "a network of mine with a name that is long"
    session.set("offers", (*session.state.offers, Offer("long", name)))
    ears = tuple(Audible(f"{kind}:long", name, name, key) for kind, key in (("enhanced", "7"), ("residual", "8")))
    session.set("audible", (*session.state.audible, *ears))
    panel.tick()
    qtbot.wait(20)
    assert panel.minimumSizeHint().width() <= max(before, 280)
    assert panel.rows["long"].box.text().endswith("…")
    assert panel.rows["long"].box.toolTip() == name


def test_a_box_that_is_clicked_leaves_the_space_bar_to_playing(panel):
    panel.activateWindow()
    panel.setFocus()
    for box in (panel.rows["wiener"].box, panel.matched):
        QTest.mouseClick(box, Qt.MouseButton.LeftButton)
        assert not box.hasFocus()
        box.setFocus(Qt.FocusReason.TabFocusReason)
        assert box.hasFocus()


def test_a_row_for_each_denoiser_tells_what_it_costs_and_how_far_it_is(panel, session):
    assert list(panel.rows) == ["wiener", "gate"]
    assert panel.rows["wiener"].told.text() == "32 ms late"
    assert panel.rows["gate"].told.text() == "needs the whole sound, 1.2 M weights"
    assert panel.rows["gate"].box.isChecked()
    assert panel.rows["gate"].bar.isHidden()
    session.set("jobs", {"denoise by gate": Progress(0.4, "Spectral gate")})
    panel.tick()
    assert panel.rows["gate"].bar.value() == 40
    assert not panel.rows["gate"].bar.isHidden()
    assert costs(Offer("x", "X", 0.016, 48_000)) == "16 ms late, 48 k weights"
    assert costs(Offer("x", "X")) == ""


def test_a_box_asks_for_a_denoiser_and_what_is_absent_says_how_to_get_it(panel, session):
    asked = []
    panel.toggled.connect(lambda name, on: asked.append((name, on)))
    panel.rows["gate"].box.click()
    assert asked == [("gate", False)]
    lacking = Offer("rnnoise", "RNNoise", trouble="RNNoise is in the package x: pip install x")
    session.set("offers", (*session.state.offers, lacking))
    panel.tick()
    assert "rnnoise" not in panel.rows
    assert "pip install x" in panel.absent.text()


def test_ears_and_boxes_turn_the_transport(panel, session):
    panel.ears["residual:gate"].click()
    assert session.state.transport.heard == "residual:gate"
    panel.tick()
    assert [name for name, ear in panel.ears.items() if ear.isChecked()] == ["residual:gate"]
    panel.matched.click()
    assert not session.state.transport.matched
    panel.tick()
    assert "own level" in panel.said.text()


def test_the_form_is_that_of_the_options(panel, session):
    assert list(panel.form.all.editors) == ["wet", "limit", "keep"]
    panel.form.all.editors["limit"].changed.emit(12.0)
    assert session.state.denoising.limit == 12.0
    session.undo()
    panel.tick()
    assert panel.form.settings.limit == 100.0


def test_limits_by_band_are_folded_told_and_undone_as_one_drag(panel, session):
    """K233: a slider for each octave; what is set is told though it is folded."""
    mix = panel.form
    assert mix.bands.isHidden()
    assert [each.knob.label for each in mix.bands.editors.values()] == [
        "250 Hz", "500 Hz", "1 kHz", "2 kHz", "4 kHz", "8 kHz",
    ]  # fmt: skip
    mix.by_band.click()
    assert not mix.bands.isHidden()
    for decibels in (30.0, 20.0, 10.0):
        mix.bands.editors["limit_1000"].changed.emit(decibels)
    mix.all.editors["wet"].changed.emit(0.5)
    assert (session.state.denoising.limit_1000, session.state.denoising.wet) == (10.0, 0.5)
    assert mix.by_band.text() == "By band: 1 kHz 10 dB"
    session.undo()
    session.undo()
    panel.tick()
    assert session.state.denoising == Options()
    assert mix.by_band.text() == "By band"


@pytest.mark.parametrize(
    ("view", "names"),
    [
        (enhanced, ["enhanced:wiener", "enhanced:gate"]),
        (residual, ["residual:wiener", "residual:gate"]),
        (clean, ["clean"]),
        (spectrogram, ["processed"]),
    ],
)
def test_a_click_on_a_tag_lets_its_sound_be_heard_and_moves_nothing(qtbot, session, view, names):
    made, before = lane(qtbot, view, session), session.state.cursor
    assert [each.audible.name for each in made.ears.shown] == names
    session.set("transport", replace(session.state.transport, heard="elsewhere"))
    for ear in made.ears.shown:
        click(made, ear)
        assert session.state.transport.heard == ear.audible.name
    assert session.state.cursor == before
    assert session.state.selection is None
    session.set("audible", ())
    made.tick()
    made.grab()
    assert made.ears.shown == []


def test_beside_a_tag_a_click_sets_the_cursor(qtbot, session):
    made = lane(qtbot, enhanced, session)
    QTest.mouseClick(made.canvas, Qt.MouseButton.LeftButton, pos=QPoint(600, 100))
    assert session.state.cursor.time == pytest.approx(made.axis().time(600))
    assert session.state.cursor.key == example.full().state.cursor.key, "a frequency is no unit"


def test_lanes_share_the_colours_of_the_noisy_spectrogram(qtbot, session):
    noisy, made = lane(qtbot, spectrogram, session), lane(qtbot, enhanced, session)
    for strip in made.strips:
        assert (strip.low, strip.high) == (noisy.strips[0].low, noisy.strips[0].high)
    apart = lane(qtbot, difference, session)
    assert (apart.strips[0].low, apart.strips[0].high) == (-40.0, 40.0)


def test_empty_lanes_say_what_would_fill_them(qtbot, session):
    session.set("denoisers", ())
    session.set("pictured", None)
    made = lane(qtbot, enhanced, session)
    assert "Choose a denoiser" in made._empty._label.text()
    session.set("denoisers", ("wiener",))
    session.set("jobs", {"denoise by wiener": Progress(0.5, "Wiener filter")})
    made.tick()
    assert "Wiener filter is listening" in made._empty._label.text()
    session.set("jobs", {})
    session.set("offers", (Offer("wiener", "Wiener", trouble="broken.onnx is no denoiser"),))
    made.tick()
    assert "broken.onnx" in made._empty._label.text()


def test_the_waveform_lays_what_is_heard_over_the_noisy_sound(qtbot, session):
    made = lane(qtbot, waveform, session)
    session.set("transport", replace(session.state.transport, heard="residual:wiener"))
    made.tick()
    assert made._made(session.state.traced) is session.state.enhanced[0].residual
    assert "removed" in made.header._badge.text()
    assert "noisy" in made.header._badge.text()


def test_the_transport_has_a_button_for_each_and_keys_alone_where_they_are_many(qtbot, session):
    names = ("record", "keep", "live", "to_start", "play", "step_on", "loop")
    made = Transport(session, {name: QAction(name) for name in names})
    qtbot.addWidget(made)
    told = [each.name for each in session.state.audible]
    assert list(made._buttons) == told
    assert [each.text() for each in made._buttons.values()] == ["1", "2", "3", "4", "5", "6"]
    session.set("audible", session.state.audible[:3])
    made.tick()
    assert [each.text() for each in made._buttons.values()] == ["1 Noisy", "2 Clean", "3 Wiener"]
    heard = []
    made.heard.connect(heard.append)
    made._buttons["enhanced:wiener"].click()
    assert heard == ["enhanced:wiener"]
    session.set("audible", ())
    made.tick()
    assert "masked" in made._buttons
