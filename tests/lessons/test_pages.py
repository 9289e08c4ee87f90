"""The pages of the lessons: files, equations, links, glossary and tables."""

from __future__ import annotations

import importlib.util
import re
import socket
from pathlib import Path

import pytest

from engine import asset, catalog, formula, page, tables
from engine.lessons.lesson import Lesson, Pair, Place, Text
from engine.recipe import TrainSettings

FILES = (
    "1_Phoneme_Sequence_Recognition_RNN",
    "2_LSTM_Architecture_and_Implementation",
    "3_GRU_Architecture_and_Implementation",
    "4_LSTM_vs_GRU_Comparison",
    "5_RNN_Complete_Architecture",
    "6_RNN_Forward_Propagation_Detailed",
    "7_RNN_Backpropagation_Through_Time_BPTT",
    "8_RNN_Hyperparameter_Tuning",
    "9_Attention_Mechanism_for_Audio",
    "10_Audio_Generation_with_RNN",
    "11_Debug_the_Seed",
)
LESSONS = page.lessons()
NO_SYMBOLS = (
    *("tanh", "log", "exp", "max", "min", "ln", "cos", "sin", "sum", "prod", "frac", "partial", "sqrt"),
    *("left", "right", "displaystyle", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "lVert", "rVert", "langle"),
    *("rangle", "lfloor", "rfloor", "mid", "cdot", "odot", "otimes", "times", "circ", "pm", "top", "prime", "le"),
    *(
        "ge",
        "ll",
        "gg",
        "neq",
        "approx",
        "propto",
        "in",
        "to",
        "quad",
        "qquad",
        "dots",
        "ldots",
        "infty",
        "leftarrow",
    ),
    *("underbrace", "overbrace"),
)
"""Commands of LaTeX that are functions, signs and layout."""
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.file for lesson in LESSONS])


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a lesson asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@each_lesson
def test_every_equation_is_drawn_and_every_step_has_its_place(lesson: Lesson) -> None:
    formula.draw.cache_clear()
    read = page.read(lesson)
    drawn = sum(len(part.formulas) for part in read.parts if isinstance(part, Text))
    assert drawn == len(page.equations(page.source(lesson))) > 0
    assert [part.step for part in read.parts if isinstance(part, Place)] == [step.name for step in lesson.steps]


@each_lesson
def test_every_link_leads_somewhere(lesson: Lesson) -> None:
    found = page.links(page.source(lesson))
    assert found
    for kind, target in found:
        if kind == "view":
            assert _is_view(target), target
        else:
            assert page.note(lesson, kind, target).markdown, target


@each_lesson
def test_every_symbol_of_an_equation_stands_in_the_glossary(lesson: Lesson) -> None:
    known = {symbol for term in page.glossary() for symbol in term.symbols}
    used = {symbol for each in page.equations(page.source(lesson)) for symbol in symbols(each)}
    assert sorted(used - {plain for each in known for plain in symbols(each)}) == []


def test_every_term_can_be_seen_in_a_view() -> None:
    for term in page.glossary():
        assert term.about, term.name
        assert term.views, term.name
        assert all(_is_view(each) for each in term.views), term


@each_lesson
def test_the_setup_of_every_step_can_be_made(lesson: Lesson) -> None:
    from engine import checkpoint

    for setup in (step.setup for step in lesson.steps if step.setup is not None):
        assert bool(setup.train) == bool(setup.task), "what has not learnt yet is trained before your eyes"
        assert not setup.train or "curves" in setup.shown
        assert TrainSettings().but(**dict(setup.train))
        assert not setup.kind or setup.kind in catalog.names("models")
        assert not setup.clip or setup.clip in asset.clips()
        assert not setup.network or setup.network in checkpoint.bundled()
        assert not setup.task or setup.task in catalog.names("tasks")
        assert all(_is_view(each) for each in setup.shown), setup.shown
        for stage, knob, value in setup.chain:
            assert catalog.load("stages", stage).Settings().but(**{knob: value})


@each_lesson
def test_functions_of_lessons_are_short_and_explained(lesson: Lesson) -> None:
    import ast
    import inspect

    modules = [inspect.getmodule(lesson.steps[0].check)]
    modules += [catalog.load("pairs", part.name) for part in page.read(lesson).parts if isinstance(part, Pair)]
    for module in modules:
        assert module is not None
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.FunctionDef):
                assert ast.get_docstring(node), node.name
                assert (node.end_lineno or 0) - node.lineno < 40, node.name


@each_lesson
def test_every_step_has_a_view_to_look_at(lesson: Lesson) -> None:
    views = set(catalog.names("widgets.views"))
    for step in lesson.steps:
        assert step.setup is not None, step.name
        assert views & set(step.setup.shown), step.name


def test_the_gates_of_the_tables_are_those_of_the_cells() -> None:
    from engine import cells

    assert tables.GATES == cells.GATES


def test_the_table_of_activations_is_that_of_the_learning_plan() -> None:
    assert [list(row) for row in tables.activations()] == [
        ["Component", "Simple RNN", "LSTM", "GRU"],
        ["Hidden/Cell State", "tanh", "tanh (candidate)", "tanh (candidate)"],
        ["Gates", "N/A", "sigmoid", "sigmoid"],
        ["Output Layer", "softmax", "softmax", "softmax"],
    ]


def test_the_policies_are_listed_with_their_numbers() -> None:
    rows = {row[0]: row[1:] for row in tables.policies()[1:]}
    assert rows["LB"] == ("27", "1", "100", "1", "1", "80")
    assert set(rows) == {"LB", "LD", "SM", "SS"}


def test_an_equation_that_cannot_be_drawn_is_named() -> None:
    with pytest.raises(formula.FormulaError, match="frac"):
        formula.draw(r"\frac{a")


def test_bidirectional_and_bilinear_are_never_written_alike() -> None:
    """Neither in the program nor in what comes with it: both would be "BiLSTM" (K223)."""
    root = Path(asset.path()).parent
    wrong = re.compile("bi" + r"[-_ ]?" + "lstm", re.IGNORECASE)
    places = [root / name for name in ("app", "engine", "widgets", "assets", "docs", "README.md", "CHANGELOG.md")]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*"))]
    texts = [file for file in files if file.suffix in (".py", ".md", ".toml", ".tsv", ".json")]
    assert len(texts) > 100
    assert [str(file) for file in texts if wrong.search(file.name + file.read_text(encoding="utf-8"))] == []


def symbols(latex: str) -> set[str]:
    r"""The symbols of an equation: letters with their first index, as h_t, W_{hh} or \sigma; words are none."""
    text = re.sub(r"\\(?:text|mathrm|operatorname)\{[^}]*\}", " ", latex)
    text = re.sub(r"\\(?:begin|end)\{[^}]*\}", " ", text)
    text = re.sub(rf"\\(?:{'|'.join(NO_SYMBOLS)})(?![a-zA-Z])", " ", text)
    text = re.sub(r"\\[,;!: &\\]", " ", text)
    name = r"(?:\\(?:tilde|overrightarrow|overleftarrow|hat|bar)\{?[a-zA-Z]\}?|\\[a-zA-Z]+|[a-zA-Z])"
    index = r"(?:_\{[^}]*\}|_\\?[a-zA-Z0-9]+?)?"
    return {_plain(found) for found in re.findall(name + index, text)}


def _plain(symbol: str) -> str:
    """Without the time that the index counts: h_{t-1} is h_t."""
    return re.sub(r"_(?:\{[tkjs0-9T+\-1 ]*\}|[tkjs0-9T])$", "_t", symbol.replace(" ", ""))


def _is_view(name: str) -> bool:
    if name in catalog.names("widgets.views"):
        return True
    return importlib.util.find_spec("app.layout") is not None and name in _docks()


def _docks() -> set[str]:
    from app import layout

    return {"learn", *layout._PANELS}
