"""Commands that go over many files: how far they are, what came of each, and what is left out."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, TypeVar

from app.cli import BAD_FILE, complain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Found = dict[str, Any]

Task = TypeVar("Task")

_TOLD = 30.0
"""Seconds between two lines of progress where there is no terminal in which one could move."""


def over(
    doing: str,
    tasks: Sequence[Task],
    do: Callable[[Task, Callable[[float], None]], Found],
    tell: Callable[[str], object],
) -> list[Found]:
    """What `do(task, told)` made of each, where `told` takes the share of it that is done; a line that moves says
    how far all of it is. Tasks have a `source`. Ctrl+C tells how many are finished, and goes on upwards.
    """
    from rich.console import Console

    from app.progress import bar

    results: list[Found] = []
    with bar(Console(stderr=True, highlight=False)) as progress:
        line = progress.add_task(doing, total=len(tasks), said="")
        moving = progress.console.is_terminal
        try:
            for task in tasks:
                name = task.source.name  # type: ignore[attr-defined]
                told = _teller(lambda said: progress.update(line, said=said), name, moving)
                results.append(do(task, told))
                progress.update(line, completed=len(results), said="")
        except KeyboardInterrupt:
            done = sum("error" not in each for each in results)
            tell(f"{done} of {len(tasks)} files are finished and kept; the same command goes on with the rest")
            raise
    return results


def _teller(show: Callable[[str], None], name: str, moving: bool) -> Callable[[float], None]:
    """Says how far one file is: in a line that moves, or now and then in one of its own."""
    last = time.monotonic()

    def told(share: float) -> None:
        nonlocal last
        if moving:
            show(f"{name} {share:.0%}")
        elif time.monotonic() - last > _TOLD:
            last = time.monotonic()
            sys.stderr.write(f"{name} {share:.0%}\n")

    return told


def left_out(source: Path, reason: str) -> str:
    """Say why a file cannot be used, in words that name it, which are returned."""
    text = reason if str(source) in reason else f"{source}: {reason}"
    complain(text, BAD_FILE)
    return text


def not_done(found: Found) -> str:
    """What there is to say of a file that was left out or is there already; empty for others."""
    if "error" in found:
        return f"{found['file']}: left out"
    return f"{found['out']}: is there, with the same settings" if "skipped" in found else ""


def pace(seconds: float, took: float) -> str:
    """How fast so many seconds of sound were done; of moments there is no pace to tell."""
    if seconds < 0.1 or took < 0.1:
        return f"done in {took:.1f} s"
    if took > seconds:
        return f"done in {took:.1f} s, {_times(took / seconds)} as long as it plays"
    return f"done in {took:.1f} s, {_times(seconds / took)} as fast as it plays"


def _times(factor: float) -> str:
    """A factor from 1 on, as exact as anybody wants it."""
    return f"{factor:.1f} times" if factor < 10 else f"{factor:.0f} times"
