"""Train the bundled language models and write their card: make_language.py TEXTS, what make_texts.py wrote.

Characters: order 6. Words: order 3, pruned until the file is small. Both by interpolated modified Kneser-Ney, and
both tried, as they are stored, on held-out sentences (TEXTS/held.txt) that training leaves out.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import making  # it says where the engine is

from engine import arpa, asset, decoding, kneser

MODELS = {"characters": ("char", 6, 0.0), "words": ("word", 3, 2e-6)}
HEAD = """# Model card: language models of English

`characters` foretells the next character of plain lower-case English, `words` the next word. A beam search weighs
its hypotheses by them (`engine/beam.py`, `engine/fusion.py`); they are n-gram models, which know how often a few
characters or words followed each other, and nothing of what they mean.

- **Data**: {count:,} sentences ({words:,} words) in lower case, numbers as words, without punctuation:
  {sources}.
  Sentences of the recordings on which recognisers are tested are left out, and those that share five words in a
  row with one (`assets/recipes/make_texts.py`, which says where each source is from).
- **Smoothing**: interpolated modified Kneser-Ney (S. Chen and J. Goodman, 1998); of words those n-grams are left
  out without which the mean log probability of a word falls by less than {prune:g} nats, each.
- **Licence**: CC0 1.0. The texts are in the public domain, works of the US government, or of this program.
- **Made by** `python assets/recipes/make_language.py TEXTS`; no chance is in it.

## Test

{held:,} held-out sentences, by source. Perplexities count the end of a sentence; those of characters are of the
same strings for both models and can be compared: a word that `words` does not know is spelled, each letter as
likely as any other. The everyday sentences are drawn from templates, of which training has seen others: their low
figures say little of English.

| Model | Order | n-grams | File | Text | Words | Unknown | Perplexity a word | a character | Bits a character |
|---|---|---|---|---|---|---|---|---|---|
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, help="the folder that make_texts.py wrote")
    folder = parser.parse_args().texts
    train, held = ((folder / name).read_text().splitlines() for name in ("train.txt", "held.txt"))
    with (folder / "sources.tsv").open(newline="") as lines:
        source = {row["sentence"]: row["source"] for row in csv.DictReader(lines, delimiter="\t")}
    rows = []
    for name, (unit, order, prune) in MODELS.items():
        path = decoding.bundled(name)
        path.parent.mkdir(exist_ok=True)
        arpa.save(kneser.train(train, unit, order, prune=prune), path)
        model = arpa.load(path)
        for kind in ("all", *sorted(set(source.values()))):
            found = model.perplexity(text for text in held if kind in ("all", source[text]))
            cells = [
                name,
                order,
                f"{sum(model.sizes):,}",
                f"{path.stat().st_size / 1e6:.2f} MB",
                kind,
                f"{found.words:,}",
            ]
            cells += [found.unknown, f"{found.per_word:.1f}", f"{found.per_character:.3f}", f"{found.bits:.3f}"]
            rows.append("| " + " | ".join(map(str, cells)) + " |")
            print(rows[-1])  # noqa: T201
    among = {name: sum(source[text] == name for text in train) for name in sorted(set(source.values()))}
    sources = ", ".join(f"{count:,} from {name}" for name, count in among.items())
    said = HEAD.format(
        count=len(train),
        words=sum(len(text.split()) for text in train),
        sources=sources,
        held=len(held),
        prune=MODELS["words"][2],
    )
    asset.path("languages", "languages.md").write_text(said + "\n".join(rows) + "\n")


if __name__ == "__main__":
    assert making
    main()
