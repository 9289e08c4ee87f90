"""How text is found in what a CTC network answers: greedily, or by a beam with a language model beside it."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import arpa, asset, beam, ctc, fusion, lattice, trellis
from engine.clip import Label
from engine.knob import Settings as Base
from engine.knob import knob
from engine.ngram import NgramError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.hypothesis import Beam
    from engine.ngram import Ngram

BUNDLED = ("characters", "words")
_FLOOR = np.log(1e-30)
"""The least log probability: what a network holds for impossible costs a hypothesis much, and not all."""


@dataclass(frozen=True)
class Settings(Base):
    """How hypotheses are searched and weighed."""

    search: str = knob(
        "beam",
        choices=("greedy", "beam"),
        help="Greedy takes the likeliest label of each frame; a beam adds up every alignment of many texts.",
    )
    width: int = knob(
        16, 1, 256, log=True, help="How many texts the beam keeps after each frame", label="beam width"
    )
    margin: float = knob(
        20.0,
        1.0,
        100.0,
        unit="nats",
        help="Texts go that lie so far behind the best",
        label="beam margin",
        hidden=True,
    )
    language: str = knob(
        "none",
        choices=("none", *BUNDLED, "file"),
        label="language model",
        help="What the beam knows of English: which characters, or which words, follow each other.",
    )
    file: str = knob(
        "",
        file=True,
        label="own model",
        help="Your own language model, used where the model is file: made by `otoscope lm train`, or ARPA text.",
    )
    weight: float = knob(
        0.5,
        0.0,
        3.0,
        step=0.05,
        label="weight α",
        help="How much the language model counts: score = log p(text | sound) + α log p(text) + β words. "
        "At 0 there is none.",
    )
    bonus: float = knob(
        1.0,
        -5.0,
        5.0,
        step=0.1,
        unit="nats",
        label="bonus β",
        help="What each word gets: a language model likes short texts, and this makes up for it.",
    )
    live: bool = knob(
        False,
        label="live too",
        help="Read live by the beam as well, and not greedily: letters may change until a pause settles them.",
    )


def search(logits: NDArray[np.floating], vocabulary: Sequence[str], settings: Settings) -> Beam:
    """The hypotheses of logits (or of log probabilities) [T, C]. Raises NgramError, OSError for the model's file.

    Without a language model there is no bonus: it only makes up for one.
    """
    log_probs = logarithms(logits)
    if settings.search == "greedy":
        return beam.greedy(log_probs, vocabulary)
    return searching(vocabulary, settings).run(log_probs)


def logarithms(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """The log probabilities [T, C] that are searched, of logits [T, C]."""
    return np.maximum(trellis.log_softmax(np.nan_to_num(logits, nan=0.0)), _FLOOR)


def searching(vocabulary: Sequence[str], settings: Settings, context: Any = None) -> beam.Search:
    """A beam that goes on frame by frame, after the `context` of one before. Raises NgramError, OSError for the
    model's file.
    """
    model = language(settings, tuple(vocabulary)) if settings.weight > 0.0 else None
    return beam.Search(
        vocabulary,
        settings.width,
        language=model,
        alpha=settings.weight,
        beta=settings.bonus if model is not None else 0.0,
        margin=settings.margin,
        context=context,
    )


def language(settings: Settings, vocabulary: tuple[str, ...]) -> beam.Language | None:
    """The language model beside a network of that vocabulary; None where none is asked for."""
    model = ngram(settings)
    return _fused(model, vocabulary) if model is not None else None


def ngram(settings: Settings) -> Ngram | None:
    """The n-gram model that is asked for. Raises NgramError that names the file, OSError."""
    if settings.language == "none":
        return None
    if settings.language == "file" and not settings.file:
        raise NgramError(
            "no file of a language model is chosen; make one with `otoscope lm train TEXT --out FILE`"
        )
    path = Path(settings.file).expanduser() if settings.language == "file" else bundled(settings.language)
    return load(path)


def load(path: Path) -> Ngram:
    """A model from its file, read once as long as the file stays the same."""
    found = path.stat()
    return _loaded(path, found.st_mtime_ns, found.st_size)


def bundled(name: str) -> Path:
    """Where a bundled model lies."""
    return asset.path("languages", f"{name}.npz")


def named(text: str) -> Settings:
    """Settings with a model by its name, or by its file. Raises NgramError where there is none."""
    if text in ("none", *BUNDLED):
        return Settings(search="beam", language=text)
    if not Path(text).expanduser().is_file():
        known = ", ".join(BUNDLED)
        raise NgramError(f"{text}: there is no such language model; bundled are {known}, or name a file")
    return Settings(search="beam", language="file", file=os.fspath(Path(text).expanduser()))


def words(
    found: Beam, vocabulary: Sequence[str], seconds_per_frame: float, tier: str, first: float = 0.0
) -> tuple[Label, ...]:
    """The words of the best hypothesis, from `first` seconds on."""
    return tuple(
        Label(first + word.start * seconds_per_frame, first + word.stop * seconds_per_frame, word.text, tier)
        for word in lattice.words(found.prefixes[0], vocabulary)
    )


def use(task: Any, settings: Settings | None, tier: str) -> Any:
    """A task that reads with these settings: its `decode` searches. Raises NgramError for a task without CTC.

    One that reads greedily is left as it is: tasks have their own ways of doing that.
    """
    if settings is None or settings.search == "greedy":
        return task
    vocabulary = tuple(task.vocabulary)
    if vocabulary[:1] != ("",):
        raise NgramError("this network does not read by CTC: there is nothing that a beam could search")
    language(settings, vocabulary)  # what is wrong with the model is told before anything is measured

    def decode(logits: NDArray[np.floating], seconds_per_frame: float) -> tuple[Label, ...]:
        best = search(logits, vocabulary, settings).prefixes[0]
        return labelled(
            task, [ctc.Run(each.label, each.start, each.stop) for each in best.spans], seconds_per_frame, tier
        )

    task.decode = decode
    return task


def labelled(task: Any, runs: Sequence[ctc.Run], seconds_per_frame: float, tier: str) -> tuple[Label, ...]:
    """What labels with their frames say: the task's words where it writes words, else each by itself."""
    if hasattr(task, "words"):
        found: tuple[Label, ...] = task.words(runs, seconds_per_frame)
        return found
    pace, vocabulary = seconds_per_frame, task.vocabulary
    return tuple(Label(each.start * pace, each.stop * pace, vocabulary[each.label], tier) for each in runs)


@functools.lru_cache(4)
def _loaded(path: Path, modified: int, size: int) -> Ngram:
    return arpa.load(path)


@functools.lru_cache(4)
def _fused(model: Ngram, vocabulary: tuple[str, ...]) -> beam.Language:
    return fusion.fuse(model, vocabulary)
