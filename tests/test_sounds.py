"""The recipe that turns packages into recordings: its table, its reading of licences, its conversion."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

if TYPE_CHECKING:
    from types import ModuleType

RECIPES = Path(__file__).parents[1] / "assets" / "recipes"
COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: The Team
License: GPL-2+

Files: data/sfx/rain.wav data/sfx/long.wav
Copyright: Someone Kind
 and a friend
License: CC-BY-SA-3.0
Comment: recorded at home

Files: data/sfx/bought*
Copyright: A Shop
License: CC-BY-NC-3.0
"""


@pytest.fixture
def sounds(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(RECIPES))
    return importlib.import_module("make_sounds")


def manifest(folder: Path) -> list[dict[str, Any]]:
    with (folder / "manifest.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_table(sounds: ModuleType) -> None:
    rows = sounds.table(RECIPES / "sounds.tsv")
    assert len(rows) > 20
    for row in rows:
        assert row.use in ("voices", "noise")
        assert row.files
        assert bool(row.speaker) == (row.use == "voices")
        assert not row.licence or (row.credit and sounds.group(row.licence) is not None)
    assert not any("sounds-en" in row.name for row in rows)  # the voice that the denoiser is judged on


@pytest.mark.parametrize(
    ("licence", "ending"),
    [
        ("CC0", ""),
        ("CC-BY-SA-3.0+", ""),
        ("Expat", ""),
        ("GPL-3 or CC-BY-3.0", ""),
        ("GPL-2+", "_gpl"),
        ("CC0 and GPL-2", "_gpl"),
        ("CC-BY-NC-3.0", None),
        ("CC-BY-ND-4.0", None),
        ("fair-use", None),
        ("", None),
    ],
)
def test_group(sounds: ModuleType, licence: str, ending: str | None) -> None:
    assert sounds.group(licence) == ending


def test_converts(sounds: ModuleType, tmp_path: Path) -> None:
    """Rates, channels, pieces, licences by file and what is left out, from a made package."""
    rng = np.random.default_rng(0)
    made = tmp_path / "made"
    sfx = made / "usr/share/games/made/data/sfx"
    sfx.mkdir(parents=True)
    (made / "usr/share/doc/made").mkdir(parents=True)
    (made / "usr/share/doc/made/copyright").write_text(COPYRIGHT, encoding="utf-8")
    rain = 0.1 * rng.standard_normal((44100, 2))
    soundfile.write(sfx / "rain.wav", rain, 44100)
    soundfile.write(sfx / "again.wav", rain, 44100)
    soundfile.write(sfx / "long.wav", 0.1 * rng.standard_normal(8000 * 70), 8000)
    soundfile.write(sfx / "click.wav", 0.1 * rng.standard_normal(1000), 8000)
    soundfile.write(sfx / "bought1.wav", 0.1 * rng.standard_normal(16000), 16000)
    soundfile.write(sfx / "team.wav", 0.1 * rng.standard_normal(16000), 16000)
    (sfx / "broken.wav").write_bytes(b"no sound")
    writer = sounds.Writer(tmp_path / "out")
    sounds.convert(sounds.Package("made", "noise", "*/sfx/*", "", "", "", ""), made, writer)
    writer.close({"made": "1.0"})
    free, copyleft = (manifest(tmp_path / "out" / name) for name in ("noise_packages", "noise_packages_gpl"))
    assert [row["label"] for row in copyleft] == ["data/sfx/again.wav", "data/sfx/team.wav"]
    assert [row["label"] for row in free] == ["data/sfx/long.wav"] * 2
    assert [float(row["seconds"]) for row in free] == [35, 35]
    for row in free:
        info = soundfile.info(tmp_path / "out/noise_packages" / row["file"])
        assert (info.samplerate, info.channels, info.frames) == (16000, 1, 35 * 16000)
        assert row["extra"] == "package=made;licence=CC-BY-SA-3.0"
    notes = (tmp_path / "out/noise_packages/README.txt").read_text(encoding="utf-8")
    assert "made 1.0: 1.2 min" in notes
    assert "Someone Kind and a friend" in notes


def test_clean_voices(sounds: ModuleType) -> None:
    """A voice with noise behind it and a voice of the telephone are refused."""
    rng = np.random.default_rng(1)
    time = np.arange(32000) / 16000
    bursts = rng.standard_normal(32000) * (np.sin(2 * np.pi * 2 * time) > 0)
    assert sounds.clean(0.1 * bursts + 1e-4 * rng.standard_normal(32000))
    assert not sounds.clean(0.1 * bursts + 2e-2 * rng.standard_normal(32000))
    spectrum = np.fft.rfft(bursts)
    spectrum[int(len(spectrum) * 0.5) :] = 0
    assert not sounds.clean(0.1 * np.fft.irfft(spectrum) + 1e-5 * rng.standard_normal(32000))


def test_container(sounds: ModuleType, tmp_path: Path) -> None:
    """The WAVE files of a container come out whole, in order."""
    parts = []
    for number in range(3):
        soundfile.write(tmp_path / "one.wav", np.full(100 + number, 0.25), 8000)
        parts.append((tmp_path / "one.wav").read_bytes())
    found = list(sounds.decoded("set.cat", b"head" + b"xx".join(parts)))
    assert [len(sound) for _, sound, _ in found] == [100, 101, 102]
    assert all(rate == 8000 for _, _, rate in found)


def test_speakers_are_named_by_folder(sounds: ModuleType, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    writer = sounds.Writer(tmp_path)
    package = sounds.Package("said", "voices", "*", "", "{1}", "CC0", "One")
    voice = 0.1 * rng.standard_normal(16000) * (np.arange(16000) % 8000 < 4000)
    writer.take(package, "sounds/de/alpha/a.ogg", voice + 1e-4 * rng.standard_normal(16000), "CC0", "")
    writer.close({"said": "2"})
    assert [row["speaker"] for row in manifest(tmp_path / "voices_packages")] == ["said-de"]
