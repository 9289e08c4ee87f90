"""A real window on a screen: a hand shuts a gate over some words; they are lost, and undo brings them back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.screen import HEIGHT, WIDTH, Screen, changed, part, places, program, screen

if TYPE_CHECKING:
    from tests.screen import Pixels, Place

__all__ = ["places", "program", "screen"]
WHERE = """
gates, answers = window.lanes.lanes["gates"], window.lanes.lanes["posteriors"]
index = next(k for k, strip in enumerate(gates.strips) if strip.key.name == "gate.o")
say("gate", gates.canvas, gates.box(len(gates.strips), index))
say("posteriors", answers.canvas, answers.area())
say("text", window.docks.docks["metrics"].widget()._said)
"""


def text(screen: Screen, place: Place) -> str:
    """What the network has read, copied by hand from the metrics."""
    screen.do("mousemove", place[0] + 8, place[1] + place[3] // 2, "click", 1, "key", "ctrl+a", "key", "ctrl+c")
    time.sleep(0.3)
    screen.do("mousemove", WIDTH // 2, HEIGHT - 4)
    return screen.clipboard()


def red(pixels: Pixels, place: Place) -> float:
    """Share of a part's pixels that are of the red by which differences are marked; blue comes first."""
    seen = part(pixels, place)
    return float(((seen[..., 2] > 200) & (seen[..., 1] < 150) & (seen[..., 0] < 150)).mean())


def test_a_gate_is_shut_over_some_words_and_opened_again(screen, program, places, screenshots):
    gate, answers = places["gate"], places["posteriors"]
    bright = lambda seen: float((part(seen, answers).max(-1) > 180).mean()) > 0.005  # noqa: E731
    first = screen.wait(bright, seconds=120, still=1.5)
    window = screen.do("search", "--onlyvisible", "--name", "Otoscope").split()[0]
    screen.do("windowfocus", "--sync", window)
    words = text(screen, places["text"])
    assert len(words) > 4

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
    lost = text(screen, places["text"])
    assert lost != words, "the text is the same"

    screen.do("key", "ctrl+z")
    back = screen.wait(lambda seen: red(seen, answers) < 0.001, still=1.0)
    screen.keep(screenshots / "surgery-3-undone.png")
    assert changed(first, back, answers) < 0.002, "undo has not brought the words back"
    assert text(screen, places["text"]) == words
    assert program.poll() is None, "the program ended"
