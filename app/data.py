"""`otoscope data`: the data sets that can be read, and where they go; a synthetic corpus, the same for a seed."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from app.cli import UsageError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from engine.clip import Clip

MOST = 10_000
"""Training clips at most, as the corpus has it."""


def main(arguments: argparse.Namespace) -> int:
    """List or check the data sets, or make a synthetic corpus or pairs."""
    from app import pairs, words

    does = {"list": _list, "synth-phonemes": _synthetic, "synth-dns": pairs.synthesise, "check": pairs.check}
    does["speech-commands"] = words.main
    return does[arguments.what](arguments)


def listed() -> list[dict[str, Any]]:
    """Every data set in plain values: `here` is where it lies, or None; `clips` there are then in each split.

    Those that are joined anew each time are not counted.
    """
    from engine import catalog, recordings
    from engine.corpora.corpus import CorpusMissing

    rows, made = [], []
    for name in catalog.names("corpora"):
        module = catalog.load("corpora", name)
        facts = getattr(module, "FACTS", None)
        if facts is None:
            made.append((name, module.build(module.Settings()).licence))
            continue
        place = recordings.found(facts)
        row = {"name": name, "title": facts.title, "licence": facts.licence, "size": facts.size}
        row |= {"source": facts.source, "put": f"{facts.folders[0]}/{facts.example}"}
        row |= {"here": None if place is None else str(place), "clips": {}, "trouble": ""}
        try:
            corpus = module.build(module.Settings())
            if place is not None and not hasattr(corpus, "parts"):
                row["clips"] = {split: len(corpus.split(split)) for split in recordings.SPLITS}
        except CorpusMissing as missing:
            row["trouble"] = str(missing)
        rows.append(row)
    rows.append({"name": ", ".join(name for name, _ in made), "title": "Synthetic", "here": "made here"})
    rows[-1] |= {"licence": "; ".join(dict.fromkeys(each for _, each in made)), "size": "as much as is asked for"}
    return rows


def _list(arguments: argparse.Namespace) -> int:
    """Print each data set: its licence and size, whether it is here, and else where to put it."""
    from app.commands import say
    from engine.recordings import VARIABLE

    rows, root = listed(), os.environ.get(VARIABLE, "")
    if arguments.json:
        say(json.dumps(rows, indent=2))
        return 0
    say(f"{VARIABLE} is {root}" if root else f"{VARIABLE} is not set: let it name a folder for data sets")
    for row in rows:
        say(f"\n{row['title']} ({row['name']})\n  {row['size']}\n  licence: {row['licence']}")
        if row["here"] is None:
            say(f"  not here: get it ({row['source']}) and put it so that there is {row['put']}")
            continue
        counts = ", ".join(f"{count} {split}" for split, count in row.get("clips", {}).items())
        say(f"  here: {row['here']}{f' ({counts} clips)' if counts else ''}")
        if row.get("trouble"):
            say(f"  but: {row['trouble']}")
    return 0


def _synthetic(arguments: argparse.Namespace) -> int:
    """Print how much each split holds and a digest of it; with --out the clips and their labels are written."""
    import numpy as np

    from app.commands import say
    from engine.corpora import phonemes

    if not 10 <= arguments.clips <= MOST:
        raise UsageError(f"--clips is {arguments.clips}; its range is 10 to {MOST}")
    if arguments.seed < 0:
        raise UsageError(f"--seed is {arguments.seed}; it must be 0 or more")
    corpus = phonemes.build(phonemes.Settings(seed=arguments.seed, clips=arguments.clips))
    whole = hashlib.sha256()
    for split in phonemes.VOICES:
        clips, seconds, digest = corpus.split(split), 0.0, hashlib.sha256()
        for number, clip in enumerate(clips):
            seconds += clip.seconds
            digest.update(np.rint(32767 * clip.read()).astype("<i2").tobytes())
            digest.update(repr([(each.start, each.end, each.text) for each in clip.labels]).encode())
            if arguments.out is not None:
                write(arguments.out / split, number, clip)
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{split} {number + 1} of {len(clips)} ")
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
        say(f"{split:<6} {len(clips):>6} clips {seconds / 60:8.1f} min  sha256 {digest.hexdigest()[:16]}")
        whole.update(digest.digest())
    say(f"seed {arguments.seed}: sha256 {whole.hexdigest()}")
    return 0


def write(folder: Path, number: int, clip: Clip) -> None:
    """One clip as 16-bit WAV, and beside it a table of its labels. Raises AudioError and OSError."""
    from engine.audio.file import write
    from engine.replacing import replacing

    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{number:05}.wav"
    write(target, clip.read(), clip.rate, "PCM_16")
    with replacing(target.with_suffix(".tsv")) as part, part.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, delimiter="\t", lineterminator="\n")
        rows.writerow(("start", "end", "text", "tier"))
        rows.writerows((f"{each.start:.6f}", f"{each.end:.6f}", each.text, each.tier) for each in clip.labels)
