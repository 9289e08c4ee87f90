"""Confusions: which class a network takes for which, by frames or whole clips, and the sound where it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, catalog, checkpoint
from engine.clip import Clip, Label, from_array
from engine.events import Progress

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from numpy.typing import NDArray

    from engine.network import Network

    Pair = tuple[int, int]

CLIPS = 24
"""Held-out clips that are tried, unless told otherwise."""
_SHORTEST = 2  # frames of a stretch that is worth hearing
_AROUND, _GAP = 0.04, 0.25  # seconds heard to either side of a stretch, and of silence between two


class NotFramed(ValueError):
    """A network of a task that does not name every frame or clip by one class; the message says which do."""


@dataclass(frozen=True, eq=False)
class Confused:
    """Frames by what they are and what they were called, counts [C, C]; stretches (clip, start s, stop s) by both.

    Within a pair the longest stretch comes first. `clips` are those that were tried, `tier` that of their truth,
    and `counted` says what was counted: frames, or clips where each is called by one class as a whole.
    """

    network: Network
    names: tuple[str, ...]
    counts: NDArray[np.int64]
    stretches: Mapping[Pair, tuple[tuple[int, float, float], ...]]
    clips: tuple[Clip, ...]
    tier: str = "phone"
    counted: str = "frames"

    def worst(self, most: int = 3) -> tuple[Pair, ...]:
        """The pairs that most frames are confused in, the most frequent first."""
        wrong = self.counts * ~np.eye(len(self.names), dtype=bool)
        order = np.argsort(-wrong, axis=None, kind="stable")[:most]
        places = (divmod(int(place), len(self.names)) for place in order)
        return tuple(pair for pair in places if wrong[pair])

    def playlist(self, truth: int, called: int, most: int = 12) -> Clip | None:
        """The stretches of a pair one after another, labelled with what they are; None where there are none."""
        chosen = self.stretches.get((truth, called), ())[:most]
        if not chosen:
            return None
        parts: list[NDArray[np.float32]] = []
        labels, at = [], 0.0
        rate = self.clips[0].rate
        silence = np.zeros(round(_GAP * rate), np.float32)
        for number, start, stop in chosen:
            first = max(0, round((start - _AROUND) * rate))
            sound = self.clips[number].read(first, min(self.clips[number].frames, round((stop + _AROUND) * rate)))
            begin = at + start - first / rate
            labels.append(Label(begin, begin + stop - start, self.names[truth], self.tier))
            parts += [sound[:, 0], silence]
            at += (len(sound) + len(silence)) / rate
        return from_array(
            np.concatenate(parts), rate, f"{self.names[truth]} called {self.names[called]}", tuple(labels)
        )


def confuse(
    network: Network, most: int = CLIPS, split: str = "valid"
) -> Generator[Progress | Confused, Any, None]:
    """Try a network on clips that it has not learnt from: Progress, and at last one Confused. Raises NotFramed."""
    import torch

    task: Any = build.task_of(network)
    free = task.vocabulary[0] == "" or getattr(task, "apart", False)  # of times, or of each other
    if not hasattr(task, "example") or free or hasattr(task, "wrong"):
        raise NotFramed(
            f"{network.name} names neither every frame nor every clip by one class; choose a network of a task "
            "that does, such as phonemes or many2one"
        )
    module, every = build.build(network), task.corpus.split(split)
    clips = tuple(every[number] for number in range(min(most, len(every))))
    counts = np.zeros((len(task.vocabulary),) * 2, np.int64)
    found: dict[Pair, list[tuple[int, float, float]]] = {}
    for number, clip in enumerate(clips):
        frames, targets = task.example(clip.read()[:, 0], clip.labels)
        with torch.inference_mode():
            y, lengths, _ = module(torch.from_numpy(frames[None]), torch.tensor([len(frames)]))
        pairs, heard = _heard(task, module.stride, y[0, : int(lengths[0])].numpy(), targets, clip.seconds)
        np.add.at(counts, pairs, 1)
        for start, stop, pair in heard:
            found.setdefault(pair, []).append((number, start, stop))
        yield Progress((number + 1) / len(clips), "looking for confusions")
    for pair, each in found.items():
        found[pair] = sorted(each, key=lambda stretch: stretch[1] - stretch[2])
    counts.setflags(write=False)
    ordered = {pair: tuple(each) for pair, each in found.items()}
    tier, counted = catalog.load("tasks", network.task).TIER, "clips" if _once(task) else "frames"
    yield Confused(network, tuple(task.vocabulary), counts, ordered, clips, tier, counted)


def _once(task: Any) -> bool:
    """Whether a clip is called by one class as a whole."""
    return bool(getattr(task, "clipwise", False))


def _heard(
    task: Any, stride: int, logits: NDArray[np.floating], targets: NDArray[np.int64], length: float
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], list[tuple[float, float, Pair]]]:
    """What is true and what it is called, frame by frame; and the stretches of each, in seconds of the clip."""
    if _once(task):
        called = logits.mean(axis=0, keepdims=True).argmax(axis=1)
        return (targets, called), [(0.0, length, (int(targets[0]), int(called[0])))]
    seconds, late = 1.0 / checkpoint.output(task).rate, int(getattr(task.settings, "delay", 0))
    called, truth = logits.argmax(axis=1), targets[::stride][: len(logits)]
    found = []
    for start, stop, pair in stretches(truth, called):
        begin, end = (max(0.0, (each * stride - 0.5 - late) * seconds) for each in (start, stop))
        found.append((begin, end, pair))
    return (truth, called), found


def stretches(truth: NDArray[np.int64], called: NDArray[np.int64]) -> list[tuple[int, int, Pair]]:
    """(start, stop, pair) of the runs of frames [T] with one truth and one name, but for the shortest."""
    both = np.stack([truth, called])
    edges = np.r_[0, np.flatnonzero((np.diff(both, axis=1) != 0).any(axis=0)) + 1, len(truth)]
    runs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    return [
        (start, stop, (int(truth[start]), int(called[start]))) for start, stop in runs if stop - start >= _SHORTEST
    ]
