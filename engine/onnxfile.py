"""ONNX files of others: what goes into one, and one that is stepped with its memory outside."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.denoisers.denoiser import DenoiserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float32]


@dataclass(frozen=True)
class Layout:
    """Shapes of what goes in and comes out, in order; an axis of any length is 0."""

    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]

    @property
    def cached(self) -> bool:
        """Whether all inputs but the first come out again, changed: the memory of a network that is stepped."""
        return (
            len(self.inputs) > 1
            and self.inputs[1:] == self.outputs[1:]
            and all(0 not in each for each in self.inputs)
        )


def layout(path: Path) -> Layout | None:
    """That of a file; None for what is no ONNX file. Raises DenoiserError."""
    if path.suffix.lower() != ".onnx" or not path.is_file():
        return None
    session = load(path)
    return Layout(_shapes(session.get_inputs()), _shapes(session.get_outputs()))


def load(path: Path) -> Any:
    """The onnxruntime session of a file, on one thread. Raises DenoiserError."""
    try:
        return _load(str(path), path.stat().st_mtime_ns)
    except OSError as error:
        raise DenoiserError(f"{path} cannot be read ({error.strerror or error}); check the name") from error


def session(model: str | bytes, name: str) -> Any:
    """A session of a file or of its bytes, on one thread; `name` is for messages. Raises DenoiserError."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # what it thinks of a graph is not for our users
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common base of their own
        text = _why(str(error), model if isinstance(model, str) else "")
        raise DenoiserError(f"{name} cannot be loaded as an ONNX network ({text}); export it again") from error


def _why(said: str, path: str) -> str:
    """What onnxruntime says, without its codes and without the path, which is told already."""
    words = said.splitlines()[0].rpartition(" : ")[2]
    return words.removeprefix(f"Load model from {path} failed:").strip(" .")[:160] or "it says no more"


@functools.lru_cache(maxsize=8)
def _load(path: str, changed: int) -> Any:
    return session(path, path)


def _shapes(values: Sequence[Any]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(each if isinstance(each, int) else 0 for each in value.shape) for value in values)


class Stepped:
    """A network whose first input and output are sound, and whose others are its memory, zero at the beginning.

    A memory goes in again as it came out at the last step.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        self._names = [each.name for each in session.get_inputs()]
        self._shapes = _shapes(session.get_inputs())
        self._memory: dict[str, Array] = {}
        self.reset()

    def __call__(self, x: Array) -> Array:
        """One step: what comes out for what goes in, of the shapes of the file."""
        out: list[Array] = self._session.run(None, {self._names[0]: x, **self._memory})
        self._memory = dict(zip(self._names[1:], out[1:], strict=True))
        return out[0]

    def reset(self) -> None:
        self._memory = {
            name: np.zeros(shape, np.float32)
            for name, shape in zip(self._names[1:], self._shapes[1:], strict=True)
        }


def parameters(path: Path) -> int:
    """How many numbers a file has learnt."""
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    tensors = [
        *graph.initializer,
        *(each.t for node in graph.node for each in node.attribute if each.name == "value"),
    ]
    return sum(int(np.prod(each.dims)) for each in tensors if each.data_type == onnx.TensorProto.FLOAT)
