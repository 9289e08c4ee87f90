"""Synthetic voices: words said by espeak-ng and flite where they are installed, kept in the user's cache."""

from __future__ import annotations

import contextlib
import functools
import shutil
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs

from engine.accents import SPELT, spelt
from engine.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RATE = 16000
ACCENTS = (
    "en-us",
    "en",  # British: of en-gb+m4 espeak-ng drops the variant; the bundled networks of 2026 heard that one voice
    "en-gb-scotland",
    "en-gb-x-rp",
    "en-029",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-us-nyc",
)
VARIANTS = (
    "", "+m1", "+m3", "+m4", "+m7", "+f1", "+f2", "+f4", "+f5", "+Andrea", "+Henrique", "+linda", "+steph",
    "+klatt2", "+klatt4", "+Michael", "+Alicia", "+iven", "+pablo", "+grandma", "+caleb", "+boris",
)  # fmt: skip
ESPEAK = tuple(
    f"espeak {ACCENTS[(3 * number + 5 * turn) % len(ACCENTS)]}{variant}"
    for turn in range(3)
    for number, variant in enumerate(VARIANTS)
)
ACCENTED = tuple(f"espeak {language}{variant}" for language in SPELT for variant in ("", "+m3", "+f2", "+klatt2"))
FLITE = ("flite slt", "flite kal16", "flite awb", "flite rms")
_SPEEDS = (125, 165, 210)  # words a minute
_STRETCHES = (0.8, 1.0, 1.2)
_FORMAT = 1  # of the cached files: another number, other files


def available() -> tuple[str, ...]:
    """The voices that this machine has, in a fixed order."""
    espeak = (*ESPEAK, *ACCENTED) if shutil.which("espeak-ng") else ()
    return (*espeak, *(FLITE if shutil.which("flite") else ()))


@functools.lru_cache(maxsize=128)
def say(voice: str, words: tuple[str, ...]) -> tuple[NDArray[np.float32], ...]:
    """Every word at three speeds, word by word, each [n] at 16 kHz with silence trimmed; empty where it failed."""
    path = _cache() / f"{voice.replace(' ', '-')}-{_FORMAT}-{zlib.crc32(' '.join(words).encode()):08x}.npz"
    if path.is_file():
        with np.load(path) as stored:
            return tuple(stored[f"{index:03}"].astype(np.float32) / 32768 for index in range(3 * len(words)))
    made = tuple(_trimmed(_say(voice, word, pace, index)) for index, word in enumerate(words) for pace in range(3))
    _keep(path, made)
    return made


def _say(voice: str, word: str, pace: int, index: int) -> NDArray[np.float32]:
    """One word as the program says it, resampled to 16 kHz; nothing where the program fails."""
    import soundfile
    import soxr

    program, name = voice.split(" ", 1)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "word.wav"
        if program == "flite":
            command = ["flite", "-voice", name, "--setf", f"duration_stretch={_STRETCHES[pace]}", "-t", word]
            command += ["-o", str(out)]
        else:
            pitch = 25 + (37 * index + 23 * pace + 11 * len(name)) % 50
            command = ["espeak-ng", "-v", name, "-s", str(_SPEEDS[pace]), "-p", str(pitch), "-w", str(out)]
            command.append(spelt(name.split("+")[0], word))
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=30)
            samples, rate = soundfile.read(out, dtype="float32")
        except (OSError, subprocess.SubprocessError, soundfile.SoundFileError):
            return np.zeros(0, np.float32)
    return soxr.resample(samples, rate, RATE).astype(np.float32)


def _trimmed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    start, stop = spoken(samples)
    return samples[max(0, start - 400) : stop + 400]


def spoken(samples: NDArray[np.float32], depth: float = 32.0, faint: float = 0.0) -> tuple[int, int]:
    """Where sound [n] at 16 kHz begins and ends: its frames of 10 ms within `depth` dB of the loudest.

    Fainter ones count too, down to `faint` dB below the loudest, where they stand 8 dB above the quietest: a hiss
    that ends a word is up to 45 dB weaker than its vowel.
    """
    size = RATE // 100
    count = len(samples) // size
    if count < 3:
        return 0, len(samples)
    power = np.mean(np.square(samples[: count * size].reshape(count, size)), axis=1)
    level = 10 * np.log10(power + 1e-10)
    loudest = float(level.max())
    least = min(loudest - depth, max(loudest - max(depth, faint), float(np.percentile(level, 10)) + 8))
    loud = np.flatnonzero(level > max(least, -75))
    return (int(loud[0]) * size, int(loud[-1] + 1) * size) if len(loud) else (0, len(samples))


def _cache() -> Path:
    return Path(platformdirs.user_cache_dir("otoscope", appauthor=False)) / "voices"


def _keep(path: Path, made: Sequence[NDArray[np.float32]]) -> None:
    """Write the cache under a temporary name; a folder that cannot be written only costs time."""
    stored: dict[str, Any] = {
        f"{index:03}": np.clip(each * 32768, -32768, 32767).astype("<i2") for index, each in enumerate(made)
    }
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part, part.open("wb") as file:
            np.savez(file, **stored)
