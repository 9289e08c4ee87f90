"""What a network writes down of clips, as texts, and how much of it is wrong: words and characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import build, catalog, evaluate, leakage, wer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engine.clip import Clip
    from engine.network import Network

    Array = NDArray[np.float32]
    Answers = Callable[[Array], Array]

BETWEEN = {"character": "", "word": " ", "digit": " "}
"""Tiers whose labels are a text, and what stands between two of them."""


def writes(network: Network, words: bool = False) -> bool:
    """Whether the labels of a network are characters of a text, spaces too; or, where `words` do, its words."""
    tier = getattr(catalog.load("tasks", network.task), "TIER", "")
    return tier == "character" or (words and tier in BETWEEN)


def measure(network: Network, split: str = "test", answers: Answers | None = None) -> wer.Score:
    """Errors on a split, with their intervals over its clips. `answers` takes the place of the network's own, as
    those of an exported file: features [T, F] to logits [T', C].

    Raises LeakageError for a split that shares a sound with training, and CorpusMissing.
    """
    task: Any = build.task_of(network)
    leakage.check(task, split)
    clips: Sequence[Clip] = task.corpus.split(split)
    return wer.score(
        wer.Text(clip.name, said(task, clip), text)
        for clip, text in zip(clips, texts(network, clips, answers), strict=True)
    )


def texts(network: Network, clips: Sequence[Clip], answers: Answers | None = None) -> list[str]:
    """What is read in each clip."""
    frames = [evaluate.features(network, clip.read()[:, 0]) for clip in clips]
    task, between = build.task_of(network), BETWEEN[catalog.load("tasks", network.task).TIER]
    if answers is None:
        return [between.join(each) for each in evaluate.texts(task, build.build(network), frames)]
    return [between.join(label.text for label in task.decode(answers(each), 0.01)) for each in frames]


def said(task: Any, clip: Clip) -> str:
    """What was said in a clip: its characters or words in order."""
    tier = catalog.load("tasks", task.__module__.rpartition(".")[2]).TIER
    return BETWEEN[tier].join(clip.text(tier))


def accuracy(found: wer.Score) -> tuple[float, float, float]:
    """Characters that are right, 1 - CER, and the ends of its interval."""
    low, high = found.characters_within or (found.characters.error,) * 2
    return 1 - found.characters.error, 1 - high, 1 - low


def by_voice(found: wer.Score) -> dict[str, wer.Score]:
    """The same for each kind of voice, the first word of its name: espeak, flite, piper."""
    kinds: dict[str, list[wer.Scored]] = {}
    for clip in found.clips:
        kinds.setdefault(clip.text.name.rpartition(", ")[2].partition("-")[0] or clip.text.name, []).append(clip)
    return {kind: wer.together(clips, found.normaliser) for kind, clips in kinds.items()}
