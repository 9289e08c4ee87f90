"""`otoscope eval NETWORK --curve`: false alarms an hour, and words missed at every SNR, by the threshold."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from app.cli import UsageError
from app.commands import check_place, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Generator

    from engine.alarms import Curve
    from engine.events import Progress


def main(arguments: argparse.Namespace) -> int:
    """Measure, print, and with --out write the curve. Raises UsageError, and what measuring raises."""
    from engine import alarms, checkpoint
    from engine import device as devices

    if arguments.out is not None and arguments.out.suffix.lower() not in (".csv", ".json"):
        raise UsageError(f"--out {arguments.out}: a curve is written as .csv or .json")
    if arguments.out is not None:
        check_place("--out", arguments.out)
    devices.limit_threads(live=False)
    found = _finished(alarms.curve(checkpoint.open_network(arguments.network), arguments.split))
    if arguments.out is not None:
        from engine.replacing import replacing

        whole = rows(found) if arguments.out.suffix.lower() == ".csv" else json.dumps(found.to_dict(), indent=2)
        with replacing(arguments.out) as part:
            part.write_text(whole, encoding="utf-8")
    say(json.dumps(found.to_dict(), indent=2) if arguments.json else alarms.table(found))
    return 0


def rows(found: Curve) -> str:
    """The curve as CSV, a line for each threshold."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    kinds, names = list(found.own.without), list(found.own.said)
    table.writerow(["threshold", *(f"{kind} per hour" for kind in kinds), *(f"missed {name}" for name in names)])
    for each in found.every:
        cells = [each.without[kind].false_per_hour for kind in kinds]
        cells += [each.said[name].miss_rate for name in names]
        table.writerow([each.threshold, *(round(cell, 6) for cell in cells)])
    return written.getvalue()


def _finished(job: Generator[Progress, None, Curve]) -> Curve:
    """The curve, with a line of progress on stderr."""
    from rich.console import Console

    from app.progress import bar

    with bar(Console(stderr=True, highlight=False)) as progress:
        line = progress.add_task("", total=100, said="")
        while True:
            try:
                event = next(job)
            except StopIteration as end:
                return end.value
            progress.update(line, description=event.doing, completed=round(100 * event.share))
