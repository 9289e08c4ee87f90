"""`otoscope demo`: the main job without a screen, on the bundled clip at three signal-to-noise ratios."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import commands, report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from engine.clip import Clip
    from engine.events import Traced
    from engine.network import Network
    from engine.stages.stage import Link

SNRS = (20, 5, -10)
"""In decibel: the network reads well, has trouble, and is lost."""
ALLOWED = 0.10
"""The largest error rate at the first of them."""
REPEATS = 7


@dataclass(frozen=True)
class Result:
    """What came out at one SNR. Milliseconds are medians of a few runs, the first left out."""

    snr: int
    text: str
    truth: str
    edits: int
    length: int
    milliseconds: Mapping[str, float]
    picture: str = ""

    @property
    def error(self) -> float:
        return self.edits / max(1, self.length)


def main(arguments: argparse.Namespace) -> int:
    """Do it all and say where it lies; 1 where the network does not react to noise as it has to."""
    from engine import checkpoint, default

    out: Path = arguments.out
    if arguments.name == "hybrid":
        from app import hybrid

        return hybrid.main(arguments)
    if arguments.name == "hello-world":
        from app import hello

        return hello.main(arguments)
    if arguments.name:
        command = commands.python("app.demos", arguments.name, str(out), *(["--json"] if arguments.json else []))
        return subprocess.run(command, env=commands.headless(), check=False).returncode
    out.mkdir(parents=True, exist_ok=True)
    network = checkpoint.open_network(default.network())
    clip = example(tier(network))
    commands.say(f"{network.name} on the bundled clip '{clip.name}' ({clip.seconds:.1f} s)")
    results = []
    for snr in SNRS:
        result = measure(clip, network, snr)
        commands.say(f"  {snr:>4} dB  error {result.error:6.1%}  {result.text or '(nothing)'}")
        results.append(dataclasses.replace(result, picture=picture(out, clip.name, network.name, snr)))
    # They were written from top to bottom.
    written = sorted((out / "views").glob("*.png"), key=lambda path: path.stat().st_mtime_ns)
    views = [path.relative_to(out).as_posix() for path in written]
    trouble = judge(results)
    write(out, clip, network, results, trouble, views)
    commands.say(f"pictures, texts and the report: {out / 'report.html'}")
    for text in trouble:
        commands.say(f"FAILED: {text}")
    return int(bool(trouble))


def example(tier: str) -> Clip:
    """The bundled clip that the window opens with; another where that has no labels which the network reads."""
    from engine import asset, default

    clips = [asset.open_bundled(name) for name in (default.CLIP, *asset.clips())]
    return next((clip for clip in clips if clip.text(tier)), clips[0])


def measure(clip: Clip, network: Network, snr: int) -> Result:
    """The text at one SNR, and what a turn of the slider costs there."""
    from engine.chain import Memo, default_picture
    from engine.infer import Inspection, run

    memo, timings = Memo(), []
    for turn in range(REPEATS + 1):
        # The last turn is the SNR that is reported; those before move the slider, as a user would.
        links = at_snr(network, snr + 0.1 * (REPEATS - turn))
        inspection = Inspection(clip, links, default_picture(), network, 0.0, clip.seconds, "cpu")
        began = time.perf_counter()
        traced = last(run(inspection, memo))
        timings.append({**traced.timings, "slider to result": 1e3 * (time.perf_counter() - began)})
    medians = {name: sorted(each[name] for each in timings[1:])[REPEATS // 2] for name in timings[-1]}
    truth = " ".join(clip.text(tier(network)))
    text = " ".join(label.text for label in traced.trace.text)
    return Result(snr, text, truth, traced.edits, traced.length, medians)


def at_snr(network: Network, snr: float) -> tuple[Link, ...]:
    """The usual chain of sound stages with its noise at `snr` dB."""
    from engine.chain import default_sound_chain

    return tuple(
        dataclasses.replace(link, settings=link.settings.but(snr=snr), on=True) if link.stage == "noise" else link
        for link in default_sound_chain()
    )


def last(events: Any) -> Traced:
    """The Traced among a job's events."""
    from engine.events import Traced

    found = [event for event in events if isinstance(event, Traced)]
    if not found:
        raise RuntimeError("the inspection gave no result")
    return found[-1]


def tier(network: Network) -> str:
    """The label tier that a network's task reads."""
    from engine import catalog

    return str(catalog.load("tasks", network.task).TIER)


def picture(out: Path, clip: str, network: str, snr: int) -> str:
    """A picture of the window at one SNR, drawn by a process that has Qt; its file name, empty where it failed."""
    name = f"window{snr:+d}dB.png"
    command = commands.python(
        "app.shot", "--out", str(out / name), "--clip", clip, "--network", network, "--set", f"noise.snr={snr}"
    )
    if snr == SNRS[0]:
        command += ["--views", str(out / "views")]
    ran = subprocess.run(
        command, env=commands.headless(), capture_output=True, text=True, timeout=300, check=False
    )
    if ran.returncode:
        commands.say(f"  no picture at {snr} dB: {ran.stderr.strip()[-400:]}")
        return ""
    return name


def judge(results: Sequence[Result]) -> list[str]:
    """What is wrong with the results, in words; empty where all is well."""
    trouble = []
    best, worst = results[0], results[-1]
    if best.text == worst.text:
        trouble.append(f"the text at {best.snr} dB is the text at {worst.snr} dB: noise changes nothing")
    if best.length == 0:
        trouble.append("the clip has no labels that this network reads: its error is not known")
    if best.error > ALLOWED:
        trouble.append(f"the error at {best.snr} dB is {best.error:.1%}; at most {ALLOWED:.0%} is allowed")
    trouble += [f"there is no picture at {each.snr} dB" for each in results if not each.picture]
    return trouble


def write(
    out: Path, clip: Clip, network: Network, results: Sequence[Result], trouble: list[str], views: list[str]
) -> None:
    """The results as a page for people and as JSON for programs."""
    found = {
        "clip": clip.name,
        "seconds": clip.seconds,
        "network": network.name,
        "failed": trouble,
        "results": [{**dataclasses.asdict(each), "error": each.error} for each in results],
    }
    (out / "results.json").write_text(json.dumps(found, indent=2, ensure_ascii=False), encoding="utf-8")
    lines = [f"{each.snr:+d} dB\t{each.error:.1%}\t{each.text}" for each in results]
    (out / "texts.tsv").write_text("\n".join(["snr\terror\ttext", *lines, ""]), encoding="utf-8")
    page = report.page(out, clip, commands.describe(network), results, trouble, views)
    (out / "report.html").write_text(page, encoding="utf-8")
