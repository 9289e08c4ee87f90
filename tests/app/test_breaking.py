"""The break-it map in the window: what it is asked for, when it rests, and what a click does."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app import breaking
from app.breaking import Breaking, Wish, denoiser
from engine.clip import from_array
from engine.events import BreakMap, Progress, Traced
from engine.links import default_link
from engine.session import Session, Transport
from engine.trace import Trace


class Worker:
    def __init__(self) -> None:
        self.paused, self.stopped, self.has_job = False, 0, False

    def has(self, name: str) -> bool:
        return self.has_job

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def stop(self, name: str) -> None:
        self.stopped += 1


class Wiring:
    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.heard: dict[type, Any] = {}
        self.workers = {"map": Worker(), "measure": Worker()}

    def on(self, kind: type, handler: Any) -> None:
        self.heard[kind] = handler

    def submit(self, worker: str, name: str, job: Any, *asked: Any, doing: str = "") -> None:
        self.asked.append(asked)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(breaking, "REST", -1.0)
    session, wiring = Session(chain=(default_link("noise", kind="white", snr=20.0),)), Wiring()
    sight = SimpleNamespace(on=True)
    parts = SimpleNamespace(session=session, wiring=wiring, sight=sight)
    parts.breaking = Breaking(session, wiring, lambda name: sight.on)  # type: ignore[arg-type]
    parts.clips = [from_array(np.full(32000, 0.01 * k, np.float32), 16000, f"clip {k}") for k in (1, 2)]
    return parts


def show(made: Any, which: int) -> None:
    clip = made.clips[which]
    made.session.set("clip", clip)
    made.session.set("traced", Traced(Trace(clip.id, 0.0, 2.0, {}), clip, clip, ""))


def found(made: Any) -> BreakMap:
    values = np.full((2, 3), np.nan, np.float32)
    return BreakMap("x", "wiener", "pesq_wb", ("white", "pink"), (0.0, 5.0, 10.0), values, 1.5, (), "it", 0.5)


def test_nothing_is_asked_for_without_a_denoiser_or_out_of_sight(made: Any) -> None:
    show(made, 0)
    made.breaking.tick()
    assert not made.wiring.asked
    made.session.set("denoisers", ("wiener",))
    made.sight.on = False
    made.breaking.tick()
    assert not made.wiring.asked


def test_it_begins_anew_with_another_clip_denoiser_or_metric(made: Any) -> None:
    made.session.set("denoisers", ("wiener",))
    show(made, 0)
    for _ in range(3):
        made.breaking.tick()
    assert len(made.wiring.asked) == 1
    clean, start, stop, name, wish = made.wiring.asked[0]
    assert (clean, start, stop, name, wish) == (made.clips[0], 0.0, 2.0, "wiener", Wish())
    made.wiring.heard[BreakMap](found(made))
    assert made.session.state.breakmap is not None
    show(made, 1)
    assert made.session.state.breakmap is None
    assert made.wiring.workers["map"].stopped == 1
    made.breaking.tick()
    made.session.set("denoisers", ("gate",))
    made.breaking.tick()
    made.session.set("breaking", Wish(metric="STOI", against="gaps"))
    made.breaking.tick()
    assert [each[3] for each in made.wiring.asked] == ["wiener", "wiener", "gate", "gate"]
    assert made.wiring.asked[-1][4].metric == "STOI"


def test_what_comes_late_of_a_map_that_was_stopped_is_passed_over(made: Any) -> None:
    made.session.set("denoisers", ("wiener",))
    show(made, 0)
    made.breaking.tick()
    made.sight.on = False
    made.breaking.tick()
    assert made.wiring.workers["map"].stopped == 1
    made.wiring.heard[BreakMap](found(made))
    assert made.session.state.breakmap is None


def test_it_waits_while_something_sounds(made: Any) -> None:
    worker = made.wiring.workers["map"]
    made.session.set("transport", Transport(playing=True))
    assert worker.paused
    made.session.set("transport", Transport())
    assert not worker.paused
    made.session.set("transport", Transport(live=True))
    assert worker.paused


def test_the_numbers_of_what_is_on_the_screen_come_first(made: Any) -> None:
    """A row takes seconds, a map minutes: beside each other, nobody saw a number for two minutes."""
    measure, worker = made.wiring.workers["measure"], made.wiring.workers["map"]
    made.session.set("denoisers", ("wiener",))
    show(made, 0)
    measure.has_job = True
    made.breaking.tick()
    assert not made.wiring.asked
    measure.has_job = False
    made.session.set("jobs", {"denoise by wiener": Progress(0.5)})
    made.breaking.tick()
    assert not made.wiring.asked
    made.session.set("jobs", {})
    made.breaking.tick()
    assert len(made.wiring.asked) == 1
    assert not worker.paused
    measure.has_job = True
    made.breaking.tick()
    assert worker.paused
    measure.has_job = False
    made.breaking.tick()
    assert not worker.paused


def test_a_click_sets_the_sliders_and_is_taken_back_at_once(made: Any) -> None:
    session, before = made.session, made.session.state.chain
    session.set("chain", (replace(before[0], on=False),))
    off = session.state.chain
    made.breaking.go(-5.0, "babble")
    link = session.state.chain[0]
    assert (link.settings.snr, link.settings.kind, link.on) == (-5.0, "babble", True)
    session.undo()
    assert session.state.chain == off
    made.breaking.go(7.5, "40 ms")  # a mask's width is no kind of noise
    assert (session.state.chain[0].settings.snr, session.state.chain[0].settings.kind) == (7.5, "white")


def test_the_map_is_of_the_denoiser_that_is_heard(made: Any) -> None:
    made.session.set("denoisers", ("wiener", "gate"))
    assert denoiser(made.session.state) == "wiener"
    made.session.set("transport", Transport(heard="enhanced:gate"))
    assert denoiser(made.session.state) == "gate"
    made.session.set("transport", Transport(heard="enhanced:gone"))
    assert denoiser(made.session.state) == "wiener"
