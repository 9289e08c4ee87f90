"""`otoscope lessons` and `otoscope lesson N`: the lessons without a screen."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from app import learned
from app.cli import TROUBLE, UsageError
from app.commands import say

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from engine.lessons.lesson import Lesson, Outcome


def main(arguments: argparse.Namespace) -> int:
    """Carry out either command; 1 where a check has failed."""
    from engine import page

    if arguments.command == "lessons":
        return _list(page.lessons(), arguments.json)
    try:
        lesson = page.find(arguments.number)
    except LookupError as error:
        raise UsageError(str(error)) from error
    if arguments.export is not None:
        from engine import notebook

        say(f"{notebook.write(lesson, arguments.export)}: lesson {lesson.number}, {lesson.title}")
    if arguments.check or arguments.sounds is not None or arguments.json:
        return _check(lesson, arguments.sounds, arguments.json)
    if arguments.export is None:
        say(page.source(lesson))
    return 0


def _list(lessons: tuple[Lesson, ...], as_json: bool) -> int:
    done = learned.read()
    rows: list[dict[str, Any]] = [
        {
            "number": lesson.number,
            "file": lesson.file,
            "about": lesson.about,
            "needs": list(lesson.needs),
            "steps": [{"name": s.name, "done": (lesson.number, s.name) in done} for s in lesson.steps],
            "done": all((lesson.number, step.name) in done for step in lesson.steps),
        }
        for lesson in lessons
    ]
    if as_json:
        say(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    for row in rows:
        passed = sum(step["done"] for step in row["steps"])
        needs = f"  after {', '.join(map(str, row['needs']))}" if row["needs"] else ""
        say(f"{row['file']:<46} {passed} of {len(row['steps'])} steps done{needs}")
    return 0


def _check(lesson: Lesson, sounds: Path | None, as_json: bool) -> int:
    """Run every check in the order of the steps, and say what it has measured."""
    done, found, began = set(learned.read()), [], time.perf_counter()
    for step in lesson.steps:
        outcome = step.check()
        found.append((step.name, outcome))
        (done.add if outcome.passed else done.discard)((lesson.number, step.name))
        if not as_json:
            _tell(step.title, outcome)
    learned.write(frozenset(done))
    failed = [name for name, outcome in found if not outcome.passed]
    if sounds is not None:
        _keep([outcome for _, outcome in found], sounds, as_json)
    if as_json:
        say(json.dumps(_report(lesson, found), indent=2, ensure_ascii=False))
    else:
        verdict = f"failed: {', '.join(failed)}" if failed else "every check passed"
        say(f"lesson {lesson.number}, {lesson.file}: {verdict} ({time.perf_counter() - began:.1f} s)")
    return TROUBLE if failed else 0


def _report(lesson: Lesson, found: list[tuple[str, Outcome]]) -> dict[str, Any]:
    checks = [
        {
            "step": name,
            "passed": each.passed,
            "text": each.text,
            "values": dict(each.values),
            "answer": each.answer,
        }
        for name, each in found
    ]
    return {"number": lesson.number, "file": lesson.file, "checks": checks}


def _tell(title: str, outcome: Outcome) -> None:
    say(f"{'passed' if outcome.passed else 'FAILED'}  {title}: {outcome.text}")
    for name, value in outcome.values:
        say(f"        {name}: {value}")


def _keep(outcomes: list[Outcome], folder: Path, quiet: bool) -> None:
    """Every sound of the lesson as a WAV file, and every picture as SVG. Raises OSError."""
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    kept = {clip.id: clip for outcome in outcomes for clip in outcome.sounds}
    for clip in kept.values():
        name = "".join(each if each.isalnum() else "-" for each in clip.name).strip("-")
        soundfile.write(folder / f"{name}.wav", clip.read(), clip.rate)
        if not quiet:
            say(f"{folder / name}.wav: {clip.seconds:.1f} s")
    for name, svg in ((name, svg) for outcome in outcomes for name, svg in outcome.pictures.items()):
        path = folder / f"{name.replace(' ', '-')}.svg"
        path.write_text(svg, encoding="utf-8")
        if not quiet:
            say(str(path))
