"""Noisy speech made on the fly: a voice, a room, noises, an SNR and a level, drawn from a generator of chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Rng = np.random.Generator

RATE = 16000
_POINTS = 6  # of a random equaliser, evenly spaced over the mel scale


@dataclass(frozen=True)
class Manner:
    """How mixtures are drawn: SNR and level uniformly in decibels, the rest as shares of all mixtures."""

    snr: tuple[float, float] = (-10.0, 15.0)
    level: tuple[float, float] = (-38.0, -12.0)
    """Of the mixture's mean power, over full scale."""
    speed: float = 0.15
    """A voice is played so much faster or slower at most, with its pitch and its formants."""
    equaliser: float = 6.0
    """Decibels by which a random equaliser lifts or lowers at most."""
    reverb: float = 0.3
    made: float = 0.35
    """Share of noises that are made by `made_noise`."""
    grains: float = 0.1
    """Share of those that are put together of short pieces of others; the rest is recorded."""
    babble: float = 0.06
    second: float = 0.15
    """Share of mixtures with two noises."""


@dataclass(frozen=True)
class Sources:
    """What mixtures are made of, sounds float32 [n] at RATE: voices by speaker, noises, rooms' responses."""

    voices: Sequence[Sequence[Callable[[], Array]]]
    noises: Sequence[Callable[[], Array]]
    rooms: Sequence[Callable[[], Array]] = ()


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
            one = _recorded(sources.noises[int(rng.integers(len(sources.noises)))](), n, rng)
        one = _filtered(one, manner, (), rng)
        total += one * np.float32(
            10 ** (rng.uniform(-6, 6) / 20) / max(float(np.sqrt(np.square(one).mean())), 1e-4)
        )
    return total


def babble(sources: Sources, manner: Manner, n: int, rng: Rng) -> Array:
    """Three to nine voices at once [n]."""
    voices = [speech(sources, manner, n, rng) for _ in range(int(rng.integers(3, 10)))]
    return np.sum(
        [each * np.float32(10 ** (rng.uniform(-6, 3) / 20)) for each in voices], axis=0, dtype=np.float32
    )


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
            found = sources.noises[int(rng.integers(len(sources.noises)))]()
            pace = float(2 ** rng.uniform(-2, 2))
        seconds = float(np.exp(rng.uniform(np.log(0.03), np.log(0.8))))
        grain = _unit(_piece(found, int(RATE * seconds), pace * rng.uniform(0.8, 1.25), rng))
        grain *= _swell(len(grain), rng)
        every = seconds * rng.uniform(1.0, 6.0)
        begin, steady = rng.uniform(0, every), rng.random() < 0.5
        while begin * RATE < n:
            at, loud = int(begin * RATE), np.float32(rng.lognormal(0, 0.4))
            stop = min(n, at + len(grain))
            total[at:stop] += grain[: stop - at] * loud
            begin += every * (rng.uniform(0.95, 1.05) if steady else rng.exponential(1.0) + 0.1)
    return total + _unit(_coloured(n, rng)) * np.float32(_size(total) * 10 ** (rng.uniform(-40, -8) / 20))


def _swell(n: int, rng: Rng) -> Array:
    """An envelope [n]: up within a part, then down, fast or slowly."""
    t = np.linspace(0, 1, n, dtype=np.float32)
    rise = np.float32(rng.uniform(0.005, 0.5))
    return np.minimum(t / rise, 1) * ((1 - t) ** np.float32(rng.uniform(0.3, 4)))


def _recorded(sound: Array, n: int, rng: Rng) -> Array:
    """A piece of a recording [n], at times faster or slower."""
    pace = float(2 ** rng.uniform(-0.7, 0.7)) if rng.random() < 0.5 else 1.0
    return _piece(sound, n, pace, rng)


def _piece(sound: Array, n: int, pace: float, rng: Rng) -> Array:
    """From anywhere in a recording [n], so much faster, at times backwards; repeated where it is too short."""
    wanted = int(n * pace) + 2
    begin = int(rng.integers(max(1, len(sound) - wanted + 1)))
    piece = sound[begin : begin + wanted] if len(sound) >= wanted else np.resize(sound, wanted)
    if rng.random() < 0.3:
        piece = piece[::-1]
    return np.interp(np.arange(n) * pace, np.arange(wanted), piece).astype(np.float32)


def made_noise(n: int, rng: Rng) -> Array:
    """A noise that nobody recorded [n]: of a colour, throbbing, humming, beeping, calling, or many small blows."""
    kinds = (_coloured, _throbbing, _humming, _blows, _beeping, _calling)
    return kinds[int(rng.choice(6, p=(0.3, 0.15, 0.15, 0.12, 0.12, 0.16)))](n, rng)


def _coloured(n: int, rng: Rng) -> Array:
    import scipy.fft

    size = scipy.fft.next_fast_len(n, real=True)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    slope = (np.maximum(hertz, 40) / 1000) ** rng.uniform(-1.2, 0.3)
    shape = 10 ** (_curve(hertz, 12.0, rng) / 20) * slope
    bins = scipy.fft.rfft(rng.standard_normal(size, np.float32)) * shape.astype(np.float32)
    return scipy.fft.irfft(bins, size)[:n].astype(np.float32)


def _throbbing(n: int, rng: Rng) -> Array:
    """Noise whose loudness wanders: wind, waves, passing cars."""
    count = max(2, int(n / RATE * rng.uniform(1, 12)))
    swell = np.interp(np.linspace(0, count - 1, n), np.arange(count), rng.uniform(-18, 6, count))
    return (_coloured(n, rng) * 10 ** (swell / 20)).astype(np.float32)


def _humming(n: int, rng: Rng) -> Array:
    """Harmonics of a wandering pitch under a colour: motors, mains, fans."""
    base, count = float(np.exp(rng.uniform(np.log(30), np.log(500)))), int(rng.integers(3, 30))
    points = np.interp(np.linspace(0, 5, n), np.arange(6), rng.normal(0, rng.uniform(0, 0.06), 6))
    phase = np.cumsum(base * np.exp(points)) * (2 * np.pi / RATE)
    total, slope = np.zeros(n), rng.uniform(0.3, 1.5)
    for k in range(1, count + 1):
        if base * k * 1.2 < RATE / 2:
            total += k**-slope * rng.uniform(0.1, 1) * np.sin(k * phase + rng.uniform(0, 6.28))
    total /= max(float(total.std()), 1e-6)
    return (total + _unit(_coloured(n, rng)) * 10 ** (rng.uniform(-30, 0) / 20)).astype(np.float32)


def _blows(n: int, rng: Rng) -> Array:
    """Short ringing blows at random times: keys, dishes, steps, rain on a roof."""
    total, rate = np.zeros(n, np.float32), float(np.exp(rng.uniform(np.log(2), np.log(60))))
    for begin in rng.integers(0, n, max(1, int(rate * n / RATE))):
        t = np.arange(int(RATE * rng.uniform(0.005, 0.15)), dtype=np.float32) / RATE
        ring = np.sin(6.2832 * rng.uniform(200, 6000) * t) + rng.standard_normal(len(t), np.float32) * rng.uniform(
            0, 2
        )
        blow = (ring * np.exp(-t * rng.uniform(20, 400)) * rng.lognormal(0, 0.8)).astype(np.float32)
        end = min(n, int(begin) + len(blow))
        total[begin:end] += blow[: end - begin]
    return total + _unit(_coloured(n, rng)) * np.float32(_size(total) * 10 ** (rng.uniform(-30, -5) / 20))


def _beeping(n: int, rng: Rng) -> Array:
    """Tones that come and go and slide: alarms, phones, sirens, birds."""
    t = np.arange(n) / RATE
    total = np.zeros(n)
    for _ in range(int(rng.integers(1, 4))):
        low = rng.uniform(300, 4000)
        swing = rng.uniform(0, 0.4) * np.sin(2 * np.pi * rng.uniform(0.3, 8) * t)
        gate = np.sin(2 * np.pi * rng.uniform(0.3, 6) * t + rng.uniform(0, 6.28)) > rng.uniform(-1, 0.7)
        total += np.sin(2 * np.pi * np.cumsum(low * (1 + swing)) / RATE) * gate * rng.uniform(0.2, 1)
    return (total + _unit(_coloured(n, rng)) * 10 ** (rng.uniform(-35, -5) / 20)).astype(np.float32)


def _calling(n: int, rng: Rng) -> Array:
    """Short harmonic sounds whose pitch bends, with a resonance and some roughness: dogs, birds, babies, horns."""
    total, begin = np.zeros(n), 0.0
    pitch, bend = float(np.exp(rng.uniform(np.log(80), np.log(2500)))), rng.uniform(-0.8, 0.8)
    length, rest = float(np.exp(rng.uniform(np.log(0.05), np.log(1.0)))), float(rng.uniform(0.05, 1.0))
    resonance, rough = rng.uniform(400, 4000), rng.uniform(0, 1) * (rng.random() < 0.5)
    while begin < n / RATE:
        seconds = length * rng.uniform(0.6, 1.4)
        t = np.arange(int(RATE * seconds)) / RATE
        curve = pitch * rng.uniform(0.8, 1.25) * 2 ** (bend * np.sin(np.pi * (t / seconds) ** rng.uniform(0.5, 2)))
        phase, one = 2 * np.pi * np.cumsum(curve) / RATE, np.zeros(len(t))
        for k in range(1, min(25, max(2, int(7000 / pitch)))):
            gain = 1 / (1 + ((k * pitch - resonance) / 700) ** 2) + 0.1 / k
            one += gain * np.sin(k * phase) * (k * curve < RATE / 2)
        one *= 1 + rough * np.sin(2 * np.pi * rng.uniform(20, 90) * t)
        one += rough * rng.standard_normal(len(t)) * one.std()
        at = int(begin * RATE)
        stop = min(n, at + len(one))
        total[at:stop] += (one * _swell(len(one), rng))[: stop - at]
        begin += seconds + rest * rng.uniform(0.3, 2)
    quiet = _unit(_coloured(n, rng)) * (float(total.std()) * 10 ** (rng.uniform(-40, -8) / 20) + 1e-6)
    return (total + quiet).astype(np.float32)


def _filtered(sound: Array, manner: Manner, rooms: Sequence[Callable[[], Array]], rng: Rng) -> Array:
    """Through a random equaliser, and at times through a room: one transform for both."""
    import scipy.fft

    room = _room(rooms, rng) if rooms and rng.random() < manner.reverb else None
    size = scipy.fft.next_fast_len(len(sound) + (0 if room is None else len(room)), real=True)
    bins = scipy.fft.rfft(sound, size)
    bins *= (10 ** (_curve(np.fft.rfftfreq(size, 1 / RATE), manner.equaliser, rng) / 20)).astype(np.float32)
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


def _curve(hertz: NDArray[np.floating], most: float, rng: Rng) -> NDArray[np.floating]:
    """Decibels [len(hertz)], smooth over frequency, within +-most."""
    places = 700 * (10 ** (np.linspace(0, 2840, _POINTS) / 2595) - 1)
    return np.interp(hertz, places, rng.uniform(-most, most, _POINTS))


def _unit(sound: Array) -> Array:
    return sound / np.float32(_size(sound))


def _size(sound: Array) -> float:
    """Its standard deviation; of silence, so much that a division leaves it silent."""
    return max(float(sound.std()), 1e-5)
