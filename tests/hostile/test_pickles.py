"""No pickle is ever loaded from a file: none runs under any name, and no line of the program would read one."""

from __future__ import annotations

import ast
import pickle
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import asset, checkpoint, document, recipe, voices
from engine.audio.file import open_clip

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
OURS = {"app/host.py"}
"""A pipe between two processes of the program, not a file."""


class Evil:
    """What it makes when it is unpickled is a file."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.proof,)


def session(path: Path) -> None:
    for _ in document.load(path):
        pass


READERS: tuple[Callable[[Path], object], ...] = (checkpoint.load, session, recipe.read, open_clip)


def files(folder: Path) -> list[Path]:
    """Pickles as they come: by themselves, as torch and NumPy store them, and inside a session."""
    import torch

    proof, made = folder / "proof", []
    for number, suffix in enumerate((".safetensors", ".oto", ".npz", ".wav", ".toml")):
        path = folder / f"plain{suffix}"
        path.write_bytes(pickle.dumps(Evil(proof), protocol=number))
        torch.save({"weights": Evil(proof)}, folder / f"torch{suffix}")
        with (folder / f"numpy{suffix}").open("wb") as file:
            np.savez(file, h=np.array([Evil(proof)], object), allow_pickle=True)
        with zipfile.ZipFile(folder / f"zip{suffix}", "w") as pack:
            pack.write(path, "session.toml")
            pack.write(path, "network.safetensors")
        made += [folder / f"{kind}{suffix}" for kind in ("plain", "torch", "numpy", "zip")]
    return made


def test_a_pickle_under_any_name_is_refused_and_does_not_run(tmp_path: Path) -> None:
    made, proof = files(tmp_path), tmp_path / "proof"
    for path in made:
        for read in READERS:
            with pytest.raises(Exception, match=path.name.replace(".", r"\.")) as caught:
                read(path)
            assert type(caught.value).__module__.startswith("engine."), (read, path)
            assert not proof.exists(), f"{read} ran what lay in {path}"
    pickle.loads(made[0].read_bytes())
    assert proof.exists(), "the pickles were harmless"


def test_the_voices_hold_no_pickles() -> None:
    """The one kind of NumPy file that is read: it is bundled, and read without them."""
    assert voices.__file__
    for path in asset.path().rglob("*.np[yz]"):
        np.load(path, allow_pickle=False).close()


def calls(source: str) -> list[tuple[str, dict[str, ast.expr]]]:
    """Every call of a file: its dotted name, and its keywords."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            found.append((ast.unparse(node.func), {each.arg or "": each.value for each in node.keywords}))
    return found


def told(keywords: dict[str, ast.expr], name: str) -> Any:
    value = keywords.get(name)
    return value.value if isinstance(value, ast.Constant) else None


def test_no_line_of_the_program_reads_one() -> None:
    readers = ("pickle", "shelve", "joblib", "dill", "cloudpickle", "marshal")
    for folder in ("app", "engine", "widgets"):
        for path in (ROOT / folder).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if name in OURS:
                continue
            for call, keywords in calls(path.read_text(encoding="utf-8")):
                where = f"{name}: {call}"
                assert call.partition(".")[0] not in readers, where
                assert not call.endswith("read_pickle"), where
                if call.endswith(("torch.load", "load_state_dict_from_url")):
                    assert told(keywords, "weights_only") is True, f"{where} needs weights_only=True"
                if call in ("np.load", "numpy.load"):
                    assert told(keywords, "allow_pickle") in (None, False), where


def test_only_the_pipe_between_our_processes_imports_pickle() -> None:
    found = set()
    for folder in ("app", "engine", "widgets"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if "pickle" in names:
                    found.add(path.relative_to(ROOT).as_posix())
    assert found <= OURS
