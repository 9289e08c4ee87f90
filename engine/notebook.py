"""A lesson as a Jupyter notebook: its page, and the code of its checks, ready to be run and changed."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from typing import TYPE_CHECKING, Any

from engine import catalog, page
from engine.lessons.lesson import Pair, Place
from engine.replacing import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from engine.lessons.lesson import Lesson, Outcome

_OURS = re.compile(r"\[([^\]]+)\]\((?:code|numbers|term|view):[^)\s]+\)")


def write(lesson: Lesson, path: Path) -> Path:
    """Write the notebook (nbformat 4.5). Raises OSError and PageError."""
    with replacing(path) as part:
        part.write_text(json.dumps(notebook(lesson), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def notebook(lesson: Lesson) -> dict[str, Any]:
    """The notebook as JSON: text and equations, the lesson's own functions, then each step as a cell."""
    first, functions = _code(lesson)
    cells: list[dict[str, Any]] = []
    for number, piece in enumerate(page.pieces(lesson)):
        if isinstance(piece, Place):
            cells.append(_cell("code", _step(lesson, piece.step, functions), len(cells)))
        elif isinstance(piece, Pair):
            cells.append(_cell("code", _pair(piece.name), len(cells)))
        else:
            cells.append(_cell("markdown", _OURS.sub(r"\1", piece.strip()), len(cells)))
        if number == 0:
            cells.append(_cell("code", first, len(cells)))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def show(outcome: Outcome) -> None:
    """Print what a check has measured; show its pictures, and offer its sounds, where the notebook can."""
    print(outcome.text)  # noqa: T201 - a notebook's own way to say something
    for name, value in outcome.values:
        print(f"{name}: {value}")  # noqa: T201
    try:
        display = importlib.import_module("IPython.display")
    except ImportError:  # no notebook: a plain interpreter runs these cells too
        return
    for svg in outcome.pictures.values():
        display.display(display.SVG(svg))
    for clip in outcome.sounds:
        display.display(display.Audio(clip.read().T, rate=clip.rate))


def _code(lesson: Lesson) -> tuple[str, dict[str, str]]:
    """The lesson's module without its steps, and the source of each check by its name."""
    module = inspect.getmodule(lesson.steps[0].check)
    text = inspect.getsource(module)  # type: ignore[arg-type]
    checks = {step.check.__name__ for step in lesson.steps}
    kept, functions = [], {}
    for node in ast.parse(text).body:
        segment = ast.get_source_segment(text, node) or ""
        if isinstance(node, ast.FunctionDef) and node.name in checks:
            functions[node.name] = segment
        elif not (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "LESSON"):
            gap = "\n\n" if isinstance(node, ast.FunctionDef) else ""
            kept.append(f"{gap}{segment}")
    kept.append("from engine.notebook import show")
    return "\n".join(kept), functions


def _step(lesson: Lesson, name: str, functions: dict[str, str]) -> str:
    step = lesson.step(name)
    guess = f"# {step.guess.question}\n" if step.guess is not None else ""
    return f"# {step.title}\n{guess}{functions[step.check.__name__]}\n\n\nshow({step.check.__name__}())"


def _pair(name: str) -> str:
    """Both functions, one below the other, and whether they return the same: change either, and measure again."""
    source = inspect.getsource(catalog.load("pairs", name))
    return (
        f"{source}\n\nfrom engine.pairs.pair import apart, told\n\nprint(told(*apart(in_numpy, in_torch, SHAPES)))"
    )


def _cell(kind: str, text: str, number: int) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": text.splitlines(keepends=True)}
