"""Hostile recipes, checkpoints, sessions and preferences: used as far as they can be, or refused in words."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import checkpoint, document, recipe
from engine.document import DocumentError
from tests.hostile import papers
from tests.hostile.mutation import mutated
from tests.hostile.trial import ROOT, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_mutated_recipes_checkpoints_and_sessions(tmp_path: Path) -> None:
    """A hundred; some can still be used."""
    found = outcomes("papers", tmp_path, 0, 100)
    assert found.count("read") > 5
    assert found.count("refused") > 50


@pytest.mark.long
@pytest.mark.parametrize("begin", range(100, 1100, 250))
def test_a_thousand_mutated_recipes_checkpoints_and_sessions(tmp_path: Path, begin: int) -> None:
    outcomes("papers", tmp_path, begin, 250)


def test_mutated_runs(tmp_path: Path) -> None:
    found = outcomes("runs", tmp_path, 0, 60)
    assert found.count("read") > 5
    assert found.count("refused") > 5


@pytest.mark.long
def test_hundreds_of_mutated_runs(tmp_path: Path) -> None:
    outcomes("runs", tmp_path, 60, 400)


def opened(path: Path) -> None:
    for _ in document.load(path):
        pass


def test_a_session_cannot_write_beside_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part whose name climbs out of its folder lies in the cache under its last name."""
    cache = tmp_path / "a" / "b" / "cache"
    monkeypatch.setattr("engine.audio.cache._folder", lambda: cache)
    evil, path = "../../../evil.flac", tmp_path / "evil.oto"
    with zipfile.ZipFile(io.BytesIO(papers.seeds()[".oto"][2])) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "sound.flac":
                new.writestr(evil, body)
            else:
                new.writestr(name, body.replace(b"sound.flac", evil.encode()))
    before = {each for each in tmp_path.rglob("*") if cache not in each.parents}
    opened(path)
    after = {each for each in tmp_path.rglob("*") if cache not in each.parents}
    assert after - before <= {tmp_path / "a", tmp_path / "a" / "b", cache}


def test_a_packed_bomb_is_refused_unopened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.oto", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("session.toml", b"#" * (1 << 26))
    assert (tmp_path / "bomb.oto").stat().st_size < 1 << 20
    with pytest.raises(DocumentError, match=r"bomb\.oto is packed"):
        opened(tmp_path / "bomb.oto")


@pytest.mark.parametrize("field", [20, 24])
def test_a_part_that_claims_gigabytes_is_refused(tmp_path: Path, field: int) -> None:
    """Its directory says so in the size as packed, or in the size unpacked."""
    data = bytearray(papers.seeds()[".oto"][0])
    place = data.find(b"PK\1\2") + field
    data[place : place + 4] = (1 << 31).to_bytes(4, "little")
    (tmp_path / "liar.oto").write_bytes(data)
    with pytest.raises(DocumentError, match=r"liar\.oto contradicts itself"):
        opened(tmp_path / "liar.oto")


@pytest.mark.parametrize("read", [recipe.read, checkpoint.load, opened])
def test_what_is_no_file_is_refused(tmp_path: Path, read: Callable[[Any], object]) -> None:
    (tmp_path / "folder.oto").mkdir()
    (tmp_path / "loop.oto").symlink_to(tmp_path / "loop.oto")
    for name in ("folder.oto", "loop.oto", "gone.oto"):
        with pytest.raises(ValueError, match=name.replace(".", r"\.")) as caught:
            read(tmp_path / name)
        assert type(caught.value).__module__.startswith("engine.")


WINDOW = """
import sys
from PySide6.QtWidgets import QApplication
from app.window import Window
app = QApplication([])
window = Window()
window.show()
app.processEvents()
window.close()
"""


@pytest.mark.parametrize("seed", range(3))
def test_damaged_preferences_do_not_keep_the_window_shut(tmp_path: Path, seed: int) -> None:
    """Written by a window, mutated, and read by one."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(tmp_path)}

    def run() -> str:
        command = [sys.executable, "-P", "-X", "faulthandler", "-c", WINDOW]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    run()
    (kept,) = tmp_path.rglob("window.ini")
    whole, rng = kept.read_bytes(), np.random.default_rng(seed)
    for _ in range(3):
        kept.write_bytes(mutated(whole, [bytes(100), b"[General]\nrecent=\\x0\\xff\n"], rng))
        assert "Traceback" not in run()
