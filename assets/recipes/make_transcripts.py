"""Texts for recordings that have none, or none to trust: what Moonshine hears in them, where it is sure.

    python assets/recipes/make_transcripts.py TEXTS   # the folder of make_texts.py

Writes assets/transcripts/commands_barista.tsv and voices_packages.tsv (file, text). Needs moonshine-voice 0.1.0
and OTOSCOPE_DATA. It is sure where it hears the same thrice, at 0.95, 1 and 1.05 times the speed, in words that it
could know: those of the texts, and of a coffee bar. These are a machine's labels: to train with, never to test.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import making  # it says where the engine is
import moonshine_voice
import numpy as np

from engine import asset, augment, normaliser, recordings

if TYPE_CHECKING:
    from collections.abc import Iterable

SPEEDS = (1.0, 0.95, 1.05)
COFFEE = frozenset(
    "americano brew cappuccino caramel coffee coffees cream creamer decaf drip espresso espressos flavor gonna "
    "half iced latte lattes macchiato medium mocha oat okay ounce roast roasted shot shots skim soy sweetener "
    "syrup triple vanilla whipped yeah whole sugar sugars".split()
)
SKIPPED = ("asterisk", "unknown-horizons-fr", "unknown-horizons-de", "0ad-data")
"""Speakers of other languages."""
SHORTEST = 2
"""Words, where nothing else tells what may be said: shorter cries are heard wrong too often."""


def heard(ear: moonshine_voice.Transcriber, path: Path, known: frozenset[str]) -> str:
    """The text in which all hearings of a recording agree; "" where they do not, or hold unknown words."""
    texts = set()
    for speed in SPEEDS:
        sound = augment.sped(np.array(recordings.read(path)), speed)
        lines = ear.transcribe_without_streaming(sound.tolist()).lines
        texts.add(normaliser.normalise(" ".join(line.text for line in lines), normaliser.LEARNT))
        if len(texts) > 1:
            return ""
    text = texts.pop()
    return text if text and all(word in known for word in text.split()) else ""


def write(
    name: str, rows: Iterable[recordings.Row], ear: moonshine_voice.Transcriber, known: frozenset[str]
) -> None:
    place, kept, count = recordings.folder(name), ["file\ttext"], 0
    for row in rows:
        text, count = heard(ear, row.path, known), count + 1
        if len(text.split()) >= SHORTEST:
            kept.append(f"{row.path.relative_to(place).as_posix()}\t{text}")
    asset.path("transcripts").mkdir(exist_ok=True)
    asset.path("transcripts", f"{name}.tsv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    making.say(f"{name}: {len(kept) - 1} of {count} recordings are heard surely")


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    said = (Path(sys.argv[1]) / "sentences.txt").read_text(encoding="utf-8")
    known = frozenset(said.split()) | COFFEE
    folder = Path(moonshine_voice.__file__).parent / "assets" / "tiny-en"
    ear = moonshine_voice.Transcriber(str(folder), moonshine_voice.ModelArch.TINY)
    rows = [row for row in recordings.rows("voices_packages") if not row.speaker.startswith(SKIPPED)]
    write("voices_packages", rows, ear, known)
    write("commands_barista", recordings.rows("commands_barista"), ear, known)


if __name__ == "__main__":
    main()
