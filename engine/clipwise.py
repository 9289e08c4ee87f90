"""Tasks that answer once for a whole clip: one class of several, or any number of tags.

Of a network that answers at every frame the answer is the mean of its logits over the frames, which for a linear
output is the answer to the mean of its states.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import augment, catalog
from engine.chain import Chain
from engine.clip import Label
from engine.drawn import Kept
from engine.edit import distance
from engine.ranking import mean_average_precision
from engine.stages.stage import Format, Link
from engine.tasks.task import Batch, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip

    Array = NDArray[np.float32]

RATE = 16000
NOISES = ("white", "pink", "brown", "babble")
"""The noises of training."""
QUIET = 40.0
"""The best SNR in training, in decibels."""
_MEAN, _STD = -9.0, 4.0  # of ln of mel power over clips


def frontend(bands: int = 40, hop: int = 160) -> tuple[Link, ...]:
    """Log-mel with fixed statistics: how loud a sound is stays to be heard."""
    heard = catalog.load("stages", "logmel").Settings(n_mels=bands, hop=hop)
    fixed = catalog.load("stages", "normalise").Settings(over="global", mean=(_MEAN,) * bands, std=(_STD,) * bands)
    return Link("logmel", heard), Link("normalise", fixed)


class Clipwise(ABC):
    """What both kinds share. `corpus` has the clips by split, whose labels of `tier` are what is to be said.

    Training clips are mixed with noise from QUIET down to `worst` dB; None leaves them as they are.
    """

    rate = RATE
    model = "recurrent"
    knobs: Mapping[str, Any] = MappingProxyType({"hidden": 32, "layers": 1, "readout": "attention"})
    clipwise = True
    apart = False
    """Whether classes do not exclude each other."""
    shown = 0
    """Which clip of the test split is the example."""

    def __init__(
        self,
        settings: Any,
        corpus: Any,
        vocabulary: Sequence[str],
        front: tuple[Link, ...],
        tier: str,
        worst: float | None = None,
    ) -> None:
        self.settings, self.corpus, self.tier, self.worst = settings, corpus, tier, worst
        self.vocabulary, self.frontend = tuple(vocabulary), front
        self._kept = Kept(corpus)

    def batches(self, split: str, size: int) -> int:
        return -(-len(self.corpus.split(split)) // size)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Clips in the order of their split, or for training in an order and with noise drawn from the seed."""
        epoch, chosen = numbers(len(self.corpus.split(split)), split, index, size, seed)
        items = []
        for number in chosen:
            clip = self._kept.clip(split, number)
            sound = clip.read()[:, 0]
            if split == "train" and self.worst is not None:
                rng = np.random.default_rng([seed, epoch, number])
                snr = (self.worst, max(QUIET, self.worst))
                sound = augment.in_noise(sound, self.rate, rng, NOISES, snr).astype(np.float32)
            items.append(self.example(sound, clip.labels))
        return collate(items)

    def example(self, sound: Array, labels: Sequence[Label]) -> tuple[Array, NDArray[np.int64]]:
        """Features [T, F] of sound [n] at 16 kHz, and what is to be said of it [U]."""
        chain = Chain(self.frontend, Format(float(self.rate)))
        frames = np.concatenate([chain.push(sound[:, None]), chain.flush()])
        return frames, self.target([label.text for label in labels if label.tier == self.tier])

    @abstractmethod
    def target(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """What is to be said of a clip with these labels [U]."""

    @abstractmethod
    def truth(self, batch: Batch, item: int) -> tuple[str, ...]:
        """The labels of a clip of a batch."""

    def pinned(self) -> Clip:
        return self._kept.clip("test", self.shown)

    def _label(self, text: str, logits: Array, seconds_per_frame: float) -> Label:
        """What is said of the clip, which all of it is called."""
        return Label(0.0, len(logits) * seconds_per_frame, text, self.tier)


class Classes(Clipwise):
    """One class of several; the error is the share of clips that are called by another."""

    def target(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Raises ValueError for a clip without exactly one known label."""
        if len(texts) != 1 or texts[0] not in self.vocabulary:
            known = ", ".join(self.vocabulary)
            raise ValueError(f"a clip needs one label of the tier {self.tier}, of: {known}; found: {list(texts)}")
        return np.array([self.vocabulary.index(texts[0])], np.int64)

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """Cross entropy a clip, in nats."""
        import torch

        targets = torch.as_tensor(batch.targets[:, 0], device=y.device)
        return {"cross entropy": torch.nn.functional.cross_entropy(pooled(y, out_lengths), targets)}

    def decode(self, logits: Array, seconds_per_frame: float) -> tuple[Label, ...]:
        """One label from the beginning to the end."""
        if not len(logits):
            return ()
        return (self._label(self.vocabulary[int(logits.mean(0).argmax())], logits, seconds_per_frame),)

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        return distance(found, truth), len(truth)

    def truth(self, batch: Batch, item: int) -> tuple[str, ...]:
        return (self.vocabulary[batch.targets[item, 0]],)


class Tags(Clipwise):
    """Any number of tags; the error counts those that are missed and added against those that are there."""

    apart = True

    def target(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """1 for each class that is there [C]; texts that are no class are passed over."""
        return np.array([each in texts for each in self.vocabulary], np.int64)

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """Binary cross entropy a class, in nats."""
        import torch

        there = torch.as_tensor(batch.targets, device=y.device).to(y.dtype)
        found = torch.nn.functional.binary_cross_entropy_with_logits(pooled(y, out_lengths), there)
        return {"binary cross entropy": found}

    def decode(self, logits: Array, seconds_per_frame: float) -> tuple[Label, ...]:
        """A label from the beginning to the end for each class that is likelier there than not."""
        there = logits.mean(0) > 0 if len(logits) else np.zeros(0, bool)
        return tuple(
            self._label(self.vocabulary[each], logits, seconds_per_frame)
            for each in np.flatnonzero(there).tolist()
        )

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        """Tags have no order and are there once: one missed and one added are one that is wrong."""
        heard, there = set(found), set(truth)
        return max(len(heard - there), len(there - heard)), len(there)

    def truth(self, batch: Batch, item: int) -> tuple[str, ...]:
        return tuple(self.vocabulary[each] for each in np.flatnonzero(batch.targets[item]).tolist())

    def scores(self, y: Any, out_lengths: Any) -> Any:
        """What the figures of a split rank: the logits of each clip [B, C]."""
        return pooled(y, out_lengths)

    def figures(self, scores: NDArray[np.floating], targets: NDArray[np.floating]) -> dict[str, float]:
        """Of a split as a whole, from scores and targets [N, C] of its clips: the mAP."""
        return {"mAP": mean_average_precision(scores, targets > 0)}


def pooled(y: Any, out_lengths: Any) -> Any:
    """Logits y [B, T', C] with lengths [B] as those of the clips [B, C]: the mean over frames."""
    import torch

    lengths = torch.as_tensor(out_lengths, device=y.device)
    real = torch.arange(y.shape[1], device=y.device)[None] < lengths[:, None]
    return (y * real[..., None]).sum(1) / lengths.clamp(min=1)[:, None]


def collate(items: Sequence[tuple[Array, NDArray[np.int64]]]) -> Batch:
    """Features and targets of several clips in one batch, the features padded with zeros at the end."""
    lengths = np.array([len(frames) for frames, _ in items], np.int64)
    x = np.zeros((len(items), int(lengths.max()), items[0][0].shape[1]), np.float32)
    for row, (frames, _) in enumerate(items):
        x[row, : len(frames)] = frames
    targets = np.stack([target for _, target in items])
    return Batch(x, lengths, targets, np.full(len(items), targets.shape[1], np.int64))
