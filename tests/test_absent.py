"""What torchaudio has not, or has no more, is used nowhere: a CTC loss, streaming, audio input and output."""

from __future__ import annotations

import ast
import importlib
from typing import TYPE_CHECKING, Any

import pytest

from engine import asset, device

if TYPE_CHECKING:
    from collections.abc import Iterator

ABSENT = ("torchaudio.functional.ctc_loss", "torchaudio.streaming", "torchaudio.io")
ROOT = asset.path().parent
FOLDERS = ("app", "widgets", "engine", "tests", "assets")


def uses(source: str) -> set[str]:
    """Those of ABSENT that a source names: imported, or reached through what was imported, by any name."""
    if "torchaudio" not in source:
        return set()
    tree, names = ast.parse(source), dict[str, str]()
    said = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                said.add(each.name)
                top = each.name.partition(".")[0]
                names[each.asname or top] = each.name if each.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for each in node.names:
                said.add(f"{node.module}.{each.name}")
                names[each.asname or each.name] = f"{node.module}.{each.name}"
    said.update(f"{names[begin]}.{rest}" for begin, rest in chains(tree) if begin in names)
    return {absent for absent in ABSENT for each in said if f"{each}.".startswith(f"{absent}.")}


def chains(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """`a.b.c` as ("a", "b.c"), for every chain of attributes in a tree."""
    for node in ast.walk(tree):
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if parts and isinstance(node, ast.Name):
            yield node.id, ".".join(reversed(parts))


@pytest.mark.parametrize(
    "source",
    [
        "import torchaudio\ntorchaudio.functional.ctc_loss(1)",
        "import torchaudio as ta\nf = ta.io.StreamReader",
        "from torchaudio.functional import ctc_loss as loss",
        "import torchaudio.functional as F\nF.ctc_loss",
        "from torchaudio import streaming",
        "import torchaudio.io",
        "from torchaudio.io import StreamReader",
    ],
)
def test_it_is_found_however_it_is_written(source):
    assert len(uses(source)) == 1


def test_what_is_there_may_be_used():
    assert not uses("import torch\ntorch.nn.functional.ctc_loss(1)\nimport io\nio.BytesIO()")
    assert not uses("import torchaudio\ntorchaudio.functional.resample(1)\ntorchaudio.ionosphere")


def test_no_file_of_the_tree_uses_it():
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    assert len(files) > 300
    assert {file.name: found for file in files if (found := uses(file.read_text(encoding="utf-8")))} == {}


def test_the_loss_is_where_the_tree_takes_it_from():
    import torch

    torchaudio: Any = device.torchaudio()
    functional = importlib.import_module("torchaudio.functional")
    assert hasattr(torch.nn.functional, "ctc_loss")
    assert not hasattr(functional, "ctc_loss")
    assert [name for name in ABSENT[1:] if hasattr(torchaudio, name.rpartition(".")[2])] == []
