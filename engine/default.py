"""What the workbench opens with: a clip, and a network that never heard it."""

from __future__ import annotations

CLIP = "digits"
NETWORKS = ("digits-lstm-128", "digits", "phonemes-lstm-128")
"""In order of preference."""


def network() -> str:
    """The name of the bundled network to begin with. Raises LookupError where none is bundled."""
    from engine import checkpoint

    names = checkpoint.bundled()
    for name in (*NETWORKS, *names):
        if name in names:
            return name
    raise LookupError("no trained network is bundled; install Otoscope again, or train one: otoscope train digits")
