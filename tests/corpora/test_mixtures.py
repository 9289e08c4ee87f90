"""Mixtures of the user's own folders: no split has a speaker or a noise of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from engine.corpora import mixtures
from engine.corpora.corpus import CorpusMissing
from engine.recordings import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def folder(place: Path, speakers: int, each: int) -> Path:
    for speaker in range(speakers):
        for number in range(each):
            path = place / f"s{speaker:02}" / f"{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            sound = 0.1 * np.random.default_rng([speaker, number]).standard_normal(16_000)
            soundfile.write(path, sound, 16_000)
    return place


def paths(sounds: Iterable[object]) -> set[Path]:
    return {sound.args[0] for sound in sounds}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("speakers", "train"), [(3, 1), (5, 3), (12, 10)])
def test_no_speaker_and_no_noise_is_in_two_splits(speakers: int, train: int, tmp_path: Path) -> None:
    voices, noises = folder(tmp_path / "voices", speakers, 2), folder(tmp_path / "noises", 1, speakers)
    found = {split: mixtures._sources(split, str(voices), str(noises)) for split in SPLITS}
    said = {split: {path.parent for each in one.voices for path in paths(each)} for split, one in found.items()}
    noisy = {split: paths(one.noises) for split, one in found.items()}
    for parts in (said, noisy):
        assert [len(parts["train"]), sum(map(len, parts.values()))] == [train, speakers]
        assert len(set.union(*parts.values())) == speakers
        assert all(parts.values())


def test_few_folders_are_parted_by_sound(tmp_path: Path) -> None:
    """One voice, or noises of two kinds: their recordings are parted."""
    one = [mixtures._own(str(folder(tmp_path / "one", 1, 4)), split) for split in SPLITS]
    assert [len(each) for each in one] == [2, 1, 1]
    kinds = [mixtures._own(str(folder(tmp_path / "kinds", 3, 2)), split, speakers=False) for split in SPLITS]
    assert [len(each) for each in kinds] == [4, 1, 1]


def test_what_cannot_be_parted_is_told(tmp_path: Path) -> None:
    with pytest.raises(CorpusMissing, match="holds 2 sounds; three are needed, so that each split has its own"):
        mixtures._own(str(folder(tmp_path / "two", 1, 2)), "train")
    with pytest.raises(CorpusMissing, match="no sounds in it"):
        mixtures._own(str(tmp_path / "none"), "train")


def test_they_are_mixed(tmp_path: Path) -> None:
    voices, noises = folder(tmp_path / "voices", 3, 1), folder(tmp_path / "noises", 1, 3)
    settings = mixtures.Settings(seconds=0.5, speech=str(voices), noise=str(noises))
    pairs = [mixtures.build(settings).pair(split, 0) for split in SPLITS]
    for noisy, clean in pairs:
        assert noisy.shape == clean.shape == (7936,)
        assert np.abs(noisy - clean).max() > 0
