"""Noisy speech made on the fly: a voice, a room, noises, an SNR and a level, drawn from a generator of chance."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.invented import RATE, coloured, curve, made_noise, size_of, swell, unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Rng = np.random.Generator


@dataclass(frozen=True)
class Manner:
    """How mixtures are drawn: SNR and level uniformly in decibels, the rest as shares of all mixtures."""

    snr: tuple[float, float] = (-10.0, 15.0)
    level: tuple[float, float] = (-38.0, -12.0)
    """Of the mixture's mean power, over full scale."""
    speed: float = 0.2
    """A voice is played so much faster or slower at most, with its pitch and its formants."""
    equaliser: float = 5.0
    """Decibels by which a random equaliser lifts or lowers at most."""
    reverb: float = 0.3
    made: float = 0.15
    """Share of noises that are made by `made_noise`."""
    grains: float = 0.05
    """Share of those that are put together of short pieces of others; the rest is recorded."""
    babble: float = 0.08
    second: float = 0.2
    """Share of mixtures with two noises."""


@dataclass(frozen=True)
class Sources:
    """What mixtures are made of, sounds float32 [n] at RATE: voices by speaker, noises, rooms' responses."""

    voices: Sequence[Sequence[Callable[[], Array]]]
    noises: Sequence[Callable[[], Array]]
    rooms: Sequence[Callable[[], Array]] = ()
    shares: Sequence[float] = ()
    """How often each noise is drawn, beside the others; all alike where it is empty."""

    def noise(self, rng: Rng) -> Array:
        """One of the noises, whole."""
        return self.noises[int(rng.choice(len(self._chances), p=self._chances))]()

    @functools.cached_property
    def _chances(self) -> NDArray[np.float64]:
        """That of each noise, [len(noises)]: there may be thousands, and a mixture draws many."""
        shares = np.asarray(self.shares or np.ones(len(self.noises)), np.float64)
        return shares / shares.sum()


def mixture(sources: Sources, manner: Manner, n: int, rng: Rng) -> tuple[Array, Array]:
    """Noisy and clean [n]. What is clean has its room and its equaliser: only the noise is to go."""
    clean = _filtered(speech(sources, manner, n, rng), manner, sources.rooms, rng)
    noise = _noise(sources, manner, n, rng)
    return at(clean, noise, rng.uniform(*manner.snr), rng.uniform(*manner.level))


def at(clean: Array, noise: Array, snr: float, level: float | None = None) -> tuple[Array, Array]:
    """Noisy and clean with the noise so many dB under the speech, and the mixture at `level` dB over full scale.

    SNR is mean power over mean power of all n samples. Nothing clips: the level gives way to the peak. None leaves
    the speech as loud as it is.
    """
    power, other = (float(np.square(each, dtype=np.float64).mean()) for each in (clean, noise))
    if power > 1e-12 and other > 1e-12:
        noise = noise * np.float32(np.sqrt(power / other) * 10 ** (-snr / 20))
    noisy = clean + noise
    if level is None:
        return noisy, clean
    root = float(np.sqrt(np.square(noisy, dtype=np.float64).mean()))
    gain = np.float32(min(10 ** (level / 20) / max(root, 1e-6), 0.98 / max(float(np.abs(noisy).max()), 1e-6)))
    return noisy * gain, clean * gain


def speech(sources: Sources, manner: Manner, n: int, rng: Rng) -> Array:
    """Sentences of one voice behind each other, some with a pause between them [n], at mean power 1 or silent."""
    share = np.sqrt([len(each) for each in sources.voices])
    speaker = sources.voices[int(rng.choice(len(share), p=share / share.sum()))]
    pace = float(np.exp(rng.uniform(-1, 1) * np.log1p(manner.speed)))
    wanted, have = int(n * pace) + 2, 0
    parts: list[Array] = []
    while have < wanted:
        said = speaker[int(rng.integers(len(speaker)))]()
        if not parts and len(said) > wanted:
            begin = int(rng.integers(len(said) - wanted + 1))
            said = said[begin : begin + wanted]
        said = said / max(float(np.sqrt(np.square(said).mean())), 1e-4)
        pause = int(RATE * rng.uniform(0.05, 0.6)) if rng.random() < 0.7 else 0
        parts += [said, np.zeros(pause, np.float32)]
        have += len(said) + pause
    joined = np.concatenate(parts)[:wanted]
    places = np.arange(n) * pace
    return np.interp(places, np.arange(len(joined)), joined).astype(np.float32)


def _noise(sources: Sources, manner: Manner, n: int, rng: Rng) -> Array:
    total = np.zeros(n, np.float32)
    for _ in range(2 if rng.random() < manner.second else 1):
        drawn = rng.random()
        if drawn < manner.babble:
            one = babble(sources, manner, n, rng)
        elif drawn < manner.babble + manner.made or not sources.noises:
            one = made_noise(n, rng)
        elif drawn < manner.babble + manner.made + manner.grains:
            one = grains(sources, n, rng)
        else:
            one = _recorded(sources.noise(rng), n, rng)
        one = _filtered(one, manner, (), rng)
        total += one * np.float32(
            10 ** (rng.uniform(-6, 6) / 20) / max(float(np.sqrt(np.square(one).mean())), 1e-4)
        )
    return total


def babble(sources: Sources, manner: Manner, n: int, rng: Rng) -> Array:
    """Three to nine voices at once [n], or a hall full of them."""
    voices = [speech(sources, manner, n, rng) for _ in range(int(rng.integers(3, 10)))]
    total = np.zeros(n, np.float32)
    for each in voices:
        total += each * np.float32(10 ** (rng.uniform(-6, 3) / 20))
    if rng.random() < 0.5:
        return total
    for _ in range(int(rng.integers(1, 5))):  # the same ones at other times are as many others
        total = total + np.roll(total, int(rng.integers(n)))[:: 1 if rng.random() < 0.5 else -1]
    tail = rng.standard_normal(RATE // 2, np.float32) * np.exp(-np.linspace(0, rng.uniform(4, 14), RATE // 2))
    far = _convolved(total, tail.astype(np.float32))
    return unit(total) * np.float32(rng.uniform(0, 1)) + unit(far)


def grains(sources: Sources, n: int, rng: Rng) -> Array:
    """Short pieces of noises, music and voices, much too fast, too slow or backwards, again and again [n].

    So a few recordings give many barks, knocks, calls and rattles.
    """
    total = np.zeros(n, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        if rng.random() < 0.1:
            speaker = sources.voices[int(rng.integers(len(sources.voices)))]
            found, pace = speaker[int(rng.integers(len(speaker)))](), float(rng.choice([0.35, 0.5, 1.9, 2.7]))
        else:
            found = sources.noise(rng)
            pace = float(2 ** rng.uniform(-2, 2))
        seconds = float(np.exp(rng.uniform(np.log(0.03), np.log(0.8))))
        grain = unit(_piece(found, int(RATE * seconds), pace * rng.uniform(0.8, 1.25), rng))
        grain *= swell(len(grain), rng)
        every = seconds * rng.uniform(1.0, 6.0)
        begin, steady = rng.uniform(0, every), rng.random() < 0.5
        while begin * RATE < n:
            at, loud = int(begin * RATE), np.float32(rng.lognormal(0, 0.4))
            stop = min(n, at + len(grain))
            total[at:stop] += grain[: stop - at] * loud
            begin += every * (rng.uniform(0.95, 1.05) if steady else rng.exponential(1.0) + 0.1)
    return total + unit(coloured(n, rng)) * np.float32(size_of(total) * 10 ** (rng.uniform(-40, -8) / 20))


def _recorded(sound: Array, n: int, rng: Rng) -> Array:
    """A piece of a recording [n], at times faster or slower; a short one comes again, at times after pauses."""
    pace = float(2 ** rng.uniform(-0.5, 0.5)) if rng.random() < 0.3 else 1.0
    long = int(len(sound) / pace)
    if not 0 < long < n or rng.random() < 0.3:
        return _piece(sound, n, pace, rng)
    one, total, begin = _piece(sound, long, pace, rng), np.zeros(n, np.float32), -int(rng.integers(long))
    while begin < n:
        first, stop = max(begin, 0), min(n, begin + long)
        total[first:stop] += one[first - begin : stop - begin] * np.float32(rng.lognormal(0, 0.2))
        begin += long + int(RATE * rng.exponential(0.3))
    return total


def _piece(sound: Array, n: int, pace: float, rng: Rng) -> Array:
    """From anywhere in a recording [n], so much faster, at times backwards; repeated where it is too short."""
    wanted = int(n * pace) + 2
    begin = int(rng.integers(max(1, len(sound) - wanted + 1)))
    piece = sound[begin : begin + wanted] if len(sound) >= wanted else np.resize(sound, wanted)
    if rng.random() < 0.1:
        piece = piece[::-1]
    return np.interp(np.arange(n) * pace, np.arange(wanted), piece).astype(np.float32)


def _convolved(sound: Array, response: Array) -> Array:
    """[n], as long as the sound."""
    import scipy.fft

    size = scipy.fft.next_fast_len(len(sound) + len(response), real=True)
    bins = scipy.fft.rfft(sound, size) * scipy.fft.rfft(response, size)
    return scipy.fft.irfft(bins, size)[: len(sound)].astype(np.float32)


def _filtered(sound: Array, manner: Manner, rooms: Sequence[Callable[[], Array]], rng: Rng) -> Array:
    """Through a random equaliser, and at times through a room: one transform for both."""
    import scipy.fft

    room = _room(rooms, rng) if rooms and rng.random() < manner.reverb else None
    size = scipy.fft.next_fast_len(len(sound) + (0 if room is None else len(room)), real=True)
    bins = scipy.fft.rfft(sound, size)
    bins *= (10 ** (curve(np.fft.rfftfreq(size, 1 / RATE), manner.equaliser, rng) / 20)).astype(np.float32)
    if room is not None:
        bins *= scipy.fft.rfft(room, size)
    return scipy.fft.irfft(bins, size)[: len(sound)].astype(np.float32)


def _room(rooms: Sequence[Callable[[], Array]], rng: Rng) -> Array:
    """A measured room, or noise that dies away behind a direct sound; the direct sound comes first, at 1."""
    if rng.random() < 0.5:
        found = rooms[int(rng.integers(len(rooms)))]()
        first = int(np.argmax(np.abs(found)))
        return found[first : first + RATE // 2] / np.float32(max(abs(float(found[first])), 1e-6))
    seconds = rng.uniform(0.1, 0.7)
    t = np.arange(int(RATE * min(seconds, 0.5)), dtype=np.float32) / RATE
    tail = (
        rng.standard_normal(len(t), np.float32) * np.exp(-6.9 * t / seconds) * np.float32(rng.uniform(0.01, 0.08))
    )
    tail[: int(RATE * rng.uniform(0.001, 0.01))] = 0
    tail[0] = 1
    return tail.astype(np.float32)
