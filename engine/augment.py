"""Augmentation for training: speed, shift, noise and rooms for sounds; masks and mixup for batches of features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import catalog, noises
from engine.masks import policy_masks, warp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.stages.specaugment import Settings as MaskSettings
    from engine.tasks.task import Batch

SPEEDS = (0.9, 1.0, 1.1)
"""Ko et al. 2015, Audio augmentation for speech recognition: they triple the set; the labels stay."""


def sped(sound: NDArray[np.float32], speed: float) -> NDArray[np.float32]:
    """Sound [n] to [round(n / speed)], played faster and so higher."""
    import soxr

    if speed == 1.0:
        return sound
    n = max(1, round(len(sound) / speed))
    found = soxr.resample(sound, 16000 * speed, 16000, quality="HQ")[:n]
    return np.pad(found, (0, n - len(found)))


def tripled(sound: NDArray[np.float32], speeds: Sequence[float] = SPEEDS) -> tuple[NDArray[np.float32], ...]:
    """The sound [n] at each speed."""
    return tuple(sped(sound, speed) for speed in speeds)


def shifted(
    sound: NDArray[np.float32], percent: float, rng: np.random.Generator, roll: bool = False
) -> NDArray[np.float32]:
    """Sound [n] moved by up to `percent` of its length to either side; the gap is silent, or the other end's."""
    most = int(len(sound) * percent / 100)
    by = int(rng.integers(-most, most + 1))
    moved = np.roll(sound, by)
    if not roll:
        moved[slice(0, by) if by >= 0 else slice(by, None)] = 0.0
    return moved


def noised(sound: NDArray[np.float32], noise: NDArray[np.float32], snr: float) -> NDArray[np.float32]:
    """Sound [n] with noise [n] at `snr` decibels over the whole; unchanged where either is silent."""
    powers = [float(np.dot(each, each)) for each in (sound, noise)]
    if min(powers) <= 0.0:
        return sound
    return sound + np.float32(np.sqrt(powers[0] / powers[1]) * 10.0 ** (-snr / 20.0)) * noise


def in_noise(
    sound: NDArray[np.float32],
    rate: int,
    rng: np.random.Generator,
    kinds: Sequence[str],
    snr: tuple[float, float] = (0.0, 30.0),
) -> NDArray[np.float32]:
    """Sound [n] in one of the `kinds` of noise, from anywhere in it, at an SNR drawn evenly from a range in dB."""
    kind = kinds[int(rng.integers(len(kinds)))]
    start = int(rng.integers(1 << 30))
    noise = noises.segment(kind, "", 0, rate, len(sound), start)
    return noised(sound, noise, float(rng.uniform(*snr)))


def in_room(
    sound: NDArray[np.float32],
    rate: int,
    rng: np.random.Generator,
    rt60: tuple[float, float] = (0.1, 0.8),
    rooms: int = 16,
) -> NDArray[np.float32]:
    """Sound [n] in one of `rooms` made rooms whose RT60 lies in a range of seconds; no tail, no delay."""
    import scipy.fft

    # Few rooms, so that their impulse responses stay in memory.
    room, amount = int(rng.integers(rooms)), round(float(rng.uniform(0.2, 1.0)), 1)
    seconds = round(rt60[0] + (rt60[1] - rt60[0]) * room / max(1, rooms - 1), 3)
    response = catalog.load("stages", "reverb").impulse(seconds, amount, "", room, rate)
    size = scipy.fft.next_fast_len(len(sound) + len(response) - 1, True)
    spectrum = scipy.fft.rfft(sound, size) * scipy.fft.rfft(response, size)
    return scipy.fft.irfft(spectrum, size)[: len(sound)].astype(np.float32)


def masked(
    x: NDArray[np.float32],
    lengths: Sequence[int] | NDArray[np.integer],
    settings: MaskSettings,
    rng: np.random.Generator,
    fill: float = 0.0,
) -> NDArray[np.float32]:
    """A batch x [B, T, F] under the random policy of SpecAugment's `settings`, each item with masks of its own.

    `fill` is the value of masked cells: 0 is the mean of normalised features. Padding beyond `lengths` stays.
    """
    out = x.copy()
    for item, length in zip(out, lengths, strict=True):
        n = int(length)
        if settings.warp:
            item[:n] = warp(item[:n], settings.warp, rng)
        for mask in policy_masks(settings, n, x.shape[2], rng):
            item[mask.start : mask.stop, mask.low : mask.high] = fill
    return out


@dataclass(frozen=True, eq=False)
class Mixed:
    """Two examples in one: x = share * own + (1 - share) * partner's, [B, T, F].

    The loss is share * loss(own targets) + (1 - share) * loss(partner's targets).
    """

    x: NDArray[np.float32]
    lengths: NDArray[np.int64]
    partner: NDArray[np.int64]
    share: float

    def loss(self, own: Any, partners: Any) -> Any:
        """The loss of the mix from the losses against both examples' targets."""
        return self.share * own + (1.0 - self.share) * partners

    def partners(self, batch: Batch) -> Batch:
        """The batch that was mixed, with every example's partner in its place."""
        spans = None if batch.spans is None else batch.spans[self.partner]
        return replace(
            batch,
            x=batch.x[self.partner],
            lengths=batch.lengths[self.partner],
            targets=batch.targets[self.partner],
            target_lengths=batch.target_lengths[self.partner],
            spans=spans,
            sounds=None if batch.sounds is None else batch.sounds[self.partner],
            texts=None if batch.texts is None else tuple(batch.texts[place] for place in self.partner),
        )


def mixup(
    x: NDArray[np.float32], lengths: NDArray[np.int64], rng: np.random.Generator, alpha: float = 0.2
) -> Mixed:
    """Every example of a batch with another one of it; the share is drawn from Beta(alpha, alpha).

    Zhang et al. 2018, mixup: Beyond empirical risk minimization. The mix is as long as the longer of the two.
    """
    share = float(rng.beta(alpha, alpha)) if alpha > 0 else 1.0
    partner = rng.permutation(len(x))
    mixed = np.float32(share) * x + np.float32(1.0 - share) * x[partner]
    return Mixed(mixed, np.maximum(lengths, lengths[partner]), partner, share)
