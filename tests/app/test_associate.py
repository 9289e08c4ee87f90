"""The desktop entry: in the user's own data folder alone, well formed, and gone when it is taken back."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from app import associate

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have their own ways")


def run(folder, *arguments):
    environment = os.environ | {"XDG_DATA_HOME": str(folder / "data"), "HOME": str(folder / "home")}
    command = [sys.executable, "-m", "app", "associate", *arguments]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_entry_a_kind_and_an_icon_and_back(tmp_path):
    assert str(tmp_path / "data" / "applications") in run(tmp_path)
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str
    entry.read(tmp_path / "data" / "applications" / "otoscope.desktop")
    (section,) = entry.sections()
    assert entry[section]["MimeType"] == f"{associate.KIND};"
    assert entry[section]["Exec"].endswith(" %F")
    kinds = ElementTree.parse(tmp_path / "data" / "mime" / "packages" / "otoscope.xml").getroot()
    (glob,) = kinds.iter("{http://www.freedesktop.org/standards/shared-mime-info}glob")
    assert glob.get("pattern") == "*.oto"
    ElementTree.parse(tmp_path / "data" / "icons" / "hicolor" / "scalable" / "apps" / "otoscope.svg")
    assert not (tmp_path / "home").exists()
    run(tmp_path, "--remove")
    assert not [each for each in tmp_path.rglob("otoscope.*")]


def test_the_command_starts_this_program_whatever_its_path(monkeypatch, tmp_path):
    place = tmp_path / 'a "b" $c 100%'
    place.mkdir()
    (place / "otoscope").touch()
    monkeypatch.setattr(sys, "executable", str(place / "python"))
    associate.install(tmp_path / "data")
    text = (tmp_path / "data" / "applications" / "otoscope.desktop").read_text()
    assert 'a \\"b\\" \\$c 100%%/otoscope" %F' in text


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "data").write_text("no folder")
    with pytest.raises(OSError, match="data"):
        associate.install(tmp_path / "data")
