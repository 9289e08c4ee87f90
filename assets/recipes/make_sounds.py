"""More voices and noises to train denoisers with: recordings out of packages into folders with a manifest.tsv.

    python assets/recipes/make_sounds.py OUT

Downloads the packages of sounds.tsv by `apt-get download` (Debian, no installation), unpacks them and writes
OUT/voices_packages and OUT/noise_packages. Recordings that are only under a GPL go to voices_packages_gpl and
noise_packages_gpl, to be used or left out as one wants. The licence of each file is read from the package's own
debian/copyright; what is under no licence known to be free is left out. Each folder has a README.txt with the
credits. A package that cannot be had is left out, and said. Put the folders into OTOSCOPE_DATA.

The prompts of telephones (most of the voices) are G.722: they want the Python package `av`.
"""

from __future__ import annotations

import argparse
import csv
import fnmatch
import hashlib
import importlib.util
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr
from copyrights import group, licence_of, licences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RATE = 16000
SHORTEST, LONGEST = 0.4, 60.0
"""Seconds: shorter recordings are left out, longer ones are cut into pieces."""
FAINTEST = -55.0
"""dBFS: recordings whose loudest 20 ms are fainter hold nothing."""
QUIET = 30.0
"""dB between the loud and the still moments of a voice; less means that something sounds behind it."""
WIDE = -50.0
"""dB of a voice's power above 4.5 kHz; less means that it was recorded for the telephone."""
MOST = 900.0
"""Seconds of a speaker at most, so that none drowns the others."""
SOUNDS = {".ogg", ".oga", ".wav", ".flac", ".g722", ".mp3", ".opus", ".cat"}
HEAD = "file\tseconds\tsr\tspeaker\tlabel\tsplit\textra"


@dataclass(frozen=True)
class Package:
    """A row of sounds.tsv. `use` is voices or noise; `files` and `but` are patterns of paths, parted by |.

    `speaker` names the voice: {0}, {1} ... stand for the parts of a file's path counted from the folder that holds
    it upwards, {first} and {last} for words of its name. `licence` is empty where debian/copyright says it.
    """

    name: str
    use: str
    files: str
    but: str
    speaker: str
    licence: str
    credit: str


def table(path: Path) -> tuple[Package, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(Package(**row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def riffs(data: bytes) -> Iterator[bytes]:
    """The WAVE files that stand in a container of sounds, in order."""
    at = data.find(b"RIFF")
    while at >= 0:
        size = 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at + 8 : at + 12] == b"WAVE":
            yield data[at : at + size]
        at = data.find(b"RIFF", at + 4)


def decoded(path: str, data: bytes) -> Iterator[tuple[str, np.ndarray, int]]:
    """Name, samples [n] (channels averaged) and rate of the sounds in a file."""
    end = Path(path).suffix.lower()
    if end == ".cat":
        for number, wave in enumerate(riffs(data)):
            for _, sound, rate in decoded(f"{number}.wav", wave):
                yield f"{path}/{number}", sound, rate
        return
    if end == ".g722":
        import av

        with av.open(io.BytesIO(data), mode="r", format="g722") as file:
            blocks = [np.atleast_2d(each.to_ndarray())[0] for each in file.decode(audio=0)]
        yield path, np.concatenate(blocks).astype(np.float32) / 2**15, RATE
        return
    sound, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    yield path, sound.mean(1), rate


def levels(sound: np.ndarray) -> np.ndarray:
    """Level of each 20 ms in dBFS."""
    count = len(sound) // 320
    return 10 * np.log10((sound[: count * 320].reshape(count, 320) ** 2).mean(1) + 1e-12)


def clean(sound: np.ndarray) -> bool:
    """Whether a voice stands on silence and reaches above the band of a telephone."""
    level = levels(sound)
    level = level[level > -90]
    if len(level) < 10 or np.percentile(level, 95) - np.percentile(level, 5) < QUIET:
        return False
    power = np.abs(np.fft.rfft(sound)) ** 2
    high = power[int(len(power) * 4500 / (RATE / 2)) :].sum()
    return bool(10 * np.log10(high / power.sum() + 1e-12) > WIDE)


def unpacked(package: Path) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of the files of an unpacked package, those in its zip archives too."""
    for path in sorted(package.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        name = path.relative_to(package).as_posix()
        if path.suffix == ".zip" and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for inner in sorted(archive.namelist()):
                    if Path(inner).suffix.lower() in SOUNDS:
                        yield inner, archive.read(inner)
        elif path.suffix.lower() in SOUNDS:
            yield name, path.read_bytes()


def wanted(package: Package, path: str) -> bool:
    def listed(patterns: str) -> bool:
        return any(fnmatch.fnmatchcase(path, each) for each in patterns.split("|"))

    return listed(package.files) and not (package.but and listed(package.but))


class Writer:
    """Writes clips and gathers the rows of the manifests and the lines of the credits."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.rows: dict[str, list[str]] = defaultdict(list)
        self.credits: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
        self.seen: set[str] = set()
        self.left: dict[str, int] = defaultdict(int)
        self.spoken: dict[str, float] = defaultdict(float)

    def take(self, package: Package, path: str, sound: np.ndarray, licence: str, who: str) -> None:
        """One recording, 16 kHz mono. What is short, faint, known, or a voice that is not clean is left out."""
        kind = group(licence)
        mark = hashlib.sha1((sound * 2**15).astype(np.int16).tobytes()).hexdigest()[:12]
        if kind is None:
            return self._leave(package, f"licence {licence or 'not stated'}")
        if len(sound) < SHORTEST * RATE or levels(sound).max() < FAINTEST or mark in self.seen:
            return self._leave(package, "short, silent or known")
        speaker = "-"
        if package.use == "voices":
            folders, words = [each.name for each in Path(path).parents], Path(path).stem.split("_")
            speaker = f"{package.name}-{package.speaker.format(*folders, first=words[0], last=words[-1])}"
            if not clean(sound):
                return self._leave(package, "voice with something behind it, or narrow")
            if self.spoken[speaker] >= MOST:
                return self._leave(package, "more than enough of that speaker")
        self.seen.add(mark)
        folder = f"{package.use}_packages{kind}"
        (self.out / folder / "audio").mkdir(parents=True, exist_ok=True)
        pieces = max(1, int(np.ceil(len(sound) / (LONGEST * RATE))))
        for number, piece in enumerate(np.array_split(sound, pieces)):
            file = f"audio/{package.name}-{mark}-{number}.flac"
            peak = max(1.0, float(np.abs(piece).max()))
            if not (self.out / folder / file).exists():
                soundfile.write(self.out / folder / file, piece / peak, RATE)
            seconds = len(piece) / RATE
            self.spoken[speaker] += seconds
            label = re.sub(r"[\t\n]", " ", "/".join(Path(path).parts[-3:]))
            extra = f"package={package.name};licence={licence}"
            self.rows[folder].append(f"{file}\t{seconds:.3f}\t{RATE}\t{speaker}\t{label}\ttrain\t{extra}")
            sums = self.credits[folder].setdefault(package.name, defaultdict(float))
            sums[f"{licence}: {who or package.credit}"] += seconds

    def _leave(self, package: Package, why: str) -> None:
        self.left[f"{package.name}: {why}"] += 1

    def close(self, versions: dict[str, str]) -> None:
        for folder, rows in self.rows.items():
            lines = ["Made by assets/recipes/make_sounds.py: recordings from Debian packages, 16 kHz mono.", ""]
            for name, sums in sorted(self.credits[folder].items()):
                lines.append(f"{name} {versions[name]}: {sum(sums.values()) / 60:.1f} min")
                lines += [f"    {line} ({seconds:.0f} s)" for line, seconds in sorted(sums.items())]
            (self.out / folder / "README.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
            ready = self.out / folder / "manifest.new"
            ready.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
            ready.rename(self.out / folder / "manifest.tsv")


def convert(package: Package, place: Path, writer: Writer) -> None:
    """All wanted sounds of an unpacked package."""
    notes = [*place.glob("usr/share/doc/*/copyright")]
    paragraphs = licences(notes[0].read_text("utf-8", "replace")) if notes else []
    for path, data in unpacked(place):
        if not wanted(package, path):
            continue
        licence, who = (package.licence, "") if package.licence else licence_of(path, paragraphs)
        try:
            for name, sound, rate in decoded(path, data):
                writer.take(package, name, soxr.resample(sound, rate, RATE), licence, who)
        except (soundfile.LibsndfileError, ValueError, ImportError) as error:
            sys.stdout.write(f"{package.name}: {path} left out: {error}\n")


def downloaded(names: Iterable[str], place: Path) -> dict[str, Path]:
    """The packages' files; what cannot be had is said and missing. One call each costs little with a cache."""
    files = {}
    for name in names:
        cache = ["-o", f"Dir::Cache::pkgcache={place}/pkg.bin", "-o", f"Dir::Cache::srcpkgcache={place}/src.bin"]
        ready = [*place.glob(f"{name}_*.deb")]
        if not ready:
            subprocess.run(
                ["apt-get", "download", "-q", *cache, name], cwd=place, capture_output=True, check=False
            )
            ready = [*place.glob(f"{name}_*.deb")]
        if ready:
            files[name] = ready[0]
        else:
            sys.stdout.write(f"{name}: cannot be had here, left out\n")
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--table", type=Path, default=Path(__file__).parent / "sounds.tsv")
    parser.add_argument("--debs", type=Path, help="folder that keeps the downloaded, unpacked packages")
    asked = parser.parse_args()
    if importlib.util.find_spec("av") is None:
        parser.error("most of the voices are G.722, which the package av reads: pip install av")
    writer, versions = Writer(asked.out), {}
    with tempfile.TemporaryDirectory() as scratch:
        place = (asked.debs or Path(scratch)).resolve()
        rows = table(asked.table)
        files = downloaded(dict.fromkeys(row.name for row in rows), place)
        for row in rows:
            if row.name not in files:
                continue
            versions[row.name] = files[row.name].name.split("_")[1].replace("%3a", ":")
            inner = place / row.name
            if not inner.exists():
                subprocess.run(["dpkg-deb", "-x", str(files[row.name]), str(inner)], check=True)
            convert(row, inner, writer)
            sys.stdout.write(f"{row.name} done\n")
            sys.stdout.flush()
    writer.close(versions)
    for what, count in sorted(writer.left.items()):
        sys.stdout.write(f"left out: {count} of {what}\n")


if __name__ == "__main__":
    main()
