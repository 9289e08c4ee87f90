"""Analytics of a recording: how long somebody talks, how far above the noise, and how fast."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from engine.clip import Clip

    Array = NDArray[np.float32]

RATE, HOP = 16_000, 512
"""Samples a second, and of a frame of voice activity."""
SPEECH, PAUSE = 0.5, 0.35
"""Above the first somebody begins to talk; below the second, nobody talks any more."""
GAP, BURST, AWAY = 0.3, 0.1, 0.1
"""Seconds: a shorter pause is none, a shorter talk is none, and so far from talk there is noise alone."""
_BLOCK = 60 * RATE


@dataclass(frozen=True)
class Analysis:
    """Figures of one recording; None where one cannot be told.

    `talk` and `longest_pause` are seconds. `snr` is the power of what is said over that of what is heard in
    pauses, in decibel; None without talk or pauses. `level` is the RMS of talk, in dB of full scale.
    """

    seconds: float
    talk: float
    pauses: int
    longest_pause: float
    snr: float | None
    level: float | None
    clipped: float
    """Share of the samples that are at full scale."""
    words: int | None = None

    @property
    def share(self) -> float:
        """Of the recording in which somebody talks."""
        return self.talk / max(self.seconds, 1e-9)

    @property
    def rate(self) -> float | None:
        """Words a minute of talk, and None where words are not known or nobody talks."""
        return None if self.words is None or not self.talk else 60 * self.words / self.talk

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "talk_share": self.share, "words_a_minute": self.rate}


def measure(clip: Clip, words: int | None = None, activity: Callable[[Array], Array] | None = None) -> Analysis:
    """The figures of a clip of any rate and channels. Raises ActivityError where nothing tells speech from pauses.

    `activity` maps sound at RATE to the probability of speech in each frame of HOP samples, as Activity.push does.
    """
    if activity is None:
        from engine.activity import Activity

        activity = Activity().push
    chances, powers, clipped = [np.zeros(0, np.float32)], [np.zeros(0)], 0
    rest = np.zeros(0, np.float32)
    for block, loud in _blocks(clip):
        clipped += loud
        chances.append(activity(block))
        rest = np.concatenate([rest, block])
        count = len(rest) // HOP
        powers.append(np.square(rest[: count * HOP].reshape(-1, HOP), dtype=np.float64).mean(axis=1))
        rest = rest[count * HOP :]
    chance, power = np.concatenate(chances), np.concatenate(powers)
    talks = talking(chance)
    quiet = ~_near(talks, round(AWAY * RATE / HOP))
    stretches = [(start, stop) for start, stop in _runs(talks)]
    between = [(one[1], other[0]) for one, other in itertools.pairwise(stretches)]
    lengths = [(stop - start) * HOP / RATE for start, stop in between]
    loudness = float(power[talks].mean()) if talks.any() else 0.0
    return Analysis(
        clip.seconds,
        min(clip.seconds, float(talks.sum()) * HOP / RATE),
        len(between),
        max(lengths, default=0.0),
        _ratio(loudness, float(power[quiet].mean()) if quiet.any() else None),
        10 * float(np.log10(loudness)) if loudness > 0 else None,
        clipped / max(1, clip.frames * clip.channels),
        words,
    )


def talking(chance: Array) -> NDArray[np.bool_]:
    """Whether somebody talks in each frame, from the probabilities [m]."""
    found = np.zeros(len(chance), bool)
    talks = False
    for place, value in enumerate(chance.tolist()):
        talks = value >= SPEECH or (talks and value >= PAUSE)
        found[place] = talks
    for wanted, shortest in ((False, GAP), (True, BURST)):
        for start, stop in _runs(found == wanted):
            inside = start > 0 and stop < len(found)
            if (stop - start) * HOP / RATE < shortest and (inside or wanted):
                found[start:stop] = not wanted
    return found


def _ratio(loud: float, noise: float | None) -> float | None:
    """(S + N) and N as the SNR in decibel; None where it cannot be told."""
    if noise is None or loud <= noise or noise <= 0:
        return None
    return 10 * float(np.log10((loud - noise) / noise))


def _near(talks: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
    """Frames of talk and those so near to one."""
    made = np.convolve(talks, np.ones(2 * frames + 1), "same") if len(talks) else np.zeros(0)
    return made[: len(talks)] > 0.5


def _runs(where: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Beginnings and ends of the stretches that are true."""
    edges = np.flatnonzero(np.diff(np.r_[False, where, False].astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _blocks(clip: Clip) -> Iterator[tuple[Array, int]]:
    """The sound, mono at RATE, in blocks; and how many samples of each are at full scale."""
    import soxr

    stream = soxr.ResampleStream(clip.rate, RATE, 1) if clip.rate != RATE else None
    for start in range(0, clip.frames, _BLOCK):
        part = clip.read(start, min(clip.frames, start + _BLOCK))
        part = np.nan_to_num(part)
        mono, loud = part.mean(axis=1, dtype=np.float32), int((np.abs(part) >= 1 - 1 / 32768).sum())
        last = start + _BLOCK >= clip.frames
        yield (mono if stream is None else stream.resample_chunk(mono, last=last).astype(np.float32)), loud
