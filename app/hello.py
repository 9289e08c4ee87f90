"""`otoscope demo hello-world`: a recogniser from forty clips: collect, train, evaluate, quantise, profile."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import commands, profile, quantize
from app.cli import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from engine.network import Network
    from engine.recipe import Recipe
    from engine.shrunk import Form
    from engine.wer import Score

ACCURACY, WER, HELD_OUT, EACH = 0.90, 0.05, 100, 20
"""The targets of the notes: characters that are right (the lower end of the interval), the word error rate, and
how many clips it is measured on; clips of each word that are learnt from."""
MINUTES = 10.0
_EVERY = 20  # steps of a curve's points


@dataclass(frozen=True, eq=False)
class Trained:
    """One training: its seed, network, curve of (step, loss), what the network gets wrong, and how long it took:
    seconds, and of them those in which a processor worked on it."""

    seed: int
    network: Network
    curve: tuple[tuple[int, float], ...]
    seconds: float
    busy: float
    score: Score


def main(arguments: argparse.Namespace) -> int:
    """Do all five steps, and say where the report lies; 1 where a target is missed."""
    if not 1 <= arguments.seeds <= 20:
        raise UsageError(f"--seeds is {arguments.seeds}; its range is 1 to 20")
    out: Path = arguments.out
    commands.check_place("--out", out)
    out.mkdir(parents=True, exist_ok=True)
    from engine import device

    device.limit_threads()  # two pools of threads on the same cores wait for each other
    began, busy = time.perf_counter(), worked()
    chosen = recipe_of(str(arguments.own or ""))
    counts, trouble = collected(chosen)
    trained = [taught(chosen, seed) for seed in range(arguments.seeds)]
    trouble += judge(trained)
    first = trained[0]
    keep(first.network, out)
    commands.say("quantise")
    from engine import shrunk

    forms: tuple[Form, ...] = commands.result(shrunk.forms(first.network, out, "test"))
    commands.say(quantize.table(forms))
    trouble += shrunk.trouble(forms)
    commands.say("profile, on a simulated small device")
    profiles = [profile.profile(form.path) for form in forms if form.name in ("FP32", "INT8")]
    for each in profiles:
        commands.say(told(each))
        if not each["met"]:
            trouble.append(f"{each['file']} takes longer than {each['target ms']:g} ms on the simulated device")
    minutes = (time.perf_counter() - began) / 60
    worked_for = (worked() - busy) / 60
    commands.say(f"all of it took {minutes:.1f} min on this machine, {worked_for:.1f} min of one processor")
    if minutes > MINUTES:
        trouble.append(
            f"it took {minutes:.1f} min; at most {MINUTES:g} are allowed (of one processor: {worked_for:.1f} min)"
        )
    write(out, counts, trained, forms, profiles, (minutes, worked_for), trouble)
    for text in trouble:
        commands.say(f"FAILED: {text}")
    return int(bool(trouble))


def worked() -> float:
    """Seconds in which a processor worked for this program and for those that it began and that have ended."""
    return sum(os.times()[:4])


def recipe_of(folder: str, seed: int = 0) -> Recipe:
    """The bundled recipe, for recordings of a folder where one is named."""
    from engine import recipe

    chosen = recipe.read("hello")
    place = str(Path(folder).expanduser().absolute()) if folder else ""
    task = chosen.task_settings.but(folder=place)
    return dataclasses.replace(chosen, task_settings=task, train=chosen.train.but(seed=seed))


def collected(chosen: Recipe) -> tuple[dict[str, int], list[str]]:
    """Clips of each text to learn from, and what is wrong with them. Raises CorpusMissing."""
    from engine import build, recordings
    from engine.audio.check import check

    corpus: Any = build.task_of(_untrained(chosen)).corpus  # type: ignore[attr-defined]
    rows = corpus.rows("train")
    counts = {text: sum(row.text == text for row in rows) for text in corpus.texts()}
    trouble, flawed = list(corpus.notes()), 0
    for row in rows:
        said = check(recordings.read(row.path), recordings.RATE).trouble
        flawed += bool(said)
        if said:
            commands.say(f"  {row.path.name}: {'; '.join(said)}")
    held = len(corpus.rows("test"))
    voices = len({row.voice for row in corpus.rows("test")} - {row.voice for row in rows})
    words = " and ".join(f"{count} of {text!r}" for text, count in counts.items())
    commands.say(f"collect: {words}; tried on {held} clips of {voices} other voices; {flawed} clips have flaws")
    trouble += [
        f"there are {count} clips of {text!r}; {EACH} are wanted" for text, count in counts.items() if count < EACH
    ]
    if held < HELD_OUT:
        trouble.append(f"it is tried on {held} clips only; {HELD_OUT} are wanted")
    return counts, trouble


def taught(chosen: Recipe, seed: int) -> Trained:
    """Train from a seed to the last step, and evaluate. Raises TrainingError, LeakageError."""
    from rich.console import Console

    from app.progress import bar
    from engine import train, written
    from engine.events import Snapshot, Step

    one = dataclasses.replace(chosen, name="hello", train=chosen.train.but(seed=seed))
    network, losses = None, list[float]()
    began, busy = time.perf_counter(), worked()
    with bar(Console(stderr=True, highlight=False)) as progress:
        line = progress.add_task(f"seed {seed}", total=one.train.steps, said="")
        for event in train.train(one, "cpu", attended=False):
            if isinstance(event, Step):
                losses.append(event.loss)
                progress.update(line, completed=event.step, said=f"loss {event.loss:.3f}")
            elif isinstance(event, Snapshot):
                network = event.network
    assert network is not None
    seconds, busy = time.perf_counter() - began, worked() - busy
    score = written.measure(network)
    curve = tuple(
        (end, sum(losses[end - _EVERY : end]) / _EVERY) for end in range(_EVERY, len(losses) + 1, _EVERY)
    )
    right, low, high = written.accuracy(score)
    commands.say(
        f"train, seed {seed}: {len(losses)} steps, {seconds:.0f} s ({busy:.0f} of a processor); evaluate: "
        f"characters right {right:.1%} (95 % between {low:.1%} and {high:.1%}), "
        f"WER {score.words}, texts as {score.normaliser}"
    )
    return Trained(seed, network, curve, seconds, busy, score)


def judge(trained: Sequence[Trained]) -> list[str]:
    """Which of the targets the trainings miss, in words."""
    from engine import written

    trouble = []
    for each in trained:
        low, words = written.accuracy(each.score)[1], each.score.words.error
        if low <= ACCURACY:
            trouble.append(
                f"seed {each.seed}: {low:.1%} of the characters are right at the least; over 90 % wanted"
            )
        if words >= WER:
            trouble.append(
                f"seed {each.seed}: the word error rate is {words:.1%} (texts as {each.score.normaliser}); "
                "under 5 % is wanted"
            )
    return trouble


def keep(network: Network, out: Path) -> None:
    """The network as a checkpoint beside the report."""
    from engine import checkpoint

    checkpoint.save(network, out / "hello.safetensors")


def told(found: dict[str, Any]) -> str:
    """A profile in a line."""
    return (
        f"{found['file']} ({found['device']}): from a sound to its result "
        f"{found['audio in to result p95 ms']:.1f} ms at p95 = {found['algorithmic ms']:.1f} of waiting + "
        f"{found['block p95 ms']:.1f} of computing; end of a recording to its text "
        f"{found['end of a recording to result p95 ms']:.1f} ms; "
        f"{found['memory of the process bytes'] / 2**20:.0f} MB"
    )


def write(
    out: Path,
    counts: dict[str, int],
    trained: Sequence[Trained],
    forms: Sequence[Form],
    profiles: Sequence[dict[str, Any]],
    minutes: tuple[float, float],
    trouble: Sequence[str],
) -> None:
    """All figures as results.json, and as a page with pictures, report.html.

    `minutes` are those that passed, and those in which a processor worked.
    """
    from engine import shrunk, written

    found = {
        "clips": counts,
        "failed": list(trouble),
        "minutes": minutes[0],
        "minutes of a processor": minutes[1],
        "trainings": [
            {
                "seed": each.seed,
                "seconds": each.seconds,
                "seconds of a processor": each.busy,
                "character accuracy": written.accuracy(each.score),
                **each.score.to_dict(),
                "voices": {kind: kind_of.to_dict() for kind, kind_of in written.by_voice(each.score).items()},
                "wrong": [
                    {"clip": clip.text.name, "said": clip.text.reference, "written": clip.text.hypothesis}
                    for clip in each.score.clips
                    if clip.characters.errors
                ],
                "curve": each.curve,
            }
            for each in trained
        ],
        "forms": [shrunk.row(each) for each in forms],
        "profiles": list(profiles),
    }
    (out / "results.json").write_text(json.dumps(found, indent=2), encoding="utf-8")
    ran = subprocess.run(
        commands.python("app.hellopage", str(out)),
        env=commands.headless(),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        commands.say(f"no report: {ran.stderr.strip()[-400:]}")
    else:
        commands.say(f"report: {out / 'report.html'}")


def _untrained(chosen: Recipe) -> Network:
    from engine import checkpoint

    return checkpoint.untrained(chosen.task, chosen.model_settings, chosen.task_settings, chosen.model)
