"""Bundled files: where they lie, however the program was installed, and the clips and noises among them."""

from __future__ import annotations

import csv
import functools
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from engine.clip import Label, from_array

if TYPE_CHECKING:
    from engine.clip import Clip

PACKAGE = "otoscope_assets"
_SOUND = (".flac", ".ogg", ".wav")


class AssetMissing(FileNotFoundError):
    """A bundled file that is not there; the message names it and lists what is."""


def path(*parts: str) -> Path:
    """Where the bundled file or folder `parts` lies (it need not exist). Raises AssetMissing without assets."""
    return _root().joinpath(*parts)


def clips() -> tuple[str, ...]:
    """The names of the bundled clips, sorted."""
    return _names("clips")


def noises() -> tuple[str, ...]:
    """The names of the bundled noises, sorted."""
    return _names("noises")


def open_bundled(name: str) -> Clip:
    """A bundled clip with its labels. Raises AssetMissing for a name that is not in `clips()`."""
    return _open("clips", name)


def open_noise(name: str) -> Clip:
    """A bundled noise, 16 kHz mono, made to be looped. Raises AssetMissing for a name not in `noises()`."""
    return _open("noises", name)


def open_in(folder: str, name: str) -> Clip:
    """A sound of another folder of the assets, with its labels. Raises AssetMissing for a name not in it."""
    return _open(folder, name)


def read_labels(table: Path) -> tuple[Label, ...]:
    """Labels from a tab-separated table with the columns start, end, text, tier (seconds).

    Raises ValueError that names the file and line when a row does not fit.
    """
    with table.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        try:
            return tuple(Label(float(row["start"]), float(row["end"]), row["text"], row["tier"]) for row in rows)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{table}, line {rows.line_num}: needs start, end, text, tier ({error})") from error


@functools.cache
def _root() -> Path:
    # A source tree is preferred to an installed copy of it: its assets are those that are being edited.
    tree = Path(__file__).resolve().parents[1]
    if (tree / "pyproject.toml").is_file() and (tree / "assets").is_dir():
        return tree / "assets"
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if Path(place).is_dir():
            return Path(place)
    raise AssetMissing(f"the bundled files ({PACKAGE}) are not installed; install Otoscope again")


def _names(folder: str) -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in path(folder).glob("*") if file.suffix in _SOUND))


@functools.lru_cache(32)
def _open(folder: str, name: str) -> Clip:
    import soundfile

    found = [file for file in path(folder).glob("*") if file.stem == name and file.suffix in _SOUND]
    if not found:
        raise AssetMissing(f"there is no {name!r} in {folder}; there are: {', '.join(_names(folder))}")
    samples, rate = soundfile.read(found[0], dtype="float32", always_2d=True)
    table = found[0].with_suffix(".tsv")
    return from_array(samples, rate, name, read_labels(table) if table.is_file() else ())
