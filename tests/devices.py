"""Devices for tests: a microphone and a loudspeaker on clocks of their own, which stall and drift."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Time:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def spend(self, seconds: float) -> None:
        """So long for other threads, and no longer on this clock, however long the machine stands still."""
        time.sleep(seconds)
        self.now += seconds


class Speaker:
    """An Output that takes `rate` (1 + drift) frames a second of `time`, and keeps what it was given."""

    def __init__(self, time: Time, rate: int = 48_000, channels: int = 2, drift: float = 0.0) -> None:
        self.rate, self.channels, self.latency, self.alive = rate, channels, 0.02, True
        self.given: list[Array] = []
        self.heard: list[Array] = []
        """What the ear gets: silence too, where nothing was there."""
        self._time, self._pace, self._taken = time, rate * (1 + drift), 0
        self._waiting = np.zeros(0, np.float32)
        self.consumed = self.xruns = 0

    @property
    def queued(self) -> int:
        self._run()
        return len(self._waiting)

    def write(self, block: Array) -> None:
        assert block.shape[1] == self.channels
        self._run()
        self.given.append(block[:, 0].copy())
        self._waiting = np.concatenate([self._waiting, block[:, 0]])

    def close(self) -> None:
        self.alive = False

    def _run(self) -> None:
        due = int(self._time.now * self._pace) - self._taken
        self._taken += due
        there = min(due, len(self._waiting))
        self.heard += [self._waiting[:there], np.zeros(due - there, np.float32)]
        self._waiting = self._waiting[there:]
        self.consumed += there

    @property
    def sound(self) -> Array:
        return np.concatenate(self.given) if self.given else np.zeros(0, np.float32)

    @property
    def ear(self) -> Array:
        return np.concatenate(self.heard)


class Microphone:
    """A Source that gives a sound [n] as `time` goes on, in blocks of `period` seconds."""

    def __init__(self, time: Time, sound: Array, rate: int = 16_000, period: float = 0.01) -> None:
        self.rate, self.latency, self.dropped = rate, 0.01, 0
        self.error: str | None = None
        self.level = -20.0, -10.0, False
        self._time, self._sound, self._period, self._given = time, sound, period, 0
        self.held_until = 0.0
        """Nothing comes before this time: then all at once."""

    def read(self) -> Array:
        if self.error or self._time.now < self.held_until:
            return np.zeros(0, np.float32)
        due = int(int(self._time.now / self._period + 1e-9) * self._period * self.rate)
        block = self._sound[self._given : due]
        self._given += len(block)
        return block


class Frames:
    """A denoiser in frames with a memory: of every frame, 0.8 of it and 0.1 of a running sum; one frame late."""

    def __init__(self, size: int = 64, rate: int = 16_000) -> None:
        self.rate, self.size, self.parameters, self.resets = rate, size, 0, 0
        self.latency: int | None = size
        self._begin()

    def _begin(self) -> None:
        self._waiting, self._sum = np.zeros(0, np.float32), np.float32(0)

    def push(self, block: Array) -> Array:
        self._waiting = np.concatenate([self._waiting, block])
        made = [np.zeros(0, np.float32)]
        while len(self._waiting) > self.size:
            made.append(self._frame(self._waiting[: self.size]))
            self._waiting = self._waiting[self.size :]
        return np.concatenate(made)

    def flush(self) -> Array:
        rest = self._frame(self._waiting)
        self._begin()
        return rest

    def reset(self) -> None:
        self.resets += 1
        self._begin()

    def mask(self) -> None:
        return None

    def _frame(self, frame: Array) -> Array:
        if len(frame):
            self._sum = np.float32(0.9) * self._sum + frame[0]
        return np.float32(0.8) * frame + np.float32(0.1) * self._sum


def noise(seconds: float, rate: int = 16_000, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * rate)).astype(np.float32)
