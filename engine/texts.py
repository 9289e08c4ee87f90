"""Texts: what was said and what was found, read from files, folders or a table to be scored."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from engine.wer import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LARGEST = 64 << 20
"""Bytes of the largest text that is read: what is larger is no text."""
COLUMNS = ("file", "language", "reference", "hypothesis")
_OTHERS = {"ref": "reference", "hyp": "hypothesis", "lang": "language", "text": "reference"}


class TextError(ValueError):
    """A text that cannot be read or scored; the message names the file and says what to do."""


def read(path: Path) -> str:
    """A text in UTF-8, with or without a byte order mark. Raises TextError."""
    try:
        if path.stat().st_size > LARGEST:
            raise TextError(f"{path} has {path.stat().st_size >> 20} MiB: that is no text; name a text file")
        raw = path.read_bytes()
    except IsADirectoryError as error:
        raise TextError(f"{path} is a folder; name a text file in it") from error
    except OSError as error:
        raise TextError(f"{path} cannot be read ({error.strerror}); check that the text is there") from error
    coding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(coding)
    except UnicodeDecodeError as error:
        raise TextError(f"{path} is no text in UTF-8 (byte {error.start}); save it in UTF-8") from error
    if "\0" in text:
        raise TextError(f"{path} holds zero bytes and is no text; name a text file")
    return text


def pairs(reference: Path, hypothesis: Path, lines: bool = False) -> tuple[list[Text], tuple[str, ...]]:
    """Two files, or the files of one name (*.txt) in two folders; and what there is to say of those without.

    A file is one clip, or with `lines` each of its lines is. A reference without a hypothesis counts as said and
    not found. Raises TextError.
    """
    if reference.is_dir() != hypothesis.is_dir():
        raise TextError(
            f"{reference} and {hypothesis}: name two files, or two folders with files of the same names"
        )
    if not reference.is_dir():
        return list(_clips(reference.name, read(reference), read(hypothesis), lines)), ()
    ours, theirs = (_named(folder) for folder in (reference, hypothesis))
    if not ours:
        raise TextError(f"{reference} holds no .txt files; put there what was said, a file a clip")
    texts = [
        text
        for name, file in ours.items()
        for text in _clips(name, read(file), read(theirs[name]) if name in theirs else None, lines)
    ]
    notes = []
    if missing := [name for name in ours if name not in theirs]:
        notes.append(f"{_count(missing)} without a hypothesis: all of their words count as missed")
    if extra := [name for name in theirs if name not in ours]:
        notes.append(f"{_count(extra)} without a reference: left out")
    return texts, tuple(notes)


def table(path: Path) -> list[Text]:
    """The rows of a table with tabs and a head: file, language, reference, hypothesis; file and language may lack.

    Raises TextError.
    """
    rows = list(csv.reader(read(path).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
    head = [_OTHERS.get(name.strip().lower(), name.strip().lower()) for name in rows[0]] if rows else []
    if not {"reference", "hypothesis"} <= set(head):
        raise TextError(f"{path}: the first line names the columns, with tabs between: {', '.join(COLUMNS)}")
    found = []
    for number, row in enumerate(rows[1:], 2):
        if not any(row):
            continue
        if len(row) != len(head):
            raise TextError(f"{path}, line {number}: {len(row)} columns, where the first line names {len(head)}")
        values = dict(zip(head, row, strict=True))
        name = values.get("file") or f"line {number}"
        language = values.get("language", "").strip().lower()
        found.append(Text(name, values["reference"], values["hypothesis"], language))
    if not found:
        raise TextError(f"{path} holds no rows beneath its head; write a line a clip")
    return found


def _clips(name: str, said: str, found: str | None, lines: bool) -> Iterator[Text]:
    if not lines:
        yield Text(name, said, found or "")
        return
    ours, theirs = said.splitlines(), found.splitlines() if found is not None else None
    if theirs is not None and len(ours) != len(theirs):
        raise TextError(f"{name}: {len(ours)} lines were said and {len(theirs)} found; score it without --lines")
    for number, (one, other) in enumerate(zip(ours, theirs or [""] * len(ours), strict=True), 1):
        if one.strip() or other.strip():
            yield Text(f"{name}:{number}", one, other)


def _named(folder: Path) -> dict[str, Path]:
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in sorted(folder.rglob("*.txt"))}


def _count(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return f"{len(names)} {'text' if len(names) == 1 else 'texts'} ({shown})"
