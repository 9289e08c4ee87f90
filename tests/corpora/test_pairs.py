"""Pairs of noisy and clean speech: what the challenge's recipe makes of the user's folders, and true SNRs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.signal
import soundfile

from app import cli
from engine import catalog, recordings
from engine.corpora import dns, vctk_demand
from engine.corpora.corpus import CorpusMissing
from tests.corpora import layouts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path))
    return tmp_path


def made(root: Path, **knobs: Any) -> dns.Synthesised:
    own = layouts.folders(root)
    folders = {"speech": str(own / "clean"), "noise": str(own / "noise"), "rooms": str(own / "rooms")}
    found = dns.build(dns.Settings(**({"seconds": 1.0, "clips": 20} | folders | knobs)))
    assert isinstance(found, dns.Synthesised)
    return found


def decibels(sound: np.ndarray[Any, Any]) -> float:
    return float(10 * np.log10(np.square(sound, dtype=float).mean()))


def test_the_recipe_of_the_challenge_is_kept_k276(root: Path) -> None:
    """SNR and level are the whole dB that were drawn, all over their ranges; the same draw, the same bytes."""
    corpus = made(root, snr_low=-5, snr_high=20, level_low=-35, level_high=-15)
    drawn = [corpus.mixed("train", index) for index in range(120)]
    for each in drawn:
        assert len(each.noisy) == len(each.clean) == recordings.samples(1.0)
        assert decibels(each.clean) - decibels(each.noisy - each.clean) == pytest.approx(each.snr, abs=0.02)
        assert decibels(each.noisy) == pytest.approx(each.level, abs=0.02)
    assert {each.snr for each in drawn} <= set(range(-5, 21))
    assert {each.level for each in drawn} <= set(range(-35, -14))
    assert len({each.snr for each in drawn}) > 20
    again = made(root, snr_low=-5, snr_high=20, level_low=-35, level_high=-15).pair("train", 7)
    np.testing.assert_array_equal(again[0], drawn[7].noisy)
    assert not np.array_equal(corpus.pair("train", 7, epoch=1)[0], again[0])


def test_rooms_are_heard_where_they_are_drawn(root: Path) -> None:
    """With a share of one, the clean speech is the dry one through the response from its direct sound on."""
    dry, wet = (made(root, reverb=share).mixed("train", 3) for share in (0.0, 1.0))
    response = np.zeros(381)
    response[[0, 380]] = 1.0, 0.5
    wanted = scipy.signal.lfilter(response, [1.0], dry.clean)
    share = float(wanted @ wet.clean / np.linalg.norm(wanted) / np.linalg.norm(wet.clean))
    alone = float(dry.clean @ wet.clean / np.linalg.norm(dry.clean) / np.linalg.norm(wet.clean))
    assert share > 0.999 > alone


def test_no_reader_and_no_noise_is_on_both_sides(root: Path) -> None:
    own = layouts.folders(root)
    for folder, what in (("clean", "speech"), ("noise", "noise")):
        seen = [
            {file for group in dns._groups(str(own / folder), split, what) for file in group}
            for split in recordings.SPLITS
        ]
        assert all(seen)
        assert sum(map(len, seen)) == len(set.union(*seen)) == len(list((own / folder).iterdir()))
    readers = [{file.stem.split("_")[3] for file in each} for each in map(set, _clean(own))]
    assert readers[0].isdisjoint(readers[1] | readers[2])


def _clean(own: Path) -> list[list[Path]]:
    return [
        [file for group in dns._groups(str(own / "clean"), split, "speech") for file in group]
        for split in recordings.SPLITS
    ]


def test_too_little_to_split_is_told(root: Path) -> None:
    own = layouts.folders(root, count=2)
    corpus = dns.build(dns.Settings(speech=str(own / "clean"), noise=str(own / "noise")))
    with pytest.raises(CorpusMissing, match="holds 2 recordings or readers of speech; three are needed"):
        corpus.pair("train", 0)
    with pytest.raises(CorpusMissing, match="no folder of noise"):
        made(root, noise="").pair("train", 0)


def test_pairs_are_written_and_read_again(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = layouts.folders(root)
    command = ["data", "synth-dns", "--speech", str(own / "clean"), "--noise", str(own / "noise"), "--clips", "12"]
    command += ["--out", str(root / "dns"), "--snr", "0", "10", "--seconds", "1"]
    assert cli.main(command) == 0
    assert "12 pairs" in capsys.readouterr().out
    corpus: Any = dns.build(dns.Settings())
    assert [len(corpus.split(split)) for split in ("train", "valid")] == [11, 1]
    for index, (noisy, _) in enumerate(corpus.pairs("train")):
        told = dns.nominal(noisy)
        assert told is not None
        assert 0 <= told <= 10
        assert corpus.snr("train", index) == pytest.approx(
            told, abs=1.0
        )  # of active speech: silences are no speech
    assert cli.main(["data", "check", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["pairs"], row["off"]) == ("dns", 12, 0)
    assert cli.main(["data", "synth-dns", "--speech", str(own / "clean")]) == 2
    assert "--noise" in capsys.readouterr().err


@pytest.mark.parametrize("speakers", [28, 56])
def test_the_snrs_of_vctk_demand_are_true_k277(speakers: int, root: Path) -> None:
    layouts.vctk_demand(root, speakers)
    corpus = vctk_demand.build(vctk_demand.Settings(speakers=speakers))
    for split in recordings.SPLITS:
        snrs = vctk_demand.SNRS["test" if split == "test" else "train"]
        found = [corpus.snr(split, index) for index in range(len(corpus.split(split)))]
        for measured, (noisy, _) in zip(found, corpus.pairs(split), strict=True):
            told = vctk_demand.nominal(noisy)
            assert told in snrs
            assert measured == pytest.approx(told, abs=0.1)
    voices = [{noisy.stem[:4] for noisy, _ in corpus.pairs(split)} for split in recordings.SPLITS]
    assert voices[2] == {"p232", "p257"}
    assert not voices[0] & voices[1]
    assert len(voices[0]) == 1


def test_a_pair_that_is_off_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layouts.vctk_demand(root)
    noisy = root / "vctk_demand" / "noisy_testset_wav" / "p232_001.wav"
    clean, rate = soundfile.read(root / "vctk_demand" / "clean_testset_wav" / "p232_001.wav")
    soundfile.write(noisy, clean + 0.5 * np.random.default_rng(0).standard_normal(len(clean)), rate, "PCM_16")
    assert cli.main(["data", "check"]) == 0
    said = capsys.readouterr().out
    assert "1 off by more than 2.5 dB" in said
    assert "p232_001.wav" in said


@pytest.mark.parametrize("name", ["dns", "vctk_demand"])
def test_pairs_are_the_data_of_the_task_denoise(name: str, root: Path) -> None:
    layouts.MAKERS[name](root)
    tasks = catalog.load("tasks", "denoise")
    task = tasks.build(tasks.Settings(corpus=name, seconds=0.5, domain="magnitude"))
    batch = task.batch("train", 0, 2, seed=0)
    assert batch.sounds.shape == (2, 2, recordings.samples(0.5))
    assert batch.x.shape[2] == 257
    first = task.corpus.pair("train", 0, 0)
    assert np.abs(first[0] - first[1]).max() > 0.01
    np.testing.assert_array_equal(task.corpus.pair("train", 0, 0)[0], first[0])
