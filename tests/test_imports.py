"""What loads what: the window is on the screen before torch is, and the engine never sees Qt."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SLOW = {"torch", "torchaudio", "librosa", "sounddevice", "rtmixer", "lightning_fabric", "sklearn", "onnxruntime"}
QT = {"PySide6", "pyqtgraph", "shiboken6"}


def loaded(statement: str) -> set[str]:
    """The top-level packages in `sys.modules` of a new interpreter after a statement."""
    code = f"import sys\n{statement}\nprint(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.splitlines()[-1].split())


def test_window_loads_before_torch():
    assert not loaded("import app.program") & SLOW


def test_command_line_loads_neither_torch_nor_qt():
    assert not loaded("import app.cli") & (SLOW | QT | {"scipy", "soundfile"})


def test_worker_loads_neither_torch_nor_qt():
    assert not loaded("import app.worker") & (SLOW | QT)


def test_engine_never_loads_qt():
    modules = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "engine").rglob("*.py")
    )
    assert not loaded(f"import importlib\nfor name in {modules}: importlib.import_module(name)") & QT


@pytest.mark.parametrize("folder", ["models", "tasks", "stages", "corpora"])
def test_leaves_load_without_torch(folder):
    statement = (
        f"from engine import catalog\nfor name in catalog.names('{folder}'): catalog.load('{folder}', name)"
    )
    assert not loaded(statement) & {"torch", "torchaudio", "librosa"}


def test_every_folder_is_packaged():
    """A new folder of code has to be listed in pyproject.toml, or `pip install .` would leave it out."""
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in ("app", "widgets", "engine")
        for path in (ROOT / top).rglob("*.py")
    }
    assert folders == listed - {"otoscope_assets"}
