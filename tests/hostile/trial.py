"""Trials: hostile files in a process of their own, which must neither fail nor hang nor eat the memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def outcomes(trials: str, folder: Path, begin: int, count: int) -> list[str]:
    """What came of `count` files, one word each; fails with the traceback of those that were faults."""
    command = [sys.executable, "-X", "faulthandler", "-P", "-m", "tests.hostile.child", trials, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
    done = subprocess.run(
        [*command, str(begin), str(count)],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=1800, check=False,
    )  # fmt: skip
    told = [json.loads(line) for line in done.stdout.splitlines()]
    faults = [f"{number} ({name}): {words}" for number, name, words, _ in told if words.startswith("FAULT")]
    assert done.returncode == 0, f"file {begin + len(told)} ended it: {done.returncode}\n{done.stderr[-6000:]}"
    assert not faults, "\n".join(faults) + f"\n{done.stderr[-6000:]}"
    assert len(told) == count
    return [words for _, _, words, _ in told]
