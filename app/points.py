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
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import STOPPED, WorkFailed
from engine.events import Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from engine.recipe import Recipe

MEASURED = (
    "error", "held-out loss", "loss", "loss variance", "frames/s", "seconds", "s/epoch", "memory MB", "GPU MB",
    "parameters",
)  # fmt: skip
"""What is measured of a run, in the order of the table."""
LAST = 50
"""Steps at the end over which loss and its variance are taken, or half of them where there are fewer than 100."""
_PROCESS = "process.json"
_LOOK = 0.05  # seconds between two looks at a process
_WARM = 3  # steps that load libraries and fill caches: their time says nothing


@dataclass(frozen=True)
class Point:
    """One training: how it is called in the table, and by what recipe."""

    named: Mapping[str, Any]
    recipe: Recipe

    @property
    def name(self) -> str:
        return " ".join(f"{key}={value}" for key, value in self.named.items())


def rows(points: Sequence[Point], folder: Path, device: str) -> Iterator[dict[str, Any]]:
    """What `run` finds, with a line on stderr for every training."""
    for event in run(points, folder, device):
        if isinstance(event, dict):
            yield event
        elif event is not None:
            sys.stderr.write(f"{event.doing}\n")


def run(
    points: Sequence[Point], folder: Path, device: str
) -> Generator[dict[str, Any] | Progress | None, Any, None]:
    """A row for each point as it ends: its values, what was measured, and its run, which lies in `folder`.

    Before each that is trained comes a Progress, and None while it is. Finished ones are not trained again; closed
    in the midst of one, that is kept and gone on with the next time. Raises WorkFailed where one does not succeed.
    """
    for number, point in enumerate(points, 1):
        place = folder / _folder(point)
        if not finished(place, point.recipe):
            yield Progress((number - 1) / len(points), f"{number} of {len(points)}: {point.name}")
            yield from _train(point, place, device)
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
    three, without making the batches; seconds is the time of all steps; s/epoch the median over three whole epochs
    or more, the first of all left out; memory the most that the process held, and GPU what it held of a GPU.
    """
    from engine import checkpoint

    steps = [each for each in lines(folder) if "epoch" in each]
    tried = [each for each in lines(folder) if each.get("split") == "valid"]
    losses = [each["loss"] for each in steps[-min(LAST, max(2, len(steps) // 2)) :] if each["loss"] is not None]
    timed = steps[_WARM:] if len(steps) > 2 * _WARM else steps
    seconds, frames = (sum(each.get(key) or 0.0 for each in timed) for key in ("seconds", "frames"))
    network = checkpoint.load(folder / "last.safetensors")
    held, process = max((each.get("memory") or 0.0 for each in steps), default=0.0), _process(folder)
    return {
        "error": tried[-1]["error"] if tried else None,
        "held-out loss": tried[-1]["loss"] if tried else None,
        "loss": statistics.fmean(losses) if losses else None,
        "loss variance": statistics.variance(losses) if len(losses) > 1 else None,
        "frames/s": frames / seconds if seconds else None,
        "seconds": sum(each.get("seconds") or 0.0 for each in steps),
        "s/epoch": an_epoch(steps),
        "memory MB": process.get("peak", held) / 1e6,
        "GPU MB": held / 1e6 if process.get("device", "cpu") != "cpu" else None,
        "parameters": sum(math.prod(each.shape) for each in (network.weights or {}).values()),
    }


def tried(folder: Path) -> dict[str, Any]:
    """The last evaluation on held-out clips, as it was recorded; nothing where there is none."""
    try:
        return next((each for each in reversed(lines(folder)) if each.get("split") == "valid"), {})
    except (OSError, ValueError):
        return {}


def lines(folder: Path) -> list[dict[str, Any]]:
    """The record of a run, a line an event. Raises OSError and ValueError where there is none that can be read."""
    return [json.loads(each) for each in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def shortened(recipe: Recipe, steps: int | None, seed: int) -> Recipe:
    """The recipe with another number of steps and seed; all held-out clips are tried, at its end."""
    train = recipe.train.but(seed=seed, evaluate_every=0, evaluate_batches=0, patience=0)
    return dataclasses.replace(recipe, train=train if steps is None else train.but(steps=steps))


def an_epoch(steps: Sequence[Mapping[str, Any]]) -> float | None:
    """Seconds an epoch: the median over the whole ones but the first; None for fewer than three of those.

    On a processor only the time counts in which it had one: others that want it make no network slower.
    """
    found: dict[int, list[float]] = {}
    for each in steps:
        found.setdefault(each["epoch"], []).append(each.get("busy") or each.get("seconds") or 0.0)
    most = max((len(each) for each in found.values()), default=0)
    whole = [sum(each) for number, each in sorted(found.items()) if number and len(each) == most]
    return statistics.median(whole) if len(whole) >= 3 else None


def _train(point: Point, place: Path, device: str) -> Generator[None, Any, None]:
    """Run `otoscope train` for it, or go on with it: a process of its own, whose memory is its own."""
    from app.commands import headless, python
    from engine import device as devices
    from engine import recipe, standing
    from engine.replacing import replacing

    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="otoscope-") as folder:
        asked = Path(folder) / f"{place.name}.toml"  # its name is that of the line of progress
        recipe.write(point.recipe, asked)
        how = ["--resume", str(place)] if (place / standing.NAME).exists() else [str(asked), "--out", str(place)]
        command = python("app", "train", *how, "--device", device)
        with subprocess.Popen(command, env=headless(), stdout=subprocess.DEVNULL) as process:
            most = 0
            try:
                while process.poll() is None:
                    most = max(most, devices.peak(process.pid))
                    yield None
                    time.sleep(_LOOK)
                code = process.returncode
            except GeneratorExit:  # what it has learnt is written first
                process.terminate()
                raise
            except KeyboardInterrupt:  # it may have heard of it
                if sys.platform != "win32":
                    process.send_signal(signal.SIGINT)
                code = STOPPED
    if code == STOPPED:
        raise KeyboardInterrupt
    if code != 0:
        raise WorkFailed(
            f"{point.name} was not trained; what was done before it is in {place.parent}, and is kept"
        )
    most = max(most, int(_process(place).get("peak", 0)))  # of a run that was gone on with
    with replacing(place / _PROCESS) as part:
        part.write_text(json.dumps({"peak": most, "device": devices.choose(device)}), encoding="utf-8")


def _process(folder: Path) -> dict[str, Any]:
    """What was noted of the process that trained a run: the most bytes it held, and its device."""
    try:
        return dict(json.loads((folder / _PROCESS).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _folder(point: Point) -> str:
    """A name for people, and a digest of the recipe: another recipe is another run."""
    from engine.recipe import text

    named = "".join(letter if letter.isalnum() or letter in "=.-_+" else "_" for letter in point.name)
    return f"{named}-{hashlib.blake2b(text(point.recipe).encode(), digest_size=4).hexdigest()}"
