"""Several processes of one training: started here, watched, and ended together with one message. Imports no Qt.

Each is this command once more, and finds its place in the variables that lightning-fabric reads. Under SLURM,
torchrun and their like the processes are there already, and nothing is started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMPLAINTS = "OTOSCOPE_COMPLAINTS"
"""Names the file into which the processes of one training write what went wrong; the first line is the cause."""
_ALONE = ("bash", "interactive")  # names of SLURM's jobs whose processes are not one for each task
_GRACE = 3.0  # seconds in which the others may notice that one failed, and an ended process is waited for
_LONGEST = 60.0  # seconds in which the first process may write what was learnt, once it is stopped


def first(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process is the one that prints and writes, of however many there are."""
    if "RANK" in environment:  # torchrun
        return int(environment["RANK"]) == 0
    if "LOCAL_RANK" in environment:
        return int(environment.get("NODE_RANK", 0)) == int(environment["LOCAL_RANK"]) == 0
    return int(environment.get("SLURM_PROCID", 0)) == 0


def begun(environment: Mapping[str, str] = os.environ) -> int:
    """As one of how many a cluster, torchrun or `launch` has started this process; 0 where none did."""
    if "LOCAL_RANK" in environment:
        return int(environment.get("WORLD_SIZE", 1))
    slurm = environment.get("SLURM_JOB_NAME") not in _ALONE
    tasks = int(environment.get("SLURM_NTASKS", 1)) if slurm else 1
    return tasks if tasks > 1 else 0


def launch(argv: Sequence[str], devices: int, nodes: int) -> int:
    """Run the command in `devices` processes, and see them to their end; returns the exit code.

    With several `nodes` it is run on each of them, with MASTER_ADDR, MASTER_PORT and NODE_RANK set.
    """
    with tempfile.TemporaryDirectory(prefix="otoscope-") as folder:
        complaints = Path(folder) / "complaints"
        complaints.touch()
        started = _start(argv, devices, _environment(devices, nodes) | {COMPLAINTS: str(complaints)})
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cluster's stop is like Ctrl+C
        try:
            return _watch(started, complaints)
        except KeyboardInterrupt:
            return _stop(started)
        finally:
            _end(started)
            signal.signal(signal.SIGTERM, before)


def follow() -> None:
    """End with the process that launched this one: one that was killed could not say so."""
    if COMPLAINTS in os.environ:
        threading.Thread(target=_follow, daemon=True).start()


def complain(text: str) -> bool:
    """Leave the message to the process that launched this one; False where there is none."""
    if COMPLAINTS not in os.environ:
        return False
    with open(os.environ[COMPLAINTS], "a", encoding="utf-8") as file:
        file.write(text)
    return True


def _follow() -> None:
    os.read(0, 1)  # until the end: nothing is written there
    os._exit(1)


def _environment(devices: int, nodes: int) -> dict[str, str]:
    """What all the processes of this machine have in common."""
    from engine import device

    threads = max(1, device.cores() // devices)
    return {
        "MASTER_ADDR": os.environ.get("MASTER_ADDR", "127.0.0.1"),
        "MASTER_PORT": os.environ.get("MASTER_PORT") or str(_free_port()),
        "NODE_RANK": os.environ.get("NODE_RANK", "0"),
        "WORLD_SIZE": str(devices * nodes),
        "OMP_NUM_THREADS": str(threads),
        "SLURM_JOB_NAME": _ALONE[0],  # in a job with a single task Fabric would look for its processes there
    }


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def _start(argv: Sequence[str], devices: int, common: Mapping[str, str]) -> list[subprocess.Popen[bytes]]:
    """Each process in a session of its own: Ctrl+C reaches this one alone, which passes it on to the first."""
    from app.commands import headless, python

    started = []
    for rank in range(devices):
        started.append(
            subprocess.Popen(
                python("app", *argv),
                env=headless(**common, LOCAL_RANK=str(rank)),
                stdin=subprocess.PIPE,
                stdout=None if rank == 0 else subprocess.DEVNULL,
                stderr=None if rank == 0 else subprocess.DEVNULL,
                start_new_session=True,
            )
        )
    return started


def _watch(started: Sequence[subprocess.Popen[bytes]], complaints: Path) -> int:
    """Wait until all are done or one has failed; says what went wrong first."""
    while (codes := [each.poll() for each in started]).count(0) < len(codes):
        if any(codes):
            time.sleep(_GRACE / 6)
            return _failed(started, complaints)
        time.sleep(0.05)
    return 0


def _failed(started: Sequence[subprocess.Popen[bytes]], complaints: Path) -> int:
    codes = [each.poll() for each in started]
    killed = [rank for rank, code in enumerate(codes) if code is not None and code < 0]
    said = complaints.read_text(encoding="utf-8").splitlines()
    if killed:
        rank, number = killed[0], -(codes[killed[0]] or 0)
        sys.stderr.write(
            f"otoscope: process {rank + 1} of {len(started)} was ended by signal {number}, and the others too; "
            "if memory is short, train with a smaller batch or fewer --devices, and go on with --resume\n"
        )
        return 1
    sys.stderr.write(f"{said[0]}\n" if said else "")
    return next(code for code in codes if code)


def _stop(started: Sequence[subprocess.Popen[bytes]]) -> int:
    """Ctrl+C: the first process writes what was learnt; a second Ctrl+C ends all at once."""
    with contextlib.suppress(KeyboardInterrupt, subprocess.TimeoutExpired, ProcessLookupError):
        if sys.platform != "win32":  # there Ctrl+C reaches every process of the console
            started[0].send_signal(signal.SIGINT)
        started[0].wait(_LONGEST)
    return 130


def _end(started: Sequence[subprocess.Popen[bytes]]) -> None:
    for each in started:
        if each.poll() is None:
            each.terminate()
    for each in started:
        try:
            each.wait(_GRACE)
        except subprocess.TimeoutExpired:
            each.kill()
            each.wait()
        assert each.stdin is not None
        each.stdin.close()
