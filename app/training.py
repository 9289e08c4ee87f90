"""Training and evaluation from the command line: a line of progress, then the figures."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from engine.events import Evaluated, Step
    from engine.recipe import Recipe

TABLES = {"task": "task_settings", "augment": "task_settings", "model": "model_settings", "train": "train"}


def change(recipe: Recipe, table: str, key: str, value: Any) -> Recipe:
    """The recipe with one knob turned. Raises KnobError for a table, knob or value that there is not."""
    from engine.knob import KnobError

    if table not in TABLES:
        raise KnobError(f"there is no table {table!r}; there are: {', '.join(TABLES)}")
    settings = getattr(recipe, TABLES[table])
    changed = type(settings).from_dict(settings.to_dict() | {key: value})
    return dataclasses.replace(recipe, **{TABLES[table]: changed})


def table_of(recipe: Recipe, key: str) -> str:
    """The table that has a knob of this name. Raises KnobError where none or several have it."""
    from engine.knob import KnobError

    found = [name for name in ("train", "model", "task") if key in getattr(recipe, TABLES[name]).to_dict()]
    if len(found) == 1:
        return found[0]
    where = f"it is in {' and '.join(found)}: write {found[0]}.{key}" if found else "otoscope list names them"
    raise KnobError(f"{'several knobs are' if found else 'there is no knob'} {key!r}; {where}")


def train(recipe: Recipe, device: str, folder: Path) -> int:
    """Run `train()` to its end, or until Ctrl+C; what was learnt lies in `folder`."""
    from rich.console import Console

    from engine import device as devices
    from engine import train as trainer
    from engine.events import Evaluated, Notice, Step

    devices.limit_threads(live=False)
    console = Console(stderr=True, highlight=False)
    last: Evaluated | None = None
    stopped = False
    began = time.perf_counter()
    with _progress(console) as progress:
        line = progress.add_task(recipe.name, total=recipe.train.steps, said="")
        job = trainer.train(recipe, device, folder)
        try:
            for event in job:
                if isinstance(event, Step):
                    progress.update(line, completed=event.step, said=_said(event, last))
                elif isinstance(event, Evaluated):
                    last = event
                    console.print(_figures(event))
                elif isinstance(event, Notice):
                    console.print(event.text)
        except KeyboardInterrupt:
            job.close()
            learnt = any(folder.rglob("*.safetensors"))
            console.print(f"stopped; {'what was learnt so far' if learnt else 'the record'} lies in {folder}")
            stopped = True
    if stopped:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(130)  # a batch that is still being made, in a thread of its own, is not waited for
    if last is not None:
        sys.stdout.write(f"{_figures(last)}, after {time.perf_counter() - began:.0f} s\n")
    sys.stdout.write(f"{folder}\n")
    return 0


def evaluate(name: str, split: str, leave_one_out: bool, as_json: bool) -> int:
    """Measure a network on recordings and print the table. Raises LeakageError, and CorpusMissing without them."""
    from engine import evaluate as evaluation

    found = _leave_one_out(name) if leave_one_out else evaluation.report(_network(name), split=split)
    sys.stdout.write((json.dumps(found, indent=2) if as_json else evaluation.table(found)) + "\n")
    return 0


def _network(name: str) -> str:
    """A network by its name or path; for the name of a task, the first bundled one that does it."""
    from engine import checkpoint

    names = checkpoint.bundled()
    return next((each for each in names if each.startswith(f"{name}-")), name) if name not in names else name


def _leave_one_out(name: str) -> dict[str, Any]:
    """The report, with a line of progress: a training for each speaker takes a while."""
    from rich.console import Console

    from engine import device as devices
    from engine import evaluate as evaluation
    from engine.events import Evaluated, Progress

    devices.limit_threads(live=False)
    with _progress(Console(stderr=True, highlight=False)) as progress:
        line = progress.add_task(name, total=100, said="")

        def told(event: Any) -> None:
            if isinstance(event, Progress):
                progress.update(line, description=event.doing, completed=round(100 * event.share))
            elif isinstance(event, Evaluated):
                progress.update(line, said=f"error {event.error:.1%}")

        return evaluation.leave_one_out(name, told=told)


def _progress(console: Any) -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
        console=console,
    )


def _said(step: Step, last: Evaluated | None) -> str:
    error = f", error {last.error:.1%}" if last else ""
    return f"loss {step.loss:.4f}{error}"


def _figures(event: Evaluated) -> str:
    return f"step {event.step}, {event.split}: loss {event.loss:.4f}, error {event.error:.2%}"
