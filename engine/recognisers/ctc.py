"""Networks of our own that write down speech by CTC: the bundled ones, and any that was trained here."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, catalog, checkpoint, decoding
from engine.chain import Chain
from engine.recognisers.recogniser import Recogniser, RecogniserError
from engine.spelling import confidence, words
from engine.stages.stage import Format
from engine.stretches import stretches
from engine.trellis import softmax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.network import Network
    from engine.recognisers.recogniser import Word

    Array = NDArray[np.float32]

TITLE = "CTC network"
_USUAL = {"digits": "digits-lstm-128"}
"""The bundled network that a task's own name stands for, where there are several."""
_ANY = "speech"
"""The bundled network that writes any word."""
_UNSPOKEN = ("note", "phone")
"""What a CTC network may name that are no words."""
_LONGEST = 30.0


def names() -> Sequence[str]:
    """The bundled ones, that of any word first; a task's own name stands for the usual one of it."""
    return tuple(sorted(_bundled(), key=lambda name: name != _ANY))


def absent() -> str:
    return "" if names() else "no network of this kind is bundled: train one, as by `otoscope train digits`"


def fits(path: Path) -> bool:
    """Whether a file is a checkpoint of a task whose answers are words, or letters, by CTC."""
    return path.is_file() and path.suffix == checkpoint.SUFFIX and _spoken(_described(path))


def build(source: str | Path) -> Recogniser:
    """A bundled network, or a checkpoint. Raises RecogniserError."""
    name = _bundled().get(str(source), str(source))
    try:
        network = checkpoint.open_network(name)
    except checkpoint.CheckpointError as error:
        raise RecogniserError(str(error)) from error
    if network.vocabulary[:1] != ("",):
        raise RecogniserError(f"{source} writes down no words by CTC; it learnt the task {network.task}")
    return _Ctc(str(source) if str(source) in _bundled() else Path(source).stem, network)


@functools.cache
def _bundled() -> dict[str, str]:
    """By name the bundled checkpoint. Reads their descriptions, and no weights."""
    found: dict[str, str] = {}
    tasks: dict[str, list[str]] = {}
    for name in checkpoint.bundled():
        described = _described(asset.path("checkpoints", f"{name}{checkpoint.SUFFIX}"))
        if _spoken(described):
            found[name] = name
            tasks.setdefault(described["task"], []).append(name)
    usual = {task: _USUAL.get(task, mine[0]) for task, mine in tasks.items() if task not in found}
    return {**{task: name for task, name in usual.items() if name in found}, **found}


def _spoken(described: dict[str, Any]) -> bool:
    vocabulary = described.get("vocabulary")
    if (
        not isinstance(vocabulary, list)
        or vocabulary[:1] != [""]
        or described.get("task") not in catalog.names("tasks")
    ):
        return False
    return catalog.load("tasks", described["task"]).TIER not in _UNSPOKEN


def _described(path: Path) -> dict[str, Any]:
    """What a checkpoint says of itself; nothing of a file that is none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            found = json.loads((file.metadata() or {}).get("otoscope", "{}"))
    except (OSError, SafetensorError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class _Ctc:
    """The times are those of the frames in which a word is named, the confidence its greatest posterior there."""

    def __init__(self, name: str, network: Network) -> None:
        from engine import build as building

        self.name = name
        try:
            self._module, self._task = building.build(network), building.task_of(network)
        except building.WeightsError as error:
            raise RecogniserError(str(error)) from error
        self.rate = int(self._task.rate)
        self._network = network
        frames = Chain(network.frontend, Format(float(self.rate))).output.rate
        self._seconds = self._module.stride / frames
        self._letters = catalog.load("tasks", network.task).TIER == "character"

    def read_by(self, settings: decoding.Settings) -> None:
        """Find the text as these settings say, from now on. Raises NgramError."""
        decoding.use(self._task, settings, catalog.load("tasks", self._network.task).TIER)
        if settings.search == "beam":
            model = "" if settings.language == "none" else f" and {Path(settings.file).stem or settings.language}"
            self.name = f"{self.name} by a beam of {settings.width}{model}"

    def read(self, sound: Array) -> tuple[Word, ...]:
        return tuple(
            word for start, piece in stretches(sound, self.rate, _LONGEST) for word in self._words(piece, start)
        )

    def _words(self, sound: Array, start: float) -> tuple[Word, ...]:
        logits = self._logits(sound)
        if not len(logits):
            return ()
        share = softmax(logits)
        labels = self._task.decode(logits, self._seconds)
        vocabulary = self._network.vocabulary
        sure = [confidence(label, share, vocabulary, self._seconds) for label in labels]
        return words(labels, sure, self._letters, start, start + len(sound) / self.rate)

    def _logits(self, sound: Array) -> Array:
        import torch

        chain = Chain(self._network.frontend, Format(float(self.rate)))
        frames = np.concatenate([chain.push(sound[:, None]), chain.flush()])
        if not len(frames):
            return np.zeros((0, len(self._network.vocabulary)), np.float32)
        with torch.inference_mode():
            y, lengths, _ = self._module(torch.from_numpy(frames[None]), torch.tensor([len(frames)]))
        return np.asarray(y[0, : int(lengths[0])].numpy())
