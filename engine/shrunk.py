"""A network in smaller numbers: 32, 16 and 8 bits beside each other, in size, speed and what they get wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import onnxport, written
from engine.events import Progress
from engine.ported import Ported

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from engine.network import Network
    from engine.wer import Score

FORMS = {"FP32": {}, "FP16": {"half": True}, "INT8": {"int8": True}}
SMALLEST, WITHIN = 0.35, 0.05
"""INT8 takes at most this share of the bytes of FP32, and its accuracy differs by at most so much."""
STEPS = 400
"""Steps whose time is measured; a tenth as many before them are not counted."""


@dataclass(frozen=True)
class Form:
    """One file: bytes, milliseconds a step on one thread (p50, p95), the largest difference of its answers from
    those of the network, and what it gets wrong, where the network writes texts and a split was named."""

    name: str
    path: Path
    size: int
    p50: float
    p95: float
    difference: float
    score: Score | None = None

    @property
    def accuracy(self) -> float | None:
        """Of characters."""
        return None if self.score is None else 1 - self.score.characters.error


def forms(
    network: Network, folder: Path, split: str = "", names: tuple[str, ...] = tuple(FORMS)
) -> Generator[Progress, Any, tuple[Form, ...]]:
    """Export a network in each form as NAME.onnx, NAME-fp16.onnx, NAME-int8.onnx, and measure all of them.

    Raises PortError, and LeakageError for a split of training.
    """
    found = []
    for number, name in enumerate(names):
        yield Progress(number / len(names), f"writing {name}")
        ending = "" if name == "FP32" else f"-{name.lower()}"
        wrote = onnxport.export(network, folder / f"{network.name}{ending}.onnx", **FORMS[name])
        file = Ported(wrote.path)
        p50, p95 = np.percentile(steps(file), (50, 95)).tolist()
        yield Progress((number + 0.5) / len(names), f"trying {name}")
        score = written.measure(network, split, whole(file)) if split and written.writes(network) else None
        found.append(Form(name, wrote.path, wrote.size, p50, p95, wrote.difference, score))
    return tuple(found)


def steps(file: Ported, count: int = STEPS) -> list[float]:
    """Milliseconds that each of `count` steps (or blocks of steps, where it takes no less) takes, on noise."""
    rng, taken = np.random.default_rng(0), []
    frames = rng.standard_normal((count + count // 10, file.block, file.inputs)).astype(np.float32)
    for each in frames:
        began = time.perf_counter()
        file.push(each)
        taken.append(1e3 * (time.perf_counter() - began))
    file.reset()
    return taken[count // 10 :]


def trouble(found: tuple[Form, ...]) -> list[str]:
    """What is too large or too different in INT8, in words; empty where all is well."""
    forms_of = {each.name: each for each in found}
    whole, small = forms_of.get("FP32"), forms_of.get("INT8")
    if whole is None or small is None:
        return []
    said = []
    if small.size > SMALLEST * whole.size:
        said.append(
            f"INT8 takes {small.size / whole.size:.0%} of the bytes of FP32; at most {SMALLEST:.0%} wanted"
        )
    if whole.accuracy is not None and small.accuracy is not None:
        apart = abs(whole.accuracy - small.accuracy)
        if apart > WITHIN:
            said.append(f"the accuracy of INT8 differs by {apart:.3f}; at most {WITHIN:g} is allowed")
    return said


def row(each: Form) -> dict[str, Any]:
    """Plain values."""
    found: dict[str, Any] = {
        "form": each.name,
        "file": str(each.path),
        "bytes": each.size,
        "step ms p50": each.p50,
        "step ms p95": each.p95,
        "largest difference": each.difference,
    }
    if each.score is not None:
        found |= {"character accuracy": each.accuracy, "WER": each.score.words.error}
        found["normaliser"] = each.score.normaliser
    return found


def whole(file: Ported) -> written.Answers:
    """A file's answers to whole clips, each from the beginning."""

    def answers(frames: written.Array) -> written.Array:
        file.reset()
        # As at the end of a clip in training, frames that do not fill a step are filled up.
        missing, count = -len(frames) % file.block, -(-len(frames) // file.stride)
        return file.push(np.pad(frames, ((0, missing), (0, 0))))[:count]

    return answers
