"""What the workbench opens with: a clip, a network that never heard it, and the picture of sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.stages.stage import Link

CLIP = "digits"
NETWORKS = ("digits-lstm", "digits", "phonemes-lstm-128")
"""In order of preference."""


def network() -> str:
    """The name of the bundled network to begin with. Raises LookupError where none is bundled."""
    from engine import checkpoint

    names = checkpoint.bundled()
    for name in (*NETWORKS, *names):
        if name in names:
            return name
    raise LookupError("no trained network is bundled; install Otoscope again, or train one: otoscope train digits")


def picture() -> Link:
    """What the spectrogram lane shows: log-mel, as most networks hear."""
    from engine import catalog
    from engine.stages.stage import Link

    return Link("logmel", catalog.load("stages", "logmel").Settings())
