"""`otoscope bench`: figures measured in one run on this machine, each beside its target.

Every benchmark is one file of app/benches with `measure() -> list[Figure]`, and runs in a process of its own.
One whose runs have a length that can be chosen says it in seconds, in EACH; `--seconds` takes its place.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import commands
from app.cli import UsageError
from engine import catalog

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

LONGEST, RUNS = 600.0, 60
"""Seconds that one benchmark may take; and so many alternated runs more, where their length is asked for."""


@dataclass(frozen=True)
class Figure:
    """One measured number. `target` is the most that it may be, or the least where `more` is better."""

    name: str
    value: float
    unit: str = "ms"
    target: float | None = None
    more: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.more else self.value <= self.target


def main(arguments: argparse.Namespace) -> int:
    """Run one benchmark or all; 1 where one could not be run. A missed target is shown, and is no error."""
    if arguments.name == "denoise" and arguments.seconds is None:
        from app import rivalry

        return rivalry.main(arguments)
    if arguments.n is not None and arguments.name != "streams":
        raise UsageError("--n belongs to `otoscope bench streams`")
    if arguments.name == "streams" and (arguments.n is not None or arguments.model is not None):
        return _streams(arguments)
    if arguments.name == "asr":
        from app import asr

        return asr.main(arguments)
    if arguments.models or arguments.folder:
        raise UsageError("--models and --folder belong to `otoscope bench asr`")
    names = catalog.names("app.benches")
    if arguments.model is not None:
        arguments.name = _live(arguments.name, arguments.model)
    if arguments.name and (plain := arguments.name.replace("-", "_")) in names:
        arguments.name = plain
    if arguments.peers or arguments.mixtures or arguments.out:
        raise UsageError("--peers, --mixtures and --out belong to `otoscope bench denoise`")
    if arguments.name and arguments.name not in names:
        raise catalog.UnknownLeaf(f"there is no benchmark {arguments.name!r}; there are: {', '.join(names)}")
    if arguments.seconds is not None:
        _check(arguments.name, arguments.seconds)
    found, failed = {}, []
    for name in [arguments.name] if arguments.name else names:
        figures, trouble = run(name, arguments.seconds, arguments.model or "")
        if trouble:
            failed.append(name)
            sys.stderr.write(f"otoscope: bench {name} could not be run: {trouble}\n")
            continue
        found[name] = figures
        if not arguments.json:
            show(name, figures)
    if arguments.json:
        entries = {name: [asdict(each) | {"met": each.met} for each in each_of] for name, each_of in found.items()}
        commands.say(json.dumps({"machine": machine(), "benches": entries, "failed": failed}, indent=2))
    return int(bool(failed))


def _streams(arguments: argparse.Namespace) -> int:
    """So many streams of a network at once, in this process. Raises UsageError, NotStreamed, CheckpointError."""
    from app.benches import streams

    count = streams.COUNT if arguments.n is None else arguments.n
    if not 1 <= count <= streams.MOST:
        raise UsageError(f"--n is {count}; its range is 1 to {streams.MOST}")
    figures = streams.measure(count, arguments.model or "", arguments.seconds or streams.SECONDS)
    if arguments.json:
        entries = {"streams": [asdict(each) | {"met": each.met} for each in figures]}
        commands.say(json.dumps({"machine": machine(), "benches": entries, "failed": []}, indent=2))
    else:
        show("streams", figures)
    return 0


def _live(name: str | None, model: str) -> str:
    """The benchmark that a denoiser, a recipe or a network that reads is named for. Raises UsageError and
    DenoiserError."""
    from app import shapes
    from engine import checkpoint, denoising, recipe

    if name in ("live-network", "live_network"):
        return "live_network"
    if name not in ("live", "live-denoise", "live_denoise"):
        raise UsageError("--model is for `otoscope bench live`: a denoiser or a network, by name or file")
    if model in (*checkpoint.bundled(), *recipe.bundled()) or model.endswith(checkpoint.SUFFIX):
        network = shapes.opened(model)
        if network.task != "denoise":
            in_torch = getattr(catalog.load("models", network.model), "STEPS", "") == "torch"
            if in_torch or not (network.live and hasattr(network.settings, "cell")):
                raise UsageError(
                    f"--model {model}: it does not run live in steps; name a causal recurrent network"
                )
            return "live_network"
    if model not in recipe.bundled():
        denoising.build(model)  # said here in one line, where it cannot be had
    return "live_denoise"


def _check(name: str | None, seconds: float) -> None:
    """Raises UsageError where no length can be chosen."""
    known = [each for each in catalog.names("app.benches") if hasattr(catalog.load("app.benches", each), "EACH")]
    if name not in known:
        raise UsageError(f"--seconds is for one benchmark by name: {', '.join(known)}")
    if not 1 <= seconds <= 3600:
        raise UsageError(f"--seconds is {seconds:g}; its range is 1 to 3600")


def run(name: str, seconds: float | None = None, model: str = "") -> tuple[list[Figure], str]:
    """The figures of one benchmark, measured by a process of its own, and what went wrong, if anything."""
    longest = LONGEST + RUNS * (seconds or 0.0)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        command = commands.python("app.bench", name, str(out), str(seconds or ""), model)
        try:
            ran = subprocess.run(
                command, env=environment(), capture_output=True, text=True, timeout=longest, check=False
            )
        except subprocess.TimeoutExpired:
            return [], f"it took more than {longest:.0f} s"
        if ran.returncode or not out.is_file():
            return [], (ran.stderr.strip() or f"exit code {ran.returncode}")[-800:]
        return [Figure(**each) for each in json.loads(out.read_text(encoding="utf-8"))], ""


def environment() -> dict[str, str]:
    """Where there is a screen it is drawn on; else Qt paints the same pixels into memory."""
    platform_name = os.environ.get("QT_QPA_PLATFORM", "")
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform != "linux" or screen or platform_name:
        environment = commands.headless(OTOSCOPE_BENCH="1")
        environment.pop("QT_QPA_PLATFORM")
        return environment | ({"QT_QPA_PLATFORM": platform_name} if platform_name else {})
    return commands.headless(OTOSCOPE_BENCH="1")


def show(name: str, figures: Sequence[Figure]) -> None:
    """A table: what was measured, the target, and whether it is met."""
    marks = {None: "", True: "met", False: "missed"}
    commands.say(f"{name}: {catalog.about('app.benches', name)}")
    for each in figures:
        sign = "at least" if each.more else "at most"
        target = f"{sign} {each.target:g}" if each.target is not None else ""
        value = f"{each.value:.3g}" if each.value < 100 else f"{each.value:.0f}"
        line = f"  {each.name:<52} {value:>7} {each.unit:<9} {target:<14} {marks[each.met]:<7} {each.note}"
        commands.say(line.rstrip())


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    return {"system": platform.platform(), "cores": os.cpu_count() or 0, "python": platform.python_version()}


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie, the nearest of those measured."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    return percentile(values, 0.5)


def _measure(name: str, out: Path, seconds: str = "", model: str = "") -> None:
    # The module by its own name: Figure has to be the one class that the benchmarks import.
    bench: Any = catalog.load("app.benches", name)
    if seconds:
        bench.EACH = float(seconds)
    if model:
        bench.MODEL = model
    figures = bench.measure()
    out.write_text(json.dumps([asdict(each) for each in figures]), encoding="utf-8")


if __name__ == "__main__":
    _measure(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
