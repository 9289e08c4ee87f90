"""`otoscope bench asr`: recognisers beside each other on the same recordings, each in a process of its own."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app import compare
from app.cli import UsageError
from app.commands import check_place, open_sound, say
from engine import asset, wer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from engine.clip import Clip

_BUNDLED = ("speech-1", "speech-2", "speech-3")
_TIERS = ("text", "word", "digit")
MOST = 200
"""Recordings that are read at the most: what a folder has more is left out, evenly."""


@dataclass(frozen=True)
class Item:
    """A recording, by its file or the name of a bundled one, what is said in it, and in which language."""

    name: str
    path: str
    text: str
    language: str = ""


@dataclass(frozen=True)
class Heard:
    """What a recogniser made of a recording of so many seconds, and how long that took."""

    name: str
    text: str
    seconds: float
    took: float


def main(arguments: argparse.Namespace) -> int:
    """A table, and with --out the errors of each file, and their scatter. Raises UsageError, RecogniserError,
    AudioError.
    """
    from engine import recognising

    if arguments.out is not None:
        check_place("--out", arguments.out)
        if arguments.out.is_dir():
            raise UsageError(f"--out {arguments.out} is a folder; name a file in it, as errors.csv")
    named = (each.strip() for each in (arguments.models or "").split(","))
    models = list(dict.fromkeys(filter(None, named)))
    models = models or [each for each in ("moonshine", "pocketsphinx") if each in recognising.names()]
    if not models:
        raise UsageError("--models names recognisers, as in --models moonshine,pocketsphinx; see `otoscope list`")
    for model in models:
        recognising.title(model)  # said here in one line, where it cannot be had
        if why := _absent(model):
            raise recognising.RecogniserError(f"{model}: {why}")
    found = items(arguments.folder)
    results = {model: _measured(model, found) for model in models}
    scores = {model: _score(found, heard) for model, (heard, _) in results.items()}
    rows = [_row(model, scores[model], *results[model]) for model in models]
    used = scores[models[0]].normaliser
    if arguments.out is not None:
        _write(arguments.out, found, results, scores)
        if len(models) > 1:
            against = {model: [each.words.error for each in scores[model].clips] for model in models}
            compare.picture({"against": against, "normaliser": used}, arguments.out)
    if arguments.json:
        files = {model: [asdict(each) for each in heard] for model, (heard, _) in results.items()}
        told = {"normaliser": used, "rows": rows, "files": files}
        say(json.dumps(told, indent=2, ensure_ascii=False))
        return 0
    seconds = sum(each.seconds for each in results[models[0]][0])
    say(f"{len(found)} recordings, {seconds:.0f} s; normaliser {used}; total errors over total words")
    for row in rows:
        say(f"  {row['recogniser']:<24} {row['said']}")
        for language, each in row["languages"].items():
            say(f"    {language or 'not told':<22} WER {each['wer']['error']:.1%}, CER {each['cer']['error']:.1%}")
    return 0


def items(folder: Path | None) -> list[Item]:
    """The recordings of a folder with their texts, by its manifest.tsv (columns file and label, and language if
    there are several), or by a .txt or labels beside each sound; without a folder the bundled sentences. Raises
    UsageError where there are none, TextError for what is no text.
    """
    if folder is None:
        return [Item(name, name, " ".join(asset.open_bundled(name).text("text"))) for name in _BUNDLED]
    if not folder.is_dir():
        raise UsageError(f"--folder {folder} is no folder")
    found = _listed(folder) if (folder / "manifest.tsv").is_file() else _beside(folder)
    if not found:
        raise UsageError(
            f"--folder {folder}: there is no sound with its text: a .txt or labels beside it, or a manifest.tsv"
        )
    kept = np.linspace(0, len(found) - 1, min(MOST, len(found))).round().astype(int)
    return [found[place] for place in kept]


def _listed(folder: Path) -> list[Item]:
    from engine import language, texts

    table = io.StringIO(texts.read(folder / "manifest.tsv"), newline="")
    rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or not {"file", "label"} <= rows[0].keys():
        raise UsageError(f"{folder / 'manifest.tsv'} needs the columns file and label")
    # Sentences that all speakers say would count many times.
    said = (row for row in rows if row["file"] and row["label"])
    rows = [row for row in said if Path(row["file"]).stem not in ("sa1", "sa2")]
    try:
        return [
            Item(row["file"], str(folder / row["file"]), row["label"], language.tag(row.get("language") or ""))
            for row in rows
        ]
    except ValueError as error:
        raise UsageError(f"{folder / 'manifest.tsv'}: {error}") from error


def _beside(folder: Path) -> list[Item]:
    from engine.audio.file import SUFFIXES

    sounds = [each for each in sorted(folder.rglob("*")) if each.suffix.lower() in SUFFIXES]
    said = ((each, _said(each)) for each in sounds)
    return [Item(str(each.relative_to(folder)), str(each), text, _language(each)) for each, text in said if text]


def _language(sound: Path) -> str:
    """What the labels beside a sound say. Raises TextError."""
    from engine import language, texts

    try:
        return language.beside(sound)
    except ValueError as error:
        raise texts.TextError(str(error)) from error


def _said(sound: Path) -> str:
    """The text beside a sound, or what its labels say, of the first tier that holds words. Raises TextError."""
    from engine import texts, tiers

    text = sound.with_suffix(".txt")
    if text.is_file():
        return texts.read(text).strip()
    try:
        labels = tiers.beside(sound)
    except ValueError as error:
        raise texts.TextError(str(error)) from error
    for tier in _TIERS:
        if words := [each.text for each in labels if each.tier == tier]:
            return " ".join(words)
    return ""


def _absent(model: str) -> str:
    from engine import recognising

    return next((each.trouble for each in recognising.choices() if each.name == model), "")


def _measured(model: str, found: Sequence[Item]) -> tuple[list[Heard], float]:
    """What it made of each, and the most memory it took, in bytes."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_work, model, list(found)).result()


def _work(model: str, found: list[Item]) -> tuple[list[Heard], float]:
    """In a process of its own. The first reading, which warms it up, is not counted."""
    import psutil
    import soxr

    from engine import recognising
    from engine.stretches import clean

    before = psutil.Process().memory_info().rss
    reader = recognising.build(model)
    heard = []
    for place, item in enumerate(found):
        clip = _open(item)
        sound = clean(clip.read().mean(axis=1, dtype=np.float32))
        if clip.rate != reader.rate:
            sound = clean(soxr.resample(sound, clip.rate, reader.rate))
        if not place:
            reader.read(sound)
        began = time.perf_counter()
        words = reader.read(sound)
        took = time.perf_counter() - began
        heard.append(Heard(item.name, " ".join(word.text for word in words), clip.seconds, took))
    return heard, float(_peak() - before)


def _peak() -> int:
    """The most memory that this process has taken, in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)


def _open(item: Item) -> Clip:
    return asset.open_bundled(item.path) if item.path in _BUNDLED else open_sound(Path(item.path))


def _score(found: Sequence[Item], heard: Sequence[Heard]) -> wer.Score:
    pairs = zip(found, heard, strict=True)
    texts = [wer.Text(item.name, item.text, each.text, item.language) for item, each in pairs]
    return wer.score(texts, wer.usual(texts))


def _row(model: str, score: wer.Score, heard: Sequence[Heard], memory: float) -> dict[str, Any]:
    factor = sum(each.took for each in heard) / max(sum(each.seconds for each in heard), 1e-9)
    within = "" if score.words_within is None else " to ".join(f"{each:.1%}" for each in score.words_within)
    said = (
        f"WER {score.words}{f' 95 % {within}' if within else ''}; CER {score.characters.error:.1%}; "
        f"real-time factor {factor:.3f}; {memory / 1e6:.0f} MB"
    )
    apart = wer.by_language(score)
    languages = {name: each.to_dict() for name, each in apart.items()} if any(apart) else {}
    told = {"recogniser": model, **score.to_dict(), "languages": languages}
    return {**told, "factor": factor, "memory": memory, "said": said}


def _write(
    out: Path, found: Sequence[Item], results: dict[str, tuple[list[Heard], float]], scores: dict[str, wer.Score]
) -> None:
    """A row a file, with the errors of each recogniser. Raises OSError."""
    from engine.replacing import replacing

    with replacing(out) as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        told = ("errors", f"WER ({next(iter(scores.values())).normaliser})", "factor", "text")
        names = [f"{model} {what}" for model in results for what in told]
        table.writerow(["file", "seconds", "words", "text", *names])
        for place, item in enumerate(found):
            cells: list[Any] = []
            for model, (heard, _) in results.items():
                rate, each = scores[model].clips[place].words, heard[place]
                cells += [
                    rate.errors,
                    f"{rate.error:.4f}",
                    f"{each.took / max(each.seconds, 1e-9):.4f}",
                    each.text,
                ]
            first = next(iter(results))
            seconds, count = results[first][0][place].seconds, scores[first].clips[place].words.count
            table.writerow([item.name, f"{seconds:.3f}", count, item.text, *cells])
