"""Step mode in a real window: F10 reveals the pass frame by frame, Shift+F10 takes one back, Escape ends it."""

from __future__ import annotations

import numpy as np

from tests.screen import HEIGHT, WIDTH, program, screen

__all__ = ["program", "screen"]
ARGUMENTS = ("--fresh",)
LEFT, RIGHT = 484, 980
"""Where the plots of the lanes lie in a window of this size, which fills the screen."""
DOCK = (1000, 90, 270, 230)
"""Where the cell is drawn: x, y, width, height."""


def colourful(seen: np.ndarray, left: int = LEFT, right: int = RIGHT) -> np.ndarray:
    """For each column of the lanes, the share of its pixels that are of a colour."""
    part = seen[130:720, left:right].astype(int)
    return ((part.max(-1) - part.min(-1)) > 60).mean(0)


def head(seen: np.ndarray) -> int:
    """How far the colours go."""
    found = np.flatnonzero(np.convolve(colourful(seen) > 0.05, np.ones(3), "same") >= 2)
    return int(found[-1]) if len(found) else 0


def dock(seen: np.ndarray) -> np.ndarray:
    x, y, width, height = DOCK
    return seen[y : y + height, x : x + width].astype(int)


def test_the_pass_is_seen_to_happen(screen, program, screenshots):
    whole = RIGHT - LEFT - 30
    before = screen.wait(lambda seen: head(seen) > whole and colourful(seen).mean() > 0.2, seconds=120)
    window = screen.do("search", "--onlyvisible", "--name", "Otoscope").split()[0]
    screen.do("windowfocus", "--sync", window)
    screen.do("mousemove", WIDTH // 2, HEIGHT - 4)

    screen.do("key", "F10")
    began = screen.wait(lambda seen: head(seen) < 0.1 * whole)
    assert np.abs(dock(began) - dock(before)).max(-1).mean() > 4, "the cell is not drawn"
    screen.do("key", "--repeat", 40, "--delay", 30, "F10")
    on = screen.wait(lambda seen: 0.2 * whole < head(seen) < 0.35 * whole)
    screen.keep(screenshots / "step-mode.png")
    assert np.abs(dock(on) - dock(began)).max(-1).mean() > 1, "the numbers of the cell did not change"
    screen.do("key", "--repeat", 10, "--delay", 30, "shift+F10")
    back = screen.wait(lambda seen: head(seen) < head(on) - 20)
    assert head(back) > 0.1 * whole

    screen.do("key", "Escape")
    screen.wait(lambda seen: head(seen) > whole)
    assert program.poll() is None, "the program ended"
