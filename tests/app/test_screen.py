"""A real window on a screen: a hand opens a file and drags the SNR slider; sound, pictures and text follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine import asset
from tests.screen import HEIGHT, WIDTH, changed, part, places, program, screen

if TYPE_CHECKING:
    from tests.screen import Pixels, Place

__all__ = ["places", "program", "screen"]
WHERE = """
from app.benches.slider import snr_slider
say("slider", snr_slider(window))
for name, lane in window.lanes.lanes.items():
    say(name, lane)
say("metrics", window.docks.docks["metrics"].widget())
"""


def colourful(pixels: Pixels, place: Place) -> bool:
    """Whether there is a heat map: words and lines on the ground have hardly any colour."""
    seen = part(pixels, place)
    return float((seen.max(-1) - seen.min(-1) > 60).mean()) > 0.02


def test_a_hand_drags_the_slider_and_opens_a_file(screen, program, places, screenshots):
    lanes = [name for name in ("spectrogram", "hidden", "gates", "posteriors") if name in places]
    # Analysed: every lane is full of colours.
    first = screen.wait(lambda seen: all(colourful(seen, places[name]) for name in lanes), seconds=120)
    screen.keep(screenshots / "1-first-start.png")

    x, y, width, height = places["slider"]
    middle = y + height // 2
    # The SNR begins at 20 of -20..40 dB, two thirds along the groove; -15 dB is near its left end.
    screen.drag((x + round(width * 0.655), middle), (x + round(width * 0.12), middle))
    screen.do("mousemove", WIDTH // 2, HEIGHT - 4)
    noisy = screen.wait(lambda seen: changed(first, seen, places["spectrogram"]) > 0.2)
    screen.keep(screenshots / "2-snr-dragged-down.png")
    for name in lanes:
        assert changed(first, noisy, places[name]) > 0.05, f"{name} did not follow the slider"
    assert changed(first, noisy, places["metrics"]) > 0.002, "the text and its error did not follow the slider"

    window = screen.do("search", "--onlyvisible", "--name", "Otoscope").split()[0]
    screen.do("windowfocus", "--sync", window)
    screen.do("key", "ctrl+o")
    # The dialog's text cursor blinks: the screen is never still.
    screen.wait(lambda seen: "Open a recording" in screen.do("getwindowfocus", "getwindowname"), still=0.0)
    clip = next(each for each in asset.path("clips").glob("speech-1.*") if each.suffix != ".tsv")
    screen.do("type", "--delay", "20", clip)
    screen.do("key", "Return")
    opened = screen.wait(lambda seen: "speech-1" in screen.do("getwindowname", window))
    screen.keep(screenshots / "3-file-opened.png")
    assert changed(noisy, opened, places["waveform"]) > 0.02
    assert program.poll() is None, "the program ended"
