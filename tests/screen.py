"""A screen for tests: an X server in memory, with hands and eyes. Import the fixture `screen` to use it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 800


class Screen:
    """An Xvfb server. `environment` is for the programs that are to be seen on it."""

    def __init__(self, folder: Path) -> None:
        read, write = os.pipe()
        size = f"{WIDTH}x{HEIGHT}x24"
        command = [
            "Xvfb",
            "-displayfd",
            str(write),
            "-screen",
            "0",
            size,
            "-fbdir",
            str(folder),
            "-nolisten",
            "tcp",
        ]
        self._server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        self.environment = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        self._frame = folder / "Xvfb_screen0"

    def do(self, *arguments: object) -> str:
        """Use mouse and keyboard, in the words of xdotool; what it prints."""
        command = ["xdotool", *map(str, arguments)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30)
        return done.stdout.strip()

    def drag(self, start: tuple[int, int], stop: tuple[int, int], steps: int = 20) -> None:
        """Press at `start`, move to `stop` as a hand does, and let go."""
        self.do("mousemove", *start, "mousedown", 1)
        for share in np.linspace(0, 1, steps):
            x, y = (round(a + (b - a) * share) for a, b in zip(start, stop, strict=True))
            self.do("mousemove", x, y)
            time.sleep(0.01)
        self.do("mouseup", 1)

    def pixels(self) -> Pixels:
        """What is on the screen, [HEIGHT, WIDTH, 3], blue first. The file is an X window dump, kept up to date."""
        raw = self._frame.read_bytes()
        head = np.frombuffer(raw, ">u4", 25)
        begin, line = int(head[0] + 12 * head[19]), int(head[12])
        rows = np.frombuffer(raw, np.uint8, HEIGHT * line, begin).reshape(HEIGHT, line)
        return rows[:, : 4 * WIDTH].reshape(HEIGHT, WIDTH, 4)[..., :3].copy()

    def wait(self, ready: Callable[[Pixels], bool], seconds: float = 60.0, still: float = 0.6) -> Pixels:
        """The pixels, once they fulfil `ready` and have not changed for `still` seconds."""
        end = time.monotonic() + seconds
        before, since = self.pixels(), time.monotonic()
        while time.monotonic() < end:
            time.sleep(0.1)
            now = self.pixels()
            if not np.array_equal(now, before):
                before, since = now, time.monotonic()
            if time.monotonic() - since >= still and ready(now):
                return now
        raise AssertionError("the screen never showed what was waited for")

    def keep(self, path: Path) -> None:
        """The screen as a PNG file."""
        from PySide6.QtGui import QImage

        pixels = np.ascontiguousarray(np.pad(self.pixels(), ((0, 0), (0, 0), (0, 1)), constant_values=255))
        QImage(pixels.tobytes(), WIDTH, HEIGHT, 4 * WIDTH, QImage.Format.Format_RGB32).save(str(path))

    def end(self) -> None:
        self._server.terminate()
        self._server.wait(10)


@pytest.fixture
def screen() -> Iterator[Screen]:
    """Skipped where there is no Xvfb or xdotool."""
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    with tempfile.TemporaryDirectory() as folder:
        started = Screen(Path(folder))
        yield started
        started.end()
