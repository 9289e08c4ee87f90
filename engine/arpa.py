"""Files of n-gram models: the ARPA text that every toolkit reads, and a compact one of plain arrays (.npz)."""

from __future__ import annotations

import math
import os
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np

from engine.ngram import NEVER, SPACE, SPECIAL, UNITS, Level, Ngram, NgramError, first

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_LARGEST = 1 << 30
"""Bytes that a compact file may unpack to, and an ARPA file may have."""
_STEPS = 2048
"""Steps of a nat in which the compact file keeps logarithms: 16 bits reach over 32 nats."""
_LN10 = math.log(10.0)
_DAMAGE = (ValueError, LookupError, EOFError, OSError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""What reading a file raises that was cut off, or in which bytes are others."""


def save(model: Ngram, path: Path) -> None:
    """Write a model: as ARPA text where the name ends so, else compactly, with logarithms to 1/4096 nat."""
    part = path.with_name(f".{path.name}.part")
    try:
        if path.suffix.lower() == ".arpa":
            with part.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(_lines(model))
        else:
            with part.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **_arrays(model))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path) -> Ngram:
    """A model from a file of either kind, told apart by what is in it. Raises NgramError, OSError."""
    with path.open("rb") as file:
        begin = file.read(4)
    if path.stat().st_size > _LARGEST:
        raise NgramError(f"{path} is larger than a gigabyte; prune the model")
    try:
        return _compact(path) if begin[:2] == b"PK" else _text(path)
    except NgramError as error:
        raise NgramError(f"{path}: {error}") from None
    except _DAMAGE as error:
        raise NgramError(f"{path} is no language model, or a damaged one ({error})") from error


def _lines(model: Ngram) -> Iterator[str]:
    yield "\\data\\\n"
    for order, level in enumerate(model.levels, 1):
        yield f"ngram {order}={len(level)}\n"
    texts = [""]
    for order, level in enumerate(model.levels, 1):
        yield f"\n\\{order}-grams:\n"
        before = [texts[each] + " " if order > 1 else "" for each in level.parents]
        texts = [head + model.words[word] for head, word in zip(before, level.words, strict=True)]
        last = order == model.order
        for text, log, back in zip(texts, level.logs / _LN10, level.backoffs / _LN10, strict=True):
            yield f"{log:.7g}\t{text}\n" if last else f"{log:.7g}\t{text}\t{back:.7g}\n"
    yield "\n\\end\\\n"


def _text(path: Path) -> Ngram:
    """A model from ARPA text; of characters where each of its words is one, with SPACE among them."""
    counts: list[int] = []
    words: dict[str, int] = {word: place for place, word in enumerate(SPECIAL)}
    rows: list[list[tuple[int, ...]]] = []
    logs: list[list[tuple[float, float]]] = []
    began = ended = False
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            plain = line.strip()
            if not began:
                began = plain == "\\data\\"
                if not began and number > 1000:
                    break
            elif plain == "\\end\\":
                ended = True
                break
            elif plain.startswith("ngram "):
                counts.append(int(plain.partition("=")[2]))
            elif plain.startswith("\\"):
                rows.append([])
                logs.append([])
            elif plain and rows:
                found = _row(plain, len(rows), words)
                if found is None:
                    raise NgramError(f"line {number} is no {len(rows)}-gram: {plain[:60]!r}")
                rows[-1].append(found[0])
                logs[-1].append(found[1])
    if not began:
        raise NgramError("there is neither an ARPA header (\\data\\) nor a compact model in it")
    if not ended or counts != [len(each) for each in rows]:
        raise NgramError("the file ends too early, or has other n-grams than its header tells; write it again")
    named = tuple(words)
    plain_words = named[len(SPECIAL) :]
    unit = "char" if SPACE in plain_words and all(len(each) == 1 for each in plain_words) else "word"
    return Ngram(unit, named, _levels(rows, logs, len(named)))


def _row(line: str, order: int, words: dict[str, int]) -> tuple[tuple[int, ...], tuple[float, float]] | None:
    parts = line.split()
    if not order < len(parts) <= order + 2:
        return None
    texts = parts[1 : order + 1]
    texts = [each.lower() if each.lower() in SPECIAL else each for each in texts]
    if order == 1:
        words.setdefault(texts[0], len(words))
    if any(each not in words for each in texts):
        return None
    log = max(NEVER, float(parts[0]) * _LN10)
    back = float(parts[order + 1]) * _LN10 if len(parts) == order + 2 else 0.0
    if not (math.isfinite(log) and log <= 1e-6 and math.isfinite(back)):
        return None
    return tuple(words[each] for each in texts), (log, back)


def _levels(rows: list[list[tuple[int, ...]]], logs: list[list[tuple[float, float]]], size: int) -> list[Level]:
    values = np.full((size, 2), (NEVER, 0.0))
    values[[row[0] for row in rows[0]]] = logs[0]
    levels = [Level(np.zeros(size, np.int64), np.arange(size), np.array([0, size]), values[:, 0], values[:, 1])]
    places: dict[tuple[int, ...], int] = {(each,): each for each in range(size)}
    for row, log in zip(rows[1:], logs[1:], strict=True):
        order = sorted(range(len(row)), key=row.__getitem__)
        try:
            # Sorted by words is sorted by parents: these are sorted by words too.
            parents = np.array([places[row[each][:-1]] for each in order], np.int64)
        except KeyError as error:
            raise NgramError(f"the context of a {len(row[0])}-gram is missing among the shorter ones") from error
        last = np.array([row[each][-1] for each in order], np.int64)
        values = np.array([log[each] for each in order]).reshape(-1, 2)
        levels.append(Level(parents, last, first(parents, len(levels[-1])), values[:, 0], values[:, 1]))
        places = {row[each]: place for place, each in enumerate(order)}
    return levels


def _arrays(model: Ngram) -> dict[str, NDArray[np.generic]]:
    """A model as arrays: of each level its words, how many go on from each below, logarithms and weights."""
    text = "\n".join((model.unit, *model.words[len(SPECIAL) :]))
    found: dict[str, NDArray[np.generic]] = {"vocabulary": np.frombuffer(text.encode(), np.uint8)}
    kind = np.uint16 if len(model.words) <= 1 << 16 else np.uint32
    for order, level in enumerate(model.levels, 1):
        found[f"logs{order}"] = _steps(-level.logs)
        if order > 1:
            found[f"words{order}"] = level.words.astype(kind)
            going = np.diff(level.first)
            found[f"going{order}"] = going.astype(np.uint8 if going.max(initial=0) < 256 else np.uint32)
        if order < model.order:
            found[f"backoffs{order}"] = _steps(8.0 - level.backoffs)
    return found


def _compact(path: Path) -> Ngram:
    with zipfile.ZipFile(path) as archive:
        if sum(each.file_size for each in archive.infolist()) > _LARGEST:
            raise NgramError("it unpacks to more than a gigabyte")
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    if any(each.ndim != 1 or each.dtype.kind != "u" for each in arrays.values()):
        raise NgramError("its arrays are none of a language model's")
    unit, *words = bytes(arrays["vocabulary"].astype(np.uint8)).decode().split("\n")
    if unit not in UNITS:
        raise NgramError(f"its unit is {unit!r}, not one of {', '.join(UNITS)}")
    named, order = (*SPECIAL, *words), sum(name.startswith("logs") for name in arrays)
    levels: list[Level] = []
    for length in range(1, order + 1):
        above = len(levels[-1]) if levels else 1
        levels.append(_level(arrays, length, order, above, len(named)))
    if not levels:
        raise NgramError("it has no n-grams")
    return Ngram(unit, named, levels)


def _level(arrays: Mapping[str, NDArray[np.generic]], length: int, order: int, above: int, size: int) -> Level:
    logs = -arrays[f"logs{length}"].astype(float) / _STEPS
    logs[logs <= -65535 / _STEPS] = NEVER
    count = len(logs)
    last = np.arange(size) if length == 1 else arrays[f"words{length}"].astype(np.int64)
    going = np.array([size]) if length == 1 else arrays[f"going{length}"].astype(np.int64)
    backoffs = np.zeros(count)
    if length < order:
        backoffs = 8.0 - arrays[f"backoffs{length}"].astype(float) / _STEPS
    fits = len(last) == count == len(backoffs)
    if not fits or len(going) != above or going.sum() != count or (count and last.max() >= size):
        raise NgramError(f"its {length}-grams do not fit together")
    starts = np.concatenate([[0], np.cumsum(going)])
    parents = np.repeat(np.arange(above), going)
    return Level(parents, last, starts, logs, backoffs)


def _steps(values: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Nats from 0 to 32 in 16 bits; the last step stands for never."""
    return np.clip(np.round(values * _STEPS), 0, 65535).astype(np.uint16)
