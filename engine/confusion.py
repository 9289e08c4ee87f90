"""Confusions: which class a network takes for which, frame by frame, and the stretches of sound where it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import build, checkpoint
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
    """A network of a task that does not name every frame; the message says which do."""


@dataclass(frozen=True, eq=False)
class Confused:
    """Frames by what they are and what they were called, counts [C, C]; stretches (clip, start s, stop s) by both.

    Within a pair the longest stretch comes first. `clips` are those that were tried.
    """

    network: Network
    names: tuple[str, ...]
    counts: NDArray[np.int64]
    stretches: Mapping[Pair, tuple[tuple[int, float, float], ...]]
    clips: tuple[Clip, ...]

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
            labels.append(Label(begin, begin + stop - start, self.names[truth], "phone"))
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
    if not hasattr(task, "example") or task.vocabulary[0] == "" or hasattr(task, "wrong"):
        raise NotFramed(f"{network.name} does not name every frame; choose a network of the task phonemes")
    module, seconds = build.build(network), 1.0 / checkpoint.output(task).rate
    late = int(getattr(task.settings, "delay", 0))
    every = task.corpus.split(split)
    clips = tuple(every[number] for number in range(min(most, len(every))))
    counts = np.zeros((len(task.vocabulary),) * 2, np.int64)
    found: dict[Pair, list[tuple[int, float, float]]] = {}
    for number, clip in enumerate(clips):
        frames, targets = task.example(clip.read()[:, 0], clip.labels)
        with torch.inference_mode():
            y, lengths, _ = module(torch.from_numpy(frames[None]), torch.tensor([len(frames)]))
        stride = module.stride
        called, truth = y[0, : int(lengths[0])].numpy().argmax(axis=1), targets[::stride][: int(lengths[0])]
        np.add.at(counts, (truth, called), 1)
        for start, stop, pair in stretches(truth, called):
            edges = ((each * stride - 0.5 - late) * seconds for each in (start, stop))
            begin, end = (max(0.0, each) for each in edges)
            found.setdefault(pair, []).append((number, begin, end))
        yield Progress((number + 1) / len(clips), "looking for confusions")
    for pair, each in found.items():
        found[pair] = sorted(each, key=lambda stretch: stretch[1] - stretch[2])
    counts.setflags(write=False)
    ordered = {pair: tuple(each) for pair, each in found.items()}
    yield Confused(network, tuple(task.vocabulary), counts, ordered, clips)


def stretches(truth: NDArray[np.int64], called: NDArray[np.int64]) -> list[tuple[int, int, Pair]]:
    """(start, stop, pair) of the runs of frames [T] with one truth and one name, but for the shortest."""
    both = np.stack([truth, called])
    edges = np.r_[0, np.flatnonzero((np.diff(both, axis=1) != 0).any(axis=0)) + 1, len(truth)]
    runs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    return [
        (start, stop, (int(truth[start]), int(called[start]))) for start, stop in runs if stop - start >= _SHORTEST
    ]
