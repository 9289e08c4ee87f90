"""Several processes of one training: they begin, fail and stop together, with one message."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from app import commands, ranks

pytestmark = pytest.mark.alone
ROOT = Path(__file__).parents[2]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
BEGIN = """import os, signal, sys, time
from app import cli, ranks
rank = int(os.environ['LOCAL_RANK'])
ranks.follow()
"""


def launched(script: str, count: int, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(commands, "python", lambda *_: [sys.executable, "-c", BEGIN + script])
    return ranks.launch(["train"], count, 1)  # those that would sleep for ever are ended


def test_every_process_knows_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = f"e = os.environ; open(r'{tmp_path}/' + str(rank), 'w').write(' '.join((e['WORLD_SIZE'], e['NODE_RANK'], e['MASTER_ADDR'], e['MASTER_PORT'], str(ranks.begun()), str(ranks.first()))))"  # noqa: E501
    assert launched(script, 3, monkeypatch) == 0
    found = [(tmp_path / str(rank)).read_text().split() for rank in range(3)]
    assert len({each[3] for each in found}) == 1
    assert [each[:3] + each[4:] for each in found] == [
        ["3", "0", "127.0.0.1", "3", str(rank == 0)] for rank in range(3)
    ]


def test_the_first_complaint_is_the_only_one(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    """The second process fails; the first one complains that the second is gone; the third notices nothing."""
    script = """
while rank == 0 and not os.path.getsize(os.environ[ranks.COMPLAINTS]):
    time.sleep(0.02)
time.sleep(9999 if rank == 2 else 0)
sys.exit(cli.complain(f'{rank} is wrong', 3 - rank))
"""
    assert launched(script, 3, monkeypatch) in (2, 3)
    assert capfd.readouterr().err == "otoscope: 1 is wrong\n"


@POSIX
def test_a_process_that_was_killed_is_named(monkeypatch: pytest.MonkeyPatch, capfd: Any) -> None:
    script = "os.kill(os.getpid(), signal.SIGKILL) if rank == 1 else time.sleep(9999)"
    assert launched(script, 2, monkeypatch) == 1
    said = capfd.readouterr().err
    assert "process 2 of 2 was ended by signal 9" in said
    assert "--resume" in said


WAITS = f"""
import sys
from app import commands, ranks
script = '''{BEGIN}
try:
    open(sys.argv[1] + "/" + str(rank), "w").write(str(os.getpid()))
    time.sleep(60)
except KeyboardInterrupt:
    if rank: raise
    print("stopped at step 7", flush=True)
    sys.exit(130)
'''
commands.python = lambda *_: [sys.executable, "-c", script, sys.argv[1]]
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(ranks.launch([], 2, 1))
"""


@POSIX
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_stop_ends_all_of_them(tmp_path: Path, number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-c", WAITS, str(tmp_path)]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not all((tmp_path / name).exists() and (tmp_path / name).read_text() for name in "01"):
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.2)
    others = [psutil.Process(int((tmp_path / name).read_text())) for name in "01"]
    program.send_signal(number)
    said = program.communicate(timeout=40)[0]
    assert program.returncode == code
    assert ("stopped at step 7" in said) == (number != signal.SIGKILL)
    assert not psutil.wait_procs(others, timeout=20)[1]


@pytest.mark.parametrize(
    ("environment", "begun", "first"),
    [
        ({}, 0, True),
        ({"WORLD_SIZE": "4", "LOCAL_RANK": "0", "NODE_RANK": "0"}, 4, True),
        ({"WORLD_SIZE": "4", "LOCAL_RANK": "0", "NODE_RANK": "1"}, 4, False),
        ({"WORLD_SIZE": "4", "LOCAL_RANK": "1"}, 4, False),
        ({"WORLD_SIZE": "8", "LOCAL_RANK": "0", "RANK": "4", "GROUP_RANK": "1"}, 8, False),  # torchrun
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_JOB_NAME": "train"}, 4, True),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "3", "SLURM_JOB_NAME": "train"}, 4, False),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_JOB_NAME": "bash"}, 0, True),
        ({"SLURM_NTASKS": "1", "SLURM_PROCID": "0"}, 0, True),
        ({"SLURM_NTASKS": "1", "SLURM_PROCID": "0", "LOCAL_RANK": "1", "WORLD_SIZE": "2"}, 2, False),
    ],
)
def test_a_cluster_is_recognised(environment: dict[str, str], begun: int, first: bool) -> None:
    assert (ranks.begun(environment), ranks.first(environment)) == (begun, first)


def test_without_others_nothing_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ranks.COMPLAINTS, raising=False)
    ranks.follow()
    assert ranks.complain("nobody hears") is False
    assert "LOCAL_RANK" not in os.environ
