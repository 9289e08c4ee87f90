"""`otoscope eval NETWORK --denoise NAME`: what a network reads in noise, before and after a denoiser."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Any

from app.cli import UsageError

if TYPE_CHECKING:
    import argparse

    from engine.understood import Understood


def main(arguments: argparse.Namespace) -> int:
    """Measure, and print a row for each SNR. Raises LeakageError, CorpusMissing, DenoiserError."""
    from app.evaluation import bundled
    from engine import denoising, device, understood

    if arguments.leave_one_out:
        raise UsageError("--leave-one-out trains networks, --denoise tries one: give one of the two")
    denoising.build(arguments.denoise)  # before any clip is read: one that there is not is said at once
    device.limit_threads(live=False)
    found = told(understood.measure(bundled(arguments.network), arguments.denoise, split=arguments.split), "clips")
    text = json.dumps(dataclasses.asdict(found), indent=2) if arguments.json else table(found)
    sys.stdout.write(text + "\n")
    return 0


def table(found: Understood) -> str:
    """Lines of text for people."""
    lines = [
        f"{found.network} on {found.clips} held-out clips, {found.metric} in per cent with 95 % intervals",
        f"  {'SNR':>7}  {'labels':>6}  {'as it is':<20} {found.denoiser + ' before it':<20} {'saved':<20}",
    ]
    for row in found.rows:
        cells = "  ".join(f"{_cell(each):<19}" for each in (row.before, row.after, row.saved))
        lines.append(f"  {row.snr:>4g} dB  {row.labels:>6}  {cells}".rstrip())
    return "\n".join([*lines, f"  {found.note}"])


def told(events: Any, of: str) -> Any:
    """The last event, with a line that moves on the way."""
    from rich.console import Console

    from app.progress import bar
    from engine.events import Progress

    with bar(Console(stderr=True, highlight=False)) as progress:
        line = progress.add_task(of, total=100, said="")
        for event in events:
            if isinstance(event, Progress):
                progress.update(line, completed=round(100 * event.share), said=event.doing)
    return event


def _cell(found: tuple[float, float, float]) -> str:
    mean, low, high = (f"{100 * each:.1f}" for each in found)
    return f"{mean} [{low}, {high}]"
