"""Data sets of others in little: files that are named, laid out and labelled as theirs are, of noise and tones."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
import soundfile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PHONES = ("h#", "sh", "iy", "hv", "ae", "dcl", "d", "q", "ix", "h#")
WORDS = ((1, 3, "she"), (3, 7, "had"))
EACH = 1600
"""Samples of each phone."""


def sound(path: Path, seconds: float = 0.2, rate: int = 16000, channels: int = 1, kind: str | None = None) -> Path:
    """A tone of a pitch that follows from the name, so that no two files sound the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pitch = 200 + zlib.crc32("/".join(path.parts[-4:]).encode()) % 99991 / 40
    wave = 0.3 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)
    soundfile.write(path, np.stack([wave] * channels, 1), rate, "PCM_16", format=kind)
    return path


def timit(
    root: Path,
    speakers: Iterable[str],
    sentences: Iterable[str] = ("SA1", "SA2", "SX3", "SI9"),
    upper: bool = True,
) -> Path:
    """TIMIT: NIST's WAV, .PHN, .WRD of each sentence. An SI is of one speaker alone. `speakers` are folders."""
    for number, speaker in enumerate(speakers):
        for sentence in sentences:
            name = f"{sentence}{number}" if sentence.startswith(("SI", "SX")) else sentence
            place = root / "timit" / speaker / (f"{name}.WAV" if upper else f"{name.lower()}.wav")
            sound(place, EACH * len(PHONES) / 16000, kind="NIST")
            rows = [f"{EACH * k} {EACH * (k + 1)} {phone}" for k, phone in enumerate(PHONES)]
            place.with_suffix(".PHN" if upper else ".phn").write_text("\n".join(rows) + "\n")
            said = [f"{EACH * first} {EACH * last} {word}" for first, last, word in WORDS]
            place.with_suffix(".WRD" if upper else ".wrd").write_text("\n".join(said) + "\n")
    return root


GRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 1.0
tiers? <exists>
size = 1
item []:
    item [1]:
        class = "IntervalTier"
        name = "MAU"
        xmin = 0
        xmax = 1.0
        intervals: size = 4
        intervals [1]:
            xmin = 0.0
            xmax = 0.2
            text = "<p:>"
        intervals [2]:
            xmin = 0.2
            xmax = 0.4
            text = "k"
        intervals [3]:
            xmin = 0.4
            xmax = 0.6
            text = "{"
        intervals [4]:
            xmin = 0.6
            xmax = 1.0
            text = "?"
"""


def arctic(root: Path, sentences: int = 6) -> Path:
    """One speaker, a table, and a TextGrid of each sentence; the last two are the test."""
    place = root / "read_arctic_fraser"
    rows = ["file\tseconds\tsr\tspeaker\tlabel\tsplit\textra"]
    for number in range(sentences):
        file = sound(place / "audio" / f"arctic_a{number:04}.flac", 1.0)
        split = "test" if number >= sentences - 2 else "train"
        rows.append(f"audio/{file.name}\t1.0\t16000\tfraser\tcat\t{split}\t")
        (place / "textgrid").mkdir(exist_ok=True)
        (place / "textgrid" / f"{file.stem}.TextGrid").write_text(GRID)
    (place / "manifest.tsv").write_text("\n".join(rows) + "\n")
    return root


def speech_commands(root: Path) -> Path:
    place = root / "speech_commands"
    for word in ("yes", "no"):
        for speaker in ("0a7c2a8d", "1b4c9b89", "2aca1e72"):
            sound(place / word / f"{speaker}_nohash_0.wav")
    sound(place / "_background_noise_" / "pink_noise.wav")
    (place / "validation_list.txt").write_text("yes/1b4c9b89_nohash_0.wav\nno/1b4c9b89_nohash_0.wav\n")
    (place / "testing_list.txt").write_text("yes/2aca1e72_nohash_0.wav\nno/2aca1e72_nohash_0.wav\n")
    return root


def gtzan(root: Path) -> Path:
    for genre in ("blues", "rock"):
        for number in (0, 69, 70, 79, 80, 99):
            sound(root / "gtzan" / "genres" / genre / f"{genre}.{number:05}.au", rate=22050, kind="AU")
    return root


def urbansound8k(root: Path) -> Path:
    for fold in range(1, 11):
        sound(root / "UrbanSound8K" / "audio" / f"fold{fold}" / f"10141{fold}-3-0-{fold}.wav", 0.3, 44100, 2)
    (root / "UrbanSound8K" / "metadata").mkdir()
    return root


def dns(root: Path) -> Path:
    place = root / "dns"
    for number in range(20):
        sound(place / "training" / "noisy" / f"book_0{number % 7}_reader_1_snr{number % 5}_fileid_{number}.wav")
        sound(place / "training" / "clean" / f"clean_fileid_{number}.wav")
    for number in range(2):
        test = place / "test_set" / "synthetic" / "no_reverb"
        sound(test / "noisy" / f"clnsp{number}_traffic_tl-2_fileid_{number}.wav")
        sound(test / "clean" / f"clean_fileid_{number}.wav")
    return root


def vctk_demand(root: Path, speakers: int = 28) -> Path:
    """Tones in noise at the SNRs of the data set, in turn, and its logs: name, noise, SNR."""
    train = {28: ("p226", "p243", "p287"), 56: ("p234", "p246", "p363")}[speakers]
    parts = (
        (f"trainset_{speakers}spk", train, (0, 5, 10, 15)),
        ("testset", ("p232", "p257"), (2.5, 7.5, 12.5, 17.5)),
    )
    for part, voices, snrs in parts:
        rows = []
        for number, (speaker, take) in enumerate((speaker, take) for speaker in voices for take in (1, 2)):
            place, name = root / "vctk_demand", f"{speaker}_{take:03}"
            clean, rate = soundfile.read(sound(place / f"clean_{part}_wav" / f"{name}.wav", 0.5, rate=48000))
            noise = np.random.default_rng(number).standard_normal(len(clean))
            snr = snrs[number % 4]
            noise *= np.sqrt(np.square(clean).mean() / np.square(noise).mean()) * 10 ** (-snr / 20)
            (place / f"noisy_{part}_wav").mkdir(parents=True, exist_ok=True)
            soundfile.write(place / f"noisy_{part}_wav" / f"{name}.wav", clean + noise, rate, "PCM_16")
            rows.append(f"{name} cafe {snr:g}")
        (root / "vctk_demand" / f"log_{part}.txt").write_text("\n".join(rows) + "\n")
    return root


def folders(root: Path, count: int = 12) -> Path:
    """Speech by reader, noise and room responses in folders of the user's own."""
    for number in range(count):
        for take in (0, 1):
            sound(root / "own" / "clean" / f"book_{take}_reader_{number:05}_{take}.wav", 0.4)
        sound(root / "own" / "noise" / f"noise{number}.wav", 0.3)
        response = np.zeros(800)
        response[[20, 400]] = 1.0, 0.5
        (root / "own" / "rooms").mkdir(parents=True, exist_ok=True)
        soundfile.write(root / "own" / "rooms" / f"room{number}.wav", response, 16000, "PCM_16")
    return root / "own"


def acted(root: Path) -> Path:
    """RAVDESS: modality, channel, emotion, intensity, statement, repetition, actor."""
    for actor in range(1, 13):
        for emotion in range(1, 9):
            folder = root / "RAVDESS" / f"Actor_{actor:02}"
            sound(folder / f"03-01-{emotion:02}-01-01-01-{actor:02}.wav", 0.2 + 0.01 * emotion, rate=48000)
    return root


MAKERS = {
    "timit": lambda root: timit(root, (f"TRAIN/DR1/M{k}" for k in range(10))) and timit(root, ("TEST/DR1/FZZ0",)),
    "arctic": arctic,
    "speech_commands": speech_commands,
    "gtzan": gtzan,
    "urbansound8k": urbansound8k,
    "dns": dns,
    "vctk_demand": vctk_demand,
    "acted": acted,
}
"""By leaf: what puts a data set of its layout below a folder."""
