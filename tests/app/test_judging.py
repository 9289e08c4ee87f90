"""Quality in the window: what is asked for, what is known already, and what is not measured unasked."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from app import judging
from app.judging import Judging, Measured, recogniser, span
from engine.clip import Clip, Label, from_array
from engine.events import Cell, Column, Enhanced, LocalSnr, Progress, Traced
from engine.session import Session, Span
from engine.trace import Series, Trace

NONE = Series(np.zeros((1, 1), np.float32), 1.0)
COLUMN = Column("pesq_wb", "PESQ", "", 2, True, "")


class Wiring:
    ready = True

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.heard: dict[type, Any] = {}
        self.said: list[str] = []
        self.busy = False
        self.workers = {"measure": SimpleNamespace(stop=self._stop, has=lambda name: self.busy)}

    def _stop(self, name: str) -> None:
        self.said.append(f"stopped {name}")

    def on(self, kind: type, handler: Any) -> None:
        self.heard[kind] = handler

    def submit(self, worker: str, name: str, job: Any, *asked: Any, doing: str = "") -> None:
        self.asked.append((name, *asked))

    def tell(self, text: str, level: str = "") -> None:
        self.said.append(text)


def noise(seed: int, seconds: float = 2.0) -> Clip:
    return from_array(
        0.1 * np.random.default_rng(seed).normal(size=round(16000 * seconds)), 16000, f"noise {seed}"
    )


def show(session: Session, sound: Clip, clean: Clip) -> None:
    session.set("clip", sound)
    session.set("traced", Traced(Trace(sound.id, 0.0, sound.seconds, {}), sound, clean, ""))


def enhanced(sound: Clip, name: str, seed: int) -> Enhanced:
    made = noise(seed)
    return Enhanced(sound.id, sound.id, name, name.capitalize(), made, made, made, NONE, NONE)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(judging, "REST", -1.0)
    parts = SimpleNamespace(session=Session(), wiring=Wiring(), seen={"quality"})
    parts.judging = Judging(parts.session, parts.wiring, lambda name: name in parts.seen)
    parts.sound, parts.clean = noise(1), noise(2)
    show(parts.session, parts.sound, parts.clean)
    return parts


def answer(made: Any) -> None:
    """All that was asked for last is measured."""
    _, (found, *_), keys = made.wiring.asked[-1]
    for name in found:
        made.wiring.heard[Measured](Measured(keys[name], (COLUMN,), (Cell(1.5),)))


def test_what_is_there_is_measured_once(made: Any) -> None:
    for _ in range(3):
        made.judging.tick()
    assert len(made.wiring.asked) == 1
    name, (found, clean, start, stop, reader, _), _ = made.wiring.asked[0]
    assert (name, list(found), clean, start, stop, reader) == (
        "quality", ["noisy", "clean"], made.clean, 0.0, 2.0, None,
    )  # fmt: skip
    assert list(made.session.state.judged.ids) == ["noisy", "clean"]
    assert not made.session.state.judged.rows
    answer(made)
    assert made.session.state.judged.rows["noisy"] == (Cell(1.5),)
    made.judging.tick()
    assert len(made.wiring.asked) == 1


def test_only_what_is_new_is_measured_when_a_denoiser_comes(made: Any) -> None:
    made.judging.tick()
    answer(made)
    made.session.set("enhanced", (enhanced(made.sound, "wiener", 3),))
    made.judging.tick()
    assert list(made.wiring.asked[-1][1][0]) == ["Wiener"]
    assert set(made.session.state.judged.rows) == {"noisy", "clean"}
    answer(made)
    assert set(made.session.state.judged.rows) == {"noisy", "clean", "Wiener"}


def test_what_is_being_measured_is_not_begun_anew_for_a_version_more(made: Any) -> None:
    """Its process has just loaded all it needs; when it ends, what came meanwhile follows."""
    made.judging.tick()
    made.wiring.busy = True
    made.session.set("enhanced", (enhanced(made.sound, "wiener", 3),))
    made.judging.tick()
    assert len(made.wiring.asked) == 1
    answer(made)
    made.wiring.busy = False
    made.judging.tick()
    assert list(made.wiring.asked[-1][1][0]) == ["Wiener"]
    made.wiring.busy = True
    show(made.session, noise(7), noise(8))  # another sound: what is measured of the one before is in vain
    made.judging.tick()
    assert list(made.wiring.asked[-1][1][0]) == ["noisy", "clean"]


def test_a_recording_to_which_nothing_was_added_is_no_clean_sound(made: Any) -> None:
    """A noisy recording of one's own: measured against itself, every denoiser seemed to make it worse."""
    recorded = noise(9)
    show(made.session, recorded, replace(recorded, id="as it was read"))
    made.judging.tick()
    _, (found, clean, *_), _ = made.wiring.asked[-1]
    assert (list(found), clean) == (["noisy"], None)
    made.seen.add("snr")
    made.judging.tick()
    assert made.wiring.asked[-1][0] == "quality"
    assert not made.session.state.local_snr.series


def test_it_waits_for_denoisers_at_work(made: Any) -> None:
    made.session.set("jobs", {"denoise by wiener": Progress(0.5)})
    made.judging.tick()
    assert not made.wiring.asked
    made.session.set("jobs", {})
    made.judging.tick()
    assert len(made.wiring.asked) == 1


def test_it_waits_for_denoisers_that_are_to_begin_but_not_for_long(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are looked for when the panel opens: what is measured before is measured by a process of its own."""
    made.seen.add("denoise")
    made.judging.tick()
    made.session.set("denoisers", ("wiener",))
    made.judging.tick()
    assert not made.wiring.asked
    monkeypatch.setattr(judging, "COMING", 0.0)
    made.judging.tick()
    assert list(made.wiring.asked[-1][1][0]) == ["noisy", "clean"]
    monkeypatch.setattr(judging, "COMING", 60.0)
    show(made.session, made.sound, noise(10))
    made.session.set("enhanced", (enhanced(made.sound, "wiener", 3),))
    made.judging.tick()
    assert list(made.wiring.asked[-1][1][0]) == ["noisy", "clean", "Wiener"]


def test_what_is_known_of_a_version_is_shown_before_the_rest(made: Any) -> None:
    made.judging.tick()
    _, _, keys = made.wiring.asked[-1]
    made.wiring.heard[Measured](Measured(keys["noisy"], (COLUMN, COLUMN), (Cell(1.5),)))
    assert made.session.state.judged.rows == {"noisy": (Cell(1.5),)}
    made.session.set("network", None)
    made.judging.tick()
    assert len(made.wiring.asked) == 1
    made.wiring.heard[Measured](Measured(keys["noisy"], (COLUMN, COLUMN), (Cell(1.5), Cell(2.0))))
    assert made.session.state.judged.rows == {"noisy": (Cell(1.5), Cell(2.0))}


def test_out_of_sight_nothing_is_measured_and_what_is_long_only_when_asked(made: Any) -> None:
    made.seen.clear()
    made.judging.tick()
    made.seen.add("quality")
    show(made.session, noise(4, 20.0), noise(5, 20.0))
    made.judging.tick()
    assert not made.wiring.asked
    made.judging.ask()
    assert made.wiring.asked[-1][1][3] == 20.0
    made.session.set("selection", Span(3.0, 5.0))
    made.judging.tick()
    assert made.wiring.asked[-1][1][2:4] == (3.0, 5.0)


def test_another_clip_makes_all_of_it_void(made: Any) -> None:
    made.judging.tick()
    answer(made)
    show(made.session, noise(6), noise(6))
    assert not made.session.state.judged
    assert "stopped quality" in made.wiring.said
    made.judging.tick()
    assert list(made.session.state.judged.ids) == ["noisy"]  # nothing was added: there is no other clean sound


def test_without_a_sound_that_is_said(made: Any) -> None:
    made.session.set("traced", None)
    made.judging.ask()
    assert "open a recording" in made.wiring.said[-1]


def test_who_reads_is_who_can(made: Any) -> None:
    state = made.session.state
    assert recogniser(state) is None
    label = Label(0.0, 1.0, "three", "digit")
    labelled = replace(made.sound, labels=(label,))
    show(made.session, labelled, made.clean)
    assert recogniser(made.session.state) == "digits-gru-128"
    reader: Any = SimpleNamespace(task="digits", id="mine")
    made.session.set("network", reader)
    assert recogniser(made.session.state) is reader
    made.session.set("network", SimpleNamespace(task="melody", id="other"))
    assert recogniser(made.session.state) == "digits-gru-128"


def test_the_span_is_on_the_clock_of_the_sound(made: Any) -> None:
    made.session.set("selection", Span(-1.0, 1.5))
    assert span(made.session.state) == (0.0, 1.5)


def test_the_local_snr_is_asked_for_where_its_lane_is_open(made: Any) -> None:
    made.judging.tick()
    assert all(each[0] != "local SNR" for each in made.wiring.asked)
    made.seen.add("snr")
    made.judging.tick()
    name, found, clean, start, sound_id = made.wiring.asked[-1]
    assert (name, start, sound_id) == ("local SNR", 0.0, made.sound.id)
    (event,) = judging.local(found, clean, start, sound_id)
    assert isinstance(event, LocalSnr)
    assert list(event.series) == ["noisy"]
