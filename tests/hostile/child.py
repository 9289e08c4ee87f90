"""`child.py TRIALS FOLDER BEGIN COUNT`: uses hostile files, in a process with little memory and patience.

A program of its own, started by tests/hostile/trial.py. TRIALS is a module of this folder with `make(rng, stem)`,
which writes a file; `use(path)`, which does with it all that the program does and raises what is wrong; and
`whole(folder)`, files that are well.
"""

from __future__ import annotations

import faulthandler
import importlib
import json
import resource
import shutil
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np

MEMORY = 300
"""Megabytes that one file of under a megabyte may cost at the most."""
PATIENCE = 20.0
"""Seconds that one file may take: for a machine with much else to do. Nearly all take 0.02."""


def main(trials: str, folder: Path, begin: int, count: int) -> int:
    """Writes a line of JSON for every file: what came of it, and the megabytes that it cost."""
    module: Any = importlib.import_module(f"tests.hostile.{trials}")
    for each in module.whole(folder):
        module.use(each)  # what is imported on the way counts for no file
    _limit_address_space()
    for number in range(begin, begin + count):
        path = module.make(np.random.default_rng(number), folder / f"{number}")
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        before = _restart_peak()
        try:
            told = module.use(path)
        except BaseException as error:  # whatever it is, it is to be told with its number
            traceback.print_exc()
            told = f"FAULT {type(error).__name__}: {error}"
        faulthandler.cancel_dump_traceback_later()
        cost = _peak() - before
        if cost > MEMORY:
            told = f"FAULT {cost:.0f} MB: {told}"
        sys.stdout.write(json.dumps([number, path.name, told, round(cost)]) + "\n")
        sys.stdout.flush()
        for each in folder.glob(f"{number}*"):
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    return 0


def _limit_address_space() -> None:
    """Memory that is asked for counts though it is never touched: a size that lies fails here, on any machine."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + 2 * MEMORY * (1 << 20)  # twice: freed parts lie apart
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _restart_peak() -> float:
    """Megabytes now; the peak counts anew from here."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass
    return _peak()


def _peak() -> float:
    """Megabytes held at the most, where the system tells."""
    try:
        told = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return int(told.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
