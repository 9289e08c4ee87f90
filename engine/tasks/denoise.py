"""Denoise: take the noise out of speech, by gains on its spectrum or by making the sound itself."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import asset, catalog, enhance, halves
from engine.knob import Settings as Base
from engine.knob import knob, knobs
from engine.tasks.task import Batch, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.adversary import Adversary
    from engine.clip import Clip, Label

TIER = ""
METRIC = "noise left"
COLLAPSED = 0.02
"""A mean of the mask below this lets nothing through: what shut it was worth more than what is heard."""
_PARTS = 1000  # of the noise's power that are counted


@dataclass(frozen=True)
class Settings(Base):
    """What is heard and answered, what is minimised, and what is mixed."""

    domain: str = knob(
        "steered",
        choices=tuple(enhance.DOMAINS),
        effect="restart",
        help="What the network hears and says: magnitudes and a mask, the same with phases, loudness over the "
        "noise floor and how a gain follows it (steered, in 96 bands), or the sound itself",
    )
    distortion: float = knob(0.5, 0.0, 10.0, step=0.1, help="Weight of -SI-SDR, in dB")
    spectral: float = knob(1.0, 0.0, 10.0, step=0.1, help="Weight of the error of compressed magnitudes, in dB")
    mse: float = knob(0.0, 0.0, 100.0, step=0.1, help="Weight of the squared error of compressed magnitudes")
    sparsity: float = knob(0.0, 0.0, 100.0, step=0.1, help="Weight of the mean of the mask: alone it shuts it")
    perceptual: float = knob(
        0.0, 0.0, 10.0, step=0.1, help="Weight of the distance of spectra of three window lengths"
    )
    absolute: float = knob(0.0, 0.0, 1000.0, step=1, help="Weight of the mean absolute error of the samples")
    adversarial: float = knob(
        0.0,
        0.0,
        100.0,
        step=0.1,
        help="Weight of fooling a discriminator, which learns beside to tell the result from clean sound; 0: none",
    )
    discriminator_lr: float = knob(
        2e-4, 1e-6, 0.1, log=True, label="discriminator's rate", help="Its learning rate, before the schedule"
    )
    corpus: str = knob(
        "mixtures",
        choices=("mixtures", "dns", "vctk_demand"),
        effect="restart",
        help="What is learnt from: mixtures made on the fly; the DNS Challenge, or your folders mixed as it does; "
        "VCTK-DEMAND. What is mixed already has SNRs of its own",
    )
    clips: int = knob(8000, 10, 1_000_000, log=True, effect="restart", help="Mixtures of an epoch of training")
    seconds: float = knob(2.0, 0.5, 20.0, step=0.1, unit="s", effect="restart", help="How long a mixture is")
    snr_low: float = knob(-10.0, -20.0, 40.0, unit="dB", effect="restart", help="The worst SNR in training")
    snr_high: float = knob(15.0, -20.0, 40.0, unit="dB", effect="restart", help="The best SNR in training")
    speech: str = knob(
        "", file=True, effect="restart", help="A folder of your own clean voices, a folder a speaker"
    )
    noise: str = knob("", file=True, effect="restart", help="A folder of your own noises")
    seed: int = knob(0, 0, 2**31 - 1, effect="restart", help="Another seed, other mixtures")


def build(settings: Settings) -> Denoise:
    return Denoise(settings)


class Denoise:
    """Mixtures, and how far from the clean speech what a network makes of them is."""

    rate = halves.RATE
    model = "recurrent"
    knobs: Mapping[str, Any] = MappingProxyType({"hidden": 256, "layers": 2, "residual": True})

    def __init__(self, settings: Settings) -> None:
        corpora: Any = catalog.load("corpora", settings.corpus)
        keys = ("clips", "seconds", "snr_low", "snr_high", "speech", "noise", "seed")
        self.settings = settings
        known = {each.name for each in knobs(corpora.Settings)}
        asked = {key: getattr(settings, key) for key in keys if key in known}
        self.corpus = corpora.build(corpora.Settings(**asked))
        self.frontend = enhance.frontend(settings.domain)
        self.vocabulary = enhance.vocabulary(settings.domain)
        self.joins = enhance.JOINS[settings.domain]

    def batches(self, split: str, size: int) -> int:
        return -(-len(self.corpus.split(split)) // size)

    def batch(self, split: str, index: int, size: int, seed: int) -> Batch:
        """Mixtures: of training, others in every epoch, whose number is a part of `seed`."""
        _, items = numbers(len(self.corpus.split(split)), split, index, size, seed)
        epoch = seed if split == "train" else 0
        sounds = np.stack([np.stack(self.corpus.pair(split, item, epoch)) for item in items])
        x = np.stack([enhance.frames(self.settings.domain, noisy) for noisy, _ in sounds])
        lengths, nothing = np.full(len(items), x.shape[1], np.int64), np.zeros((len(items), 1), np.int64)
        return Batch(x, lengths, nothing, np.ones(len(items), np.int64), sounds=sounds)

    def loss(self, y: Any, out_lengths: Any, batch: Batch) -> Mapping[str, Any]:
        """The terms whose weight is not 0, times their weights; but for that of fooling the discriminator, whose
        worth changes as that learns: it is no part of what is held out."""
        from engine import losses

        terms = dict(enhance.loss(self.settings, y, batch))
        if self.settings.absolute:
            found, clean, _ = self._judged(y, batch)
            terms["absolute"] = self.settings.absolute * losses.absolute(found, clean)
        return terms

    def opponent(self, seed: int, device: Any) -> Adversary | None:
        """A discriminator that learns beside the network, where the loss asks for one."""
        settings = self.settings
        if not settings.adversarial:
            return None
        from engine.adversary import Adversary

        return Adversary(self._judged, settings.adversarial, settings.discriminator_lr, seed, device)

    def _judged(self, y: Any, batch: Batch) -> tuple[Any, Any, Any]:
        """What is made, what is clean and what was noisy, [B, n]."""
        noisy, clean = enhance.sounds(batch, y)
        return enhance.enhanced(self.settings.domain, y, batch)[0], clean, noisy

    def watch(self, y: Any, out_lengths: Any, batch: Batch) -> dict[str, float]:
        """The mean of the mask, where there is one."""
        if self.settings.domain == "wave":
            return {}
        return {"mask": float(enhance.gains_of(self.settings.domain, y, batch).abs().mean())}

    def alarm(self, seen: Mapping[str, float]) -> str:
        """What is said where the mask has collapsed."""
        if seen.get("mask", 1.0) >= COLLAPSED:
            return ""
        return (
            f"The mask has collapsed: it lets {100 * seen['mask']:.1f} % through on average, so that nothing is "
            f"heard. Lower the weight of sparsity, which is {self.settings.sparsity:g}, and begin anew"
        )

    def measure(self, y: Any, out_lengths: Any, batch: Batch) -> dict[str, list[float]]:
        """SI-SDR of each clip in dB, and by how much that is better than the noisy one's."""
        from engine import losses

        noisy, clean = enhance.sounds(batch, y)
        found = losses.si_sdr(enhance.enhanced(self.settings.domain, y, batch)[0], clean)
        return {"SI-SDR": found.tolist(), "SI-SDR gain": (found - losses.si_sdr(noisy, clean)).tolist()}

    def wrong(self, logits: NDArray[np.float32], batch: Batch, item: int) -> tuple[int, int]:
        """Of the power of the noise, in thousandths, what is left or was made anew; and a thousand."""
        assert batch.sounds is not None
        noisy, clean = batch.sounds[item].astype(np.float64)
        left = np.square(enhance.apply(self.settings.domain, logits, batch.sounds[item, 0]) - clean).sum()
        return min(10 * _PARTS, round(_PARTS * float(left / max(np.square(noisy - clean).sum(), 1e-9)))), _PARTS

    def gains(self, logits: NDArray[np.float32], frames: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """How much of each frequency is left [T, BINS], by answers [T, C] to frames [T, F]; None of waves."""
        if self.settings.domain == "wave":
            return None
        return np.abs(enhance.mask(self.settings.domain, logits, frames[: len(logits)])).astype(np.float32)

    def cleaned(
        self, logits: NDArray[np.float32], sound: NDArray[np.float32], frames: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The sound [n] without its noise."""
        return enhance.apply(self.settings.domain, logits, sound, frames)

    def decode(self, logits: NDArray[np.float32], seconds_per_frame: float) -> tuple[Label, ...]:
        """Nothing is said of the sound."""
        return ()

    def errors(self, found: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
        """Nothing is said of the sound."""
        return 0, 0

    def pinned(self) -> Clip:
        return asset.open_bundled("speech-2")
