"""Evaluation from the command line: the error of a network on recordings, as a table."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine import decoding

RECOGNISED = "digits"
"""What the bundled recognisers of speech write down."""


ALIASES = {"hello-world": "hello"}
"""Other names of tasks."""


def named(network: str | None, task: str | None) -> str:
    """The network that was asked for. Raises UsageError where none is, or two are."""
    from app.cli import UsageError

    if (network is None) == (task is None):
        raise UsageError("name one network, or a task, as in `otoscope eval hello` or `--task hello-world`")
    return ALIASES.get(str(network or task), str(network or task))


def written(name: str, split: str, metric: str, as_json: bool) -> int:
    """Characters and words that a network gets wrong, with intervals. Raises LeakageError, CorpusMissing."""
    from app.cli import UsageError
    from engine import checkpoint
    from engine import written as spelling

    network = checkpoint.open_network(bundled(name))
    if not spelling.writes(network, words=True):
        raise UsageError(f"--metric is for networks that write texts, as hello does; {network.name} does not")
    found = spelling.measure(network, split)
    kinds = spelling.by_voice(found)
    if as_json:
        told = {"network": network.name, "split": split, "metric": metric, **found.to_dict()}
        told["voices"] = {kind: each.to_dict() for kind, each in kinds.items()}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return 0
    lines = [f"{network.name} on the {split} split: {len(found.clips)} clips, texts as {found.normaliser}"]
    for label, each in (("", found), *kinds.items()):
        rates = {"wer": (each.words, each.words_within), "cer": (each.characters, each.characters_within)}
        for key in sorted(rates, key=lambda known: known != metric) if not label else (metric,):
            rate, within = rates[key]
            between = f", 95 % between {within[0]:.1%} and {within[1]:.1%}" if within else ""
            lines.append(f"  {label or 'all':<9} {key.upper()} {rate}{between}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


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
