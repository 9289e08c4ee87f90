"""A real window on a screen: a hand turns the gradient lane on and clicks two moments; each has a horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.screen import HEIGHT, WIDTH, changed, part, places, program, screen

if TYPE_CHECKING:
    from tests.screen import Pixels, Place

__all__ = ["places", "program", "screen"]
ARGUMENTS = ("--fresh",)
WHERE = """
say("posteriors", window.lanes.lanes["posteriors"])
window.lanes.show_lane("gradient", True)
settle(window)
lane = window.lanes.lanes["gradient"]
say("lines", lane.canvas, lane._lines(lane.area()))
say("badge", lane.header)
lines = [name for name in window.lanes.titles() if window.lanes.lanes[name].WEIGHT]
print("line", lines.index("gradient"), 0, 0, 0)  # of the menu View > Lanes
"""


def horizon(pixels: Pixels, place: Place) -> list[int]:
    """The columns of a plot that are shaded from top to bottom, as a memory horizon is: bluer than the ground."""
    seen = part(pixels, place)
    blue = seen[..., 0] - seen[..., 2]
    return [x for x in range(place[2]) if (blue[:, x] > 12).mean() > 0.7]


def test_a_moment_is_clicked_and_its_horizon_drawn(screen, program, places, screenshots):
    lines = places["lines"]
    screen.wait(lambda seen: float((part(seen, places["posteriors"]).max(-1) > 180).mean()) > 0.005, 120, 1.5)
    window = screen.do("search", "--onlyvisible", "--name", "Otoscope").split()[0]
    screen.do("windowfocus", "--sync", window)
    screen.do("key", "alt+v", "key", "l", "key", "--repeat", places["line"][0], "Down", "key", "Return")
    shown = []
    for share in (0.45, 0.8):
        x = lines[0] + round(share * lines[2])
        screen.do("mousemove", x, lines[1] + lines[3] // 2, "click", 1)
        screen.do("mousemove", WIDTH // 2, HEIGHT - 4)
        there = lambda seen, at=x - lines[0]: abs(max(horizon(seen, lines), default=0) - at) < 5  # noqa: E731
        shown.append(screen.wait(there))
        screen.keep(screenshots / f"echo-{len(shown)}.png")
    first, second = (horizon(each, lines) for each in shown)
    assert len(first) > 3
    assert len(second) > 3
    assert changed(*shown, lines) > 0.02, "the gradient is the same"
    assert changed(*shown, places["badge"]) > 0.001, "the horizon in words is the same"
    assert program.poll() is None, "the program ended"
