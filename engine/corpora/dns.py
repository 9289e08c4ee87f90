"""DNS Challenge: noisy speech and the same without noise, mixed by the scripts that come with the challenge."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine import recordings
from engine.corpora.corpus import Facts
from engine.knob import Settings as Base

if TYPE_CHECKING:
    from pathlib import Path

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


@dataclass(frozen=True)
class Settings(Base):
    """It has no knobs."""


def build(settings: Settings) -> recordings.Paired:
    """Pairs: a tenth of what was mixed for training validates; the test is the challenge's own, without rooms."""
    return recordings.Paired(FACTS.licence, _pairs)


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
