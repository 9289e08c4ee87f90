"""`otoscope data synth-phonemes`: the synthetic corpus, the same bytes for the same seed, with no download."""

from __future__ import annotations

import csv
import hashlib
import sys
from typing import TYPE_CHECKING

from app.cli import UsageError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from engine.clip import Clip

MOST = 10_000
"""Training clips at most, as the corpus has it."""


def main(arguments: argparse.Namespace) -> int:
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
