"""Noises that nobody recorded: of a colour, throbbing, humming, beeping, calling, bubbling, blows and bursts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Rng = np.random.Generator

RATE = 16000
_POINTS = 6  # of a random equaliser, evenly spaced over the mel scale


def made_noise(n: int, rng: Rng) -> Array:
    """A noise that nobody recorded [n]: of a colour, throbbing, humming, beeping, calling, or many small blows."""
    kinds = (coloured, _throbbing, _humming, _blows, _beeping, _calling, _bubbling, _bursting)
    return kinds[int(rng.choice(8, p=(0.2, 0.12, 0.12, 0.12, 0.08, 0.12, 0.1, 0.14)))](n, rng)


def coloured(n: int, rng: Rng) -> Array:
    import scipy.fft

    size = scipy.fft.next_fast_len(n, real=True)
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    slope = (np.maximum(hertz, 40) / 1000) ** rng.uniform(-1.2, 0.3)
    shape = 10 ** (curve(hertz, 12.0, rng) / 20) * slope
    bins = scipy.fft.rfft(rng.standard_normal(size, np.float32)) * shape.astype(np.float32)
    return scipy.fft.irfft(bins, size)[:n].astype(np.float32)


def _throbbing(n: int, rng: Rng) -> Array:
    """Noise whose loudness wanders: wind, waves, passing cars."""
    count = max(2, int(n / RATE * rng.uniform(1, 12)))
    swell = np.interp(np.linspace(0, count - 1, n), np.arange(count), rng.uniform(-18, 6, count))
    return (coloured(n, rng) * 10 ** (swell / 20)).astype(np.float32)


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
    return (total + unit(coloured(n, rng)) * 10 ** (rng.uniform(-30, 0) / 20)).astype(np.float32)


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
    return total + unit(coloured(n, rng)) * np.float32(size_of(total) * 10 ** (rng.uniform(-30, -5) / 20))


def _beeping(n: int, rng: Rng) -> Array:
    """Tones that come and go and slide: alarms, phones, sirens, birds."""
    t = np.arange(n) / RATE
    total = np.zeros(n)
    for _ in range(int(rng.integers(1, 4))):
        low = rng.uniform(300, 4000)
        swing = rng.uniform(0, 0.4) * np.sin(2 * np.pi * rng.uniform(0.3, 8) * t)
        gate = np.sin(2 * np.pi * rng.uniform(0.3, 6) * t + rng.uniform(0, 6.28)) > rng.uniform(-1, 0.7)
        total += np.sin(2 * np.pi * np.cumsum(low * (1 + swing)) / RATE) * gate * rng.uniform(0.2, 1)
    return (total + unit(coloured(n, rng)) * 10 ** (rng.uniform(-35, -5) / 20)).astype(np.float32)


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
        total[at:stop] += (one * swell(len(one), rng))[: stop - at]
        begin += seconds + rest * rng.uniform(0.3, 2)
    quiet = unit(coloured(n, rng)) * (float(total.std()) * 10 ** (rng.uniform(-40, -8) / 20) + 1e-6)
    return (total + quiet).astype(np.float32)


def _bubbling(n: int, rng: Rng) -> Array:
    """Bubbles, whose pitch rises while they die away: water that drips, runs or boils; and its hiss."""
    total, rate = np.zeros(n, np.float32), float(np.exp(rng.uniform(np.log(3), np.log(250))))
    middle, spread = float(np.exp(rng.uniform(np.log(400), np.log(3000)))), rng.uniform(0.1, 0.7)
    for begin in rng.integers(0, n, max(1, int(rate * n / RATE))):
        pitch = min(6000.0, middle * float(rng.lognormal(0, spread)))
        t = np.arange(int(RATE * min(0.15, rng.uniform(10, 60) / pitch)), dtype=np.float32) / RATE
        rise = 1 + t * np.float32(rng.uniform(0, 0.15) * pitch / 20)
        drop = np.sin(6.2832 * pitch * t * rise) * np.exp(-t * np.float32(pitch / rng.uniform(3, 15)))
        end = min(n, int(begin) + len(drop))
        total[begin:end] += (drop * rng.lognormal(0, 0.9))[: end - begin].astype(np.float32)
    return total + unit(coloured(n, rng)) * np.float32(size_of(total) * 10 ** (rng.uniform(-30, 5) / 20))


def _bursting(n: int, rng: Rng) -> Array:
    """Bursts through resonances, alone or in rows, of breath or voice: coughs, laughs, claps, steps, doors."""
    import scipy.fft

    points = scipy.fft.next_fast_len(n, real=True)
    hertz, shape = np.fft.rfftfreq(points, 1 / RATE), np.zeros(points // 2 + 1)
    for low, high in ((80, 900), (700, 2500), (1800, 5000)):
        width, loud = rng.uniform(60, 900), 10 ** (rng.uniform(-25, 0) / 20)
        shape += loud / np.sqrt(1 + ((hertz - rng.uniform(low, high)) / width) ** 2)
    source = rng.standard_normal(n)
    if rng.random() < 0.4:
        pitch = np.exp(rng.uniform(np.log(90), np.log(500)) + np.cumsum(rng.normal(0, 2e-3, n)))
        pulses = np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0)
        source = source * rng.uniform(0.02, 1) + pulses * 8
    heard = scipy.fft.irfft(scipy.fft.rfft(source, points) * shape, points)[:n]
    envelope, begin = np.zeros(n, np.float32), rng.uniform(0, 0.5)
    length, every = float(np.exp(rng.uniform(np.log(0.015), np.log(0.35)))), rng.uniform(1.2, 4.0)
    while begin * RATE < n:
        for _ in range(int(rng.integers(1, 8))):
            at, size = int(begin * RATE), np.float32(rng.lognormal(0, 0.4))
            stop = min(n, at + max(8, int(RATE * length * rng.uniform(0.7, 1.4))))
            if at < n:
                envelope[at:stop] += swell(stop - at, rng) * size
            begin += length * every
        begin += rng.exponential(0.8)
    quiet = unit(coloured(n, rng)) * np.float32(10 ** (rng.uniform(-45, -10) / 20))
    return (unit(heard * envelope) + quiet).astype(np.float32)


def curve(hertz: NDArray[np.floating], most: float, rng: Rng) -> NDArray[np.floating]:
    """Decibels [len(hertz)], smooth over frequency, within +-most."""
    places = 700 * (10 ** (np.linspace(0, 2840, _POINTS) / 2595) - 1)
    return np.interp(hertz, places, rng.uniform(-most, most, _POINTS))


def unit(sound: Array) -> Array:
    return sound / np.float32(size_of(sound))


def size_of(sound: Array) -> float:
    """Its standard deviation; of silence, so much that a division leaves it silent."""
    return max(float(sound.std()), 1e-5)


def swell(n: int, rng: Rng) -> Array:
    """An envelope [n]: up within a part, then down, fast or slowly."""
    t = np.linspace(0, 1, n, dtype=np.float32)
    rise = np.float32(rng.uniform(0.005, 0.5))
    return np.minimum(t / rise, 1) * ((1 - t) ** np.float32(rng.uniform(0.3, 4)))
