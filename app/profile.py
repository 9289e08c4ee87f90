"""`otoscope profile`: an exported network as on a small device: one thread, and a share of a processor.

The device is simulated: with a share of a core, what takes a millisecond of processor time takes that over the
share. Memory, caches and instructions are still those of this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import UsageError, WorkFailed
from app.commands import headless, python, say, table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

QUOTA, SECONDS, BLOCK = 0.25, 20.0, 0.010
"""Of one core; seconds of sound; seconds of sound that come at once."""
TARGET = 50.0
"""Milliseconds from the end of a sound to what is written of it, at p95."""
_LONGEST = 600.0


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command's arguments."""
    one = commands.add_parser("profile", help="a network on a simulated small device: latency and memory")
    one.add_argument("network", metavar="NETWORK", help="a checkpoint, a bundled name, or an exported .onnx file")
    one.add_argument("--int8", action="store_true", help="in 8 bits, unless a file is named")
    one.add_argument("--threads", type=int, default=1, metavar="N", help="threads (default: 1)")
    one.add_argument(
        "--cpu-quota",
        type=float,
        default=QUOTA,
        metavar="SHARE",
        help="share of a core, 0.01 to 1 (default: 0.25)",
    )
    one.add_argument("--seconds", type=float, default=SECONDS, metavar="S", help="of sound (default: 20)")
    one.add_argument("--json", action="store_true")


def main(arguments: argparse.Namespace) -> int:
    """Measure in a process of its own, and print."""
    if not 0.01 <= arguments.cpu_quota <= 1.0:
        raise UsageError(f"--cpu-quota is {arguments.cpu_quota:g}; it is a share of one core, 0.01 to 1")
    if not 1 <= arguments.threads <= 64:
        raise UsageError(f"--threads is {arguments.threads}; its range is 1 to 64")
    if not 1.0 <= arguments.seconds <= 3600.0:
        raise UsageError(f"--seconds is {arguments.seconds:g}; its range is 1 to 3600")
    with tempfile.TemporaryDirectory() as folder:
        path = _file(arguments.network, arguments.int8, Path(folder))
        found = profile(path, arguments.threads, arguments.cpu_quota, arguments.seconds)
    say(json.dumps(found, indent=2) if arguments.json else table(found))
    return 0


def profile(path: Path, threads: int = 1, quota: float = QUOTA, seconds: float = SECONDS) -> dict[str, Any]:
    """The figures of an exported file, measured by a process that does nothing else. Raises WorkFailed."""
    command = python("app.profile", str(path), str(threads), str(quota), str(seconds))
    one = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    ran = subprocess.run(
        command, env=headless(**one), capture_output=True, text=True, timeout=_LONGEST + seconds, check=False
    )
    if ran.returncode:
        raise WorkFailed(f"{path.name} could not be profiled: {ran.stderr.strip()[-400:]}")
    return dict(json.loads(ran.stdout))


def _file(name: str, int8: bool, folder: Path) -> Path:
    """An exported file, or a network exported for this. Raises PortError, CheckpointError."""
    from engine import checkpoint, onnxport

    if name.lower().endswith(".onnx"):
        return Path(name)
    network = checkpoint.open_network(name)
    return onnxport.export(network, folder / "network.onnx", int8).path


def measured(path: Path, threads: int, quota: float, seconds: float) -> dict[str, Any]:
    """Sound in blocks of BLOCK through front end, network and decoding, without torch.

    A result is what has been decoded after a block. Raises DenoiserError for a file that is not exported by us.
    """
    import numpy as np

    from engine import catalog, links
    from engine.chain import Chain
    from engine.ported import Ported
    from engine.stages.stage import Format

    before = _resident()
    file = Ported(path)
    rate = float(file.said["rate"])
    chain = Chain(tuple(links.link_from_dict(each) for each in file.said["frontend"]), Format(rate))
    module = catalog.load("tasks", file.said["task"])
    task = module.build(module.Settings.from_dict(file.said["task_settings"]))
    frame = file.stride * file.said["hop"] / rate
    clip = task.pinned()
    sound = np.resize(clip.read()[:, 0], round(seconds * rate))
    size = round(BLOCK * rate)
    clock = _Quota(quota)
    taken, ends, heard = list[float](), list[float](), list[Any]()
    for number, begin in enumerate(range(0, len(sound) - size + 1, size)):
        clock.begin()
        block = sound[begin : begin + size]
        logits = file.push(block if file.sound else chain.push(block[:, None]))
        heard = [*heard, logits][-_LATELY:]
        task.decode(np.concatenate(heard), frame)
        taken.append(clock.end())
        if (number + 1) % round(2.0 / BLOCK) == 0:  # a recording of two seconds ends here
            clock.begin()
            last = file.flush() if file.sound else file.push(chain.flush())
            task.decode(np.concatenate([*heard, last]), frame)
            ends.append(clock.end())
            file.reset()
            heard = []
    waits = 1e3 * algorithmic(file.said)
    p50, p95 = (float(each) for each in np.percentile(taken[5:], (50, 95)))
    flushed = float(np.percentile(ends, 95)) if ends else float("nan")
    return {
        "file": path.name,
        "device": f"simulated: {threads} thread{'s' * (threads > 1)}, {quota:.0%} of a core of this machine",
        "simulated": True,
        "threads": threads,
        "cpu quota": quota,
        "seconds of sound": seconds,
        "block p50 ms": p50,
        "block p95 ms": p95,
        "algorithmic ms": waits,
        "audio in to result p95 ms": waits + p95,
        "end of a recording to result p95 ms": flushed,
        "target ms": TARGET,
        "met": bool(waits + p95 < TARGET and not flushed >= TARGET),
        "real-time factor": float(np.mean(taken)) / (1e3 * BLOCK),
        "model bytes": path.stat().st_size,
        "memory added bytes": max(0, _resident() - before),
        "memory of the process bytes": _peak(),
    }


_LATELY = 200  # blocks whose answers are decoded anew with each new one


def algorithmic(said: dict[str, Any]) -> float:
    """Seconds that a sample waits at the most until a step of the network holds it, however fast the machine.

    Its block must be full, half a window must have come after the middle of the frame, and the frames of a step
    must all be there.
    """
    rate = said["rate"]
    return BLOCK + said["window"] / 2 / rate + (said.get("block", said["stride"]) - 1) * said["hop"] / rate


class _Quota:
    """A clock that goes as the processor time of this process over its share of a core, in milliseconds.

    What else this machine does is not in it; that the device does nothing else is assumed.
    """

    def __init__(self, share: float) -> None:
        self._share = share

    def begin(self) -> None:
        self._worked = time.process_time()

    def end(self) -> float:
        return 1e3 * (time.process_time() - self._worked) / self._share


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def _peak() -> int:
    """The most memory that the process has had; what it has now where the system does not tell.

    Linux hands getrusage's number on from the process that began this one, so it is not asked.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration, ValueError):
        return _resident()


def _run(argv: Sequence[str]) -> int:
    os.environ.setdefault("OMP_NUM_THREADS", argv[1])
    try:
        found = measured(Path(argv[0]), int(argv[1]), float(argv[2]), float(argv[3]))
    except (OSError, ValueError, LookupError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
