"""Speech to text: write down what is said as characters, syllables or words, by CTC."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, catalog, ctc, device, disturb, units
from engine import normaliser as normalisers
from engine.clip import Label
from engine.corpora.corpus import CorpusMissing
from engine.edit import distance
from engine.knob import Settings as Base
from engine.knob import knob
from engine.masks import policy_masks
from engine.stages.stage import Format, Link
from engine.tasks.task import Batch, numbers
from engine.utterance import LEVEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip

    Array = NDArray[np.float32]
    Item = tuple[Array, str]  # log-mel [T, F], plain text

TIER = "word"
METRIC = "WER"
AUGMENT = ("strength", "worst", "time_mask", "freq_mask")
HOP = 160
_MEAN, _STD = -9.0, 3.5  # of ln of mel power over training clips
_COLOUR = 1.2  # nats by which microphones and places differ from band to band
_CAP = 0.2  # share of a clip that a time mask takes at most


@dataclass(frozen=True)
class Settings(Base):
    """The knobs of the task: those of its corpus, the units, and how hard training is made."""

    units: str = knob(
        "char",
        choices=units.KINDS,
        help="What an output stands for. Characters write any word with 29 outputs; syllables or "
        "words have one for each that the transcripts hold, and words write no other.",
        effect="restart",
    )
    text: str = knob(
        "plain",
        choices=("plain", "written"),
        help="Plain: lower case, apostrophes, numbers in words. Written: as transcripts have it, with capitals "
        "and punctuation, each a character of its own.",
        effect="restart",
    )
    characters: str = knob(
        "",
        help="The characters that have an output, beside the space; empty: those of the texts. Others are not "
        "written, and the words that hold them are counted.",
        effect="restart",
    )
    least: int = knob(
        2,
        1,
        100,
        help="Syllables and words that occur less often have no output",
        effect="restart",
        label="rarest",
    )
    clips: int = knob(
        0, 0, 1_000_000, help="Clips of an epoch, drawn from all that there are; 0: all of them", effect="restart"
    )
    longest: float = knob(
        5.0,
        1.0,
        30.0,
        unit="s",
        label="longest clip",
        help="Longer clips are cut at pauses, or not learnt from and counted; 5 to 10 s are usual",
        effect="restart",
    )
    synthetic: bool = knob(True, help="Learn from synthetic voices too", effect="restart")
    seed: int = knob(0, 0, 2**31 - 1, help="Which clips are drawn", effect="restart")
    strength: float = knob(
        0.5, 0.0, 1.0, help="How far speed, pitch, vocal tract, room and colour are disturbed", effect="restart"
    )
    worst: float = knob(5.0, -20.0, 40.0, unit="dB", help="The lowest SNR in training", effect="restart")
    time_mask: int = knob(
        20,
        0,
        100,
        unit="frames",
        help="SpecAugment in training: two stretches of up to so many frames are blanked",
        effect="restart",
    )
    freq_mask: int = knob(
        20,
        0,
        80,
        unit="bands",
        label="frequency mask",
        help="SpecAugment in training: two bands of up to so many mel bands are blanked",
        effect="restart",
    )


def normaliser(settings: Settings) -> str:
    """Words are compared as they are learnt."""
    return normalisers.LEARNT if settings.text == "plain" else "none"


def build(settings: Settings) -> Speech:
    return Speech(settings)


def costly(settings: Settings, model: Base) -> str:
    """What the head of such units costs, before it is built; empty for characters, and without recordings."""
    if settings.units == "char":
        return ""
    try:
        known = build(settings).vocabulary
    except CorpusMissing:
        return ""
    wide = width(model)
    count = units.head(wide, known)
    return (
        f"{len(known):,} outputs for {settings.units}s are a head of {count:,} weights above {wide} units, "
        f"{device.told(units.TRAINED * count)}. Characters need {units.head(wide, units.LETTERS) + wide + 1:,}."
    )


def width(model: Base) -> int:
    """The numbers a frame that the head of such a network reads."""
    knobs = model.to_dict()
    return int(knobs.get("hidden", 256)) * (2 if knobs.get("bidirectional") else 1)


class Speech:
    """Texts by CTC, with error rates of words and characters."""

    rate = 16000
    model = "recurrent"

    def __init__(self, settings: Settings) -> None:
        corpora: Any = catalog.load("corpora", "speech")
        self.settings = settings
        names = ("clips", "longest", "synthetic", "seed")
        self.corpus = corpora.build(corpora.Settings(**{name: getattr(settings, name) for name in names}))
        self.frontend = _frontend()
        self._spread = corpora.spread
        self._plain = corpora.plain

    @functools.cached_property
    def written(self) -> units.Vocabulary:
        """The units; but for plain characters they are found in the transcripts. Raises CorpusMissing."""
        known = self.settings.units == "char" and self.settings.text == "plain"
        texts = () if known and not self.settings.characters else self._texts()
        chosen = self.settings.characters
        return units.vocabulary(texts, self.settings.units, self.settings.least, chosen)  # type: ignore[arg-type]

    def counted(self) -> units.Counted:
        """How often each unit occurs in what is learnt from. Raises CorpusMissing."""
        return units.count(self._texts(), self.settings.units)  # type: ignore[arg-type]

    def _texts(self) -> list[str]:
        return [self._text(item) for item in self._split("train").items]

    def adopt(self, vocabulary: Sequence[str]) -> None:
        """Write with the units of a network that was trained, whatever recordings are here."""
        self.written = units.Vocabulary(self.settings.units, tuple(vocabulary))  # type: ignore[arg-type]

    def notice(self) -> str:
        """What training leaves out, and what the units cannot write; empty where that is nothing."""
        said, known = [*self.corpus.notes()], self.written
        if known.missing:
            said.append(f"{known.missing} of {known.among} words hold units that no output stands for")
        return "; ".join(said)

    def _text(self, item: Any) -> str:
        return item.text if self.settings.text == "plain" else item.written

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return self.written.units

    @functools.cached_property
    def _splits(self) -> dict[str, Any]:
        return {}

    def _split(self, name: str) -> Any:
        if name not in self._splits:
            self._splits[name] = self.corpus.split(name)
        return self._splits[name]

    def batches(self, split: str, size: int) -> int:
        return -(-len(self._split(split)) // size)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Clips in the order of their split, or for training in an order and disturbed as the seed says."""
        clips = self._split(split)
        epoch, chosen = numbers(len(clips), split, index, size, seed)
        made = []
        for number in chosen:
            item = clips.items[number]
            rng = np.random.default_rng([seed, epoch, number]) if split == "train" else None
            made.append((self._heard(item.sound(), rng), self._text(item)))
        return self.collate(made)

    def _heard(self, sound: Array, rng: np.random.Generator | None) -> Array:
        """Normalised log-mel [T, F] of sound [n]: as it is, or as another speaker elsewhere might have said it."""
        if rng is None:
            return self._levelled(self.features(sound))
        strength = self.settings.strength
        loud = float(np.sqrt(np.mean(np.square(sound)))) + 1e-6
        sound, _ = disturb.heard(rng, sound * np.float32(LEVEL / loud), strength, self.settings.worst, ())
        warp = float(np.exp(strength * 0.24 * rng.integers(-7, 8) / 7))
        frames = self._levelled(self.features(sound, warp))
        bands = frames.shape[1]
        curve = rng.normal(0, _COLOUR * strength / _STD, 6)
        frames += np.interp(np.arange(bands), np.linspace(0, bands - 1, 6), curve).astype(np.float32)
        self._mask(frames, rng)
        return frames

    def _mask(self, frames: Array, rng: np.random.Generator) -> None:
        """SpecAugment in place; 0 is the mean of what is normalised."""
        wide, high = self.settings.time_mask, self.settings.freq_mask
        policy = catalog.load("stages", "specaugment").Settings(time_width=wide, freq_width=high, cap=_CAP)
        for each in policy_masks(policy, len(frames), frames.shape[1], rng):
            frames[each.start : each.stop, each.low : each.high] = 0.0

    def features(self, sound: Array, warp: float = 1.0) -> Array:
        """Log-mel [T, F] of sound [n] at 16 kHz, of a vocal tract `warp` times as short."""
        settings = self.frontend[0].settings
        stage: Any = catalog.load("stages", "logmel").build(settings, Format(float(self.rate)))
        if warp != 1.0:
            stage.bank = disturb.warped(warp, stage.bank.tobytes(), len(stage.bank), 1.0)
        return np.concatenate([stage.push(sound[:, None]), stage.flush()])

    def _levelled(self, frames: Array) -> Array:
        return (frames - np.float32(_MEAN)) / np.float32(_STD)

    def collate(self, items: Sequence[Item]) -> Batch:
        """Features and texts as one batch, padded with zeros; targets have their true lengths."""
        lengths = np.array([len(frames) for frames, _ in items], np.int64)
        x = np.zeros((len(items), int(lengths.max()), items[0][0].shape[1]), np.float32)
        said = [self.written.encode(text) for _, text in items]
        counts = np.array([len(each) for each in said], np.int64)
        targets = np.zeros((len(items), max(1, int(counts.max()))), np.int64)
        for row, (frames, _) in enumerate(items):
            x[row, : len(frames)] = frames
            targets[row, : counts[row]] = said[row]
        return Batch(x, lengths, targets, counts, texts=tuple(text for _, text in items))

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """Nats a unit, by CTC, in 32 bits whatever the network computes in.

        A clip that has fewer frames than its units need teaches nothing.
        """
        import torch

        scores = torch.nn.functional.log_softmax(y.float(), -1).transpose(0, 1)
        targets, counts = torch.from_numpy(batch.targets), torch.from_numpy(batch.target_lengths)
        lengths = torch.as_tensor(out_lengths).cpu()
        loss = torch.nn.functional.ctc_loss(
            scores, targets.to(y.device), lengths, counts, blank=ctc.BLANK, zero_infinity=True
        )
        return {"CTC": loss}

    def decode(self, logits: Array, seconds_per_frame: float) -> tuple[Label, ...]:
        """Words of logits [T, C] by the likeliest unit of each frame, each from its first frame to its last."""
        return self.words(ctc.greedy(logits), seconds_per_frame)

    def words(self, runs: Sequence[ctc.Run], seconds_per_frame: float) -> tuple[Label, ...]:
        """Words with times from units with their frames."""
        found: list[tuple[str, int, int]] = []
        fresh = True
        for run in runs:
            unit = self.vocabulary[run.label]
            text = unit.strip()
            fresh = fresh or unit.startswith(" ")
            if text and fresh:
                found.append((text, run.start, run.stop))
                fresh = False
            elif text:
                word, start, _ = found[-1]
                found[-1] = word + text, start, run.stop
        return tuple(
            Label(start * seconds_per_frame, stop * seconds_per_frame, text, TIER) for text, start, stop in found
        )

    def truth(self, batch: Batch, item: int) -> tuple[str, ...]:
        """The words that were said in one item of a batch, those too that the units cannot write."""
        if batch.texts is not None:
            return tuple(batch.texts[item].split())
        return tuple(self.written.decode(batch.targets[item, : batch.target_lengths[item]].tolist()).split())

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        return distance(found, truth), len(truth)

    def measure(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """The error rate of characters, spaces among them, of each clip; by which normaliser stands beside it."""
        rates = []
        for item, length in enumerate(out_lengths.tolist()):
            found = " ".join(label.text for label in self.decode(y[item, :length].numpy(), 1.0))
            said = " ".join(self.truth(batch, item))
            rates.append(distance(found, said) / max(1, len(said)))
        return {f"CER ({normaliser(self.settings)}), the mean of clips": rates}

    def pinned(self) -> Clip:
        """A sentence that training leaves out, with its words."""
        clip = asset.open_bundled("speech-1")
        text = self._plain(clip.labels[0].text)
        return replace(clip, labels=(*clip.labels, *self._spread(clip.read()[:, 0], text, clip.rate)))


def _frontend() -> tuple[Link, ...]:
    heard = catalog.load("stages", "logmel").Settings(n_mels=80, hop=HOP, fmax=8000.0)
    # Fixed statistics, so that the network can run live, and hears as much at once as later.
    fixed = catalog.load("stages", "normalise").Settings(
        over="global", mean=(_MEAN,) * heard.n_mels, std=(_STD,) * heard.n_mels
    )
    return Link("logmel", heard), Link("normalise", fixed)
