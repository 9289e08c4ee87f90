"""What docs/hello.md, docs/speech.md and docs/cpp tell people to run answers as the network itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import soundfile

from engine import asset, checkpoint, evaluate, onnxport, written
from engine.clip import from_array
from engine.ported import Ported

ROOT = Path(__file__).parents[1]
SAID = ("hello-espeak-en-us-m3", "world-flite-slt-1")


def script(document: str = "hello.md") -> str:
    (found,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / document).read_text(encoding="utf-8"), re.S)
    return str(found)


@pytest.mark.parametrize("int8", [False, True])
def test_the_script_writes_what_the_network_writes(int8: bool, tmp_path: Path) -> None:
    network = checkpoint.open_network("hello")
    onnxport.export(network, tmp_path / "a.onnx", int8)
    (tmp_path / "script.py").write_text(script(), encoding="utf-8")
    for name in SAID:
        sound, rate = soundfile.read(asset.path("hello", "test", f"{name}.flac"), dtype="float32")
        soundfile.write(tmp_path / "a.wav", sound, rate)
        command = [sys.executable, "-I", "script.py", "a.onnx", "a.wav"]
        ran = subprocess.run(command, cwd=tmp_path, check=True, timeout=60, capture_output=True, text=True)
        (text,) = written.texts(network, [from_array(sound, rate, name)])
        assert ran.stdout == f"{text}\n"
        assert text == name.partition("-")[0]


@pytest.mark.parametrize("int8", [False, True])
def test_a_file_that_takes_sound_needs_no_front_end_of_its_own_k322(int8: bool, tmp_path: Path) -> None:
    """The script of docs/speech.md."""
    network = checkpoint.open_network("hello")
    onnxport.export(network, tmp_path / "a.onnx", int8, sound=True)
    (tmp_path / "script.py").write_text(script("speech.md"), encoding="utf-8")
    for name in SAID:
        sound, rate = soundfile.read(asset.path("hello", "test", f"{name}.flac"), dtype="float32")
        soundfile.write(tmp_path / "a.wav", sound, rate)
        command = [sys.executable, "-I", "script.py", "a.onnx", "a.wav"]
        ran = subprocess.run(command, cwd=tmp_path, check=True, timeout=60, capture_output=True, text=True)
        (text,) = written.texts(network, [from_array(sound, rate, name)])
        assert ran.stdout == f"{text}\n"


@pytest.mark.parametrize("document", ["hello.md", "speech.md"])
def test_the_scripts_need_three_packages_alone(document: str) -> None:
    imports = re.findall(r"^import (.+)$", script(document), re.M)
    names = {name.strip() for line in imports for name in line.replace(" as np", "").split(",")}
    assert names == {"json", "sys", "numpy", "onnxruntime", "soundfile"}


def library(place: Path) -> list[str]:
    """How to link with the library that Python's onnxruntime has, where its wheel holds one; else the system's."""
    wheel = Path(onnxruntime.__file__).parent / "capi"
    for found in sorted(wheel.glob("libonnxruntime.so.[0-9]*")):
        (place / "libonnxruntime.so.1").symlink_to(found)  # by this name programs ask for it
        return [f"-L{place}", "-l:libonnxruntime.so.1", f"-Wl,-rpath,{place}"]
    return ["-lonnxruntime"]


def compiled(place: Path) -> Path:
    """The C++ program; the test is skipped where there is no compiler, or no onnxruntime to compile with."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    folders = [Path(each) for each in ("/usr/include/onnxruntime", "/usr/local/include/onnxruntime")]
    flags = [f"-I{each}" for each in folders if each.is_dir()]
    check = subprocess.run(
        [compiler, "-std=c++17", *flags, "-fsyntax-only", "-x", "c++", "-"],
        input="#include <onnxruntime_cxx_api.h>\n", text=True, capture_output=True, check=False,
    )  # fmt: skip
    if check.returncode:
        pytest.skip("the headers of onnxruntime are not here; CPATH names their folder")
    source, program = ROOT / "docs" / "cpp" / "run.cpp", place / "run"
    command = [compiler, "-std=c++17", "-O2", str(source), *flags, *library(place), "-o", str(program)]
    subprocess.run(command, check=True, timeout=300)
    return program


def test_the_cpp_program_answers_as_the_network_k341(tmp_path: Path) -> None:
    program = compiled(tmp_path)
    network = checkpoint.open_network("hello")
    written_ = onnxport.export(network, tmp_path / "a.onnx")
    sound, rate = soundfile.read(asset.path("hello", "test", f"{SAID[0]}.flac"), dtype="float32")
    assert rate == 16000
    frames: Any = evaluate.features(network, sound)
    frames[: len(frames) // 2 * 2].astype("<f4").tofile(tmp_path / "frames")
    ran = subprocess.run(
        [program, str(written_.path), str(tmp_path / "frames"), "2", "80"],
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    found = np.array([line.split() for line in ran.stdout.splitlines()], float)
    np.testing.assert_allclose(found, Ported(written_.path).push(frames[: len(frames) // 2 * 2]), atol=1e-4)
