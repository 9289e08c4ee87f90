"""Bundled files are found, open, and say what they are."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine import asset


def test_every_clip_opens_with_labels_inside_it() -> None:
    assert {"digits", "digits-2", "speech-1", "phonemes", "cat", "chirp"} <= set(asset.clips())
    for name in asset.clips():
        clip = asset.open_bundled(name)
        assert clip.name == name
        assert clip.frames > clip.rate // 2
        assert clip.labels
        assert all(0 <= label.start < label.end <= clip.seconds + 1e-6 for label in clip.labels)
        assert 0.01 < np.abs(clip.read()).max() < 1.0


def test_digits_are_labelled_where_they_sound() -> None:
    clip = asset.open_bundled("digits")
    assert "".join(clip.text("digit")) == "73190428"
    assert clip.rate == 16000
    sound = clip.read()[:, 0]
    inside = np.zeros(clip.frames, bool)
    for label in clip.labels:
        inside[round(label.start * clip.rate) : round(label.end * clip.rate)] = True
        assert 0.2 < label.end - label.start < 0.5
    margin = np.convolve(inside, np.ones(960), "same") == 0  # 30 ms and more from every digit
    assert np.sqrt(np.mean(sound[inside] ** 2)) > 100 * np.sqrt(np.mean(sound[margin] ** 2))


def test_speech_keeps_its_own_rate() -> None:
    assert asset.open_bundled("speech-2").rate == 22050
    assert asset.open_bundled("speech-2").text("text")[0].startswith("Something that Whittemore")


def test_noises_are_loops_of_one_loudness() -> None:
    assert len(asset.noises()) >= 5
    for name in asset.noises():
        clip = asset.open_noise(name)
        sound = clip.read()[:, 0].astype(np.float64)
        assert (clip.rate, clip.channels) == (16000, 1)
        assert np.sqrt(np.mean(sound**2)) == pytest.approx(10 ** (-26 / 20), rel=0.05)
        # The seam, end to beginning, is no rougher than the roughest step inside.
        assert abs(sound[0] - sound[-1]) <= np.abs(np.diff(sound)).max()


def test_every_sound_names_its_licence() -> None:
    for folder, names in (("clips", asset.clips()), ("noises", asset.noises())):
        text = asset.path(folder, "LICENCES.md").read_text(encoding="utf-8")
        for name in names:
            row = next(line for line in text.splitlines() if f"`{name}`" in line)
            assert re.search(r"CC0 1\.0|public domain", row), row


def test_a_wrong_name_is_answered_with_the_right_ones() -> None:
    with pytest.raises(asset.AssetMissing, match=r"'digit' in clips; there are: .*digits"):
        asset.open_bundled("digit")


def test_a_label_table_may_begin_with_a_byte_order_mark(tmp_path) -> None:
    table = tmp_path / "labels.tsv"
    table.write_text("start\tend\ttext\ttier\n0\t1\tone\tdigit\n", encoding="utf-8-sig")
    assert [each.text for each in asset.read_labels(table)] == ["one"]


def test_a_broken_label_table_names_file_and_line(tmp_path) -> None:
    table = tmp_path / "x.tsv"
    table.write_text("start\tend\ttext\ttier\n0\tsoon\ta\tphone\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"x\.tsv, line 2"):
        asset.read_labels(table)


def test_an_installed_program_finds_its_assets(tmp_path: Path) -> None:
    # As pip lays it out: no source tree, the assets a package of data beside the program.
    (tmp_path / "engine").mkdir()
    for name in ("__init__.py", "asset.py", "clip.py"):
        shutil.copy(Path(asset.__file__).with_name(name), tmp_path / "engine" / name)
    (tmp_path / "otoscope_assets" / "clips").mkdir(parents=True)
    for suffix in (".flac", ".tsv"):
        shutil.copy(asset.path("clips", f"cat{suffix}"), tmp_path / "otoscope_assets" / "clips")
    code = "from engine import asset; print(asset.path(), asset.open_bundled('cat').text('phone')[0])"
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert found.stdout.split() == [str(tmp_path / "otoscope_assets"), "k"], found.stderr
