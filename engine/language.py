"""Languages of what is said, as tags of BCP 47 in small letters: en, he, pt-br; "" where nobody tells."""

from __future__ import annotations

import csv
import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TAG = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*", re.ASCII)
MANIFEST = "manifest.tsv"
COLUMN = "language"


def tag(text: str) -> str:
    """A tag as others write it, too: " EN_gb" is en-gb. Raises ValueError for what is none."""
    found = text.strip().lower().replace("_", "-")
    if found and not _TAG.fullmatch(found):
        raise ValueError(f"{text!r} names no language; write a tag as en, he or pt-br")
    return found


def is_english(tag: str) -> bool:
    """Whether texts are English, as they are where nobody tells; tables of others have en_US and english, too."""
    return tag.lower().replace("_", "-").partition("-")[0] in ("", "en", "eng", "english")


def beside(sound: Path) -> str:
    """What the column `language` of a table says of a sound: of the .tsv that is named as it is, or of the data
    set's manifest, in its folder or the one above; "" where there is none. Raises ValueError that names the file,
    and OSError.
    """
    labels = sound.with_suffix(".tsv")
    told = _told(labels, "") if labels.is_file() else ""
    for folder in (sound.parent, sound.parent.parent):
        manifest = folder / MANIFEST
        told = told or (_told(manifest, sound.relative_to(folder).as_posix()) if manifest.is_file() else "")
    return told


def _told(table: Path, name: str) -> str:
    """The language of the first row that tells one; in a manifest, of the row whose file is `name`."""
    state = table.stat()
    line, text = _rows(table, state.st_mtime_ns, state.st_size).get(name, (0, ""))
    try:
        return tag(text)
    except ValueError as error:
        raise ValueError(f"{table}, line {line}: {error}") from error


@functools.lru_cache(8)
def _rows(table: Path, _changed: int, _size: int) -> Mapping[str, tuple[int, str]]:
    """Line and language of each file's first row that tells one, and of any file's by the name "": every sound of
    a big folder asks the same manifest.
    """
    found: dict[str, tuple[int, str]] = {}
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            for row in rows if COLUMN in (rows.fieldnames or ()) else ():
                for name in ("", row.get("file") or "") if row[COLUMN] else ():
                    found.setdefault(name, (rows.line_num, row[COLUMN]))
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{table}: {error}") from error
    return found
