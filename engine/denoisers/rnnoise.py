"""RNNoise: gains in bands and a comb filter of the pitch, at 48 kHz; in the package pyrnnoise."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.denoisers.denoiser import DenoiserError
from engine.overlap import Overlap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Mask

    Array = NDArray[np.float32]

TITLE = "RNNoise"
_PACKAGE = "pyrnnoise"
_HOP = 480
_FULL = 32768.0  # it counts in steps of 16 bits
_POINTER = ctypes.POINTER(ctypes.c_float)


class Rnnoise:
    """Frames of 10 ms in, and those of two frames before out (Valin 2018, A hybrid DSP/deep learning approach)."""

    rate = 48_000
    latency: int | None = 3 * _HOP
    parameters = 0  # its library does not say

    def __init__(self) -> None:
        self._library = _library()
        self._overlap = Overlap(3 * _HOP, _HOP, self._change)
        self._release: Any = None
        self._begin()

    def push(self, block: Array) -> Array:
        return self._overlap.push(block)

    def flush(self) -> Array:
        rest = self._overlap.flush()
        self._begin()
        return rest

    def reset(self) -> None:
        self._overlap.reset()
        self._begin()

    def mask(self) -> Mask | None:
        return None

    def _begin(self) -> None:
        if self._release is not None:
            self._release()
        self._state = self._library.rnnoise_create(None)
        self._release = weakref.finalize(self, self._library.rnnoise_destroy, self._state)

    def _change(self, frame: Array) -> Array:
        newest = (frame[-_HOP:] * np.float32(_FULL)).astype(np.float32)
        out = np.empty(_HOP, np.float32)
        self._library.rnnoise_process_frame(
            self._state, out.ctypes.data_as(_POINTER), newest.ctypes.data_as(_POINTER)
        )
        return out / np.float32(_FULL)


def names() -> tuple[str, ...]:
    return ("rnnoise",) if importlib.util.find_spec(_PACKAGE) else ()


def fits(path: Path) -> bool:
    return False


def build(source: str | Path) -> Rnnoise:
    return Rnnoise()


@functools.cache
def _library() -> Any:
    """The C library in the package; the package itself would import FFmpeg, which reads files for it."""
    found = importlib.util.find_spec(_PACKAGE)
    places = list(found.submodule_search_locations or ()) if found else []
    if not places:
        raise DenoiserError(f"RNNoise is in the Python package {_PACKAGE}: pip install {_PACKAGE}")
    spec = importlib.util.spec_from_file_location("_rnnoise", Path(places[0]) / "rnnoise.py")
    try:
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if module.FRAME_SIZE != _HOP:
            raise DenoiserError(
                f"this {_PACKAGE} has frames of {module.FRAME_SIZE} samples, not {_HOP}; update it"
            )
    except (OSError, AttributeError, ImportError) as error:
        raise DenoiserError(f"{_PACKAGE} cannot be loaded here ({error}); install it again") from error
    return module.lib
