"""`otoscope report mask`: the mean gain of a denoiser by band and kind of noise, in speech and in pauses."""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
import json
import sys
from typing import TYPE_CHECKING

from app.cli import UsageError
from app.commands import check_place

if TYPE_CHECKING:
    import argparse

    from engine.masked import Masked, Row

MOST = 2000


def main(arguments: argparse.Namespace) -> int:
    """Measure on held-out mixtures, print a table, write it. Raises DenoiserError, CorpusMissing."""
    from app.rivalry import replace
    from app.understanding import told
    from engine import denoising, device, masked

    if not 1 <= arguments.mixtures <= MOST:
        raise UsageError(f"--mixtures is {arguments.mixtures}; its range is 1 to {MOST}")
    if not 0 <= arguments.keep <= 1:
        raise UsageError(f"--keep is {arguments.keep:g}; its range is 0 to 1")
    if arguments.out is not None and arguments.out.suffix != ".csv":
        raise UsageError(f"--out is {arguments.out}; its name ends in .csv")
    if arguments.out is not None:
        check_place("--out", arguments.out)
    device.limit_threads(live=False)
    name = arguments.model or denoising.default()
    found: Masked = told(
        masked.measure(name, masked.planned(arguments.mixtures), arguments.by, arguments.keep), "mixtures"
    )
    if arguments.json:
        sys.stdout.write(json.dumps(dataclasses.asdict(found), indent=2) + "\n")
    else:
        show(found)
    if arguments.out is not None:
        replace(arguments.out, as_csv(found))
    return 0


def show(found: Masked) -> None:
    """A table for people."""
    from rich.table import Table

    from app.rivalry import console as make

    console = make()
    table = Table(found.by.replace("_", " "), title=f"{found.denoiser}: mean gain by band, 1 lets all through")
    for heading in ("mixtures", *bands(), "speech dB", "pauses dB"):
        table.add_column(heading, justify="right")
    for row in found.rows:
        means = (f"{mean:.3f}" for mean in row.means)
        table.add_row(row.group, str(row.mixtures), *means, *(_decibel(each) for each in (row.speech, row.pauses)))
    console.print(table)
    console.print(
        f"{found.note}; speech, pauses: what is left of the sound while somebody speaks, and while nobody does",
        soft_wrap=True,
    )


def as_csv(found: Masked) -> str:
    """The same as CSV, with how many gains each mean was taken over."""
    text = io.StringIO()
    names = bands()
    table = csv.writer(text, lineterminator="\n")
    heads = (
        "denoiser",
        found.by,
        "mixtures",
        *(f"gain {name}" for name in names),
        *(f"count {name}" for name in names),
    )
    table.writerow((*heads, "speech dB", "pauses dB"))
    for row in found.rows:
        table.writerow((found.denoiser, *_cells(row)))
    return text.getvalue()


def bands() -> tuple[str, ...]:
    """The bands by their edges, in kilohertz."""
    from engine.masked import EDGES

    edges = [f"{edge / 1000:g}" for edge in EDGES]
    return tuple(f"{low}-{high} kHz" for low, high in itertools.pairwise(edges))


def _cells(row: Row) -> tuple[object, ...]:
    return (row.group, row.mixtures, *row.means, *row.counts, row.speech, row.pauses)


def _decibel(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
