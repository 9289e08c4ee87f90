"""Points of a comparison: recipes that are each trained in a process of its own, and what their runs measured."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import STOPPED, WorkFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.recipe import Recipe

MEASURED = ("error", "held-out loss", "loss", "loss variance", "frames/s", "seconds", "memory MB", "parameters")
"""What is measured of a run, in the order of the table."""
LAST = 50
"""Steps at the end over which loss and its variance are taken, or half of them where there are fewer than 100."""
_WARM = 3  # steps that load libraries and fill caches: their time says nothing


@dataclass(frozen=True)
class Point:
    """One training: how it is called in the table, and by what recipe."""

    named: Mapping[str, Any]
    recipe: Recipe

    @property
    def name(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.named.items())


def run(points: Sequence[Point], folder: Path, device: str) -> Iterator[dict[str, Any]]:
    """A row for each point as it ends: its values, what was measured, and its run, which lies in `folder`.

    Finished ones are not trained again. Raises WorkFailed where one does not succeed.
    """
    for number, point in enumerate(points, 1):
        place = folder / _folder(point)
        if not finished(place, point.recipe):
            sys.stderr.write(f"{number} of {len(points)}: {point.name}\n")
            _train(point, place, device)
        yield {**point.named, **figures(place), "run": str(place)}


def finished(folder: Path, recipe: Recipe) -> bool:
    """Whether a run of this very recipe lies there, trained to its end."""
    from engine import checkpoint
    from engine.recipe import text

    try:
        same = (folder / "recipe.toml").read_text(encoding="utf-8") == text(recipe)
        tried = any(each["step"] == recipe.train.steps for each in lines(folder) if each.get("split") == "valid")
        last = checkpoint.load(folder / "last.safetensors")
        return same and tried and last.metrics.get("step") == recipe.train.steps
    except (OSError, ValueError, LookupError):
        return False


def figures(folder: Path) -> dict[str, float | None]:
    """What a finished run measured: MEASURED, None where it did not.

    loss and its variance are those of training over the last LAST steps; frames/s is over all steps but the first
    three, without making the batches; seconds is the time of all steps; memory the most that the process held.
    """
    from engine import checkpoint

    steps = [each for each in lines(folder) if "epoch" in each]
    tried = [each for each in lines(folder) if each.get("split") == "valid"]
    losses = [each["loss"] for each in steps[-min(LAST, max(2, len(steps) // 2)) :] if each["loss"] is not None]
    timed = steps[_WARM:] if len(steps) > 2 * _WARM else steps
    seconds, frames = (sum(each.get(key) or 0.0 for each in timed) for key in ("seconds", "frames"))
    network = checkpoint.load(folder / "last.safetensors")
    return {
        "error": tried[-1]["error"] if tried else None,
        "held-out loss": tried[-1]["loss"] if tried else None,
        "loss": statistics.fmean(losses) if losses else None,
        "loss variance": statistics.variance(losses) if len(losses) > 1 else None,
        "frames/s": frames / seconds if seconds else None,
        "seconds": sum(each.get("seconds") or 0.0 for each in steps),
        "memory MB": max((each.get("memory") or 0.0 for each in steps), default=0.0) / 1e6,
        "parameters": sum(math.prod(each.shape) for each in (network.weights or {}).values()),
    }


def lines(folder: Path) -> list[dict[str, Any]]:
    """The record of a run, a line an event. Raises OSError and ValueError where there is none that can be read."""
    return [json.loads(each) for each in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def shortened(recipe: Recipe, steps: int | None, seed: int) -> Recipe:
    """The recipe with another number of steps and seed; all held-out clips are tried, at its end."""
    train = recipe.train.but(seed=seed, evaluate_every=0, evaluate_batches=0, patience=0)
    return dataclasses.replace(recipe, train=train if steps is None else train.but(steps=steps))


def _train(point: Point, place: Path, device: str) -> None:
    """Run `otoscope train` for it, or go on with it: a process of its own, whose memory is its own."""
    from app.commands import headless, python
    from engine import recipe, standing

    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="otoscope-") as folder:
        asked = Path(folder) / f"{place.name}.toml"  # its name is that of the line of progress
        recipe.write(point.recipe, asked)
        how = ["--resume", str(place)] if (place / standing.NAME).exists() else [str(asked), "--out", str(place)]
        command = python("app", "train", *how, "--device", device)
        with subprocess.Popen(command, env=headless(), stdout=subprocess.DEVNULL) as process:
            try:
                code = process.wait()
            except KeyboardInterrupt:  # it may have heard of it; what it has learnt is written first
                if sys.platform != "win32":
                    process.send_signal(signal.SIGINT)
                code = STOPPED
    if code == STOPPED:
        raise KeyboardInterrupt
    if code != 0:
        raise WorkFailed(
            f"{point.name} was not trained; what was done before it is in {place.parent}, and is kept"
        )


def _folder(point: Point) -> str:
    """A name for people, and a digest of the recipe: another recipe is another run."""
    from engine.recipe import text

    named = "".join(letter if letter.isalnum() or letter in "=.-_+" else "_" for letter in point.name)
    return f"{named}-{hashlib.blake2b(text(point.recipe).encode(), digest_size=4).hexdigest()}"
