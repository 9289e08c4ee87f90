"""Hello, world: write down, letter by letter, which of two words is said; forty clips are enough to learn it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import augment, catalog, ctc, disturb, framewise
from engine.chain import Chain
from engine.clip import Label
from engine.edit import distance
from engine.knob import Settings as Base
from engine.knob import knob
from engine.stages.stage import Format, Link
from engine.tasks.task import Batch, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip

    Array = NDArray[np.float32]
    Item = tuple[Array, NDArray[np.int64], Array]  # features [T, F], characters [U], their frames [U, 2]

TIER = "character"
METRIC = "CER"
AUGMENT = ("time_masks", "time_width", "freq_masks", "freq_width", "strength", "worst")
RATE = 16000
BANDS, HOP, TOP = 80, 160, 8000.0
"""Mel bands, samples from frame to frame (10 ms), and the highest hertz: the numbers of the notes."""
_MEAN, _STD = -55.0, 18.0  # dB of mel power over bands and training clips in noise
_QUIET = 60.0
_NOISES = ("white", "pink", "brown", "babble", "crowd", "rain", "fan", "wind")
_LATE, _BLANKS = 1, 0.2  # output frames that letters come late at first, and the weight of a frame without one
_AROUND = 0.4  # seconds of silence at the most that are put before and behind a training clip


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task: what is learnt from, and how hard training is made."""

    folder: str = knob(
        "",
        help="Your own recordings to learn from, as the window's wizard makes them; empty: bundled voices",
        file=True,
        effect="restart",
    )
    loss: str = knob(
        "ctc",
        choices=("ctc", "cross entropy"),
        help="CTC finds by itself where each letter is said; cross entropy wants a letter for every frame, which "
        "nobody has written down",
        effect="restart",
    )
    time_masks: int = knob(1, 0, 10, help="SpecAugment: stretches of time that are masked in training")
    time_width: int = knob(20, 0, 100, unit="frames", help="SpecAugment: the longest of them")
    freq_masks: int = knob(
        1, 0, 10, label="frequency masks", help="SpecAugment: bands that are masked in training"
    )
    freq_width: int = knob(
        20, 0, 80, unit="bands", label="frequency width", help="SpecAugment: the highest of them"
    )
    flat: float = knob(
        1.0,
        0.0,
        10.0,
        label="flat start",
        help="Weight of a second loss, which expects the letters evenly spread over what is spoken; CTC alone "
        "takes far more steps until it has found a place for each",
        effect="restart",
    )
    strength: float = knob(
        0.5, 0.0, 1.0, help="How far speed, pitch, vocal tract, room and level of a training clip are changed"
    )
    worst: float = knob(10.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")


def normaliser(settings: Settings) -> str:
    """Characters are compared as they are."""
    return "none"


def build(settings: Settings) -> Hello:
    return Hello(settings)


class Hello:
    """Characters by CTC. The error is the edit distance over the number of characters (CER).

    The vocabulary is made of the training transcripts: the blank, then every character that is in them, sorted.
    """

    rate = RATE
    model = "recurrent"
    knobs: Mapping[str, Any] = MappingProxyType({"cell": "lstm", "hidden": 128, "layers": 2, "stack": 2})

    def __init__(self, settings: Settings) -> None:
        corpora: Any = catalog.load("corpora", "hello")
        self.settings = settings
        self.corpus = corpora.build(corpora.Settings(folder=settings.folder))
        self.vocabulary = vocabulary(self.corpus.texts())
        self.frontend = frontend()
        masks: Any = catalog.load("stages", "specaugment")
        taken = {name: getattr(settings, name) for name in AUGMENT[:4]}
        self.masks = masks.Settings(policy="custom", **taken)
        self._clips: dict[str, Sequence[Clip]] = {}

    def batches(self, split: str, size: int) -> int:
        return -(-len(self._split(split)) // size)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Clips in the order of their split, or for training in an order and disturbed as the seed draws it."""
        clips = self._split(split)
        epoch, chosen = numbers(len(clips), split, index, size, seed)
        rng = np.random.default_rng([seed, epoch, index]) if split == "train" else None
        return self.collate([self.item(clips[each], rng) for each in chosen], rng)

    def item(self, clip: Clip, rng: np.random.Generator | None = None) -> Item:
        """What is heard of a clip, and what is to be written; with `rng` as another voice in another place."""
        sound, said = clip.read()[:, 0], [each for each in clip.labels if each.tier == TIER]
        targets = np.array([self.vocabulary.index(each.text) for each in said], np.int64)
        times = np.array([(each.start, each.end) for each in said], np.float32).reshape(-1, 2)
        if rng is None:
            return self.features(sound), targets, (times * (RATE / HOP)).astype(np.float32)
        strength = self.settings.strength
        sound, late, factor = disturbed(rng, sound, strength, self.settings.worst)
        hop = round(HOP * float(np.exp(strength * rng.uniform(-0.3, 0.3))))
        warp = float(np.exp(strength * 0.12 * rng.integers(-7, 8) / 7))
        frames = ((times + late) / factor * RATE / hop).astype(np.float32)
        return self.features(sound, hop, warp), targets, frames

    def features(self, sound: Array, hop: int = HOP, warp: float = 1.0) -> Array:
        """What the network hears of sound [n]: [T, F]; another hop is another pace, a warp another vocal tract."""
        if hop == HOP and warp == 1.0:
            chain = Chain(self.frontend, Format(float(RATE)))
            return np.concatenate([chain.push(sound[:, None]), chain.flush()])
        mel, fixed = self.frontend
        stage: Any = catalog.load("stages", "logmel").build(mel.settings.but(hop=hop), Format(float(RATE)))
        stage.bank = disturb.warped(warp, stage.bank.tobytes(), len(stage.bank), 2 * TOP / RATE)
        scale: Any = catalog.load("stages", "normalise").build(fixed.settings, stage.output)
        frames: Array = scale.push(np.concatenate([stage.push(sound[:, None]), stage.flush()]))
        return frames

    def collate(self, items: Sequence[Item], rng: np.random.Generator | None = None) -> Batch:
        """Items in one batch with their true lengths; with `rng` under SpecAugment, which no test ever sees."""
        lengths = np.array([len(frames) for frames, _, _ in items], np.int64)
        counts = np.array([len(each) for _, each, _ in items], np.int64)
        x = np.zeros((len(items), int(lengths.max()), BANDS), np.float32)
        targets = np.zeros((len(items), max(1, int(counts.max()))), np.int64)
        spans = np.zeros((*targets.shape, 2), np.float32)
        for row, (frames, text, places) in enumerate(items):
            x[row, : len(frames)] = frames
            targets[row, : len(text)] = text
            spans[row, : len(text)] = places
        if rng is not None:
            x = augment.masked(x, lengths, self.masks, rng)
        return Batch(x, lengths, targets, counts, spans)

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """CTC in nats a character. Raises TargetError for cross entropy: no frame has a letter of its own."""
        import torch

        if self.settings.loss != "ctc":
            return {"cross entropy": framewise.cross_entropy(y, out_lengths, batch)}
        log_probs = y.float().log_softmax(-1).transpose(0, 1)
        lengths = torch.as_tensor(out_lengths, device="cpu", dtype=torch.long)
        targets, counts = (torch.as_tensor(each) for each in (batch.targets, batch.target_lengths))
        found = torch.nn.functional.ctc_loss(
            log_probs, targets.to(y.device), lengths, counts, blank=ctc.BLANK, reduction="none", zero_infinity=True
        )
        terms = {"CTC": (found / counts.clamp(min=1).to(y.device)).mean()}
        if self.settings.flat:
            terms["flat start"] = self.settings.flat * flat(y, lengths.numpy(), batch)
        return terms

    def decode(self, logits: Array, seconds_per_frame: float) -> tuple[Label, ...]:
        """The characters of logits [T, C], each from the frame in which it is first written to the last."""
        return tuple(
            Label(run.start * seconds_per_frame, run.stop * seconds_per_frame, self.vocabulary[run.label], TIER)
            for run in ctc.greedy(logits)
        )

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        return distance(found, truth), len(truth)

    def pinned(self) -> Clip:
        """The first of the held-out voices, which is in no training."""
        return self._split("test")[0]

    def _split(self, name: str) -> Sequence[Clip]:
        if name not in self._clips:
            self._clips[name] = self.corpus.split(name)
        return self._clips[name]


def flat(y: Any, lengths: NDArray[np.int64], batch: Batch) -> Any:
    """Cross entropy in nats a character of logits y [B, T', C] against letters spread evenly over the speech.

    HMMs begin so, too (a "flat start", S. Young and others, The HTK Book). A letter is expected in the second half
    of its span, and in its first half may be written or not; but between two that are the same there is a blank.
    """
    import torch
    from torch.nn import functional

    size, frames, _ = y.shape
    wanted, weights = np.zeros((size, frames), np.int64), np.zeros((size, frames), np.float32)
    assert batch.spans is not None
    places = (batch.spans / (batch.x.shape[1] / frames)).astype(np.int64) + _LATE
    for row in range(size):
        weights[row, : lengths[row]] = _BLANKS
        count, before = int(batch.target_lengths[row]), -1
        for target, (start, stop) in zip(batch.targets[row, :count], places[row, :count], strict=True):
            middle = (start + stop) // 2
            weights[row, start:middle] = 2.0 * (target == before)
            weights[row, middle:stop], wanted[row, middle:stop], before = 1.0, target, target
    logits = y.float().transpose(1, 2)
    found = functional.cross_entropy(logits, torch.from_numpy(wanted).to(y.device), reduction="none")
    among = max(1.0, float((wanted > 0).sum()))
    return (found * torch.from_numpy(weights).to(y.device)).sum() / among


def vocabulary(texts: Sequence[str]) -> tuple[str, ...]:
    """The blank, which also fills up short targets, and every character of the texts, sorted."""
    return ("", *sorted(set("".join(texts))))


def words(characters: Sequence[str]) -> tuple[str, ...]:
    """The words that characters write, between spaces."""
    return tuple("".join(characters).split())


def frontend() -> tuple[Link, ...]:
    """Log-mel in decibel over power 1, not below 1e-8, no range below the loudest cell; then a fixed scale."""
    heard = catalog.load("stages", "logmel").Settings(
        n_mels=BANDS, hop=HOP, fmax=TOP, log="dB", ref=1.0, floor=1e-8, top_db=0.0
    )
    scale = catalog.load("stages", "normalise").Settings
    fixed = scale(over="global", mean=(_MEAN,) * BANDS, std=(_STD,) * BANDS)
    return Link("logmel", heard), Link("normalise", fixed)


def disturbed(rng: np.random.Generator, sound: Array, strength: float, worst: float) -> tuple[Array, float, float]:
    """Sound [n] with more silence around it, faster or slower, in a room, in bundled noise, at another level.

    And the seconds of silence before it, and how much faster it became after that.
    """
    before, behind = rng.integers(0, round(_AROUND * RATE), 2).tolist()
    factor = float(np.exp(strength * rng.uniform(-0.2, 0.2)))
    sound = disturb.faster(np.pad(sound, (before, behind)), factor)
    if rng.random() < 0.4 * strength:
        sound = augment.in_room(sound, RATE, rng)
    if rng.random() < 0.8:
        sound = augment.in_noise(sound, RATE, rng, _NOISES, (worst, max(_QUIET, worst)))
    loud = np.float32(10 ** (strength * rng.uniform(-20, 12) / 20))
    return np.clip(sound * loud, -1.0, 1.0), before / RATE, factor
