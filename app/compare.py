"""`otoscope compare`: several networks trained alike with several seeds, side by side with their spread."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from app import comparing, training
from app.cli import UsageError
from app.commands import change, headless, python, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from engine.recipe import Recipe

NAME = "compare"
SUITES = ("short", "long", "complex")
SMOKE = 40
"""Steps of a training that is only to show that a network learns."""


def main(arguments: argparse.Namespace) -> int:
    """Train every network with every seed, and print the table. Raises UsageError, KnobError, WorkFailed."""
    if arguments.seeds < 1:
        raise UsageError(f"--seeds is {arguments.seeds}; it must be 1 or more")
    out = arguments.out or arguments.runs
    if arguments.suite:
        if arguments.recipe or arguments.task:
            raise UsageError("--suite has tasks and recipes of its own: leave --task and --recipe out")
        names = SUITES if arguments.suite == "all" else (arguments.suite,)
        every = {name: _compared(arguments, comparing.base_of("", f"suite-{name}"), name) for name in names}
        say(json.dumps(every, indent=2) if arguments.json else suites(every))
        written = [path for name in names for path in write(every[name], out / name)]
    else:
        task = arguments.task or ("" if arguments.recipe else comparing.usual(arguments.networks or ""))
        found = _compared(arguments, comparing.base_of(task, arguments.recipe))
        say(json.dumps(found, indent=2) if arguments.json else report(found))
        written = write(found, out)
    if not arguments.json:
        say(", ".join(map(str, written)))
    return 0


def report(found: Mapping[str, Any]) -> str:
    """A comparison in words: the table, what guessing and a single frame can do, and what to choose."""
    seeds = len(found["seeds"])
    lines = [
        f"{found['task']} ({found['metric']}), {found['steps']} steps, {seeds} seeds: mean and 95 % interval",
        table(found["networks"]),
    ]
    if found["chance"] is not None:
        lines.append(f"Guessing has an error of {found['chance']:.1%}.")
    if found["ceiling"] is not None:
        lines.append(f"Whoever sees one frame alone names at most {found['ceiling']:.1%} of the frames rightly.")
    if found["unequal"]:
        lines.append(f"Unequal: {', '.join(found['unequal'])}.")
    lines.append(f"None is both smaller and better than: {', '.join(found['front'])}.")
    if found["margins"]:
        lines += ["", *seed_by_seed(found), ""]
    return "\n".join([*lines, found["advice"]]).rstrip()


def seed_by_seed(found: Mapping[str, Any]) -> list[str]:
    """A line a network: what each seed gave, and by how much it is better than the first; then that in words."""
    from engine.margin import SIDES, verdict

    margins = found["margins"]
    size, unit = abs(SIDES[margins["side"]][0]), margins["unit"]
    rows = [
        [f"{margins['side']}, {unit}", *(f"seed {seed}" for seed in found["seeds"]), f"over {margins['over']}"]
    ]
    for name, row in found["networks"].items():
        each = margins["networks"].get(name)
        half = "" if each is None or each["ci95"] is None else f" ± {each['ci95']:.2f}"
        over = "" if each is None else f"{each['mean']:+.2f}{half}"
        rows.append([name, *(f"{size * value:.2f}" for value in row[margins["side"]]["values"]), over])
    return [columns(rows), verdict(margins)]


def table(networks: Mapping[str, Mapping[str, Any]]) -> str:
    """A line a network: each measure with its interval, if any network has it."""
    from engine.comparison import SIDES

    sides = [side for side in SIDES if any(row[side]["mean"] is not None for row in networks.values())]
    lines = [["network", *(SIDES[side] for side in sides)]]
    lines += [[name, *(cell(side, row[side]) for side in sides)] for name, row in networks.items()]
    return columns(lines)


def suites(every: Mapping[str, Mapping[str, Any]]) -> str:
    """A line a network, a column a suite: errors with their intervals; then guessing, and what to choose."""
    from engine.comparison import share

    names = next(iter(every.values()))["networks"]
    lines = [["error", *every]]
    lines += [[name, *(share(found["networks"][name]["error"]) for found in every.values())] for name in names]
    lines.append(["guessing", *(f"{found['chance']:.1%}" for found in every.values())])
    return "\n".join([columns(lines), *(f"{name}: {found['advice']}" for name, found in every.items())])


def columns(lines: Sequence[Sequence[str]]) -> str:
    """Cells in columns as wide as they need, the first to the left."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def cell(side: str, measure: Mapping[str, Any]) -> str:
    """A measure in few digits, with its interval; n/a where there is none."""
    if measure["mean"] is None:
        return "n/a"
    if side == "parameters":
        return f"{measure['mean']:,.0f}"
    scale = 100.0 if side in ("error", "frames right") else 1.0
    digits = 0 if measure["mean"] * scale >= 100 and scale == 1.0 else 1 if scale > 1 else 2
    half = "" if measure["ci95"] is None else f" ± {scale * measure['ci95']:.{digits}f}"
    return f"{scale * measure['mean']:.{digits}f}{half}"


def write(found: Mapping[str, Any], folder: Path) -> list[Path]:
    """The comparison as JSON, and its picture as PNG and SVG. Raises OSError."""
    from engine.replacing import replacing

    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{NAME}.json"
    with replacing(target) as part:
        part.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return [target, *picture(found, target)]


def picture(found: Mapping[str, Any], beside: Path) -> list[Path]:
    """Pictures of a comparison or of a sweep's curves beside a file, drawn by a process that loads Qt."""
    wanted = [beside.with_suffix(".png"), beside.with_suffix(".svg")]
    command = python("app.graph", *map(str, wanted))
    done = subprocess.run(
        command, env=headless(), check=False, input=json.dumps(found), capture_output=True, text=True
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it could not be drawn"]
        sys.stderr.write(f"no picture: {said[-1]}\n")
        return []
    return wanted


def _compared(arguments: argparse.Namespace, base: Recipe, within: str = "") -> dict[str, Any]:
    """Train and measure as the arguments say, with a line on stderr for every training."""
    for text in arguments.changes:
        base = training.change(base, *change(text))
    names = arguments.networks or ",".join(comparing.CELLS if arguments.suite else comparing.NETWORKS)
    wanted = comparing.networks_of(base, names.split(","), arguments.budget)
    job = comparing.compare(
        wanted,
        1 if arguments.smoke else arguments.seeds,
        arguments.steps or (SMOKE if arguments.smoke else None),
        arguments.runs / within,
        arguments.device,
        arguments.allow_unequal,
    )
    return finished(job)


def finished(job: Generator[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """What a comparison returns, with a line on stderr for every training."""
    from engine.events import Progress

    while True:
        try:
            event = next(job)
        except StopIteration as ended:
            found: dict[str, Any] = ended.value
            return found
        if isinstance(event, Progress):
            sys.stderr.write(f"{event.doing}\n")
