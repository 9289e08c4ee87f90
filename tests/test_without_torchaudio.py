"""Without torchaudio and fairseq all works but what is made of them, which says how to get it."""

from __future__ import annotations

import subprocess
import sys
import tomllib

from engine import asset

BLOCKED = """
import sys
sys.modules["torchaudio"] = sys.modules["fairseq"] = None
from app import cli
"""


def ran(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", BLOCKED + code], capture_output=True, text=True, timeout=240)


def test_networks_of_our_own_run_without_it_k352() -> None:
    found = ran(
        """
from engine import asset, checkpoint, evaluate, build, catalog
import app.window
network = checkpoint.open_network("digits-lstm-32")
frames = evaluate.features(network, asset.open_bundled("digits").read()[:, 0])
print(evaluate.texts(build.task_of(network), build.build(network), [frames]))
for name in ("recurrent", "crnn", "conformer", "zipformer", "transformer", "deepspeech2"):
    build.fresh(name, catalog.load("models", name).Settings(hidden=16), 80, 5, 0)
"""
    )
    assert found.returncode == 0, found.stderr
    labels = [each.text for each in asset.open_bundled("digits").labels if each.tier == "digit"]
    assert str(tuple(labels)) in found.stdout


def test_what_is_made_of_it_says_how_to_get_it_k352() -> None:
    found = ran('raise SystemExit(cli.main(["shapes", "emformer_mini"]))')
    assert found.returncode == 3
    assert found.stderr.count("\n") == 1
    assert 'pip install "otoscope[audio]"' in found.stderr


def test_the_extras_are_declared_k352() -> None:
    with (asset.path().parent / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    assert extras["audio"] == ["torchaudio==2.11.*"]
    assert "python_version" in extras["fairseq"][0], "it cannot be installed on the Pythons that are supported"
