"""A network that is fed frames of the waveform and gives the next hop of it: FastEnhancer and its like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine import onnxfile
from engine.denoisers.denoiser import DenoiserError
from engine.overlap import Overlap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Mask

    Array = NDArray[np.float32]

TITLE = "Waveform with caches"


class Wave:
    """Frames [1, N] in, and the first of their samples [1, hop] out: those that no later frame will change."""

    rate = 16_000

    def __init__(self, path: Path) -> None:
        session = onnxfile.load(path)
        size, hop = int(session.get_inputs()[0].shape[1]), int(session.get_outputs()[0].shape[1])
        self.latency: int | None = size
        self.parameters = onnxfile.parameters(path)
        self._step = onnxfile.Stepped(session)
        self._overlap = Overlap(size, hop, lambda frame: self._step(frame[None])[0])

    def push(self, block: Array) -> Array:
        return self._overlap.push(block)

    def flush(self) -> Array:
        rest = self._overlap.flush()
        self._step.reset()
        return rest

    def reset(self) -> None:
        self._overlap.reset()
        self._step.reset()

    def mask(self) -> Mask | None:
        return None


def names() -> tuple[str, ...]:
    return ()


def fits(path: Path) -> bool:
    found = onnxfile.layout(path)
    if found is None or not found.cached or len(found.inputs[0]) != 2 or len(found.outputs[0]) != 2:
        return False
    size, hop = found.inputs[0][1], found.outputs[0][1]
    return found.inputs[0][0] == found.outputs[0][0] == 1 and 16 <= hop <= size and size % hop == 0


def build(source: str | Path) -> Wave:
    if not fits(Path(source)):
        raise DenoiserError(f"{source} is no ONNX network that takes the waveform [1, N] and caches")
    return Wave(Path(source))
