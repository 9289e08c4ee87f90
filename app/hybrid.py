"""`otoscope demo hybrid`: a network with a hidden Markov model beside CTC, on few clips of each digit."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from app.cli import UsageError
from app.commands import check_place, say

if TYPE_CHECKING:
    import argparse

    from engine.fewclips import Row

NAME = "hybrid.json"


def main(arguments: argparse.Namespace) -> int:
    """Train, try, tell, and write OUT/hybrid.json. Raises UsageError, CorpusMissing."""
    from engine import device, fewclips

    seeds = int(arguments.seeds)
    if not 1 <= seeds <= 20:
        raise UsageError(f"--seeds is {seeds}; its range is 1 to 20")
    check_place("--out", arguments.out)
    device.limit_threads(live=False)
    rows: list[Row] = []
    for event in fewclips.compared(seeds=range(seeds)):
        if isinstance(event, str):
            sys.stderr.write(f"{event}\n")
        else:
            rows.append(event)
    found = report(rows)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / NAME).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    say(json.dumps(found, indent=2) if arguments.json else table(found))
    if not arguments.json:
        say(str(arguments.out / NAME))
    return 0


def report(rows: list[Row]) -> dict[str, Any]:
    """Plain values: every training, and both recognisers together over the seeds."""
    every = [
        {
            "system": row.system,
            "clips per digit": row.clips,
            "seed": row.seed,
            "parameters": row.parameters,
            "seconds of sound": round(row.trained, 1),
            "wrong": row.wrong,
            "digits": row.among,
            "error": round(row.error, 4),
            "within": [round(each, 4) for each in row.within],
        }
        for row in rows
    ]
    together = {}
    for row in rows:
        same = [each for each in rows if (each.system, each.clips) == (row.system, row.clips)]
        errors = [each.error for each in same]
        together[f"{row.system}, {row.clips} of each digit"] = {
            "wrong": sum(each.wrong for each in same),
            "digits": sum(each.among for each in same),
            "error": round(sum(errors) / len(errors), 4),
            "lowest": round(min(errors), 4),
            "highest": round(max(errors), 4),
        }
    return {"metric": "errors (missed, added, wrong) by digits said, voices that no training heard",
            "together": together, "trainings": every}  # fmt: skip


def table(found: dict[str, Any]) -> str:
    """The results in words."""
    seeds = len({row["seed"] for row in found["trainings"]})
    lines = [f"{found['metric']}, {seeds} seed{'' if seeds == 1 else 's'}:"]
    for name, row in found["together"].items():
        spread = f" ({row['lowest']:.1%} to {row['highest']:.1%})" if seeds > 1 else ""
        lines.append(f"  {name:<28} {row['error']:>6.1%}{spread}   {row['wrong']} of {row['digits']}")
    lines.append("The hybrid is told how each digit is said (its phones); CTC finds that out by itself.")
    return "\n".join(lines)
