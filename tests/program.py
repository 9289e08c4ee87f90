"""Otoscope on a screen and at a sound server, with a hand on its keys; it tells what it shows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pulse import Pulse
    from tests.screen import Screen

ROOT = Path(__file__).parents[1]


class Program:
    """Runs `code` with a file and `arguments`: whenever what it shows changes, it writes a line of JSON there.

    It has begun when it is `ready`. `patience` are the seconds in which what is waited for has to come.
    """

    def __init__(
        self,
        screen: Screen,
        pulse: Pulse,
        folder: Path,
        code: str,
        *arguments: object,
        ready: Callable[[dict[str, Any]], Any],
        patience: float,
    ) -> None:
        self.screen, self._told, self._read = screen, folder / "told.jsonl", 0
        self._patience = patience
        self.facts: list[dict[str, Any]] = []
        shown = {name: screen.environment[name] for name in ("DISPLAY", "QT_QPA_PLATFORM")}
        command = [sys.executable, "-c", code, str(self._told), *map(str, arguments)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=pulse.environment | shown, stderr=subprocess.PIPE)
        self.wait(lambda now: now and ready(now), 120)
        window = screen.do("search", "--onlyvisible", "--name", "Otoscope").split()[0]
        screen.do("windowfocus", "--sync", window)

    def key(self, name: str) -> None:
        self.screen.do("key", name)

    def look(self) -> dict[str, Any]:
        """What the window shows now."""
        if self._told.exists():
            with self._told.open() as lines:
                lines.seek(self._read)
                for line in iter(lines.readline, ""):
                    if not line.endswith("\n"):
                        break
                    self._read += len(line.encode())
                    self.facts.append(json.loads(line))
        return self.facts[-1] if self.facts else {}

    def wait(self, true: Callable[[dict[str, Any]], Any], seconds: float = 0.0) -> dict[str, Any]:
        """Until it is so, for its patience or so many seconds."""
        end = time.monotonic() + (seconds or self._patience)
        while not true(now := self.look()):
            assert self.process.poll() is None, f"it ended: {self.process.communicate()[1].decode()[-2000:]}"
            assert time.monotonic() < end, f"the window never came there; it shows {now}"
            time.sleep(0.02)
        return now

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            errors = self.process.communicate(timeout=min(60.0, self._patience))[1].decode()
            assert "Traceback" not in errors, errors
