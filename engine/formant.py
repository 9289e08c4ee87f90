"""A formant synthesiser: glottal pulses and noise through resonators that move from phoneme to phoneme.

Source and filter as in G. Fant's theory; the resonator is D. Klatt's (1980): y[n] = A x[n] + B y[n-1] + C y[n-2]
with C = -exp(-2 pi bw / rate), B = 2 exp(-pi bw / rate) cos(2 pi f / rate), A = 1 - B - C.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.clip import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Factors = NDArray[np.float64]
    Tune = Callable[[Factors], tuple[Factors, Factors]]

RATE = 16000
BLOCK = 80  # samples between two settings of the resonators: 5 ms
TRANSITION = 0.045  # seconds in which the formants of a vowel reach their target
_BANDWIDTHS = np.array([60.0, 90.0, 130.0, 200.0])
_NASAL_BANDWIDTHS = np.array([70.0, 250.0, 300.0, 350.0])
_FIFTH = (4500.0, 300.0)  # the fifth formant and its bandwidth hardly move
_NEUTRAL = np.array([500.0, 1500.0, 2500.0, 3500.0])  # a tube of 17.5 cm, closed at one end


@dataclass(frozen=True)
class Phone:
    """One phoneme. For a vowel `formants` is its target; for a consonant, where the vowels beside it point to.

    Hertz for a vocal tract of scale 1; `noise` is centre and bandwidth of its burst or frication.
    """

    kind: Literal["vowel", "stop", "fricative", "nasal"]
    formants: tuple[float, float, float, float]
    seconds: tuple[float, float]
    noise: tuple[float, float] = (0.0, 0.0)
    level: float = 1.0


PHONES: dict[str, Phone] = {
    "k": Phone("stop", (300, 1900, 2300, 3500), (0.09, 0.14), (2000, 600), 0.5),
    "æ": Phone("vowel", (690, 1660, 2490, 3500), (0.10, 0.20)),
    "t": Phone("stop", (300, 1750, 2650, 3600), (0.09, 0.14), (4200, 2000), 0.45),
    "s": Phone("fricative", (320, 1700, 2600, 3600), (0.08, 0.15), (5800, 1400), 0.30),
    "i": Phone("vowel", (280, 2250, 2900, 3600), (0.09, 0.18)),
    "m": Phone("nasal", (250, 950, 2150, 3400), (0.06, 0.12), level=0.45),
    "u": Phone("vowel", (310, 870, 2250, 3400), (0.09, 0.18)),
    "p": Phone("stop", (300, 750, 2150, 3400), (0.09, 0.14), (700, 900), 0.35),
    "n": Phone("nasal", (250, 1650, 2600, 3600), (0.06, 0.12), level=0.45),
    "a": Phone("vowel", (710, 1100, 2540, 3500), (0.10, 0.20)),
}
"""The ten phonemes, in the order in which a smaller set takes them: the first three say "cat"."""


@dataclass(frozen=True)
class Speaker:
    """A synthetic voice. `tract` divides every formant (1 for a man, about 0.85 for a woman).

    `bright` is the share of the last sample that is taken off the source: 0.7 is a voice that is not sleepy.
    """

    tract: float = 1.0
    f0: float = 120.0
    jitter: float = 0.01
    breath: float = 0.02
    rate: float = 1.0
    fall: float = 0.15
    bright: float = 0.7

    @classmethod
    def draw(cls, rng: np.random.Generator, tract: float = 0.0) -> Speaker:
        """A random voice, of a given tract if any: tract and pitch go together, loosely, as they do in people."""
        tract = tract or rng.uniform(0.80, 1.12)
        f0 = 120.0 * tract**-3.0 * rng.uniform(0.85, 1.2)
        return cls(
            tract,
            f0,
            rng.uniform(0.004, 0.02),
            rng.uniform(0.005, 0.05),
            rng.uniform(0.85, 1.2),
            rng.uniform(0, 0.25),
        )


@dataclass(frozen=True)
class Part:
    """A stretch of speech to be said: a phoneme, or a pause ("")."""

    phone: str
    seconds: float


def edges_of(parts: Sequence[Part]) -> NDArray[np.int64]:
    """The samples at 16 kHz between which each part lies, [len(parts) + 1]."""
    return np.round(np.cumsum([0.0, *(part.seconds for part in parts)]) * RATE).astype(np.int64)


def synthesise(
    parts: Sequence[Part], speaker: Speaker, rng: np.random.Generator, tune: Tune | None = None
) -> tuple[NDArray[np.float32], tuple[Label, ...]]:
    """Sound [n] at 16 kHz with a peak of 0.5, and labels (tier "phone") exact to the sample; pauses have none.

    `tune` gives the factors [n] by which the pitch and the loudness of the voice move, at times [n] in seconds.
    """
    edges = edges_of(parts)
    plan = _Plan(parts, edges / RATE)
    time = np.arange(edges[-1]) / RATE
    voiced, breath = plan.levels(time)
    bend, swell = tune(time) if tune is not None else (1.0, 1.0)
    source = voiced * swell * _glottis(time, speaker, rng, bend)
    source += (speaker.breath * voiced + breath) * rng.standard_normal(len(time)) * 0.04
    sound = _tract(source, *plan.resonances(len(time), speaker.tract))
    _hiss(sound, parts, edges, plan, speaker, rng)
    sound *= 0.5 / max(float(np.abs(sound).max(initial=0.0)), 1e-9)
    spans = zip(parts, edges[:-1] / RATE, edges[1:] / RATE, strict=True)
    labels = tuple(
        Label(float(start), float(end), part.phone, "phone") for part, start, end in spans if part.phone
    )
    return sound.astype(np.float32), labels


class _Plan:
    """When each articulator moves: break points of levels and formants over time in seconds."""

    def __init__(self, parts: Sequence[Part], edges: NDArray[np.float64]) -> None:
        self.parts = parts
        self.edges = edges
        self.targets = [self._target(index) for index in range(len(parts))]

    def levels(self, time: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Voicing and aspiration [n] at each time, with ramps of 8 ms inside each part."""
        voiced, breath = np.zeros_like(time), np.zeros_like(time)
        for index, part in enumerate(self.parts):
            if not part.phone:
                continue
            phone, start, end = PHONES[part.phone], self.edges[index], self.edges[index + 1]
            first, last = np.searchsorted(time, (start, end))
            inside = time[first:last]
            if phone.kind in ("vowel", "nasal"):
                ramp = np.minimum(inside - start, end - inside) / 0.008
                joined = self._voiced(index - 1), self._voiced(index + 1)
                ramp = np.where(
                    inside - start < end - inside, 1.0 if joined[0] else ramp, 1.0 if joined[1] else ramp
                )
                voiced[first:last] = phone.level * np.clip(ramp, 0, 1)
            elif phone.kind == "stop":
                # After the burst the breath falls off until the voice sets in.
                since = (inside - self.release(index)) / max(end - self.release(index), 1e-9)
                breath[first:last] = np.where(since >= 0, phone.level * np.clip(1 - since, 0, 1), 0.0)
        return voiced, breath

    def resonances(self, frames: int, tract: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Formants and bandwidths [blocks, 5] in hertz, at the middle of each block."""
        knots: list[float] = []
        values: list[NDArray[np.float64]] = []
        widths: list[NDArray[np.float64]] = []
        for index, part in enumerate(self.parts):
            start, end = self.edges[index], self.edges[index + 1]
            move = min(TRANSITION, (end - start) / 2.5)
            vowel = bool(part.phone) and PHONES[part.phone].kind == "vowel"
            nasal = bool(part.phone) and PHONES[part.phone].kind == "nasal"
            inner = (start + move, end - move) if vowel else (start + 1e-4, end - 1e-4)
            knots += [start, *inner]
            values += [self._boundary(index), self.targets[index], self.targets[index]]
            widths += [_BANDWIDTHS, *([_NASAL_BANDWIDTHS if nasal else _BANDWIDTHS] * 2)]
        middle = (np.arange(-(-frames // BLOCK)) + 0.5) * BLOCK / RATE
        tracks = np.stack([np.interp(middle, knots, column) for column in np.array(values).T], axis=1)
        spread = np.stack([np.interp(middle, knots, column) for column in np.array(widths).T], axis=1)
        fixed = np.broadcast_to(_FIFTH, (len(middle), 2))
        return np.c_[tracks, fixed[:, 0]] / tract, np.c_[spread, fixed[:, 1]]

    def release(self, index: int) -> float:
        """When the closure of a stop opens: its last 45 %."""
        start, end = self.edges[index], self.edges[index + 1]
        return float(start + 0.55 * (end - start))

    def burst(self, index: int) -> float:
        """Centre of a burst or frication in hertz; that of a velar follows the vowel beside it."""
        centre = PHONES[self.parts[index].phone].noise[0]
        if self.parts[index].phone == "k":
            return float(np.clip(self.targets[index][1] * 1.05, 900, 3000))
        return centre

    def _target(self, index: int) -> NDArray[np.float64]:
        name = self.parts[index].phone
        if not name:
            # In a pause the mouth stays as it was, so that the last sound rings out where it was.
            return self._target(index - 1) if index else _NEUTRAL
        target = np.array(PHONES[name].formants, np.float64)
        if PHONES[name].kind == "vowel":
            return target
        near = next((place for place in (index + 1, index - 1) if self._vowel(place)), None)
        if near is None:
            return target
        vowel = np.array(PHONES[self.parts[near].phone].formants)
        # Velars bring the second and third formant together wherever the vowel has them; others pull less.
        pull = 0.75 if name == "k" else 0.25
        target[1:] += pull * (vowel[1:] - target[1:])
        if name == "k":
            target[2] = target[1] + 350
            target[3] = max(target[3], target[2] + 500)
        return target

    def _boundary(self, index: int) -> NDArray[np.float64]:
        """Where the formants are between part `index - 1` and part `index`: nearer to the consonant."""
        if index == 0:
            return self.targets[0]
        before, after = self._vowel(index - 1), self._vowel(index)
        share = 0.5 if before == after else (0.35 if before else 0.65)
        if not self.parts[index].phone or not self.parts[index - 1].phone:
            share = 1.0 if self.parts[index].phone else 0.0
        return (1 - share) * self.targets[index - 1] + share * self.targets[index]

    def _vowel(self, index: int) -> bool:
        return self._kind(index) == "vowel"

    def _voiced(self, index: int) -> bool:
        return self._kind(index) in ("vowel", "nasal")

    def _kind(self, index: int) -> str:
        inside = 0 <= index < len(self.parts) and self.parts[index].phone
        return PHONES[self.parts[index].phone].kind if inside else ""


def pitch(time: NDArray[np.float64], speaker: Speaker) -> NDArray[np.float64]:
    """Hertz [n] at times [n] from the beginning of a clip to its end: they fall, but for jitter and tune."""
    length = max(time[-1], 1e-9) if len(time) else 1.0
    return speaker.f0 * (1 + speaker.fall * (0.5 - time / length))


def _glottis(
    time: NDArray[np.float64], speaker: Speaker, rng: np.random.Generator, bend: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """The derivative of A. Rosenberg's (1971) glottal flow, whose pitch falls over the clip, jitters and bends."""
    knots = np.arange(0, (max(time[-1], 1e-9) if len(time) else 1.0) + 0.02, 0.01)
    wander = speaker.jitter * rng.standard_normal(len(knots))
    hertz = pitch(time, speaker) * bend * (1 + np.interp(time, knots, wander))
    phase = np.cumsum(hertz) / RATE % 1.0
    rise = 0.5 * (1 - np.cos(np.pi * phase / 0.4))
    fall = np.cos(np.pi * (phase - 0.4) / 0.4)
    flow = np.where(phase < 0.4, rise, np.where(phase < 0.6, fall, 0.0))
    pulses = np.diff(flow, prepend=0.0)
    return pulses - speaker.bright * np.concatenate([[0.0], pulses[:-1]])


def _tract(
    source: NDArray[np.float64], formants: NDArray[np.float64], widths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The source [n] through a cascade of resonators that are set anew every block."""
    from scipy.signal import sosfilt

    sections = _resonators(formants, widths)
    state = np.zeros((formants.shape[1], 2))
    sound = np.empty_like(source)
    for index, section in enumerate(sections):
        place = slice(index * BLOCK, (index + 1) * BLOCK)
        sound[place], state = sosfilt(section, source[place], zi=state)
    return sound


def _resonators(centres: NDArray[np.float64], widths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Second-order sections [..., 6] of resonators with gain 1 at 0 Hz."""
    c = -np.exp(-2 * np.pi * widths / RATE)
    b = 2 * np.exp(-np.pi * widths / RATE) * np.cos(2 * np.pi * centres / RATE)
    zero, one = np.zeros_like(b), np.ones_like(b)
    return np.stack([1 - b - c, zero, zero, one, -b, -c], axis=-1)


def _hiss(
    sound: NDArray[np.float64],
    parts: Sequence[Part],
    edges: NDArray[np.int64],
    plan: _Plan,
    speaker: Speaker,
    rng: np.random.Generator,
) -> None:
    """Add frication and bursts to the sound, which is as loud as its vowels (its RMS where it is voiced)."""
    from scipy.signal import lfilter

    loud = float(np.sqrt(np.mean(np.square(sound[np.abs(sound) > 1e-4])))) if np.abs(sound).max() > 1e-4 else 1.0
    for index, part in enumerate(parts):
        phone = PHONES.get(part.phone)
        if phone is None or phone.kind not in ("stop", "fricative"):
            continue
        start = edges[index] if phone.kind == "fricative" else round(plan.release(index) * RATE)
        stop = edges[index + 1]
        centre = min(plan.burst(index) / speaker.tract, 7200.0)
        b = _resonators(np.array([centre]), np.array([phone.noise[1]]))[0]
        noise = lfilter([1.0, 0.0, -1.0], b[3:], rng.standard_normal(stop - start))
        noise *= phone.level * loud / max(float(np.sqrt(np.mean(np.square(noise)))), 1e-9)
        age = np.arange(stop - start) / RATE
        if phone.kind == "fricative":
            shape = np.clip(np.minimum(age, age[::-1]) / 0.012, 0, 1)
        else:
            shape = 2.0 * np.exp(-age / 0.009)
        sound[start:stop] += noise * shape
