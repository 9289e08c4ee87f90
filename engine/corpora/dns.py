"""DNS Challenge: noisy speech and the same without noise, mixed by its scripts, or here as they mix."""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import drawn, mixing, recordings
from engine.clip import from_array
from engine.corpora.corpus import CorpusMissing, Facts
from engine.knob import Settings as Base
from engine.knob import knob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.clip import Clip

    Array = np.ndarray[Any, np.dtype[np.float32]]

FACTS = Facts(
    "DNS",
    "per source: public domain, CC BY 4.0 and others; the scripts MIT",
    "what you mix of it: from some GB to 500 h; all of its sounds are 0.3 TB (16 kHz) to over 1 TB",
    "Microsoft, DNS Challenge",
    ("dns", "DNS-Challenge"),
    "training/noisy/*fileid_*.wav",
    "training/noisy/book_00000_snr5_fileid_0.wav",
)
_TEST = "test_set/synthetic/no_reverb"
_ENDINGS = (".wav", ".flac", ".ogg", ".mp3")


@dataclass(frozen=True)
class Settings(Base):
    """With folders of speech and noise, pairs are mixed here; the other knobs are those of the challenge."""

    speech: str = knob(
        "", file=True, effect="restart", help="A folder of clean speech, to mix from; none: as mixed"
    )
    noise: str = knob("", file=True, effect="restart", help="A folder of noises, to mix from")
    rooms: str = knob("", file=True, effect="restart", help="A folder of room impulse responses, to mix from")
    snr_low: float = knob(-5.0, -20.0, 40.0, step=1.0, unit="dB", effect="restart", help="The worst SNR")
    snr_high: float = knob(20.0, -20.0, 40.0, step=1.0, unit="dB", effect="restart", help="The best SNR")
    level_low: float = knob(-35.0, -60.0, -6.0, step=1.0, unit="dB", effect="restart", help="The softest mixture")
    level_high: float = knob(-15.0, -60.0, -6.0, step=1.0, unit="dB", effect="restart", help="The loudest mixture")
    reverb: float = knob(0.5, 0.0, 1.0, step=0.05, effect="restart", help="Share of the voices that are in a room")
    silence: float = knob(0.2, 0.0, 2.0, step=0.05, unit="s", effect="restart", help="Between two recordings")
    seconds: float = knob(10.0, 0.5, 60.0, step=0.5, unit="s", effect="restart", help="How long a pair is")
    clips: int = knob(8000, 10, 1_000_000, log=True, effect="restart", help="Pairs of an epoch that are mixed")
    seed: int = knob(0, 0, 2**31 - 1, effect="restart", help="Another seed, other mixtures")


def build(settings: Settings) -> recordings.Paired | Synthesised:
    """Pairs: a tenth of what was mixed for training validates; the test is the challenge's own, without rooms."""
    if settings.speech or settings.noise:
        return Synthesised(settings)
    return recordings.Paired(FACTS.licence, _pairs, settings.seconds)


def nominal(file: Path) -> float | None:
    """The SNR in dB that the name of a mixture tells, as in book_1_snr-5_tl-20_fileid_0.wav."""
    found = re.search(r"_snr(-?\d+)", file.stem)
    return float(found[1]) if found else None


@dataclass(frozen=True)
class Mixed:
    """A pair [n] at 16 kHz; SNR and level in whole dB, as the challenge draws and names them."""

    noisy: Array
    clean: Array
    snr: int
    level: int


@dataclass(frozen=True)
class Synthesised:
    """Mixed on the fly of the user's own folders: the same settings and index, the same bytes.

    Speech of one reader and noise, each joined of recordings with a silence between, as long as asked for; the
    speech at times in a room, with which it counts as clean; SNR, then the level of the mixture.
    """

    settings: Settings
    licence: str = "that of your recordings"

    def split(self, name: str) -> drawn.Drawn:
        """Noisy clips. Raises CorpusMissing, LookupError."""
        return self._clips(name, 0)

    def clean(self, name: str) -> drawn.Drawn:
        """The same without noise, in the same order."""
        return self._clips(name, 1)

    def pair(self, name: str, index: int, epoch: int = 0) -> tuple[Array, Array]:
        """Noisy and clean [n] at 16 kHz. Raises CorpusMissing."""
        mixed = self.mixed(name, index, epoch)
        return mixed.noisy, mixed.clean

    def mixed(self, name: str, index: int, epoch: int = 0) -> Mixed:
        """The same, with what was drawn."""
        ask = self.settings
        rng = np.random.default_rng([ask.seed, recordings.SPLITS.index(name), epoch, index])
        n = recordings.samples(ask.seconds)
        voices, noises = _groups(ask.speech, name, "speech"), _groups(ask.noise, name, "noise")
        clean = self._joined(voices[int(rng.integers(len(voices)))], n, rng)
        noise = self._joined([file for group in noises for file in group], n, rng)
        if ask.rooms and rng.random() < ask.reverb:
            clean = _in_room(clean, _groups(ask.rooms, name, "room responses"), rng)
        snr, level = (
            int(rng.integers(round(low), round(high) + 1))
            for low, high in ((ask.snr_low, ask.snr_high), (ask.level_low, ask.level_high))
        )
        return Mixed(*mixing.at(clean, noise, snr, level), snr, level)

    def _clips(self, name: str, side: int) -> drawn.Drawn:
        count = drawn.split(name, recordings.SPLITS, self.settings.clips)

        def clip(index: int) -> Clip:
            return from_array(self.pair(name, index)[side], recordings.RATE, f"{name} {index}")

        return drawn.Drawn(count, clip)

    def _joined(self, files: Sequence[Path], n: int, rng: np.random.Generator) -> Array:
        """Recordings in a random order [n], from a random place in the first where it is longer than that."""
        parts, have = list[Any](), 0
        pause = np.zeros(round(self.settings.silence * recordings.RATE), np.float32)
        while have < n:
            sound = recordings.sound(files[int(rng.integers(len(files)))])
            if not len(sound):
                raise CorpusMissing(f"{files[0].parent} holds empty recordings; take them away")
            begin = int(rng.integers(len(sound) - n + 1)) if not have and len(sound) > n else 0
            parts += [sound[begin : begin + n], pause]
            have += len(parts[-2]) + len(pause)
        return np.concatenate(parts)[:n]


def _in_room(clean: Array, rooms: Sequence[Sequence[Path]], rng: np.random.Generator) -> Array:
    import scipy.signal

    response = recordings.sound(rooms[int(rng.integers(len(rooms)))][0])
    first = int(np.argmax(np.abs(response)))  # the direct sound, which does not move
    found: Array = scipy.signal.fftconvolve(clean, response[first:])[: len(clean)].astype(np.float32)
    return found


@functools.lru_cache(32)
def _groups(folder: str, split: str, what: str) -> list[list[Path]]:
    """The sounds of a folder by reader, where names tell it: of ten one tests and one validates."""
    if not folder:
        raise CorpusMissing(f"there is no folder of {what} to mix from; name one, or take what is mixed already")
    found: dict[str, list[Path]] = {}
    for place, folders, names in os.walk(folder):
        folders.sort()
        for file in (Path(place) / name for name in sorted(names) if name.lower().endswith(_ENDINGS)):
            reader = re.search(r"reader_\d+|(?<![a-z])p\d{3}(?!\d)", file.stem)
            found.setdefault(reader[0] if reader else str(file), []).append(file)
    groups, few = list(found.values()), min(10, len(found))
    if few < len(recordings.SPLITS):
        raise CorpusMissing(
            f"{folder} holds {len(groups)} recordings or readers of {what}; three are needed, so that each split "
            f"has its own ({', '.join(each[1:] for each in _ENDINGS)})"
        )
    kept = {"train": range(few - 2), "test": (few - 2,), "valid": (few - 1,)}[recordings.known(split)]
    return [group for number, group in enumerate(groups) if number % few in kept]


def _pairs(name: str) -> list[tuple[Path, Path]]:
    place = recordings.place(FACTS) / (_TEST if recordings.known(name) == "test" else "training")
    pairs = recordings.paired(place / "noisy", place / "clean", _number)
    if name == "test":
        return pairs
    return [pair for number, pair in enumerate(pairs) if (number % 10 == 9) == (name == "valid")]


def _number(file: Path) -> str:
    """noisy: WHATEVER_fileid_12.wav; clean: clean_fileid_12.wav."""
    found = re.search(r"fileid_(\d+)$", file.stem)
    return found[1].zfill(9) if found else file.stem
