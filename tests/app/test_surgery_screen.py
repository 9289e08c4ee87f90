"""A real window on a screen: a hand shuts a gate over some words; they are lost, and undo brings them back."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.screen import HEIGHT, WIDTH, Screen, screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["screen"]
ROOT = Path(__file__).parents[2]
WHERE = """
from app.shot import Shown
from PySide6.QtCore import QPoint
with Shown(size=(%d, %d)) as window:
    def say(name, widget, box):
        at = widget.mapTo(window, QPoint(0, 0))
        print(name, round(at.x() + box.left()), round(at.y() + box.top()), round(box.width()), round(box.height()))
    gates, answers = window.lanes.lanes["gates"], window.lanes.lanes["posteriors"]
    index = next(k for k, strip in enumerate(gates.strips) if strip.key.name == "gate.o")
    say("gate", gates.canvas, gates.box(len(gates.strips), index))
    say("posteriors", answers.canvas, answers.area())
"""
Place = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def places() -> dict[str, Place]:
    """Where the plot of the output gate and that of the posteriors are: x, y, width, height."""
    ran = subprocess.run(
        [sys.executable, "-c", WHERE % (WIDTH, HEIGHT)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    rows = [line.split() for line in ran.stdout.splitlines()]
    return {name: (int(x), int(y), int(width), int(height)) for name, x, y, width, height in rows}


@pytest.fixture
def program(screen: Screen) -> Iterator[subprocess.Popen[bytes]]:
    """Otoscope, started as a user starts it, with the network of the digits."""
    command = [sys.executable, "-m", "app"]
    started = subprocess.Popen(command, cwd=ROOT, env=screen.environment, stderr=subprocess.PIPE)
    yield started
    started.terminate()
    started.communicate(timeout=30)


def part(pixels: NDArray[np.uint8], place: Place) -> NDArray[Any]:
    x, y, width, height = place
    return pixels[y : y + height, x : x + width].astype(int)


def changed(before: NDArray[np.uint8], after: NDArray[np.uint8], place: Place) -> float:
    """Share of a part's pixels that are clearly another colour."""
    return float((np.abs(part(after, place) - part(before, place)).max(-1) > 24).mean())


def red(pixels: NDArray[np.uint8], place: Place) -> float:
    """Share of a part's pixels that are of the red by which differences are marked; blue comes first."""
    seen = part(pixels, place)
    return float(((seen[..., 2] > 200) & (seen[..., 1] < 150) & (seen[..., 0] < 150)).mean())


def test_a_gate_is_shut_over_some_words_and_opened_again(screen, program, places, screenshots):
    gate, answers = places["gate"], places["posteriors"]
    bright = lambda seen: float((part(seen, answers).max(-1) > 180).mean()) > 0.005  # noqa: E731
    first = screen.wait(bright, seconds=120, still=1.5)
    window = screen.do("search", "--onlyvisible", "--name", "Otoscope").split()[0]
    screen.do("windowfocus", "--sync", window)

    x, y, width, height = gate
    screen.do("keydown", "alt")
    screen.drag((x + width // 4, y + 1), (x + width // 2, y + height + 4))
    screen.do("keyup", "alt")
    time.sleep(0.5)
    screen.keep(screenshots / "surgery-1-menu.png")
    screen.do("key", "s")
    screen.do("mousemove", WIDTH // 2, HEIGHT - 4)
    shut = screen.wait(lambda seen: red(seen, answers) > 0.002, still=1.0)
    screen.keep(screenshots / "surgery-2-shut.png")
    assert changed(first, shut, answers) > 0.02, "the answers are the same"
    assert red(first, answers) < 0.001

    screen.do("key", "ctrl+z")
    back = screen.wait(lambda seen: red(seen, answers) < 0.001, still=1.0)
    screen.keep(screenshots / "surgery-3-undone.png")
    assert changed(first, back, answers) < 0.002, "undo has not brought the words back"
    assert program.poll() is None, "the program ended"
