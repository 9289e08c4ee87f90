"""A network that was exported as ONNX, stepped by onnxruntime; torch is not needed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import onnxfile
from engine.denoisers.denoiser import DenoiserError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

KEY = "otoscope"
NEXT = ".next"
"""The state that goes in as NAME comes out as NAME.next."""


class Ported:
    """An exported network with its state. Raises DenoiserError.

    `said` is its metadata: rate, window and hop in samples, domain, vocabulary, front end, and what a checkpoint
    says of a network.
    """

    def __init__(self, path: Path) -> None:
        self._session = onnxfile.load(path)
        found = self._session.get_modelmeta().custom_metadata_map.get(KEY)
        if found is None:
            raise DenoiserError(f"{path} holds no network that Otoscope exported; open another file")
        self.said: dict[str, Any] = json.loads(found)
        self.stride, self.inputs = int(self.said["stride"]), int(self.said["inputs"])
        self.outputs = len(self.said["vocabulary"])
        kinds = {"tensor(bool)": np.bool_, "tensor(float)": np.float32}
        self._zeros = {
            each.name: np.zeros(each.shape, kinds[each.type]) for each in self._session.get_inputs()[1:]
        }
        self._names = ["logits", *(f"{name}{NEXT}" for name in self._zeros)]
        self.reset()

    @property
    def state(self) -> dict[str, tuple[int, ...]]:
        """The names and shapes of its state."""
        return {name: each.shape for name, each in self._zeros.items()}

    def reset(self) -> None:
        """As before the first frame."""
        self._state = dict(self._zeros)
        self._rest = np.zeros((0, self.inputs), np.float32)

    def push(self, frames: Array) -> Array:
        """Frames [n, F] -> logits [m, C]; m is n unless the network joins frames."""
        if len(self._rest):
            frames = np.concatenate([self._rest, frames])
        whole = len(frames) // self.stride * self.stride
        self._rest = frames[whole:]
        if not whole:
            return np.zeros((0, self.outputs), np.float32)
        # Of INT8 the steps of a block would be rounded by the largest of them all: one after the other, then.
        count = whole // self.stride if self.said["int8"] else 1
        return np.concatenate([self._run(each) for each in np.split(frames[:whole], count)])

    def _run(self, frames: Array) -> Array:
        logits, *after = self._session.run(self._names, {"frames": frames[None], **self._state})
        self._state = dict(zip(self._zeros, after, strict=True))
        return np.asarray(logits[0], np.float32)
