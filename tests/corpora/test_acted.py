"""Acted emotions: what a name says, which actor is in which split, and what is wrong with a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine import build, catalog, checkpoint
from engine.corpora import acted
from engine.corpora.corpus import CorpusMissing
from tests.corpora import layouts

if TYPE_CHECKING:
    from pathlib import Path


def test_names_tell_emotions_and_no_actor_is_in_two_splits(tmp_path: Path) -> None:
    layouts.acted(tmp_path)
    made = acted.build(acted.Settings(folder=str(tmp_path)))
    clips = {split: list(made.split(split)) for split in ("train", "valid", "test")}
    actors = {split: {clip.name.split()[-1] for clip in each} for split, each in clips.items()}
    assert actors["valid"] == {"09", "10"}
    assert actors["test"] == {"11", "12"}
    assert len(actors["train"]) == 8
    for clip in clips["test"]:
        assert clip.labels[0].text == acted.EMOTIONS[int(clip.name.split("-")[2]) - 1]
        assert (clip.rate, clip.channels) == (16000, 1)
        assert clip.labels[0].end == pytest.approx(clip.seconds)
    few = acted.build(acted.Settings(folder=str(tmp_path), clips=16)).split("train")
    assert len({clip.name.split()[-1] for clip in few}) > 4


@pytest.mark.parametrize("folder", ["nothing", ""])
def test_a_folder_without_them_is_named(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path))
    where = str(tmp_path / folder) if folder else ""
    with pytest.raises(CorpusMissing, match=r"nothing.*0 actors|RAVDESS is not on this machine"):
        acted.build(acted.Settings(folder=where)).split("train")


def test_the_task_learns_from_them_as_from_its_own(tmp_path: Path) -> None:
    layouts.acted(tmp_path)
    module = catalog.load("tasks", "emotion")
    task = module.build(module.Settings(corpus="recordings", folder=str(tmp_path)))
    batch = task.batch("train", 0, 4, 0)
    assert batch.targets.shape == (4, 1)
    assert task.vocabulary == acted.EMOTIONS
    network = checkpoint.untrained("emotion", task_settings=task.settings)
    assert build.task_of(network).pinned().labels[0].tier == "emotion"
