"""A screen for tests: an X server in memory, with hands and eyes.

Import the fixtures that a test file uses: `screen`; `program`, which runs on it with the file's ARGUMENTS; and
`places`, which tells where things are, as the file's WHERE says.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 800
ROOT = Path(__file__).parents[1]
Place = tuple[int, int, int, int]
"""x, y, width, height."""
_WHERE = """
from app.shot import Shown, settle
from PySide6.QtCore import QPoint
with Shown(size=({width}, {height})) as window:
    def say(name, widget, box=None):
        at, box = widget.mapTo(window, QPoint(0, 0)), box or widget.rect()
        print(name, round(at.x() + box.left()), round(at.y() + box.top()), round(box.width()), round(box.height()))
{lines}
"""
_CLIPBOARD = "from PySide6.QtGui import QGuiApplication; print(QGuiApplication([]).clipboard().text())"


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
        # With a home of its own: what another program left there would be offered, and move everything down.
        homes = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        self.environment = {**os.environ, **homes, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
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

    def clipboard(self) -> str:
        """The text that was copied."""
        command = [sys.executable, "-c", _CLIPBOARD]
        ran = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=True)
        return ran.stdout.strip()

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


@pytest.fixture(scope="module")
def places(request: pytest.FixtureRequest) -> dict[str, Place]:
    """Where things are in a window as large as the screen: what WHERE of the test's file says about `window`."""
    lines = textwrap.indent(textwrap.dedent(request.module.WHERE), "    ")
    command = [sys.executable, "-c", _WHERE.format(width=WIDTH, height=HEIGHT, lines=lines)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    rows = [line.split() for line in ran.stdout.splitlines()]
    return {name: (int(x), int(y), int(width), int(height)) for name, x, y, width, height in rows}


@pytest.fixture
def program(screen: Screen, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    """Otoscope, started as a user starts it."""
    command = [sys.executable, "-m", "app", *getattr(request.module, "ARGUMENTS", ())]
    started = subprocess.Popen(command, cwd=ROOT, env=screen.environment, stderr=subprocess.PIPE)
    yield started
    started.terminate()
    started.communicate(timeout=30)


def part(pixels: Pixels, place: Place) -> NDArray[Any]:
    x, y, width, height = place
    return pixels[y : y + height, x : x + width].astype(int)


def changed(before: Pixels, after: Pixels, place: Place) -> float:
    """Share of a part's pixels that are clearly another colour."""
    return float((np.abs(part(after, place) - part(before, place)).max(-1) > 24).mean())
