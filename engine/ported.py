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
    says of a network. It is given multiples of `block` frames. `sound` says that it takes samples, with the front
    end in the file.
    """

    def __init__(self, path: Path) -> None:
        self._session = onnxfile.load(path)
        found = self._session.get_modelmeta().custom_metadata_map.get(KEY)
        if found is None:
            raise DenoiserError(f"{path} holds no network that Otoscope exported; open another file")
        self.said: dict[str, Any] = json.loads(found)
        self.stride, self.inputs = int(self.said["stride"]), int(self.said["inputs"])
        self.block = int(self.said.get("block", self.stride))
        self.outputs = len(self.said["vocabulary"])
        self.sound = self.said.get("input") == "sound"
        self._win, self._hop = (int(self.said["window"]), int(self.said["hop"])) if self.sound else (1, 1)
        kinds = {"tensor(bool)": np.bool_, "tensor(float)": np.float32}
        self._given = self._session.get_inputs()[0].name
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
        # The first window of a sound has its first sample in the middle.
        self._rest = np.zeros(self._win // 2 if self.sound else (0, self.inputs), np.float32)

    def push(self, block: Array) -> Array:
        """Frames [n, F], or sound [n], -> logits [m, C]; of frames m is n unless the network joins some."""
        if len(self._rest):
            block = np.concatenate([self._rest, block])
        count = max(0, (len(block) - self._win) // self._hop + 1) // self.block
        whole = count * self.block * self._hop
        self._rest = block[whole:]  # the last windows overlap with it
        if not count:
            return np.zeros((0, self.outputs), np.float32)
        # Of INT8 the steps of a block would be rounded by the largest of them all: one after the other, then.
        size = self.block * self._hop if self.said["int8"] else whole
        pieces = [block[at : at + size - self._hop + self._win] for at in range(0, whole, size)]
        return np.concatenate([self._run(each) for each in pieces])

    def flush(self) -> Array:
        """What is left when no sound comes any more -> logits [m, C]: its last window has silence behind it."""
        silence = np.zeros(self._win - self._win // 2 if self.sound else (0, self.inputs), np.float32)
        return self.push(silence)

    def _run(self, block: Array) -> Array:
        logits, *after = self._session.run(self._names, {self._given: block[None], **self._state})
        self._state = dict(zip(self._zeros, after, strict=True))
        return np.asarray(logits[0], np.float32)
