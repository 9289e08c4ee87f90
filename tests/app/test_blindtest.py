"""The dialog of blind tests: keys, what is heard under which label, what is kept, what is told when."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMainWindow

from app.blindtest import Dialog, export
from app.compared import loop_of, versions
from engine.blind import Abx, BlindError, Sheet
from engine.clip import Clip, from_array
from engine.events import Enhanced, Traced
from engine.session import Session, Span, Transport
from engine.trace import Series, Trace
from widgets.rating import OPEN

if TYPE_CHECKING:
    from pathlib import Path

RATE = 16000
NONE = Series(np.zeros((1, 1), np.float32), 1.0, 0.0, "unit", ())


class Player:
    """Remembers what it is told."""

    error = ""

    def __init__(self, device: Any) -> None:
        self.playing, self.volume, self.heard, self.closed = False, 1.0, "", False
        self.lanes: dict[str, Clip] = {}
        self.span: Any = None

    def load(self, lanes: dict[str, Clip]) -> None:
        self.lanes = dict(lanes)

    def choose(self, name: str) -> None:
        assert name in self.lanes
        self.heard = name

    def loop(self, span: Span) -> None:
        self.span = span

    def play(self) -> None:
        self.playing = True

    def pause(self) -> None:
        self.playing = False

    def close(self) -> None:
        self.closed, self.playing = True, False


class Wiring:
    """Does at once what is asked for, and hands the events out."""

    def __init__(self) -> None:
        self.heard: dict[type, Any] = {}

    def on(self, kind: type, handler: Any) -> None:
        self.heard[kind] = handler

    def submit(self, worker: str, name: str, job: Any, *asked: Any, doing: str = "") -> None:
        for event in job(*asked):
            if type(event) in self.heard:
                self.heard[type(event)](event)


def noise(seed: int, seconds: float = 2.0) -> Clip:
    samples = 0.1 * np.random.default_rng(seed).normal(size=round(seconds * RATE))
    return from_array(samples.astype(np.float32), RATE, f"noise {seed}")


def traced(sound: Clip, clean: Clip) -> Traced:
    return Traced(Trace(sound.id, 0.0, sound.seconds, {}), sound, clean, "")


@pytest.fixture
def window(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("engine.audio.play.Player", Player)
    made: Any = QMainWindow()
    qtbot.addWidget(made)
    made.wiring, made.session, made.timer = Wiring(), Session(), QTimer(made)
    made.playing = SimpleNamespace(device=None, pause=lambda: None)
    sound, clean, better = noise(1), noise(2), noise(3)
    made.session.set("clip", sound)
    made.session.set("traced", traced(sound, clean))
    enhanced = Enhanced(sound.id, sound.id, "wiener", "Wiener", better, better, better, NONE, NONE)
    made.session.set("enhanced", (enhanced,))
    return made


def dialog(window: Any, root: Path) -> Dialog:
    made = Dialog(window, root)
    made.show()
    return made


def begun(window: Any, root: Path, kind: str) -> Dialog:
    made = dialog(window, root)
    made.setup.kinds[kind].setChecked(True)
    made.setup.begin.click()
    return made


def test_the_versions_are_those_that_are_there(window: Any) -> None:
    state = window.session.state
    assert list(versions(state)) == ["noisy", "clean", "Wiener"]
    window.session.set("traced", traced(state.clip, state.clip))
    assert list(versions(window.session.state)) == ["noisy", "Wiener"]  # without noise there is nothing to restore
    with pytest.raises(BlindError, match="open a recording"):
        versions(Session().state)


def test_what_is_repeated_is_the_selection_on_the_clock_of_the_sound(window: Any) -> None:
    assert loop_of(window.session.state) == (0.0, 2.0)
    window.session.set("selection", Span(0.5, 1.25))
    assert loop_of(window.session.state) == (0.5, 1.25)
    sound = noise(1, 40.0)
    window.session.set("selection", None)
    window.session.set("traced", traced(sound, sound))
    with pytest.raises(BlindError, match="drag along the ruler"):
        loop_of(window.session.state)


def test_x_is_what_was_drawn(window: Any, tmp_path: Path) -> None:
    made = begun(window, tmp_path, "abx")
    for _ in range(16):
        test: Any = made.sitting.test  # type: ignore[union-attr]
        for key in "ABX":
            made.press(key)
            player = made.hidden._player
            assert player.playing
            assert player.heard == key
            assert made.abx.play[key].isChecked()
        turn = len(test.answers)
        true = test.hidden[turn]
        assert player.lanes["X"].id == player.lanes[true].id != player.lanes["AB".replace(true, "")].id
        shown = versions(window.session.state)
        wanted = shown[test.pair[0]].read()[1000:-1000]
        np.testing.assert_array_equal(player.lanes["A"].read()[1000:-1000], wanted)
        assert player.span == Span(0.0, 2.0)
        assert "p =" not in made.abx.standing.text()
        made.press("12"["AB".index(true)])
    assert made.pages.currentWidget() is made.ended
    assert made.ended.verdict.text().startswith("16 of 16 right, p = 1.53e-05.")
    assert made.ended.table.rowCount() == 16
    assert player.closed


def test_space_pauses_and_what_the_window_plays_comes_first(window: Any, tmp_path: Path) -> None:
    made = begun(window, tmp_path, "abx")
    made.press("A")
    made.press("Space")
    assert not made.hidden.playing
    made.press("Space")
    assert made.hidden.playing
    window.session.set("transport", Transport(playing=True))
    made.tick()
    assert not made.hidden.playing
    assert not any(button.isChecked() for button in made.abx.play.values())


def test_p_is_shown_to_who_asks_and_that_is_remembered(window: Any, tmp_path: Path) -> None:
    made = begun(window, tmp_path, "abx")
    made.press("1")
    assert "p =" not in made.abx.standing.text()
    made.abx.peek.click()
    assert "p =" in made.abx.standing.text()
    assert isinstance(made.sitting.test, Abx)  # type: ignore[union-attr]
    assert made.sitting.test.peeked  # type: ignore[union-attr]
    made.press("2")
    assert "p =" not in made.abx.standing.text()


def test_a_test_that_was_left_is_gone_on_with(window: Any, tmp_path: Path) -> None:
    made = begun(window, tmp_path, "abx")
    for key in "1221":
        made.press(key)
    before: Any = made.sitting
    made.close()
    assert before.folder.parent == tmp_path
    made.show()
    assert made.abx.turn.text() == "Trial 5 of 16"
    made.close()
    again = dialog(window, tmp_path)  # as after another start of the program
    assert again.setup.left.isVisible()
    assert "4 of 16" in again.setup.left_words.text()
    again.setup.resume.click()
    assert again.sitting is not None
    assert again.sitting.test == before.test
    assert again.abx.turn.text() == "Trial 5 of 16"
    again.close()


def test_a_page_is_rated_with_its_reference_and_its_anchor(window: Any, tmp_path: Path) -> None:
    made = begun(window, tmp_path, "sheet")
    test: Any = made.sitting.test  # type: ignore[union-attr]
    assert isinstance(test, Sheet)
    assert set(test.shown[0]) == {"noisy", "reference", "Wiener", "anchor"}
    made.press("R")
    player: Any = made.hidden._player
    assert player.heard == OPEN
    for place, name in enumerate(test.shown[0]):
        assert not made.rating.next.isEnabled()
        made.press(str(place + 1))
        made.rating.sliders[place].setValue({"reference": 100, "Wiener": 70, "noisy": 30, "anchor": 5}[name])
        if name == "reference":
            assert player.lanes[str(place + 1)].id == player.lanes[OPEN].id
    assert made.rating.next.isEnabled()
    made.rating.next.click()
    assert made.pages.currentWidget() is made.ended
    assert made.ended.verdict.text() == "1 page: reference 100, Wiener 70, noisy 30, anchor 5."


def test_several_clips_are_pages_and_one_can_be_taken_away(window: Any, tmp_path: Path) -> None:
    made = dialog(window, tmp_path)
    window.session.set("selection", Span(0.5, 1.0))
    made.setup.add.click()
    made.setup.add.click()  # the same again is one
    assert made.setup.sounds.count() == 2
    made.setup.kinds["sheet"].setChecked(True)
    made.setup.begin.click()
    assert made.rating.turn.text() == "Page 1 of 2"
    made.anew()
    made.setup.removed.emit(0)
    assert made.setup.sounds.count() == 1
    made.close()


def test_two_versions_that_are_the_same_are_refused(window: Any, tmp_path: Path) -> None:
    made = dialog(window, tmp_path)
    made.setup.other.setCurrentText("noisy")
    made.setup.begin.click()
    assert made.sitting is None
    assert "two that are not the same" in made.setup.said.text()
    made.close()


def test_results_are_written(window: Any, tmp_path: Path) -> None:
    made = begun(window, tmp_path, "abx")
    made.press("1")
    *_, said = export(made.sitting.test, tmp_path / "mine.csv")  # type: ignore[union-attr]
    assert "mine.csv" in said.text
    assert json.loads((tmp_path / "mine.json").read_text())["found"]["answered"] == 1
    made.close()
