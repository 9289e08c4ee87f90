"""The wizard of the forty clips: takes and what is wrong with them, steps in their order, leaving and going on."""

from __future__ import annotations

import shutil
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
import soundfile
from PySide6.QtWidgets import QMainWindow

import app.forty
import app.fortytakes
from app.forty import Wizard
from app.fortysteps import Came, finish
from app.jobs import Prepared
from app.listening import Listening
from app.wiring import Wiring
from app.worker import Report
from engine import asset, checkpoint, forty
from engine.audio.check import check
from engine.audio.error import DeviceError
from engine.events import Began, Ended, Failed, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RATE = 16000


def word(loud: float = 1.0) -> np.ndarray[Any, Any]:
    """A bundled clip, two seconds."""
    sound, _ = soundfile.read(asset.path("hello", "train", "hello-flite-rms.flac"), dtype="float32")
    return np.clip(loud * sound, -1.0, 1.0)


class Microphone:
    """In the place of a Recorder: the sound again and again, faster than it is."""

    sound = np.zeros(RATE, np.float32)
    broken = ""
    on: ClassVar[list[Microphone]] = []  # those that were started and not stopped

    def __init__(self, device: str | None, rate: int) -> None:
        self.rate, self.dropped, self.error, self.level = rate, 0, "", (-20.0, -10.0, False)
        self._at = 0

    def start(self) -> None:
        if self.broken:
            raise DeviceError(self.broken)
        self.on.append(self)

    def stop(self) -> None:
        if self in self.on:
            self.on.remove(self)

    def read(self) -> np.ndarray[Any, Any]:
        """A quarter of a second at each call, of which there are hundreds a second."""
        self._at += RATE // 4
        return np.take(self.sound, range(self._at, self._at + RATE // 4), mode="wrap")


@pytest.fixture
def window(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from engine.session import Session

    monkeypatch.setattr("engine.audio.record.Recorder", Microphone)
    monkeypatch.setattr(app.fortytakes, "WAIT", 0.6)
    monkeypatch.setattr(Microphone, "broken", "")
    monkeypatch.setattr(Microphone, "sound", word())
    monkeypatch.setattr(Microphone, "on", [])
    made: Any = QMainWindow()
    qtbot.addWidget(made)
    made.session = Session()
    made.wiring = Wiring(made.session)
    made.listening = Listening(made.session, made.wiring, lambda: None)
    made.runs = SimpleNamespace(may_leave=lambda _: True, settings=SimpleNamespace(steps=100), stop=lambda: None)
    made.docks = SimpleNamespace(arrange=lambda name: None)
    made.playing = SimpleNamespace(hear=lambda name: None)
    yield made
    made.close()
    made.wiring.close()


def shown(window: Any, place: Path) -> Wizard:
    made = Wizard(window, place)
    made.show()
    return made


def until(wizard: Wizard, true: Callable[[], bool]) -> None:
    """Let the workers and the wizard's clock run."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        wizard.wiring.tick()
        wizard._tick()
        time.sleep(0.005)


def taken(wizard: Wizard) -> None:
    until(wizard, lambda: wizard.takes.tap is not None)
    wizard.takes.record()
    assert wizard.collect.verdict.text().startswith("Say “")
    assert not wizard.collect.button.isEnabled()
    until(wizard, lambda: wizard.takes.taking is None)


def test_a_take_is_kept_and_the_other_word_comes_next_k316(window: Any, tmp_path: Path) -> None:
    wizard = shown(window, tmp_path)
    assert len(wizard.project.takes) == 40
    assert wizard.collect.word.text() == "hello"
    taken(wizard)
    assert wizard.collect.verdict.text() == "hello 1: good."
    assert wizard.collect.word.text() == "world"
    assert wizard.collect.count.text() == "1 of 40 takes are good"
    sound, rate = soundfile.read(tmp_path / "takes" / "hello-01.wav")
    assert (rate, len(sound)) == (RATE, 2 * RATE)
    assert not wizard.steps.buttons[1].isEnabled()


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (word(30.0), "too loud, it clips"),
        (0.001 * word(), "too quiet"),
        (np.zeros(RATE, np.float32), "too quiet"),
        (np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32), "no word stands out"),
    ],
    ids=["clipped", "quiet", "silent", "noise"],
)
def test_a_bad_take_is_told_and_asked_for_again(
    sound: np.ndarray[Any, Any], said: str, window: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Microphone, "sound", sound)
    wizard = shown(window, tmp_path)
    taken(wizard)
    assert said in wizard.collect.verdict.text()
    assert "Record it again" in wizard.collect.verdict.text()
    assert wizard.collect.word.text() == "hello"
    monkeypatch.setattr(Microphone, "sound", word())
    taken(wizard)
    assert wizard.collect.verdict.text() == "hello 1: good."


def test_a_take_can_be_made_anew(window: Any, tmp_path: Path) -> None:
    for name in ("hello-01", "world-01"):
        (tmp_path / "takes").mkdir(exist_ok=True)
        soundfile.write(tmp_path / "takes" / f"{name}.wav", 0.2 * word(), RATE)
    wizard = shown(window, tmp_path)
    assert wizard.collect.word.text() == "hello"
    assert wizard.collect.count.text() == "2 of 40 takes are good"
    wizard.takes.again(1)
    assert wizard.collect.word.text() == "world"
    before = (tmp_path / "takes" / "world-01.wav").read_bytes()
    taken(wizard)
    assert (tmp_path / "takes" / "world-01.wav").read_bytes() != before
    assert wizard.collect.word.text() == "hello"


def test_a_microphone_that_cannot_be_had_is_told(
    window: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Microphone, "broken", "No microphone was found; plug one in and try again.")
    wizard = shown(window, tmp_path)
    until(wizard, lambda: bool(wizard.collect.verdict.text()))
    assert wizard.collect.verdict.text() == (
        "No microphone was found; plug one in and try again. Or take the bundled voices, above."
    )
    assert wizard.isEnabled()
    monkeypatch.setattr(Microphone, "broken", "")
    wizard.takes.record()  # it is plugged in now
    taken(wizard)
    assert wizard.project.recorded == 1


def test_the_microphone_is_off_while_nobody_records(window: Any, tmp_path: Path) -> None:
    """The device itself is opened once each time it is wanted, and closed when it is not: not only forgotten."""

    def heard(wanted: bool) -> None:
        until(wizard, lambda: len(Microphone.on) == wanted and (wizard.takes.tap is not None) == wanted)

    wizard = Wizard(window, tmp_path)
    assert not Microphone.on, "nobody sees it yet"
    for away, back in (
        (lambda: wizard.takes.choose("bundled"), lambda: wizard.takes.choose("voice")),
        (wizard.hide, wizard.show),
        (wizard.close, wizard.show),
        (window.close, lambda: None),
    ):
        wizard.show()
        heard(True)
        away()
        heard(False)
        back()
    assert wizard.project.recorded == 0


def test_what_the_wizard_hears_is_not_what_the_window_hears(window: Any, tmp_path: Path) -> None:
    wizard, listening = shown(window, tmp_path), window.listening
    until(wizard, lambda: wizard.takes.tap is not None)
    assert listening.level is None
    window.wiring.ready = True
    assert listening.live()
    until(wizard, lambda: listening.tap is not None)
    assert wizard.takes.tap is None
    wizard.takes.record()
    assert "The window is live: end that first" in wizard.collect.verdict.text()
    listening.stop()
    until(wizard, lambda: not Microphone.on)
    wizard.takes.record()
    taken(wizard)
    assert wizard.project.recorded == 1
    assert listening.level is None


def test_a_window_that_listens_all_the_time_rests_while_the_wizard_records(window: Any, tmp_path: Path) -> None:
    listening = window.listening
    listening.listen(True)
    wizard = Wizard(window, tmp_path)
    until(wizard, lambda: listening.tap is not None)
    wizard.show()
    taken(wizard)
    assert wizard.project.recorded == 1
    assert len(Microphone.on) == 1
    assert listening.level is None
    wizard.hide()
    until(wizard, lambda: listening.level is not None)
    assert len(Microphone.on) == 1


def test_a_take_that_is_left_is_none(window: Any, tmp_path: Path) -> None:
    wizard = shown(window, tmp_path)
    until(wizard, lambda: wizard.takes.tap is not None)
    wizard.takes.record()
    wizard.takes.choose("bundled")
    until(wizard, lambda: not Microphone.on)
    time.sleep(app.fortytakes.WAIT)
    wizard._tick()
    assert "Nothing came" not in wizard.collect.verdict.text()
    wizard.takes.choose("voice")
    assert wizard.project.recorded == 0
    assert wizard.collect.button.isEnabled()
    taken(wizard)
    assert wizard.project.recorded == 1


def test_it_goes_on_where_it_was_left(window: Any, tmp_path: Path) -> None:
    wizard = shown(window, tmp_path)
    taken(wizard)
    wizard.hide()
    again = shown(window, tmp_path)
    assert again.project.recorded == 1
    assert again.collect.word.text() == "world"
    again.takes.choose("bundled")
    assert shown(window, tmp_path).project.source == "bundled"
    assert again.project.recorded == 1, "what was recorded stays"


def test_forty_good_takes_are_a_corpus_that_can_be_learnt_from(tmp_path: Path) -> None:
    from engine.corpora import hello

    (tmp_path / "takes").mkdir()
    for said in forty.WORDS:
        files = sorted(asset.path("hello", "train").glob(f"{said}-*.flac"))
        for number, file in enumerate(files, 1):
            sound, rate = soundfile.read(file)
            soundfile.write(tmp_path / "takes" / f"{said}-{number:02d}.wav", sound, rate)
    project = forty.load(tmp_path)
    assert project.collected
    assert project.next_take() is None
    corpus = hello.build(hello.Settings(folder=project.learnt_from))
    assert len(corpus.split("train")) == 40
    (tmp_path / "takes" / "world-07.wav").write_bytes(b"nothing")
    assert not forty.load(tmp_path).collected
    assert forty.load(tmp_path).next_take() == next(
        t for t in forty.load(tmp_path).takes if t.number == 7 and t.word == "world"
    )


def test_the_steps_come_in_their_order_and_a_training_is_the_ordinary_one(
    window: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wizard = shown(window, tmp_path / "project")
    asked: list[Any] = []
    window.wiring.on(Prepared, asked.append)
    wizard.show_step(1)
    assert wizard.at == 0, "there are no clips yet"
    wizard.takes.choose("bundled")
    wizard.show_step(1)
    assert [button.isEnabled() for button in wizard.steps.buttons] == [True, True, False, False, False]
    wizard.works["train"].button.click()
    until(wizard, lambda: bool(asked))
    assert asked[0].network.task == "hello"
    assert asked[0].training.batch == 8
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy(asset.path("checkpoints", "hello.safetensors"), run / "last.safetensors")

    def report(job: str, event: Any) -> None:
        wizard.wiring._receive(Report(job, event))

    report("train", Ended("train", stopped=True))  # of a training before
    report("train", Began("hello", "", 100, run))
    report("train", Step(40, 0, 0.5, {}))
    wizard._tick()
    assert wizard.works["train"].said.text() == "step 40 of 100, loss 0.500"
    report("train", Ended("train"))
    until(wizard, lambda: wizard.project.done("train"))
    assert checkpoint.load(wizard.project.network).task == "hello"
    assert [button.isEnabled() for button in wizard.steps.buttons] == [True] * 5
    report(app.forty.JOB, Came("evaluate", {"short": "99 %", "said": "good", "rows": [["a"], ["b"]]}))
    again = shown(window, tmp_path / "project")
    assert again.project.done("evaluate")
    again.show_step(2)
    item = again.works["evaluate"].table.item(0, 0)
    assert item is not None
    assert item.text() == "b"
    again.takes.choose("voice")
    assert not again.project.done("train"), "other clips, another network"


def test_a_step_that_fails_says_why(window: Any, tmp_path: Path) -> None:
    wizard = shown(window, tmp_path)
    wizard.keep(forty.chosen(wizard.project, "folder", str(tmp_path / "none")))
    wizard.show_step(1)
    wizard.work("train")
    until(wizard, lambda: bool(wizard.told.text()))
    assert "there is no folder" in wizard.told.text()
    assert wizard.works["train"].button.isEnabled()
    wizard.wiring._receive(Report("train", Failed("train", "x", ValueError("x"))))
    assert "there is no folder" in wizard.told.text(), "another training is not this one"


def test_what_evaluates_tells_of_every_kind_of_voice(tmp_path: Path) -> None:
    from app import fortysteps

    network = asset.path("checkpoints", "hello.safetensors")
    (came,) = [each for each in fortysteps.evaluate(network) if isinstance(each, Came)]
    assert [row[0] for row in came.result["rows"]] == ["voices", "all", "espeak", "flite", "piper"]
    assert came.result["met"]
    assert "The targets are met" in came.result["said"]


def test_a_network_is_kept_from_its_run(tmp_path: Path) -> None:
    with pytest.raises(checkpoint.CheckpointError):
        list(finish(tmp_path, tmp_path / "hello.safetensors"))


def test_a_damaged_project_is_told_and_keeps_its_recordings(window: Any, tmp_path: Path) -> None:
    (tmp_path / "project.json").write_text("{", encoding="utf-8")
    wizard = shown(window, tmp_path)
    assert "project.json cannot be read" in wizard.told.text()
    assert len(wizard.project.takes) == 0 or wizard.project.recorded == 0


@pytest.mark.parametrize(
    ("sound", "trouble"),
    [
        (word(), ""),
        (word()[:3200], "only 0.2 s long"),
        (np.tile(word(), 3), "6.0 s long"),
        (np.full(RATE, np.nan, np.float32), "too quiet"),
        (np.zeros(0, np.float32), "only 0.0 s long"),
    ],
)
def test_what_is_wrong_with_a_take(sound: np.ndarray[Any, Any], trouble: str) -> None:
    found = check(sound, RATE).trouble
    assert ("; ".join(found).startswith(trouble)) if trouble else not found


def test_a_take_that_is_made_anew_asks_for_all_steps_again(tmp_path: Path) -> None:
    """Of one's own voice; what was learnt from bundled ones stays."""
    for source, kept in (("voice", False), ("bundled", True)):
        project = forty.stepped(forty.chosen(forty.load(tmp_path), source), "train", {"steps": 3})
        again = forty.retaken(project, project.takes[0])
        assert again.done("train") is kept


def test_the_level_of_a_take_is_that_of_its_sine() -> None:
    """A sine of amplitude 0.5 in half of a clip: 20 log10(0.5 / sqrt 2) = -9.03 dBFS."""
    t = np.arange(2 * RATE) / RATE
    found = check((0.5 * np.sin(2 * np.pi * 500 * t) * (t < 1) + 1e-4 * np.sin(9000 * t)).astype(np.float32), RATE)
    assert found.level == pytest.approx(-9.03, abs=0.05)
    assert found.peak == pytest.approx(0.5, abs=0.01)
    assert found.background < -80
