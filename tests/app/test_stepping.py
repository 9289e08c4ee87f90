"""Step mode in the window: F10 goes on by a frame, everything follows, what lies ahead is veiled."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from app.stepping import Stepping
from app.window import Window
from engine.clip import from_array
from engine.session import Cursor, Span
from engine.stepper import Stepper
from engine.trace import Key
from tests import example
from tests.waiting import analysed, pump
from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def home(qapp) -> Iterator[Window]:
    made = Window(fresh=True)
    theme.apply(qapp, "dark")
    made.show()
    pump(qapp, lambda: analysed(made))
    yield made
    made.close()


def press(app, window: Window, name: str = "step_on", times: int = 1) -> None:
    for _ in range(times):
        window.actions_by_name[name].trigger()
    end = time.thread_time() + 0.4  # of work: a machine that stands still shows nothing
    while time.thread_time() < end:
        app.processEvents()


def lane(window: Window, name: str) -> np.ndarray:
    image = window.lanes.lanes[name].canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return raw[:, : image.width(), :3].astype(int)


def test_the_forward_pass_goes_by_frames_with_the_numbers_of_a_pass_of_its_own(qapp, home):
    """Beside the network stepped in NumPy through what it hears; h' is 0 at first; Escape ends it."""
    session = home.session
    press(qapp, home)
    walk, traced = session.state.walk, session.state.traced
    view = home.docks.docks["diagram"].widget()
    key, unit = session.state.cursor.key, session.state.cursor.unit
    assert session.state.cursor.time == walk.time(0)
    assert view.isVisible()
    assert view.anatomy.first
    stepper, stack = Stepper(session.state.network), session.state.network.settings.stack
    features = traced.trace.series[Key("features")].values
    for frame in range(4):
        _, seen = stepper.push(features[frame * stack : (frame + 1) * stack])
        name = {each: each.removeprefix("gate.") for each in ("h", "c", "gate.f", "gate.i", "gate.g", "gate.o")}
        for long, short in name.items():
            wanted = float(seen[Key(long, key.layer)][0, unit])
            assert view.anatomy.values[short] == pytest.approx(wanted, abs=5e-4), (frame, short)
        assert f"step {frame + 1} of {walk.end}" in home.transport.badge.text()
        press(qapp, home)
    assert session.state.cursor.time == pytest.approx(walk.time(4))
    press(qapp, home, "step_back", 2)
    assert session.state.cursor.time == pytest.approx(walk.time(2))
    assert f"frame 3 of {walk.end}" in view.head[1]
    home.actions_by_name["deselect"].trigger()
    assert session.state.walk is None


def test_lanes_show_what_has_been_and_hide_what_comes(qapp, home):
    session = home.session
    bare = {name: lane(home, name) for name in ("spectrogram", "hidden", "gates", "posteriors")}
    press(qapp, home)
    session.set("cursor", Cursor(session.state.seconds / 2, session.state.cursor.key, session.state.cursor.unit))
    press(qapp, home)
    for name, before in bare.items():
        part, now = home.lanes.lanes[name], lane(home, name)
        split = round(part.axis().x(session.state.cursor.time))
        left, right = np.s_[4:-4, 60 : split - 8], np.s_[4:-4, split + 12 : -12]
        assert np.abs(now[left] - before[left]).max(-1).mean() < 2, name
        assert now[right].std() < 0.25 * before[right].std(), name
    home.actions_by_name["deselect"].trigger()
    press(qapp, home, "follow", 2)
    for name, before in bare.items():
        assert np.abs(lane(home, name) - before).max(-1).mean() < 6, name


def test_it_begins_with_the_selection_and_ends_with_it(qapp, home):
    session = home.session
    session.set("selection", Span(1.0, 1.2))
    press(qapp, home)
    walk = session.state.walk
    assert walk.time(walk.begin) == pytest.approx(1.0, abs=0.5 / walk.rate)
    assert walk.time(walk.end - 1) == pytest.approx(1.2, abs=0.5 / walk.rate)
    press(qapp, home, times=walk.end - walk.begin + 3)
    assert session.state.cursor.time == pytest.approx(walk.time(walk.end - 1))
    assert "last frame" in session.state.notice.text
    session.set("notice", None)
    home.actions_by_name["deselect"].trigger()
    session.set("selection", None)


def test_a_clip_just_recorded_is_stepped_through(qapp, home):
    before = home.session.state.clip
    sound = (0.1 * np.random.default_rng(0).standard_normal(16000)).astype(np.float32)
    home.listening.recorded = lambda: None
    given(qapp, home, from_array(sound, 16000, "recording 1"))
    press(qapp, home, times=2)
    assert home.session.state.walk.end == pytest.approx(33, abs=2)
    assert home.docks.docks["diagram"].widget().anatomy is not None
    home.actions_by_name["deselect"].trigger()
    given(qapp, home, before)


def given(qapp, home, clip):
    home.session.set("clip", clip)
    pump(qapp, lambda: analysed(home) and home.session.state.traced.trace.clip_id == clip.id)


def test_keys_and_a_button(home):
    assert home.actions_by_name["step_on"].shortcut().toString() == "F10"
    assert home.actions_by_name["step_back"].shortcut().toString() == "Shift+F10"
    assert any(each.defaultAction() is home.actions_by_name["step_on"] for each in _buttons(home))


def _buttons(home):
    from PySide6.QtWidgets import QToolButton

    return home.transport.findChildren(QToolButton, options=Qt.FindChildOption.FindChildrenRecursively)


def test_nothing_to_step_through_is_said():
    said: list[str] = []
    session = example.empty()
    Stepping(session, lambda _: None, lambda text, _: said.append(text)).step(1)
    assert session.state.walk is None
    assert "open a recording" in said[0]


def test_live_it_says_what_to_do():
    said: list[str] = []
    Stepping(example.live(), lambda _: None, lambda text, _: said.append(text)).step(1)
    assert "end the live view" in said[0]
