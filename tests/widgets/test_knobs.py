"""The form: every knob of every Settings gets a control, and what is set by hand comes out, and only that."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from engine import catalog
from engine.knob import Knob, Settings, knob, knobs
from widgets.editor import Choice, Switch, Text, decimals
from widgets.knobs import Form
from widgets.number import Number, Slide

LEAVES = [(folder, name) for folder in ("stages", "models", "tasks", "corpora") for name in catalog.names(folder)]


@dataclass(frozen=True)
class Every(Settings):
    snr: float = knob(20.0, -20, 40, step=0.5, unit="dB", help="Speech over noise.")
    low_edge: float = knob(100.0, 10, 10000, log=True, unit="Hz", help="Lower edge.")
    layers: int = knob(2, 1, 6, help="How many.", effect="rebuild")
    seed: int = knob(0, 0, help="Where chance begins.")
    dropout: float = knob(0.1, 0, 1, step=0.05, help="Share.", warn_above=0.7, warning="Hardly anything is left.")
    kind: str = knob("white", choices=("white", "two_tone"), help="Which.")
    size: int = knob(32, choices=(32, 64), help="Units.")
    file: str = knob("", file=True, help="Whose.")
    on: bool = knob(True, help="Whether.")
    boxes: tuple[int, ...] = knob((), hidden=True)


@pytest.fixture
def form(qtbot):
    made = Form(Every(), "test")
    qtbot.addWidget(made)
    heard = []
    made.changed.connect(lambda settings, merge: heard.append((settings, merge)))
    made.heard = heard
    return made


def test_the_kind_of_control_follows_the_declaration(form):
    kinds = {name: type(editor) for name, editor in form.editors.items()}
    assert kinds == dict(
        snr=Slide,
        low_edge=Slide,
        layers=Slide,
        seed=Number,
        dropout=Slide,
        kind=Choice,
        size=Choice,
        file=Text,
        on=Switch,
    )


def test_a_dragged_slider_tells_of_every_move_with_one_merge_word(form):
    editor = form.editors["snr"]
    slider, ended = editor.slider, []
    form.ended.connect(lambda: ended.append(1))
    slider.setSliderDown(True)
    for value in (19.0, 12.5, 3.0):
        slider.setValue(editor.place(value))
    assert [settings.snr for settings, _ in form.heard] == [19.0, 12.5, 3.0]
    assert {merge for _, merge in form.heard} == {"test.snr"}
    assert not ended
    slider.setSliderDown(False)
    assert ended
    assert form.editors["snr"].number.value() == 3.0


def test_the_handle_comes_to_where_the_groove_is_pressed(form, qtbot):
    form.resize(400, 300)
    form.show()
    slider = form.editors["snr"].slider
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 4, slider.height() // 2))
    assert slider.isSliderDown()
    assert form.settings.snr == pytest.approx(-5, abs=3)
    qtbot.mouseMove(slider, QPoint(slider.width() // 2, slider.height() // 2))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(("step", "digits"), [(0.5, 1), (0.25, 2), (1, 0), (0.001, 3), (10, 0)])
def test_a_number_has_the_digits_of_its_step(step, digits):
    assert decimals(Knob("x", 0.0, float, 0, 10, step)) == digits


def test_a_log_slider_is_even_in_octaves(form):
    slider = form.editors["low_edge"].slider
    slider.setValue((slider.minimum() + slider.maximum()) // 2)
    assert form.settings.low_edge == pytest.approx(316.2, abs=5)


def test_a_small_value_on_a_log_slider_keeps_its_figures(qtbot):
    @dataclass(frozen=True)
    class Rate(Settings):
        lr: float = knob(2e-3, 1e-6, 1.0, log=True, help="How far.")

    made = Form(Rate(lr=3e-5), "train")
    qtbot.addWidget(made)
    editor = made.editors["lr"]
    assert editor.number.value() == pytest.approx(3e-5)
    assert editor.number.text() == "3e-05"
    assert editor.value_at(editor.slider.value()) == pytest.approx(3e-5, rel=0.05)
    assert Form(Rate(), "train").editors["lr"].number.text() == "0.002"


def test_showing_settings_tells_nothing_and_shows_everything(form):
    other = Every(
        snr=-5, low_edge=5000, layers=6, seed=9, dropout=0.3, kind="two_tone", size=64, file="a.wav", on=False
    )
    form.show_settings(other)
    assert not form.heard
    assert form.editors["snr"].number.value() == -5
    edge = form.editors["low_edge"]
    assert edge.value_at(edge.slider.value()) == pytest.approx(5000, rel=0.02)
    assert form.editors["kind"].combo.currentText() == "two tone"
    assert form.editors["size"].combo.currentText() == "64"
    assert not form.editors["on"].box.isChecked()
    assert form.editors["file"].line.text() == "a.wav"


def test_each_control_sets_its_own_knob(form, qtbot):
    form.editors["kind"].combo.setCurrentIndex(1)
    form.editors["kind"].combo.activated.emit(1)
    form.editors["size"].combo.activated.emit(1)
    form.editors["on"].box.click()
    form.editors["seed"].number.setValue(4)
    form.editors["file"].line.setText("b.wav")
    form.editors["file"].line.editingFinished.emit()
    form.editors["layers"].slider.setValue(2)  # the third place
    assert form.settings == Every(kind="two_tone", size=64, on=False, seed=4, file="b.wav", layers=3)
    assert type(form.settings.layers) is int


def test_defaults_come_back_by_double_click(form, qtbot):
    form.show_settings(Every(snr=-3))
    qtbot.mouseDClick(form._labels["snr"], Qt.MouseButton.LeftButton)
    assert form.settings.snr == 20.0


def test_the_wheel_over_a_control_without_focus_changes_nothing(form, qtbot):
    slider = form.editors["snr"].slider
    event = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(slider, event)
    assert form.settings.snr == 20.0


def test_a_value_past_its_caution_shows_the_warning(form):
    warning = form._warnings["dropout"]
    assert warning.isHidden()
    form.editors["dropout"].number.setValue(0.75)
    assert not warning.isHidden()
    assert "left" in warning.text()


def test_everything_can_be_named_explained_and_reached_by_keyboard(form):
    for name, editor in form.editors.items():
        assert editor.whatsThis(), name
        assert editor.knob.help in editor.toolTip()
        for index in range(editor.row.count()):
            control = editor.row.itemAt(index).widget()
            assert control.accessibleName(), name
            assert control.focusPolicy() == Qt.FocusPolicy.StrongFocus


def test_a_knob_can_be_refused_with_its_reason(form):
    form.disable("layers", "needs the whole future")
    assert not form.editors["layers"].isEnabled()
    assert "needs the whole future" in form.editors["layers"].toolTip()
    form.disable("layers", "")
    assert form.editors["layers"].isEnabled()


@pytest.mark.parametrize(("folder", "name"), LEAVES)
def test_every_settings_of_the_catalogs_round_trips(qtbot, folder, name):
    settings = catalog.load(folder, name).Settings()
    form = Form(settings, name)
    qtbot.addWidget(form)
    shown = [each for each in knobs(type(settings)) if not each.hidden]
    assert list(form.editors) == [each.name for each in shown]
    form.show_settings(settings)
    for each in shown:
        editor = form.editors[each.name]
        for value in _others(each):
            editor.changed.emit(value)
            editor.show_value(value)
            assert getattr(form.settings, each.name) == value
            assert each.help, f"{name}.{each.name} has no help"
        editor.reset()
    assert form.settings == settings


def _others(each):
    if each.choices:
        return each.choices
    if each.kind is bool:
        return (not each.default,)
    if each.kind is str:
        return ("text",)
    return tuple(each.kind(value) for value in (each.low, each.high) if value is not None)
