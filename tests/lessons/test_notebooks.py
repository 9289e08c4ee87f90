"""Lessons as notebooks: valid, and their cells run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest

from engine import notebook, page
from engine.lessons.lesson import Pair

if TYPE_CHECKING:
    from pathlib import Path

    from engine.lessons.lesson import Lesson

LESSONS = page.lessons()
QUICK = (10,)
RUN = """
import json, sys
names = {}
for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
"""


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.file for lesson in LESSONS])
def test_a_notebook_is_valid_and_holds_the_page_and_the_code(lesson: Lesson, tmp_path: Path) -> None:
    path = notebook.write(lesson, tmp_path / f"{lesson.file}.ipynb")
    nbformat.validate(nbformat.read(path, as_version=4))
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells)
    assert "(code:" not in text
    assert "[[" not in "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    for step in lesson.steps:
        assert f"def {step.check.__name__}(" in text
        assert f"show({step.check.__name__}())" in text


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.file for lesson in LESSONS])
def test_numpy_and_torch_stand_below_each_other_and_their_cell_runs(
    lesson: Lesson, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = [part for part in page.read(lesson).parts if isinstance(part, Pair)]
    cells = ["".join(cell["source"]) for cell in notebook.notebook(lesson)["cells"]]
    found = [cell for cell in cells if "def in_torch(" in cell]
    assert len(found) == len(pairs) > 0
    for cell, pair in zip(found, pairs, strict=True):
        assert cell.index("def in_numpy(") < cell.index("def in_torch(")
        exec(compile(cell, pair.name, "exec"), {})
        assert capsys.readouterr().out == f"{pair.told}\n"


@pytest.mark.parametrize("number", QUICK)
def test_the_cells_of_a_quick_notebook_run(number: int, tmp_path: Path) -> None:
    _run(number, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("number", [lesson.number for lesson in LESSONS if lesson.number not in QUICK])
def test_the_cells_of_every_notebook_run(number: int, tmp_path: Path) -> None:
    _run(number, tmp_path)


def _run(number: int, folder: Path) -> None:
    path = notebook.write(page.find(number), folder / "lesson.ipynb")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(path)],
        capture_output=True, text=True, timeout=240, check=False, env=os.environ | {"PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > len(page.find(number).steps)
