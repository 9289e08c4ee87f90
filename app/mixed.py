"""The flags of how a denoised sound is mixed: in files and live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli import UsageError

if TYPE_CHECKING:
    import argparse

    from engine.limits import Options


def add(one: argparse.ArgumentParser) -> None:
    """The flags."""
    one.add_argument("--wet", type=float, default=1.0, metavar="0..1", help="the rest is as it came (default: 1)")
    one.add_argument("--limit", type=float, default=100.0, metavar="DB", help="lower nothing by more (100: none)")
    one.add_argument(
        "--limits",
        default="",
        metavar="HZ=DB,...",
        help="the same by band, at 250, 500, 1000, 2000, 4000 and 8000 Hz: 250=10,1000=20 (left out: none)",
    )
    one.add_argument(
        "--keep",
        type=float,
        default=0.0,
        metavar="0..1",
        help="background that comes back in pauses (default: 0); live it comes late",
    )


def mixing(arguments: argparse.Namespace) -> Options:
    """What the flags ask for. Raises UsageError, KnobError."""
    from engine.limits import Options

    return Options(arguments.wet, arguments.limit, arguments.keep, **_bands(arguments.limits))


def _bands(text: str) -> dict[str, float]:
    """The knobs of `250=10,1000=20`. Raises UsageError."""
    from engine.limits import BANDS

    found: dict[str, float] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        hertz, _, decibels = part.partition("=")
        try:
            band, value = int(hertz), float(decibels)
        except ValueError:
            raise UsageError(f"--limits: {part!r} is no HZ=DB; write it as in 250=10,1000=20") from None
        if band not in BANDS:
            bands = ", ".join(map(str, BANDS))
            raise UsageError(f"--limits: there is no band at {band} Hz; there are: {bands}")
        found[f"limit_{band}"] = value
    return found
