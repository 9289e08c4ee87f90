"""Law: wherever the error of texts is told, the normaliser that it was counted by stands beside it."""

from __future__ import annotations

import ast
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from app import findings, progress
from engine import catalog, checkpoint, errorname, evaluate, metrics, normaliser, recipe, selftest, telemetry
from engine.events import Began, Evaluated, Step
from engine.session import History
from tests import example
from widgets import comparison, quantity
from widgets.panels import run as panel
from widgets.quantity import Run, Wish

ROOT = Path(__file__).parents[2]
TEXTS = ("WER", "CER")
RATE = re.compile(r"\b(WER|CER|(word|character) error rate|(words?|characters?) wrong)\b", re.IGNORECASE)
TASKS = catalog.names("tasks")
SPEECH = recipe.read("speech")


def named(text: str) -> bool:
    """Whether a text tells a rate of texts, and each line of it that does so names a normaliser."""
    lines = [line for line in text.splitlines() if RATE.search(line)]
    return bool(lines) and all(any(name in line for name in normaliser.NORMALISERS) for line in lines)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_of_texts_tells_by_what_they_are_compared(name: str) -> None:
    module = catalog.load("tasks", name)
    by = errorname.normaliser(name)
    assert (by in normaliser.NORMALISERS) == (module.METRIC in TEXTS)
    assert errorname.of(name).startswith(module.METRIC)
    assert by in errorname.of(name)


def test_texts_that_are_learnt_as_written_are_compared_so() -> None:
    settings = SPEECH.task_settings
    assert errorname.of("speech", settings) == "WER (basic-en)"
    assert errorname.of("speech", settings.but(text="written")) == "WER (normaliser none)"


def test_the_name_of_a_run_is_in_its_recipe() -> None:
    assert errorname.of_recipe(recipe.text(SPEECH)) == "WER (basic-en)"
    assert errorname.of_recipe(recipe.text(recipe.read("digits"))) == "DER"
    for broken in ("", "[", "name = 7", "name = 'none'", "name = 'speech'\nlongest = -1"):
        assert errorname.of_recipe(f"[task]\n{broken}") == "error"
    assert errorname.of_recipe("task = 3") == "error"


def test_the_self_test_names_it() -> None:
    rates = [each for each in selftest.thresholds() if RATE.search(each.metric)]
    for each in rates:
        network = checkpoint.open_network(each.network)
        assert errorname.normaliser(network.task, network.task_settings) in each.metric
    assert {each.network for each in rates} == {"speech", "hello"}


def test_nobody_else_asks_a_task_what_its_error_is_called() -> None:
    """METRIC alone is half of the name: what shows it would leave the normaliser out."""
    asking = set()
    for folder in ("app", "engine", "widgets"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                attribute = isinstance(node, ast.Attribute) and node.attr == "METRIC"
                if attribute or (isinstance(node, ast.Constant) and node.value == "METRIC"):
                    asking.add(path.relative_to(ROOT).as_posix())
    # They ask what kind of task it is; what they show has the normaliser in a field of its own.
    assert {each for each in asking if not each.startswith("engine/tasks/")} == {
        "engine/errorname.py",
        "engine/evaluate.py",
        "engine/understood.py",
    }


def history() -> History:
    began = Began("mine", recipe.text(SPEECH), 100)
    steps = (Step(1, 0, 2.0, {"lr": 1e-3}),)
    return History(began=began, steps=steps, evaluated=(Evaluated(1, "valid", 1.5, 3, 10),))


def progress_lines() -> str:
    console = Console(file=io.StringIO(), width=160)
    teller = progress.Teller(console, SPEECH)
    values = {"CER (basic-en), the mean of clips": 0.2}
    teller.hear(Evaluated(1, "valid", 1.5, 3, 10, values))
    teller.hear(Step(1, 0, 2.0, {"lr": 1e-3}))
    told = console.file.getvalue()  # type: ignore[attr-defined]
    return f"{told}\n{teller._said()}"


def training_panel() -> str:
    return panel.said(replace(example.full().state, history=history()), None)


def curves() -> str:
    (chart,) = quantity.charts("error", [Run("", history())], Wish())
    return str(chart.y.name)


def metrics_file() -> str:
    return metrics.line(Began("mine", recipe.text(SPEECH), 100)).decode()


def costs() -> str:
    found = telemetry.Telemetry()
    seen = example.full().state.traced
    assert seen is not None
    traced = replace(seen, edits=1, length=4)
    found.traced(traced, errorname.read_by(checkpoint.untrained("speech")))
    return "\n".join(found.table(telemetry.Sample(0, 0, None, {}), 0.0).values())


def rows(column: str = "model.hidden") -> list[dict[str, Any]]:
    return [{column: at, "error": 0.1 * at, "network": "", "latency ms": None} for at in (1, 2)]


def sweep() -> str:
    return "\n".join(findings.curves(rows(), SPEECH, ("model", "hidden", [1, 2]))["advice"])


def table_of_a_network() -> str:
    cell = {"edits": 1, "digits": 10, "error": 0.1}
    row = {"voice": "one", "strings": 3, "clean": cell}
    told = {"network": "n", "split": "test", "metric": "CER", "normaliser": "none", "rows": [row]}
    return evaluate.table(told)


def scatter() -> str:
    return str(comparison.scatter({"a": [0.0], "b": [0.5]}, "WER (english)")[1].name)


SURFACES = (progress_lines, training_panel, curves, metrics_file, costs, sweep, table_of_a_network, scatter)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_line_of_a_rate_names_its_normaliser(surface: Any) -> None:
    assert named(surface()), surface()


@pytest.mark.parametrize("name", ["metrics", "posteriors"])
def test_panels_name_it_too(qtbot: Any, name: str) -> None:
    session = example.full()
    session.set("network", checkpoint.untrained("speech"))
    traced = session.state.traced
    assert traced is not None
    session.set("traced", replace(traced, edits=1, length=4))
    view = catalog.load("widgets.views", name).View(session)
    qtbot.addWidget(view)
    told = view.badge() if name == "posteriors" else view._error(session.state.traced)
    assert re.search(r"WER (\(basic-en\) 25\.0 %|25\.0 %</b><br>texts as basic-en)", told)
