"""What the documents tell people to run does what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from engine import checkpoint, denoising, onnxport
from tests.denoisers.test_exported import network

if TYPE_CHECKING:
    from engine.network import Network

ROOT = Path(__file__).parents[1]


def script() -> str:
    """The one in docs/onnx.md, as it stands there."""
    (found,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "onnx.md").read_text(encoding="utf-8"), re.S)
    return str(found)


def nets() -> list[Network]:
    bundled = [name for name in ("denoiser",) if name in checkpoint.bundled()]
    return [network("steered"), *(checkpoint.open_network(name) for name in bundled)]


@pytest.mark.parametrize("int8", [False, True])
def test_the_script_denoises_a_file_without_us(int8: bool, tmp_path: Path) -> None:
    clip, _ = soundfile.read(ROOT / "assets" / "clips" / "speech-2.flac", frames=24001)
    noisy = (clip + 0.02 * np.random.default_rng(0).standard_normal(len(clip))).astype(np.float32)
    soundfile.write(tmp_path / "noisy.wav", noisy, 16000, "PCM_16")
    (tmp_path / "script.py").write_text(script(), encoding="utf-8")
    for made in nets():
        onnxport.export(made, tmp_path / "a.onnx", int8)
        command = [sys.executable, "-I", "script.py", "a.onnx", "noisy.wav", "out.wav"]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
        found, _ = soundfile.read(tmp_path / "out.wav")
        denoiser, heard = (
            denoising.build(tmp_path / "a.onnx"),
            soundfile.read(tmp_path / "noisy.wav", dtype="float32"),
        )
        wanted = np.concatenate([denoiser.push(heard[0]), denoiser.flush()])
        assert len(found) == len(noisy)
        assert np.abs(wanted - noisy).max() > 0.01
        # Rounded to 16 bits; rounding what flows to 8 may tip where the front ends differ in the last digit.
        np.testing.assert_allclose(found, wanted, rtol=0, atol=5e-3 if int8 else 1e-4)


def test_the_script_needs_three_packages_alone_and_twenty_lines() -> None:
    imports = re.findall(r"^import (.+)$", script(), re.M)
    names = {name.strip() for line in imports for name in line.replace(" as np", "").split(",")}
    assert names == {"sys", "numpy", "onnxruntime", "soundfile"}
    assert len([line for line in script().splitlines() if line]) <= 20
