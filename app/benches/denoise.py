"""Denoisers: how far ahead each listens, and the processor time of a second of sound; `--peers` for quality."""

from __future__ import annotations

from app.bench import Figure

AHEAD = 40.0
"""Milliseconds that a denoiser for a call may listen ahead."""


def measure() -> list[Figure]:
    """For each denoiser that is there by name, all taking turns."""
    from engine import denoising, rivals

    built, trouble = rivals.construct([rivals.Rival(name, name) for name in denoising.names()])
    figures = []
    for name, facts in rivals.measured(built).items():
        if facts.measured is not None:
            target = AHEAD if name in denoising.ours() else None
            figures.append(Figure(f"{name}: listens ahead", facts.measured, "ms", target))
        figures.append(Figure(f"{name}: real-time factor", facts.factor, "", 1.0))
    return figures + [Figure(line, float("nan"), note="absent") for line in trouble]
