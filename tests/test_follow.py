"""Following: what was told comes at once, what is added comes live, and nothing that is damaged stops it."""

from __future__ import annotations

import json
import math
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from engine import checkpoint, follow, metrics, snapshots
from engine.events import Began, Changed, Evaluated, Halted, Notice, Set, Snapshot, Step
from engine.run import RunError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

BEGAN = Began("tale", "[train]\nsteps = 9\n", 9)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "LOOK", 0.0)
    monkeypatch.setattr(follow, "LOOK_SNAPSHOT", 0.0)


def step(number: int) -> Step:
    return Step(number, 0, 1.0 / number, {"lr": 0.1, "gradient": 2.0})


def write(run: Path, *events: Any, mode: str = "wb") -> None:
    run.mkdir(exist_ok=True)
    (run / "recipe.toml").write_text(BEGAN.recipe, encoding="utf-8")
    with (run / "metrics.jsonl").open(mode) as file:
        file.write(b"".join(metrics.line(event) for event in events))


def add(run: Path, *events: Any) -> None:
    write(run, *events, mode="ab")


def came(steps: Generator[Any, Any, None]) -> list[Any]:
    """What comes until nothing does, twice."""
    found: list[Any] = []
    quiet = 0
    while quiet < 3:
        event = next(steps)
        quiet = quiet + 1 if event is None else 0
        found += [] if event is None else [event]
    return found


@pytest.mark.parametrize(
    "event",
    [step(3), Evaluated(4, "valid", 0.5, 3, 9), Evaluated(4, "valid", 0.5, 3, 9, {"mAP": 0.75}),
     Changed(5, "lr", 0.1, 0.2), Changed(5, "on", False, True),
     Halted(7, "no number", 5, 0.1), Began("a run æ", "", 9, None, 3, "parent")],
    ids=lambda event: type(event).__name__,
)  # fmt: skip
def test_an_event_is_read_as_it_was_written(event: Any) -> None:
    assert metrics.event(metrics.line(event)) == event


def test_what_is_no_number_is_written_as_json_knows_it() -> None:
    said = metrics.line(Evaluated(4, "valid", math.nan, 3, 9))
    assert json.loads(said, parse_constant=pytest.fail)["loss"] is None
    event = metrics.event(said)
    assert isinstance(event, Evaluated)
    assert math.isnan(event.loss)


@pytest.mark.parametrize(
    "said",
    [b"", b"{", b"[1]", b"3", b"null", b"\xff\xfe", b'{"step": "x"}', b'{"step": 1}', b'{"step": 1, "epoch": 0}',
     b'{"step": 1, "epoch": 0, "loss": "high"}', b'{"step": 1, "epoch": 0, "loss": 1, "lr": "x"}',
     b'{"epoch": 0, "loss": 1}', b"[" * 100_000],
)  # fmt: skip
def test_a_damaged_line_is_no_event(said: bytes) -> None:
    assert metrics.event(said) is None


def test_what_was_told_comes_first_and_then_what_is_added(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write(run, BEGAN, step(1), step(2))
    steps = follow.follow(run)
    found = came(steps)
    assert [type(event) for event in found] == [Began, Step, Step]
    assert (found[0].folder, found[0].recipe, found[0].total) == (run, BEGAN.recipe, 9)
    add(run, step(3), Evaluated(3, "valid", 0.5, 3, 9))
    with (run / "metrics.jsonl").open("ab") as file:
        file.write(metrics.line(step(4))[:20])
    assert came(steps) == [step(3), Evaluated(3, "valid", 0.5, 3, 9)]
    with (run / "metrics.jsonl").open("ab") as file:
        file.write(metrics.line(step(4))[20:] + b"{damaged\n" + metrics.line(step(5)))
    assert came(steps) == [step(4), step(5)]


def test_what_is_sent_in_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, BEGAN, step(1), step(2))
    steps: Any = follow.past(tmp_path)
    assert [next(steps).step, *(steps.send(Set("lr", 1e-3)).step for _ in range(2))] == [0, 1, 2]
    steps = follow.follow(tmp_path)
    came(steps)
    add(tmp_path, step(3), step(4))
    found = [steps.send(Set("lr", 1e-3)) for _ in range(9)]
    assert [event for event in found if event is not None] == [step(3), step(4)]


def test_a_run_that_is_cut_back_is_told_anew(tmp_path: Path) -> None:
    write(tmp_path, BEGAN, *(step(number) for number in range(1, 6)))
    steps = follow.follow(tmp_path)
    came(steps)
    turned = Changed(3, "lr", 0.1, 0.000001)
    write(tmp_path, BEGAN, *(step(number) for number in range(1, 4)), turned, step(4), step(5), step(6))
    found = came(steps)
    assert isinstance(found[0], Began)
    assert [event.step for event in found[1:]] == [1, 2, 3, 3, 4, 5, 6]


def test_the_newest_snapshot_is_shown_when_it_is_whole(tmp_path: Path) -> None:
    write(tmp_path, BEGAN)
    steps = follow.follow(tmp_path)
    assert [type(event) for event in came(steps)] == [Began]
    network = checkpoint.open_network(checkpoint.bundled()[0])
    checkpoint.save(network, tmp_path / "last.safetensors")
    (shown,) = came(steps)
    assert isinstance(shown, Snapshot)
    assert (shown.kept, shown.network.id) == ((), network.id)
    path = snapshots.path(tmp_path, 30)
    path.parent.mkdir()
    whole = (tmp_path / "last.safetensors").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert came(steps) == []
    path.write_bytes(whole)
    (shown,) = came(steps)
    assert (shown.step, shown.kept) == (30, (30,))
    assert came(steps) == []


def test_a_folder_that_vanishes_is_waited_for(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write(run, BEGAN, step(1))
    steps = follow.follow(run)
    came(steps)
    shutil.move(run, tmp_path / "away")
    (notice,) = came(steps)
    assert isinstance(notice, Notice)
    assert notice.level == "warning"
    assert str(run) in notice.text
    assert came(steps) == []
    shutil.move(tmp_path / "away", run)
    add(run, step(2))
    assert came(steps) == [Notice(f"{run} is there again."), step(2)]


def test_a_folder_without_a_run_is_said(tmp_path: Path) -> None:
    for steps in (follow.follow(tmp_path), follow.past(tmp_path / "gone")):
        with pytest.raises(RunError, match=r"holds no run that can be read .*choose a folder with recipe\.toml"):
            next(steps)


def test_a_run_of_an_earlier_program_has_a_beginning_too(tmp_path: Path) -> None:
    write(tmp_path, step(1))
    began, first = follow.past(tmp_path)
    assert (began.name, began.total, began.step) == (tmp_path.name, 9, 0)
    assert first == step(1)


def test_a_line_without_end_stops_nothing(tmp_path: Path) -> None:
    write(tmp_path, BEGAN)
    with (tmp_path / "metrics.jsonl").open("ab") as file:
        file.write(b"x" * 3_000_000 + b"\n" + metrics.line(step(1)))
    assert came(follow.follow(tmp_path))[1:] == [step(1)]


def test_a_long_run_is_read_in_full(tmp_path: Path) -> None:
    write(tmp_path, BEGAN, *(step(number) for number in range(1, 30_001)))
    assert [event.step for event in follow.past(tmp_path)] == list(range(30_001))
