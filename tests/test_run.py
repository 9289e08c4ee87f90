"""A run's folder: what is written there, and what happens where it cannot be."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import struct
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import checkpoint, follow, recipe, run, snapshots, standing
from engine.events import Began, Changed, Evaluated, Notice, Step
from engine.run import Run, RunError
from engine.standing import Standing
from tests.training import small

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.network import Network

BEGAN = Began("small", "", 9)


@pytest.fixture
def network() -> Network:
    return checkpoint.open_network(checkpoint.bundled()[0])


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "OFTEN", 0.0)


def at(network: Network, step: int) -> Network:
    return dataclasses.replace(network, metrics={"step": step})


def step(number: int) -> Step:
    return Step(number, 0, 1.0 / number, {"lr": 0.1})


def stood(record: Run, number: int, size: int = 10) -> Standing:
    early = {"best": [0.5], "step": 1, "waited": 0}
    course = {"name": "small", "parent": "", "end": record.end, "total": 9, "tried": 1, "finished": False}
    course |= {"early": early}
    return Standing(number, {"weights.w": np.full(size, number, np.float32)}, {"done": number}, course)


def written(record: Run) -> list[Notice]:
    """What the run says when all is written."""
    end = time.monotonic() + 30
    while record.busy:
        assert time.monotonic() < end
        time.sleep(0.005)
    return list(record.notices())


def steps(folder: Path) -> list[int]:
    return [event.step for event in follow.past(folder)]


@contextlib.contextmanager
def full(size: int) -> Iterator[None]:
    """No file may grow beyond a size, as on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_run_is_written_in_order(tmp_path: Path, network: Network) -> None:
    record = Run(tmp_path / "run", small(), BEGAN)
    for number in range(1, 31):
        record.log(step(number))
        kept = record.snapshot(at(network, number), number, best=2)
    record.log(Changed(30, "lr", 0.1, 0.2))
    record.keep(at(network, 2), best=True)
    record.keep(at(network, 30))
    record.stand(stood(record, 30))
    record.close()
    folder = tmp_path / "run"
    assert steps(folder) == [*range(31), 30]
    assert recipe.read(folder / "recipe.toml").train == small().train
    assert checkpoint.load(record.best).metrics["step"] == 2
    assert checkpoint.load(record.last).metrics["step"] == 30
    assert kept == snapshots.steps(folder)
    assert {1, 2, *range(11, 31)} <= set(kept)
    assert snapshots.load(folder, 12).metrics["step"] == 12
    found = standing.load(folder / "state.safetensors")
    assert (found.step, found.trainer) == (30, {"done": 30})
    assert found.course["end"] == (folder / "metrics.jsonl").stat().st_size
    assert found.arrays["weights.w"].tolist() == [30.0] * 10
    assert not list(folder.rglob("*.part"))
    assert list(record.notices()) == []


def test_what_was_told_after_a_state_is_cut_off(tmp_path: Path, network: Network) -> None:
    record = Run(tmp_path, small(), BEGAN)
    for number in (1, 2):
        record.log(step(number))
        record.snapshot(at(network, number), number, best=0)
    state = stood(record, 2)
    record.stand(state)
    for number in (3, 4):
        record.log(step(number))
        record.snapshot(at(network, number), number, best=0)
    record.back(state)
    record.log(step(3))
    record.close()
    assert steps(tmp_path) == [0, 1, 2, 3]
    assert snapshots.steps(tmp_path) == record.kept == (1, 2)
    (tmp_path / ".state.safetensors.1-2.part").write_bytes(b"left by one that was killed")
    again = Run(
        tmp_path, small(), dataclasses.replace(BEGAN, step=2), standing.load(tmp_path / "state.safetensors")
    )
    assert again.kept == (1, 2)
    again.log(step(3))
    again.log(step(4))
    again.close()
    assert steps(tmp_path) == [0, 1, 2, 3, 4]
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("end", "x"),
        ("early", {}),
        ("early", {"best": ["x"], "step": 1, "waited": 1}),
        ("finished", 3),
        ("name", None),
    ],
)
def test_a_state_that_makes_no_sense_is_damaged(tmp_path: Path, key: str, value: Any) -> None:
    record = Run(tmp_path, small(), BEGAN)
    state, path = stood(record, 1), tmp_path / "state.safetensors"
    record.close()
    standing.save(dataclasses.replace(state, course={**state.course, key: value}), path)
    with pytest.raises(standing.StandingError, match="is damaged"):
        standing.load(path)


def test_a_run_is_not_written_over(tmp_path: Path) -> None:
    record = Run(tmp_path, small(), BEGAN)
    record.stand(stood(record, 1))
    record.close()
    with pytest.raises(RunError, match=r"a run lies there already, which can be resumed; choose another folder"):
        Run(tmp_path, small(), BEGAN)


def test_a_run_is_written_by_one_program_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    record = Run(tmp_path, small(), BEGAN)
    text = (
        "import sys, pathlib\nfrom engine.lines import Lines\n"
        "try: Lines(pathlib.Path(sys.argv[1]), bytes).open()\nexcept OSError as error: print(error)\n"
    )
    words = [sys.executable, "-c", text, str(tmp_path / "metrics.jsonl")]
    assert "another program is training there" in subprocess.run(words, capture_output=True, text=True).stdout
    record.close()
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == ""


def test_a_full_disk_stops_nothing_and_damages_nothing(tmp_path: Path, network: Network) -> None:
    record = Run(tmp_path, small(), BEGAN)
    record.log(step(1))
    record.keep(at(network, 1), best=True)
    record.stand(stood(record, 1))
    assert written(record) == []
    with full(1000):
        for number in range(2, 40):
            record.log(step(number))
        record.keep(at(network, 39), best=True)
        record.keep(at(network, 39))
        record.snapshot(at(network, 39), 39, best=39)
        record.stand(stood(record, 39, 1000))
        (notice,) = written(record)
        assert notice.level == "error"
        assert str(tmp_path) in notice.text
        assert "goes on in memory" in notice.text
        record.stand(stood(record, 39, 1000))
        assert written(record) == [], "it is said once"
        assert standing.load(tmp_path / "state.safetensors").step == 1
        assert checkpoint.load(record.best).metrics["step"] == 1
        assert steps(tmp_path) == list(range(max(steps(tmp_path)) + 1)), "what fitted is whole"
    record.log(step(40))
    record.stand(stood(record, 40))
    assert [notice.level for notice in written(record)] == ["info"]
    record.close()
    assert steps(tmp_path) == list(range(41))
    assert checkpoint.load(record.best).metrics["step"] == checkpoint.load(record.last).metrics["step"] == 39
    assert standing.load(tmp_path / "state.safetensors").step == 40
    assert not list(tmp_path.rglob("*.part"))
    assert len(list(tmp_path.glob("events*"))) <= 2


def test_a_folder_that_vanishes_is_made_anew(tmp_path: Path, network: Network) -> None:
    folder = tmp_path / "runs" / "run"
    record = Run(folder, small(), BEGAN)
    record.log(step(1))
    record.keep(at(network, 1), best=True)
    record.snapshot(at(network, 1), 1, best=1)
    written(record)
    shutil.rmtree(folder)
    record.log(step(2))
    (notice,) = written(record)
    assert notice.level == "warning"
    assert "was gone and is made anew" in notice.text
    record.stand(stood(record, 2))
    record.log(step(3))
    record.close()
    assert steps(folder) == [0, 2, 3]
    assert recipe.read(folder / "recipe.toml").train == small().train
    assert checkpoint.load(record.best).metrics["step"] == 1
    again = Run(folder, small(), dataclasses.replace(BEGAN, step=2), standing.load(folder / "state.safetensors"))
    again.close()
    assert steps(folder) == [0, 2]


def test_a_disk_that_is_gone_is_not_replaced(tmp_path: Path) -> None:
    """Where it was mounted, a folder would lie hidden when it is there again."""
    folder = tmp_path / "disk" / "run"
    record = Run(folder, small(), BEGAN)
    record.log(step(1))
    written(record)
    (tmp_path / "disk").rename(tmp_path / "away")
    for number in (2, 3):
        record.log(step(number))
        record.stand(stood(record, number))
    assert [notice.level for notice in written(record)] == ["error"]
    assert not (tmp_path / "disk").exists()
    (tmp_path / "away").rename(tmp_path / "disk")
    record.log(step(4))
    record.stand(stood(record, 4))
    assert [notice.level for notice in written(record)] == ["info"]
    record.close()
    assert steps(folder) == [0, 1, 2, 3, 4]


def test_without_tensorboard_the_run_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX.record_writer", None)
    record = Run(tmp_path, small(), BEGAN)
    record.log(step(1))
    assert written(record) == []
    record.close()
    assert steps(tmp_path) == [0, 1]
    assert not list(tmp_path.glob("events*"))


def test_tensorboard_reads_the_curves(tmp_path: Path) -> None:
    record = Run(tmp_path, small(), BEGAN)
    for number in (1, 2):
        record.log(step(number))
        written(record)
    record.log(Evaluated(2, "valid", 0.25, 3, 4))
    record.close()
    (path,) = tmp_path.glob("events.out.tfevents.*")
    found = list(scalars(path))
    assert ("loss", 1, 1.0) in found
    assert ("loss", 2, 0.5) in found
    assert ("step/lr", 2, pytest.approx(0.1)) in found
    assert ("valid/loss", 2, 0.25) in found
    assert ("valid/error", 2, 0.75) in found


def scalars(path: Path) -> Iterator[tuple[str, int, float]]:
    """Tag, step and value of every scalar in an event file: TFRecord around the protocol buffer Event."""
    data, place = path.read_bytes(), 0
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        assert struct.unpack_from("<I", data, place + 8)[0] == masked(data[place : place + 8])
        body = data[place + 12 : place + 12 + length]
        assert struct.unpack_from("<I", data, place + 12 + length)[0] == masked(body)
        place += 16 + length
        event = fields(body)
        for number, summary in event:
            for _, value in fields(summary) if number == 5 else ():
                parts = dict(fields(value))
                yield parts[1].decode(), dict(event)[2], struct.unpack("<f", parts[2])[0]


def fields(data: bytes) -> list[tuple[int, Any]]:
    """Number and value of the fields of a protocol buffer."""
    found: list[tuple[int, Any]] = []
    place = 0

    def whole() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place, value, shift = place + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    while place < len(data):
        key = whole()
        size = {1: 8, 5: 4}.get(key & 7)
        if key & 7 == 0:
            found.append((key >> 3, whole()))
            continue
        size = whole() if size is None else size
        found.append((key >> 3, data[place : place + size]))
        place += size
    return found


def masked(data: bytes) -> int:
    """The checksum of a TFRecord: CRC-32C (polynomial 0x82F63B78, reflected), turned by 15 bits and shifted."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
