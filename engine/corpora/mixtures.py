"""Mixtures: clean speech of many voices with noises, rooms, SNRs and levels, mixed anew for every clip."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine import asset, drawn, mixing, recordings
from engine.clip import from_array
from engine.corpora.corpus import CorpusMissing
from engine.knob import Settings as Base
from engine.knob import knob
from engine.mixing import Manner, Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.clip import Clip
    from engine.mixing import Array

TRAINED = (
    "read_arctic_kathleen",
    "keywords_picovoice",
    "commands_barista",
    "voices_synthetic",
    "voices_packages",
)
"""Data sets whose licences let a network that learnt from them be passed on, and whose voices are clean."""
VALID_VOICES, TEST_VOICES = "prompts_asterisk_en", "phones_timit_nltk"
"""Of speakers that training never hears; the second is for tests alone."""
VALID_NOISES = ("CT107", "CT110", "exercise_bike", "noise5", "waves")
UNLICENSED = "hu100"
"""Noises without a licence: they test, and nothing learns from them."""
ROOMS = "/rir/"
SAME = ("sa1", "sa2")
"""Sentences that every speaker of TIMIT reads."""
_PER_SPEAKER = {"keywords_picovoice": 20, "commands_barista": 6}
"""Where speakers are unknown, so many recordings that follow each other count as one voice."""


@dataclass(frozen=True)
class Settings(Base):
    clips: int = knob(8000, 10, 1_000_000, log=True, effect="restart", help="Mixtures of an epoch of training")
    seconds: float = knob(2.0, 0.5, 20.0, step=0.1, unit="s", effect="restart", help="How long a mixture is")
    snr_low: float = knob(-10.0, -20.0, 40.0, unit="dB", effect="restart", help="The worst SNR")
    snr_high: float = knob(15.0, -20.0, 40.0, unit="dB", effect="restart", help="The best SNR")
    reverb: float = knob(0.3, 0.0, 1.0, step=0.05, effect="restart", help="Share of the voices that are in a room")
    made: float = knob(0.15, 0.0, 1.0, step=0.05, effect="restart", help="Share of noises that nobody recorded")
    grains: float = knob(0.05, 0.0, 1.0, step=0.05, effect="restart", help="Share of noises made of short pieces")
    babble: float = knob(0.08, 0.0, 1.0, step=0.05, effect="restart", help="Share of noises that are many voices")
    speech: str = knob(
        "", file=True, effect="restart", help="A folder of your own clean voices, a folder a speaker"
    )
    noise: str = knob("", file=True, effect="restart", help="A folder of your own noises")
    seed: int = knob(0, 0, 2**31 - 1, effect="restart", help="Another seed, other mixtures")


@dataclass(frozen=True)
class Mixtures:
    """Noisy clips, and by `pair` the same beside what is clean."""

    settings: Settings
    licence: str = "per source"

    def split(self, name: str) -> drawn.Drawn:
        """Noisy clips; `train` as it is in the first epoch. Raises CorpusMissing, LookupError."""
        count = drawn.split(name, recordings.SPLITS, self.settings.clips)
        return drawn.Drawn(count if name == "train" else min(count, 200), lambda index: self._clip(name, index))

    def pair(self, name: str, index: int, epoch: int = 0) -> tuple[Array, Array]:
        """Noisy and clean [n] at 16 kHz, whole frames long: the same arguments, the same bytes."""
        settings = self.settings
        n = round(settings.seconds * mixing.RATE / 256) * 256
        manner = Manner(
            (settings.snr_low, settings.snr_high),
            reverb=settings.reverb,
            made=settings.made,
            grains=settings.grains,
            babble=settings.babble,
        )
        rng = np.random.default_rng([settings.seed, recordings.SPLITS.index(name), epoch, index])
        return mixing.mixture(_sources(name, settings.speech, settings.noise), manner, n, rng)

    def voices(self, name: str, index: int, epoch: int, count: int, louder: float) -> Array:
        """So many speakers at once [count, n], each up to `louder` dB over another; their sum does not clip."""
        n = round(self.settings.seconds * mixing.RATE / 256) * 256
        rng = np.random.default_rng([self.settings.seed, recordings.SPLITS.index(name), epoch, index, count])
        every = _sources(name, self.settings.speech, "").voices
        chosen = rng.choice(len(every), count, replace=len(every) < count)
        said = np.stack([mixing.speech(Sources([every[each]], ()), Manner(), n, rng) for each in chosen])
        said *= (10 ** (rng.uniform(-louder / 2, louder / 2, (count, 1)) / 20)).astype(np.float32)
        said *= 0.5 / max(float(np.abs(said.sum(0)).max()), 1e-6)
        return said

    def _clip(self, name: str, index: int) -> Clip:
        return from_array(self.pair(name, index)[0], mixing.RATE, f"{name} {index}")


def build(settings: Settings) -> Mixtures:
    return Mixtures(settings)


@recordings.kept(8)
def _sources(split: str, speech: str, noise: str) -> Sources:
    """What the mixtures of a split are made of. Raises CorpusMissing for a folder without sounds."""
    voices = _own(speech, split) if speech else _voices(split)
    own = [each for one in _own(noise, split, speakers=False) for each in one] if noise else []
    noises, shares = (own, []) if noise else _noises(split)
    rooms = _read(row.path for row in _rows("noise_real") if ROOMS in row.path.as_posix())
    return Sources(voices, noises, rooms if split == "train" else (), shares)


def _voices(split: str) -> list[list[Callable[[], Array]]]:
    """By speaker. Where there are no recordings: the bundled voice, which then is on both sides."""
    found: dict[str, list[Path]] = {}
    for name in {"train": TRAINED, "valid": (VALID_VOICES,), "test": (TEST_VOICES,)}[split]:
        for number, row in enumerate(_rows(name)):
            group = f"{name} {number // _PER_SPEAKER[name]}" if name in _PER_SPEAKER else row.speaker
            if row.path.stem not in SAME:
                found.setdefault(group, []).append(row.path)
    if not found:
        return [[functools.partial(_bundled, "clip", name) for name in asset.clips() if name.startswith("speech")]]
    return [_read(each) for each in found.values()]


def _noises(split: str) -> tuple[list[Callable[[], Array]], list[float]]:
    """Recorded noises and their shares: the root of their seconds, and half of all for packages if there are any.

    So many short ones do not drown a few long ones. Without recordings: the bundled ones, the last two for the
    other splits.
    """
    rows = [row for row in _rows("noise_real") if ROOMS not in row.path.as_posix()]
    tests = [row for row in rows if UNLICENSED in row.path.parts]
    valid = [row for row in rows if row.path.stem in VALID_NOISES]
    music = [row for row in _rows("music") if "moh" in row.path.parts]
    others = [row for row in rows if row not in tests and row not in valid]
    if rows:
        trained: list[Sequence[recordings.Row]] = [others + music, _rows("noise_packages")]
        groups = trained if split == "train" else [valid if split == "valid" else tests]
        shares = [np.sqrt([max(row.seconds, 0.1) for row in group]) for group in groups]
        even = np.concatenate([each / each.sum() for each in shares if len(each)])
        return _read(row.path for group in groups for row in group), even.tolist()
    bundled = asset.noises()[:-2] if split == "train" else asset.noises()[-2:]
    return [functools.partial(_bundled, "noise", name) for name in bundled], []


def _rows(name: str) -> Sequence[recordings.Row]:
    return recordings.rows(name) if recordings.has(name) else ()


def _read(paths: Iterable[Path]) -> list[Callable[[], Array]]:
    return [functools.partial(recordings.sound, path) for path in paths]


@functools.lru_cache(maxsize=32)
def _bundled(kind: str, name: str) -> Array:
    clip = asset.open_bundled(name) if kind == "clip" else asset.open_noise(name)
    return clip.read().mean(axis=1)  # they are at this rate already


def _own(folder: str, split: str, speakers: bool = True) -> list[list[Callable[[], Array]]]:
    """The sounds of a folder of the user's, by speaker: a folder in it each, or a sound each where those are few.

    Of ten, or of all where there are fewer, one tests and one validates: no split has anything of another. Raises
    CorpusMissing.
    """
    endings = (".wav", ".flac", ".ogg", ".mp3")
    found: dict[Path, list[Path]] = {}
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            if name.lower().endswith(endings):
                found.setdefault(Path(place), []).append(Path(place) / name)
    groups = [found[each] for each in sorted(found)]
    if not speakers or len(groups) < len(recordings.SPLITS):
        groups = [[each] for group in groups for each in group]
    if not groups:
        raise CorpusMissing(f"{folder}: there are no sounds in it (WAV, FLAC, OGG, MP3); choose another folder")
    few = min(10, len(groups))
    if few < len(recordings.SPLITS):
        raise CorpusMissing(f"{folder} holds {few} sounds; three are needed, so that each split has its own")
    kept = {"train": range(few - 2), "test": (few - 2,), "valid": (few - 1,)}[split]
    return [_read(group) for number, group in enumerate(groups) if number % few in kept]
