"""What convolutions make of the sound: every channel of a layer, at the layer's own pace."""

from __future__ import annotations

from widgets.heat import HeatLane

TITLE = "Convolution"
LANE = True
ORDER = 38
AUTO = True
"""Shown only where the network has it."""


class View(HeatLane):
    """A row for each value that a layer makes; of pictures, channel by channel, each with its bands."""

    TITLE = TITLE
    NAMES = ("conv", "dense")
    ABOUT = (
        "What a convolution, or a dense layer below the recurrent ones, makes of the sound: channel on channel, "
        "of each its bands from low to high. The layer is chosen in the head; deeper ones have fewer steps a "
        "second, and each lies on its own time."
    )
    ABSENT = (
        "This network has no convolutions. A CRNN, a Conformer or a Zipformer has: train one "
        "(otoscope train crnn), and open it (Model > Open a network)."
    )

    def badge(self) -> str:
        strip = self.strips[0]
        what = "units, dense" if strip.key.name == "dense" else "values"
        return f"{strip.rows} {what}<br>{1000 / strip.series.rate:g} ms a step"
