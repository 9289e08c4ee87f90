"""Separate: take two voices that speak at once apart, in whatever order they come."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, catalog, enhance, halves
from engine.clip import from_array
from engine.knob import Settings as Base
from engine.knob import knob
from engine.links import Chain
from engine.stages.stage import Format
from engine.tasks.task import Batch, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.clip import Clip, Label

TIER = ""
METRIC = "other voice left"
VOICES = 2
_PARTS = 1000  # of the other voice's power that are counted
_APART = 0.4  # seconds by which the second voice of the example begins later


@dataclass(frozen=True)
class Settings(Base):
    """What is mixed."""

    clips: int = knob(4000, 10, 1_000_000, log=True, effect="restart", help="Mixtures of an epoch of training")
    seconds: float = knob(2.0, 0.5, 20.0, step=0.1, unit="s", effect="restart", help="How long a mixture is")
    louder: float = knob(
        2.5, 0.0, 20.0, step=0.5, unit="dB", effect="restart", help="By how much one voice is louder at most"
    )
    speech: str = knob(
        "", file=True, effect="restart", help="A folder of your own clean voices, a folder a speaker"
    )
    seed: int = knob(0, 0, 2**31 - 1, effect="restart", help="Another seed, other mixtures")


def build(settings: Settings) -> Separate:
    return Separate(settings)


class Separate:
    """Mixtures of two speakers; the answers of a frame are samples of the one, then of the other."""

    rate = halves.RATE
    model = "convtasnet"
    knobs: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, settings: Settings) -> None:
        corpora: Any = catalog.load("corpora", "mixtures")
        keys = ("clips", "seconds", "speech", "seed")
        self.settings = settings
        self.corpus = corpora.build(corpora.Settings(**{key: getattr(settings, key) for key in keys}))
        self.frontend = enhance.frontend("wave")
        self.joins = enhance.JOINS["wave"]
        self.vocabulary = tuple(
            f"voice {voice + 1} {sample}" for voice in range(VOICES) for sample in enhance.vocabulary("wave")
        )

    def batches(self, split: str, size: int) -> int:
        return -(-len(self.corpus.split(split)) // size)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Mixtures, with the voices behind them in `sounds` [B, 1 + VOICES, n]."""
        _, items = numbers(len(self.corpus.split(split)), split, index, size, seed)
        epoch = seed if split == "train" else 0
        every = []
        for item in items:
            voices = self.corpus.voices(split, item, epoch, VOICES, self.settings.louder)
            every.append(np.concatenate([voices.sum(0, keepdims=True), voices]))
        sounds = np.stack(every)
        x = np.stack([self._heard(mix) for mix in sounds[:, 0]])
        lengths, nothing = np.full(len(items), x.shape[1], np.int64), np.zeros((len(items), 1), np.int64)
        return Batch(x, lengths, nothing, np.ones(len(items), np.int64), sounds=sounds)

    def _heard(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        chain = Chain(self.frontend, Format(float(self.rate)))
        return np.concatenate([chain.push(sound[:, None]), chain.flush()])

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """-SI-SDR in the better order, in dB."""
        from engine import losses, pit

        found, wanted, _ = self._voices(y, batch)
        return {"distortion": -pit.best(found, wanted)[0].clamp(max=losses.BEST).mean()}

    def measure(self, y: Any, out_lengths: Any, batch: Batch) -> dict[str, list[float]]:
        """SI-SDR of each mixture's voices in the better order, and how much better that is than the mixture's."""
        from engine import pit

        found, wanted, mix = self._voices(y, batch)
        value, before = pit.best(found, wanted)[0], pit.best(mix.expand_as(wanted), wanted)[0]
        return {"SI-SDR": value.tolist(), "SI-SDR gain": (value - before).tolist()}

    def _voices(self, y: Any, batch: Batch) -> tuple[Any, Any, Any]:
        """Found and wanted voices [B, VOICES, n], and the mixture [B, 1, n], in torch."""
        import torch

        assert batch.sounds is not None, "a batch of sounds"
        sounds = torch.from_numpy(batch.sounds).to(y.device)
        n, half = sounds.shape[-1], halves.HOP // 2
        found = [torch.nn.functional.pad(each.flatten(1)[:, half:], (0, half)) for each in y.chunk(VOICES, -1)]
        return torch.stack(found, 1)[..., :n], sounds[:, 1:], sounds[:, :1]

    def voices(self, logits: NDArray[np.float32], sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """The voices [VOICES, n] in a sound [n], as loud as they are in it, from the answers [T, C]."""
        from engine import pit

        found = [enhance.apply("wave", each, sound) for each in np.split(logits, VOICES, -1)]
        return pit.fitted(np.stack(found), sound)

    def cleaned(
        self, logits: NDArray[np.float32], sound: NDArray[np.float32], frames: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The first voice alone."""
        first: NDArray[np.float32] = self.voices(logits, sound)[0]
        return first

    def wrong(self, logits: NDArray[np.float32], batch: Batch, item: int) -> tuple[int, int]:
        """Of the power of the other voice, in thousandths, what is left or was made anew; and a thousand."""
        assert batch.sounds is not None
        mix, *wanted = batch.sounds[item].astype(np.float64)
        found = self.voices(logits, batch.sounds[item, 0])
        left = min(
            sum(np.square(a - b).sum() for a, b in zip(wanted, order, strict=True))
            for order in (found, found[::-1])
        )
        others = sum(np.square(mix - each).sum() for each in wanted)
        return min(10 * _PARTS, round(_PARTS * float(left / max(others, 1e-9)))), _PARTS

    def decode(self, logits: NDArray[np.float32], seconds_per_frame: float) -> tuple[Label, ...]:
        """Nothing is said of the sound."""
        return ()

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        """Nothing is said of the sound."""
        return 0, 0

    def pinned(self) -> Clip:
        """Two of the bundled voice's sentences at once."""
        first, second = (asset.open_bundled(f"speech-{number}") for number in (1, 2))
        late = round(_APART * first.rate)
        mix = np.zeros((max(first.frames, late + second.frames), 1), np.float32)
        mix[: first.frames] += 0.5 * first.read(0, first.frames)[:, :1]
        mix[late : late + second.frames] += 0.5 * second.read(0, second.frames)[:, :1]
        return from_array(mix[:, 0], first.rate, "two sentences at once")
