"""Evaluation from the command line: the error of a network on recordings, as a table."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine import decoding

RECOGNISED = "digits"
"""What the bundled recognisers of speech write down."""


def evaluate(
    name: str, split: str, leave_one_out: bool, as_json: bool, reading: decoding.Settings | None = None
) -> int:
    """Measure a network on recordings and print the table. Raises LeakageError, and CorpusMissing without them."""
    from engine import evaluate as evaluation

    if leave_one_out:
        found = _leave_one_out(name)
    else:
        found = evaluation.report(bundled(name), split=split, reading=reading)
    sys.stdout.write((json.dumps(found, indent=2) if as_json else evaluation.table(found)) + "\n")
    return 0


def bundled(name: str) -> str:
    """A network by its name or path; for a task, or for "asr", the first bundled one that does it."""
    from engine import checkpoint

    name = RECOGNISED if name == "asr" else name
    names = checkpoint.bundled()
    return next((each for each in names if each.startswith(f"{name}-")), name) if name not in names else name


def _leave_one_out(name: str) -> dict[str, Any]:
    """The report, with a line of progress: a training for each speaker takes a while."""
    from rich.console import Console

    from app.progress import bar
    from engine import device as devices
    from engine import evaluate as evaluation
    from engine.events import Evaluated, Progress

    devices.limit_threads(live=False)
    with bar(Console(stderr=True, highlight=False)) as progress:
        line = progress.add_task(name, total=100, said="")

        def told(event: Any) -> None:
            if isinstance(event, Progress):
                progress.update(line, description=event.doing, completed=round(100 * event.share))
            elif isinstance(event, Evaluated):
                progress.update(line, said=f"error {event.error:.1%}")

        return evaluation.leave_one_out(name, told=told)
