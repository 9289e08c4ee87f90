"""What a U-Net's skips carry past its lower levels: how much of each frequency, over time."""

from __future__ import annotations

from widgets.heat import HeatLane

TITLE = "Skips"
LANE = True
ORDER = 66
AUTO = True
"""Shown only where the network has it."""


class View(HeatLane):
    """The mean size of all channels; the level is chosen in the head, 1 being the finest."""

    TITLE = TITLE
    NAMES = ("skip",)
    KIND = "magnitude"
    HOW = "most"
    ABOUT = (
        "What goes around the lower levels of a U-Net: of each level the mean size of its channels, by frequency, "
        "or for a Wave-U-Net by channel. Fine detail goes by the first skips, the course of it by the last."
    )
    ABSENT = "Only a U-Net has skip connections: train one by the recipe unet_denoise."

    def badge(self) -> str:
        return f"{self.strips[0].rows} rows"
