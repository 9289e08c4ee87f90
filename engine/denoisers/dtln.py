"""DTLN: a mask on the spectrum, then one in a learnt space; two files, each with its states."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine import onnxfile
from engine.denoisers.denoiser import DenoiserError
from engine.overlap import Gains, Overlap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Mask

    Array = NDArray[np.float32]

TITLE = "DTLN"
_RATE, _SIZE, _HOP = 16_000, 512, 128
_BINS = _SIZE // 2 + 1


class Dtln:
    """Frames of 512 every 128 samples without a window, and the sum of what comes of them (Westhausen and Meyer
    2020, Dual-signal transformation LSTM network). Its mask is that of the first stage.
    """

    rate = _RATE

    def __init__(self, first: Path, second: Path) -> None:
        self.latency: int | None = _SIZE
        self.parameters = onnxfile.parameters(first) + onnxfile.parameters(second)
        self._first, self._second = (onnxfile.Stepped(onnxfile.load(path)) for path in (first, second))
        self._overlap = Overlap(_SIZE, _HOP, self._change)
        rows = tuple(np.linspace(0, _RATE / 2, _BINS).tolist())
        self._gains = Gains(_RATE, _HOP, _HOP - _SIZE // 2, rows)

    def push(self, block: Array) -> Array:
        return self._overlap.push(block)

    def flush(self) -> Array:
        rest = self._overlap.flush()
        self._forget()
        return rest

    def reset(self) -> None:
        self._overlap.reset()
        self._forget()
        self._gains.reset()

    def mask(self) -> Mask | None:
        return self._gains.take()

    def _forget(self) -> None:
        self._first.reset()
        self._second.reset()

    def _change(self, frame: Array) -> Array:
        spectrum = np.fft.rfft(frame)
        gain = self._first(np.abs(spectrum).astype(np.float32).reshape(1, 1, -1))[0, 0]
        self._gains.add(gain)
        between = np.fft.irfft(spectrum * gain, _SIZE).astype(np.float32, copy=False)
        return self._second(between.reshape(1, 1, -1))[0, 0]


def names() -> tuple[str, ...]:
    return ()


def fits(path: Path) -> bool:
    return _pair(path) is not None


def build(source: str | Path) -> Dtln:
    found = _pair(Path(source))
    if found is None:
        raise DenoiserError(
            f"{source} is no DTLN: that is two ONNX files in a folder, one of a mask [1, 1, {_BINS}], one of a "
            f"waveform [1, 1, {_SIZE}], each with its states; name the folder or either file"
        )
    return Dtln(*found)


def _pair(path: Path) -> tuple[Path, Path] | None:
    """Both files of a folder, or of the folder of one of them that is named."""
    if path.is_file() and _stage(path) is None:
        return None
    folder = path if path.is_dir() else path.parent
    files = [path, *sorted(folder.glob("*.onnx"))] if path.is_file() else sorted(folder.glob("*.onnx"))
    stages = {_stage(file): file for file in reversed(files)}
    return (stages[_BINS], stages[_SIZE]) if {_BINS, _SIZE} <= set(stages) else None


def _stage(path: Path) -> int | None:
    """257 for the first file, 512 for the second, None for any other."""
    found = onnxfile.layout(path)
    if found is None or not found.cached or len(found.inputs) != 2 or found.inputs[0] != found.outputs[0]:
        return None
    return next((size for size in (_BINS, _SIZE) if found.inputs[0] == (1, 1, size)), None)
