"""Files of others: each is fed as its authors feed it, told apart by what goes in, and refused in words."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pytest

from engine import denoising
from engine.denoisers import rnnoise
from engine.denoising import DenoiserError
from tests import onnxfiles

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

SOUND = (0.1 * np.random.default_rng(0).standard_normal(6000)).astype(np.float32)
KINDS = {"stepped": "Spectrum with caches", "wave": "Waveform with caches", "dtln": "DTLN", "nsnet2": "NSNet2"}


def out(source: str | Path, sound: Array = SOUND) -> Array:
    built = denoising.build(source)
    return np.concatenate([built.push(sound), built.flush()])


def framed(sound: Array, size: int, hop: int) -> Array:
    """All frames [T, size] that touch a sound, the first of them with its last `hop` samples."""
    padded = np.pad(sound, (size - hop, size + hop - len(sound) % hop))
    return np.stack([padded[at : at + size] for at in range(0, len(padded) - size + 1, hop)])


def added(frames: Array, hop: int, size: int, count: int) -> Array:
    """Overlap-add [T, size], cut to where the sound was."""
    total = np.zeros(len(frames) * hop + size)
    for n, frame in enumerate(frames):
        total[n * hop : n * hop + len(frame)] += frame
    return total[size - hop : size - hop + count].astype(np.float32)


def root(size: int) -> NDArray[np.float64]:
    return np.sin(np.pi * np.arange(size) / size)  # the root of a periodic Hann window


def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_told_by_what_goes_in_and_not_by_its_name(kind, tmp_path):
    made = onnxfiles.make(kind, tmp_path)
    assert denoising.title(made).endswith(f"({KINDS[kind]})")


def test_a_spectrum_with_caches(tmp_path):
    """y = x / (1 + c), c = 0.9 c + 0.1 mean |parts of x|, on windowed frames of 512."""
    spectra = np.fft.rfft(framed(SOUND, 512, 256) * root(512))
    level, changed = 0.0, []
    for spectrum in spectra:
        level = 0.9 * level + 0.1 * np.mean(np.abs([spectrum.real, spectrum.imag]))
        changed.append(spectrum / (1 + level))
    wanted = added(np.fft.irfft(changed) * root(512), 256, 512, len(SOUND))
    np.testing.assert_allclose(out(onnxfiles.make("stepped", tmp_path)), wanted, atol=1e-5)


def test_a_waveform_with_caches(tmp_path):
    """The hop that comes out is the first of the frame: 256 samples before what went in last."""
    level, changed = 0.0, []
    for frame in framed(SOUND, 512, 256):
        level = 0.9 * level + np.mean(np.abs(frame))
        changed.append(frame[:256] / (1 + level))
    wanted = added(np.stack(changed), 256, 512, len(SOUND))
    np.testing.assert_allclose(out(onnxfiles.make("wave", tmp_path)), wanted, atol=1e-5)


def test_dtln(tmp_path):
    """Frames of 512 every 128, no window; the mask of the first file, the second adds up by a sum."""
    level, changed = 0.0, []
    for frame in framed(SOUND, 512, 128):
        spectrum = np.fft.rfft(frame)
        level = 0.9 * level + np.mean(np.abs(spectrum))
        changed.append(0.25 * np.fft.irfft(spectrum / (1 + level)))
    wanted = added(np.stack(changed), 128, 512, len(SOUND))
    folder = onnxfiles.make("dtln", tmp_path)
    for named in (folder, folder / "a.onnx", folder / "b.onnx"):
        np.testing.assert_allclose(out(named), wanted, atol=1e-5)


def test_nsnet2_is_stepped_as_its_file_hears_a_whole_sound(tmp_path):
    path = onnxfiles.make("nsnet2", tmp_path)
    spectra = np.fft.rfft(framed(SOUND, 320, 160) * root(320))
    level = np.log10(np.maximum(np.abs(spectra) ** 2, 1e-12)).astype(np.float32)
    gains = session(path).run(None, {"x": level[None]})[0][0]
    assert gains.std() > 0.05
    wanted = added(np.fft.irfft(spectra * gains.clip(1e-4, 1)) * root(320), 160, 320, len(SOUND))
    np.testing.assert_allclose(out(path), wanted, atol=1e-5)


def test_learnt_weights_matter(tmp_path):
    one, other = onnxfiles.nsnet2(tmp_path / "one.onnx"), onnxfiles.nsnet2(tmp_path / "other.onnx", hidden=9)
    assert np.abs(out(one) - out(other)).max() > 1e-3
    assert denoising.build(one).parameters > denoising.build(other).parameters


def test_what_is_no_denoiser_is_refused_in_words(tmp_path):
    text = "plain (float[1,10] x) => (float[1,10] y) { y = Abs(x) }"
    plain = onnxfiles.write(tmp_path / "plain.onnx", text)
    (tmp_path / "more").mkdir()
    broken, sheet = tmp_path / "more" / "broken.onnx", tmp_path / "sheet.csv"
    broken.write_bytes(b"no graph")
    sheet.write_text("1,2")
    for path, words in ((plain, "NSNet2"), (broken, "export it again"), (sheet, "DTLN"), (tmp_path, "DTLN")):
        with pytest.raises(DenoiserError, match=words) as error:
            denoising.build(path)
        assert str(path) in str(error.value)


def test_half_of_a_dtln_asks_for_the_other(tmp_path):
    folder = onnxfiles.make("dtln", tmp_path)
    (folder / "a.onnx").unlink()
    with pytest.raises(DenoiserError):
        denoising.build(folder / "b.onnx")
    with pytest.raises(DenoiserError, match="two ONNX files"):
        denoising.build("dtln")


def test_an_unknown_name_lists_those_that_there_are():
    with pytest.raises(DenoiserError, match=r"there are: .*wiener"):
        denoising.build("nothing")


@pytest.mark.parametrize(("name", "package"), [("rnnoise", "pyrnnoise"), ("noisereduce", "noisereduce")])
def test_a_package_that_is_not_there_is_told_how_to_get(name, package, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    assert name not in denoising.names()
    rnnoise._library.cache_clear()
    with pytest.raises(DenoiserError, match=f"pip install {package}"):
        denoising.build(name)


def test_importing_the_catalog_loads_nothing_heavy():
    heavy = "{'torch', 'onnxruntime', 'onnx', 'noisereduce', 'librosa'}"
    code = (
        f"import sys; from engine import denoising; denoising.names(); print(sorted({heavy} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
