"""`otoscope bench denoise`: all denoisers on the same held-out mixtures, as tables and as a file."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from app.cli import STOPPED, UsageError
from app.commands import check_place

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Generator, Iterator, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from rich.console import Console

    from engine.rivals import Contest, Heard
    from engine.unheard import Planned

MOST = 2000
_TOLD = 10.0
"""Seconds between two lines where there is no terminal in which one could move."""
_GROUPS: dict[str, Callable[[Planned], Any]] = {
    "all": lambda planned: "all",
    "SNR": lambda planned: f"{planned.snr:+g} dB",
    "noise": lambda planned: planned.kind,
}
_ALONE = ("dnsmos_ovrl", "dnsmos_sig", "dnsmos_bak", "dnsmos_p808")
_SHOWN = ("si_sdr", "pesq_wb")
"""Metrics that are shown by SNR and by noise; the file has all of them."""


def main(arguments: argparse.Namespace) -> int:
    """Run the contest, show it, write it. Raises CorpusMissing without the recordings."""
    from engine import device, rivals, unheard

    count = unheard.COUNT if arguments.mixtures is None else arguments.mixtures
    if not 1 <= count <= MOST:
        raise UsageError(f"--mixtures is {count}; its range is 1 to {MOST}")
    if arguments.out is not None and arguments.out.suffix not in (".csv", ".json"):
        raise UsageError(f"--out is {arguments.out}; its name ends in .csv or .json")
    if arguments.out is not None:
        check_place("--out", arguments.out)
    planned = unheard.plan(count)
    device.limit_threads(live=False)
    there, absent = rivals.found(arguments.peers)
    with _pool() as pool, _rows(arguments.out) as told:
        contest, stopped = _run(rivals.contest(there, planned, absent=absent, pool=pool), told)
    if arguments.json:
        sys.stdout.write(json.dumps(plain(contest, planned), indent=2) + "\n")
    else:
        show(contest, console())
    if arguments.out is not None:
        write(contest, planned, arguments.out)
    return STOPPED if stopped else 0


def show(contest: Contest, console: Console) -> None:
    """What each costs, then its quality: over all, by SNR and by noise; what is absent, below."""
    from rich.table import Table

    from engine import quality, rivals

    metrics = [name for name in rivals.METRICS if rivals.means(contest, name)]
    costs = Table("denoiser", title="what each costs")
    for heading in ("parameters", "ms ahead", "as measured", "real-time factor"):
        costs.add_column(heading, justify="right")
    for rival in contest.facts:
        costs.add_row(rival, *_facts(contest, rival))
    tables = [costs]
    for alone in (False, True):
        if shown := [name for name in metrics if (name in _ALONE) == alone]:
            tables.append(_overall(contest, shown))
    tables += [_by(contest, name, by) for name in _SHOWN if name in metrics for by in ("SNR", "noise")]
    for table in tables:
        console.print(table)
    for line in contest.absent:
        console.print(f"absent: {line}", markup=False, soft_wrap=True)
    for name in metrics:
        found = quality.METRICS[name]
        console.print(f"{found.title}: {found.about}; {found.scale}", markup=False, soft_wrap=True)
    console.print(
        "ms ahead: how much each listens ahead; real-time factor: seconds of a processor for one of sound"
    )


def _overall(contest: Contest, metrics: Sequence[str]) -> Any:
    from rich.table import Table

    from engine import rivals

    table = Table("denoiser", title=f"means over {_count(contest)} mixtures, with 95 % intervals by the bootstrap")
    found = [rivals.means(contest, name) for name in metrics]
    for name in metrics:
        table.add_column(_title(name), justify="right", no_wrap=True)
    for rival in contest.rivals:
        table.add_row(rival, *(_interval(each.get(rival, {}).get("all")) for each in found))
    return table


def plain(contest: Contest, planned: tuple[Planned, ...]) -> dict[str, Any]:
    """The contest as plain values: figures by group, each mixture's scores, the list of mixtures."""
    import dataclasses

    from app import bench

    return {
        "machine": bench.machine(),
        "figures": list(figures(contest)),
        "denoisers": {name: dataclasses.asdict(facts) for name, facts in contest.facts.items()},
        "absent": list(contest.absent),
        "mixtures": [dataclasses.asdict(each) for each in planned],
        "scores": [_plain(row) for row in contest.rows],
    }


def figures(contest: Contest) -> Iterator[dict[str, Any]]:
    """A row for each denoiser, metric and group: mean and interval, with the denoiser's own figures."""
    from engine import rivals

    for metric in rivals.METRICS:
        for grouping, group in _GROUPS.items():
            for rival, groups in rivals.means(contest, metric, group).items():
                for name, (mean, low, high) in groups.items():
                    facts = contest.facts.get(rival)
                    yield {
                        "denoiser": rival,
                        "metric": metric,
                        "by": grouping,
                        "group": name,
                        "mean": mean,
                        "low": low,
                        "high": high,
                        "parameters": facts.parameters if facts else None,
                        "declared ms": facts.declared if facts else None,
                        "measured ms": facts.measured if facts else None,
                        "real-time factor": facts.factor if facts else None,
                    }


def write(contest: Contest, planned: tuple[Planned, ...], path: Path) -> None:
    """The table as CSV with the list of mixtures beside it (.tsv), or everything as JSON."""
    from engine import unheard

    if path.suffix == ".json":
        replace(path, json.dumps(plain(contest, planned), indent=2) + "\n")
        return
    text, rows = io.StringIO(), list(figures(contest))
    table = csv.DictWriter(text, rows[0] if rows else (), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    replace(path, text.getvalue())
    replace(path.with_suffix(".mixtures.tsv"), unheard.listing(planned))


def replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def console() -> Console:
    """Written to a file, tables are as wide as they are."""
    from rich.console import Console

    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=140)


def _run(events: Generator[Any, None, None], told: Callable[[Heard], object]) -> tuple[Contest, bool]:
    """The contest at the end, and whether Ctrl+C ended it; how far it is, is told on the way."""
    from rich.console import Console

    from app.progress import bar
    from engine.events import Progress
    from engine.rivals import Contest, Heard

    stopped, last = False, -_TOLD
    with bar(Console(stderr=True, highlight=False)) as progress:
        line = progress.add_task("denoisers", total=100, said="")
        event = next(events)
        while not isinstance(event, Contest):
            try:
                if isinstance(event, Heard):
                    told(event)
                elif isinstance(event, Progress):
                    progress.update(line, completed=round(100 * event.share), said=event.doing)
                    if not progress.console.is_terminal and time.monotonic() - last > _TOLD:
                        last = time.monotonic()
                        sys.stderr.write(f"{event.share:4.0%}  {event.doing}\n")
                event = next(events)
            except KeyboardInterrupt:
                stopped, event = True, events.throw(KeyboardInterrupt())
    return event, stopped or any(line.endswith(": stopped") for line in event.absent)


@contextlib.contextmanager
def _pool() -> Iterator[Executor]:
    """A further process for the scores, which take longer than most denoisers. Ctrl+C ends it without a word."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    at_once = (signal.SIGINT, signal.SIG_DFL)
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), signal.signal, at_once)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _rows(out: Path | None) -> Iterator[Callable[[Heard], object]]:
    """Writes each row as it comes into a file beside the table (.rows.jsonl): nothing is lost with the program."""
    if out is None:
        yield lambda row: None
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out.with_suffix(".rows.jsonl"), "w", encoding="utf-8", buffering=1) as file:
        yield lambda row: file.write(json.dumps(_plain(row)) + "\n")


def _plain(row: Heard) -> dict[str, Any]:
    scores = {name: each.value if each.value is not None else each.reason for name, each in row.scores.items()}
    return {"denoiser": row.rival, "mixture": row.planned.number, **scores}


def _by(contest: Contest, metric: str, group: str) -> Any:
    from rich.table import Table

    from engine import rivals

    found = rivals.means(contest, metric, _GROUPS[group])
    names = list(dict.fromkeys(_GROUPS[group](row.planned) for row in contest.rows))
    names = sorted(names, key=lambda name: float(name.split()[0])) if group == "SNR" else names
    table = Table("denoiser", title=f"{_title(metric)} by {group}")
    for name in names:
        table.add_column(name, justify="right")
    for rival in contest.rivals:
        cells = (found.get(rival, {}).get(name) for name in names)
        table.add_row(rival, *(f"{cell[0]:.2f}" if cell else "" for cell in cells))
    return table


def _facts(contest: Contest, rival: str) -> tuple[str, ...]:
    facts = contest.facts.get(rival)
    if facts is None:
        return "", "", "", ""
    ahead = (f"{each:.1f}" if each is not None else "all" for each in (facts.declared, facts.measured))
    return f"{facts.parameters:,}" if facts.parameters else "", *ahead, f"{facts.factor:.4f}"


def _interval(cell: tuple[float, float, float] | None) -> str:
    return f"{cell[0]:.2f} [{cell[1]:.2f}, {cell[2]:.2f}]" if cell else ""


def _title(metric: str) -> str:
    from engine import quality

    found = quality.METRICS[metric]
    return f"{found.title}{f', {found.unit}' if found.unit else ''}"


def _count(contest: Contest) -> int:
    return len({row.planned.number for row in contest.rows})
