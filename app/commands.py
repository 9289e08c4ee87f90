"""The short commands: list, convert, train, eval, inspect and shot. Each takes its arguments, returns a code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.cli import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Generator

    from engine.clip import Clip
    from engine.events import Traced
    from engine.network import Network
    from engine.trace import Trace

T = TypeVar("T")
FOLDERS = ("stages", "models", "tasks", "corpora", "widgets.views")


def list_(arguments: argparse.Namespace) -> int:
    """What there is to choose from, by kind, each with a line about it."""
    from engine import asset, catalog, checkpoint, denoising, recipe, recognising

    found = {
        folder.rpartition(".")[2]: {name: catalog.about(folder, name) for name in catalog.names(folder)}
        for folder in FOLDERS
    }
    found["clips"] = {name: " ".join(asset.open_bundled(name).text("digit")) for name in asset.clips()}
    found["noises"] = dict.fromkeys(asset.noises(), "")
    found["networks"] = dict.fromkeys(checkpoint.bundled(), "")
    found["denoisers"] = {name: denoising.title(name) for name in denoising.names()}
    found["recognisers"] = {each.name: each.trouble or each.title for each in recognising.choices()}
    found["recipes"] = dict.fromkeys(recipe.bundled(), "")
    if arguments.json:
        say(json.dumps(found, indent=2))
        return 0
    for kind, entries in found.items():
        say(f"{kind}")
        for name, about in entries.items():
            say(f"  {name:<20} {about}".rstrip())
    return 0


def convert_(arguments: argparse.Namespace) -> int:
    """Write a sound in another format, and say what was done to it."""
    from engine.audio.convert import convert

    if arguments.sr is not None and not 1000 <= arguments.sr <= 768_000:
        raise UsageError(f"--sr is {arguments.sr}; its range is 1000 to 768000 Hz")
    if arguments.seconds is not None or arguments.chunk is not None or arguments.fill:
        from app import lengths

        return lengths.convert(arguments)
    made = result(
        convert(arguments.source, arguments.target, arguments.sr, arguments.mono, arguments.kind, arguments.dither)
    )
    clipped = f", {made.clipped} samples clipped" if made.clipped else ""
    shape = f"{made.frames} samples of {made.channels} channel{'s' * (made.channels > 1)}"
    say(f"{made.path}: {shape} at {made.rate} Hz{clipped}")
    return 0


def train_(arguments: argparse.Namespace) -> int:
    """Train by a recipe with a line of progress; the run's folder holds the checkpoint and the metrics."""
    from app import training

    return training.main(arguments)


def eval_(arguments: argparse.Namespace) -> int:
    """The error of a network on recordings, by speaker and by SNR; or before and after a denoiser."""
    from app import evaluation, lm

    reading = lm.reading(arguments)
    if reading is not None and (arguments.denoise is not None or arguments.leave_one_out):
        raise UsageError("--decode goes neither with --denoise nor with --leave-one-out")
    if arguments.denoise is not None:
        from app import understanding

        return understanding.main(arguments)
    if arguments.curve:
        from app import alarms

        return alarms.main(arguments)

    name = evaluation.named(arguments.network, arguments.task)
    if arguments.metric is not None:
        return evaluation.written(name, arguments.split, arguments.metric, arguments.json)
    return evaluation.evaluate(name, arguments.split, arguments.leave_one_out, arguments.json, reading)


def inspect_(arguments: argparse.Namespace) -> int:
    """What a network is, and what it does with a sound."""
    from app import lengths, lm
    from engine import checkpoint, export
    from engine.trace import LONGEST

    if arguments.dump and not arguments.wav:
        raise UsageError("--dump needs a sound: add --wav FILE")
    if arguments.gradient is not None and not arguments.wav:
        raise UsageError("--gradient needs a sound: add --wav FILE")
    if arguments.dump:
        check_target(arguments.dump)
    reading = lm.reading(arguments)
    if reading is not None and not arguments.wav:
        raise UsageError("--decode needs a sound: add --wav FILE")
    network = checkpoint.open_network(arguments.network)
    if arguments.frontend or not arguments.wav:
        card = describe(network, only_frontend=arguments.frontend)
        say(json.dumps(card, indent=2, default=str) if arguments.json else table(card))
        return 0
    clip = open_sound(arguments.wav)
    if clip.seconds > LONGEST and not arguments.dump and arguments.gradient is None and reading is None:
        return lengths.read(network, clip, arguments.json)
    traced = _trace(network, clip)
    trace, timings = traced.trace, traced.timings
    gradient: dict[str, Any] = {}
    if arguments.gradient is not None:
        trace, gradient = _with_gradient(network, trace, arguments.gradient)
    shapes = {str(key): list(series.values.shape) for key, series in sorted(trace.series.items())}
    found = {
        "text": [label.text for label in trace.text],
        "seconds": trace.stop - trace.start,
        "milliseconds": dict(timings),
        **({"gradient": gradient} if gradient else {}),
        **(lm.searched(traced, network, reading, arguments.json) if reading is not None else {}),
    }
    if arguments.json:
        say(json.dumps({**found, "series": shapes}, indent=2))
    else:  # two whole numbers would be read as an error rate
        say(table({**found, "series": {key: " x ".join(map(str, shape)) for key, shape in shapes.items()}}))
    if arguments.dump:
        written = export.trace(trace, arguments.dump)
        part = f", of the first {LONGEST:g} of {clip.seconds:.0f} s" if clip.seconds > LONGEST else ""
        if not arguments.json:  # what reads that expects nothing else
            say(f"states and gates{part}: {', '.join(map(str, written))}")
    return 0


def _with_gradient(network: Network, trace: Trace, frame: int) -> tuple[Trace, dict[str, Any]]:
    """The trace with grad.h and grad.c [T, H] of an output frame, and what there is to say of them."""

    from engine import echo

    try:
        found, said = echo.tensors(network, trace, frame)
    except LookupError as error:
        raise UsageError(f"--gradient {frame}: {error.args[0]}") from error
    return replace(trace, series={**trace.series, **found}), said


def shot_(arguments: argparse.Namespace) -> int:
    """A picture of the window: a process of its own, since only that one loads Qt."""
    return subprocess.run(python("app.shot", *arguments.rest), env=headless(), check=False).returncode


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules, wherever the user's folder is."""
    return [sys.executable, "-P", "-m", module, *arguments]


def headless(**more: str) -> dict[str, str]:
    """An environment in which `python` finds our modules and Qt needs no screen."""
    root = str(Path(__file__).resolve().parents[1])
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": paths, "QT_QPA_PLATFORM": "offscreen", **more}


def result(job: Generator[Any, None, T]) -> T:
    """What a job returns. Its notices are printed."""
    from engine.events import Notice

    while True:
        try:
            event = next(job)
        except StopIteration as end:
            return end.value
        if isinstance(event, Notice):
            sys.stderr.write(f"{event.text}\n")


def open_sound(path: Path) -> Clip:
    """A clip from any file that can be read, decoded first if need be, with its labels. Raises AudioError.

    What it lacks is told on stderr: a sound that was cut short looks like a short one.
    """
    from engine import tiers
    from engine.audio.file import decode
    from engine.events import Notice, Opened

    for event in decode(path):
        if isinstance(event, Notice):
            sys.stderr.write(f"otoscope: {event.text}\n")
        if isinstance(event, Opened):
            clip, trouble = tiers.labelled(event.clip, path)
            sys.stderr.writelines(f"otoscope: {each}\n" for each in trouble)
            return clip
    raise RuntimeError(f"{path} gave no clip")


def describe(network: Network, only_frontend: bool = False) -> dict[str, Any]:
    """A network in plain values: what was chosen, what it was measured at, and its front end."""
    frontend = {link.stage: {"on": link.on, **link.settings.to_dict()} for link in network.frontend}
    if only_frontend:
        return frontend
    return {
        "name": network.name,
        "task": {network.task: network.task_settings.to_dict()},
        "model": {network.model: network.settings.to_dict()},
        "trained": network.trained,
        "live": network.live,
        "vocabulary": " ".join(network.vocabulary),
        "metrics": dict(network.metrics),
        "card": dict(network.card),
        "frontend": frontend,
    }


def check_target(path: Path) -> None:
    """Raise UsageError, before any work, where no file can be written."""
    from engine.export import KINDS

    if path.is_dir():
        raise UsageError(f"--dump {path} is a folder; name a file in it, as in {path / 'gates.npz'}")
    if not path.parent.is_dir():
        raise UsageError(f"--dump {path}: there is no folder {path.parent}; make it first")
    if path.suffix.lower() not in KINDS:
        raise UsageError(f"--dump {path}: states are written as {' or '.join(KINDS)}")


def check_place(option: str, path: Path) -> None:
    """Make the folder of `path`, before any work. Raises UsageError where nobody may write there, and OSError."""
    place = next((each for each in path.absolute().parents if each.exists()), path)
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise UsageError(f"{option} {path} cannot be written: you may not change {place}; choose another place")
    path.absolute().parent.mkdir(parents=True, exist_ok=True)


def table(values: dict[str, Any], indent: int = 0) -> str:
    """Nested plain values, one a line."""
    lines = []
    for key, value in values.items():
        if isinstance(value, dict):
            lines += [f"{' ' * indent}{key}", table(value, indent + 2)] if value else []
        elif "\n" not in str(value):  # a recipe is for --json
            lines.append(f"{' ' * indent}{key:<{max(1, 22 - indent)}} {_shown(value)}")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    """A value in few words; edit operations and their number as an error rate."""
    if isinstance(value, list | tuple):
        if len(value) == 2 and all(type(each) is int for each in value) and value[1] > 0:
            return f"{value[0]} of {value[1]} ({value[0] / value[1]:.2%})"
        if len(value) > 3 and len(set(value)) == 1:
            return f"{_shown(value[0])} ({len(value)} times)"
        return " ".join(map(_shown, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def change(text: str) -> tuple[str, str, Any]:
    """Table (or stage), key and value of `TABLE.KEY=VALUE`, the value read as TOML. Raises UsageError."""
    name, equals, value = text.partition("=")
    table, dot, key = name.partition(".")
    if not equals or not dot:
        raise UsageError(f"--set {text}: write it as TABLE.KEY=VALUE, as in train.lr=0.01")
    try:
        return table, key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return table, key, value


def say(text: str) -> None:
    """A line for the user."""
    sys.stdout.write(f"{text}\n")


def _trace(network: Network, clip: Clip) -> Traced:
    from engine.chain import Memo, default_sound_chain
    from engine.events import Traced
    from engine.infer import Inspection, run

    clean = tuple(link for link in default_sound_chain() if link.stage in ("mix", "resample"))
    inspection = Inspection(clip, clean, None, network, 0.0, clip.seconds, "cpu")
    for event in run(inspection, Memo()):
        if isinstance(event, Traced):
            return event
    raise RuntimeError("the network gave no trace")
