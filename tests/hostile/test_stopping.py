"""Stop pressed twice, at once and in every state: all ends, nobody complains, and all can begin again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from app.shot import pump
from app.window import Window
from engine import asset, catalog, checkpoint
from engine.audio.feed import Feed
from widgets import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.alone
CLOSE = 200.0
"""Seconds until all has ended: a training may be importing torch when it is stopped."""


def wait(window: Window, true: Callable[[], object]) -> None:
    end = time.monotonic() + CLOSE
    while not true():
        assert time.monotonic() < end, f"{window.session.state.jobs} {window.session.state.notice}"
        pump(0.01)


def rests(window: Window) -> bool:
    return not any(worker.busy or worker.events for worker in window.wiring.workers.values())


@pytest.fixture(scope="module")
def window(qapp: Any) -> Iterator[Window]:
    theme.apply(qapp, "dark")
    made = Window(fresh=True)
    made.show()
    wait(made, lambda: made.wiring.ready and made.session.state.traced is not None and rests(made))
    module = catalog.load("tasks", "phonemes")
    shape = catalog.load("models", "recurrent").Settings(hidden=32, layers=1)
    made.session.set("network", checkpoint.untrained("phonemes", shape, module.Settings(clips=10)))
    wait(made, lambda: rests(made))
    yield made
    made.saving.asks = made.runs.asks = False
    made.close()


@pytest.fixture
def microphone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip that is played over and over stands for it."""
    clip = asset.open_bundled("digits")
    monkeypatch.setattr("engine.audio.record.Recorder", lambda _, rate: Feed(clip, rate, loop=True))


def opening(window: Window, folder: Path) -> None:
    path = folder / "long.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(60 * 16_000), 16_000)
    window.opening.open(path)


def training(window: Window, _folder: Path) -> None:
    window.actions_by_name["train"].trigger()
    wait(window, lambda: len(window.session.state.history.steps) > 2)


def held(window: Window, folder: Path) -> None:
    training(window, folder)
    window.actions_by_name["pause_training"].trigger()


def press(*names: str) -> Callable[[Window, Path], None]:
    def pressed(window: Window, _folder: Path) -> None:
        for name in names:
            window.actions_by_name[name].trigger()

    return pressed


STATES: dict[str, tuple[Callable[[Window, Path], None], str]] = {
    "at rest": (press(), "train"),
    "playing": (press("play"), "play"),
    "playing in a loop": (press("loop", "play"), "play"),
    "live": (press("live_clip"), "live"),
    "frozen": (press("live_clip", "freeze"), "live"),
    "at the microphone": (press("live"), "live"),
    "recording": (press("record"), "record"),
    "opening": (opening, "play"),
    "saving": (lambda window, folder: window.saving.save(folder / "a.oto"), "play"),
    "training begins": (press("train"), "train"),
    "training": (training, "train"),
    "training is held": (held, "train"),
    "all at once": (press("play", "train", "live_clip", "record"), "train"),
}
"""What begins it, and the action that ends it by itself."""


LEARNING = ("training", "training is held")
"""They take a while to get there."""
CASES = [
    *(
        (state, stop, pause)
        for state in STATES
        if state not in LEARNING
        for stop in ("stop_all", "")
        for pause in (0.0, 0.3)
    ),
    *((state, stop, 0.0) for state in LEARNING for stop in ("stop_all", "")),
]


@pytest.mark.usefixtures("microphone")
@pytest.mark.parametrize(("state", "stop", "pause"), CASES)
def test_stopping_twice(
    window: Window, tmp_path: Path, state: str, stop: str, pause: float, caplog: pytest.LogCaptureFixture
) -> None:
    begin, own = STATES[state]
    window.session.set("notice", None)
    begin(window, tmp_path)
    pump(pause)
    for _ in range(2):
        window.actions_by_name[stop or own].trigger()
        pump(0.01)
    window.actions_by_name["stop_all"].trigger()
    wait(window, lambda: rests(window))
    pump(0.05)
    window.playing.close()  # the loudspeaker stays open otherwise
    now, notice = window.session.state.transport, window.session.state.notice
    assert (now.live, now.recording, now.playing, window.runs.training) == (False,) * 4
    assert not window.session.state.jobs
    assert notice is None or notice.level != "error", notice
    assert not [each for each in caplog.records if each.levelname == "ERROR"]
