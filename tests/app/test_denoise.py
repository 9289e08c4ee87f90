"""`otoscope denoise`: files and folders, in place and as long, in the format asked for, and not twice."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
import soundfile as sf

from app import cli, denoise
from engine import asset, denoising

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WIENER = ("--model", "wiener")


def noisy(seconds: float, channels: int = 1, seed: int = 0) -> tuple[NDArray, NDArray, int]:
    """Speech in noise, and the speech [n, channels]."""
    clip = asset.open_bundled("speech-1")
    clean = np.repeat(clip.read(0, round(seconds * clip.rate)), channels, axis=1)
    rng = np.random.default_rng(seed)
    return clean + 0.02 * rng.standard_normal(clean.shape), clean, clip.rate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sounds in folders, something that is no sound, and the clean ones beside them."""
    for name, channels in (("one.wav", 1), ("more/two.flac", 2)):
        sound, clean, rate = noisy(1.2, channels)
        for place, samples in (("in", sound), ("clean", clean)):
            path = tmp_path / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            sf.write(path, samples, rate, subtype="PCM_24")
    (tmp_path / "in" / "readme.txt").write_text("no sound")
    return tmp_path


def run(folder: Path, *more: str, source: str = "in") -> int:
    return cli.main(["denoise", str(folder / source), "--out", str(folder / "out"), *more])


def test_a_folder_comes_out_as_it_went_in(folder, capsys):
    assert run(folder, *WIENER) == 0
    for name, subtype in (("one.wav", "PCM_16"), ("more/two.flac", "PCM_16")):
        went, came = sf.info(folder / "in" / name), sf.info(folder / "out" / name)
        assert (came.samplerate, came.channels, came.frames) == (went.samplerate, went.channels, went.frames)
        assert came.subtype == subtype
        sound, rate = sf.read(folder / "in" / name, dtype="float32", always_2d=True)
        wanted = np.concatenate(list(denoising.run("wiener", sound, rate)))
        found, _ = sf.read(folder / "out" / name, dtype="float32", always_2d=True)
        np.testing.assert_allclose(found, wanted, atol=2**-15)
    assert "2 files into" in capsys.readouterr().out
    assert not list((folder / "out").rglob("*.part"))


def test_floats_of_flac_become_wav(folder):
    assert run(folder, *WIENER, "--float") == 0
    found = sf.info(folder / "out" / "more" / "two.wav")
    assert (found.subtype, found.frames) == ("FLOAT", sf.info(folder / "in" / "more" / "two.flac").frames)


@pytest.mark.parametrize(("flag", "subtype"), [("--pcm24", "PCM_24"), ("--float", "FLOAT")])
def test_the_kind_of_samples_is_chosen(folder, flag, subtype):
    assert run(folder, *WIENER, flag, "--wet", "0", source="in/one.wav") == 0
    assert sf.info(folder / "out" / "one.wav").subtype == subtype
    before, after = (sf.read(folder / place / "one.wav", dtype="float32")[0] for place in ("in", "out"))
    np.testing.assert_allclose(after, before, atol=2**-22)


def test_what_is_done_is_not_done_again_unless_something_changed(folder, capsys):
    run(folder, *WIENER)
    first = (folder / "out" / "one.wav").stat().st_mtime_ns
    capsys.readouterr()
    assert run(folder, *WIENER) == 0
    assert capsys.readouterr().out.count("is there, with the same settings") == 2
    assert (folder / "out" / "one.wav").stat().st_mtime_ns == first
    for more in (["--limit", "12"], ["--model", "gate"], ["--again"]):
        run(folder, *(WIENER if "--model" not in more else ()), *more)
        assert "same settings" not in capsys.readouterr().out
    sf.write(folder / "in" / "one.wav", np.zeros(9000), 16_000)
    run(folder, *WIENER, "--again")
    (folder / "out" / "more" / "two.flac").unlink()
    sf.write(folder / "in" / "one.wav", np.ones(9000) * 0.1, 16_000)
    capsys.readouterr()
    run(folder, *WIENER)
    assert "same settings" not in capsys.readouterr().out


def test_a_bad_file_is_named_and_the_rest_goes_on(folder, capsys):
    (folder / "in" / "bad.wav").write_text("nothing")
    assert run(folder, *WIENER) == 3
    said = capsys.readouterr()
    assert "bad.wav" in said.err
    assert "Traceback" not in said.err
    assert (folder / "out" / "one.wav").exists()
    assert (folder / "out" / "more" / "two.flac").exists()
    assert not (folder / "out" / "bad.wav").exists()


def test_a_sound_that_was_cut_short_is_told_once(folder, capsys):
    whole = (folder / "in" / "one.wav").read_bytes()
    (folder / "in" / "one.wav").write_bytes(whole[: len(whole) // 2])
    clean = folder / "clean" / "one.wav"
    assert run(folder, *WIENER, "--reference", str(clean), source="in/one.wav") == 0
    assert capsys.readouterr().err.count("one.wav is cut short: 0.6 of 1.2 s") == 1


def test_what_cannot_be_written_is_said_of_the_place(folder, capsys):
    """Before any work where that is the whole folder; else of one file, and the rest goes on."""
    wrong = folder / "in" / "readme.txt" / "out"
    assert cli.main(["denoise", str(folder / "in"), "--out", str(wrong), *WIENER]) == cli.BAD_FILE
    said = capsys.readouterr()
    assert f"--out {wrong} cannot be written (Not a directory); choose another folder" in said.err
    assert "left out" not in said.out
    (folder / "out").mkdir()
    (folder / "out" / "more").write_text("in the way")
    assert run(folder, *WIENER) == cli.BAD_FILE
    assert (
        f"{folder / 'out' / 'more'} cannot be made (File exists); choose another --out" in capsys.readouterr().err
    )
    assert (folder / "out" / "one.wav").exists()
    (folder / "out" / "denoised.json").unlink()
    (folder / "out" / "denoised.json").mkdir()
    assert run(folder, *WIENER, source="in/one.wav") == cli.BAD_FILE
    assert "denoised.json cannot be written (Is a directory)" in capsys.readouterr().err


def test_what_a_killed_run_left_goes(folder):
    (folder / "out").mkdir()
    left, fresh, other = (
        folder / "out" / name for name in (".one.wav.0.part", ".one.wav.1.part", ".two.wav.2.part")
    )
    for part in (left, fresh, other):
        part.write_text("half of it")
    for part in (left, other):
        os.utime(part, (0, 0))
    assert run(folder, *WIENER, source="in/one.wav") == 0
    assert [part.exists() for part in (left, fresh, other)] == [False, True, True]


def test_what_may_keep_its_name_does(tmp_path):
    for name, frames in (("a.aiff", 1000), ("a.wav", 2000), ("b.aiff", 3000)):
        (tmp_path / "in").mkdir(exist_ok=True)
        sf.write(tmp_path / "in" / name, np.zeros(frames), 16_000)
    assert run(tmp_path, *WIENER) == 0
    made = {path.name: sf.info(path).frames for path in (tmp_path / "out").glob("*.wav")}
    assert made == {"a.wav": 2000, "a.aiff.wav": 1000, "b.wav": 3000}


def test_a_clean_sound_that_cannot_be_read_is_no_success(folder, capsys):
    (folder / "clean" / "one.wav").write_text("nothing")
    more = ("--reference", str(folder / "clean"), "--json")
    assert run(folder, *WIENER, *more, source="in/one.wav") == cli.BAD_FILE
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert "one.wav is not sound that can be read" in note


def test_ctrl_c_keeps_what_is_finished(folder, capsys, monkeypatch):
    real, begun = denoise._written, []

    def written(task, work, told):
        begun.append(task.name.name)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return real(task, work, told)

    monkeypatch.setattr(denoise, "_written", written)
    assert run(folder, *WIENER) == cli.STOPPED
    assert "1 of 2 files are finished" in capsys.readouterr().out
    monkeypatch.undo()
    assert run(folder, *WIENER) == 0
    assert capsys.readouterr().out.count("same settings") == 1


def test_metrics_stand_beside_a_reference(folder, capsys):
    assert run(folder, *WIENER, "--reference", str(folder / "clean"), "--json") == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert len(files) == 2
    for each in files:
        assert each["after"]["si_sdr"] > each["before"]["si_sdr"] + 2
    assert run(folder, *WIENER, "--reference", str(folder / "clean")) == 0
    said = capsys.readouterr().out
    assert "SI-SDR" in said
    assert "mean" in said
    assert f"{files[0]['before']['si_sdr']:.2f} → {files[0]['after']['si_sdr']:.2f}" in said


@pytest.mark.parametrize("name", ["holes.wav", "holes.aiff"])
def test_samples_that_are_no_numbers_are_told(folder, capsys, name):
    sound, _, rate = noisy(1.0, 2)
    sound[100:103, 0], sound[4000, 1] = np.nan, np.inf
    sf.write(folder / name, sound, rate, subtype="FLOAT")
    assert run(folder, *WIENER, source=name) == 0
    assert "4 samples were no numbers and were taken as 0" in capsys.readouterr().out
    (made,) = (folder / "out").glob("holes.*")
    assert np.isfinite(sf.read(made)[0]).all()
    assert run(folder, *WIENER, "--again", "--json", source=name) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["holes"] == 4
    assert run(folder, *WIENER, source="in/one.wav") == 0
    assert "no numbers" not in capsys.readouterr().out


def test_a_limit_by_band(folder, capsys):
    """K233: what is left of the sound at 1 kHz is what its band says, where the rest has no limit."""
    loud = (0.2 * np.random.default_rng(0).standard_normal(4 * 16_000)).astype(np.float32)
    sf.write(folder / "hiss.wav", loud, 16_000, subtype="FLOAT")
    left = {}
    for limits in ("", "1000=6, 2000=6", "250=0,500=0,1000=0,2000=0,4000=0,8000=0"):
        assert run(folder, *WIENER, "--float", "--limits", limits, source="hiss.wav") == 0
        made = sf.read(folder / "out" / "hiss.wav")[0]
        left[limits] = np.abs(np.fft.rfft(made))[np.array([4 * 1400, 4 * 200])[:, None] + np.arange(-300, 300)]
    came = np.abs(np.fft.rfft(loud))[np.array([4 * 1400, 4 * 200])[:, None] + np.arange(-300, 300)]
    by = {
        limits: 20 * np.log10(np.linalg.norm(each, axis=1) / np.linalg.norm(came, axis=1))
        for limits, each in left.items()
    }
    free, banded, kept = by.values()
    assert free[0] < -8, "the filter takes white noise away"
    assert -6.2 < banded[0] < -4
    assert banded[1] == pytest.approx(free[1], abs=1.0)
    np.testing.assert_allclose(kept, 0.0, atol=1e-3)


def test_arguments_that_do_not_fit(folder, capsys):
    for more, words in (
        (["--model", "nothing"], "there is no denoiser"),
        (["--model", "ains_causal"], "is a recipe, and no network of it is bundled: `otoscope train ains_causal"),
        (["--wet", "2"], "wet"),
        (["--limits", "1000"], "write it as in 250=10"),
        (["--limits", "300=10"], "no band at 300 Hz; there are: 250, 500"),
        (["--limits", "250=101"], "limit 250"),
        (["--reference", str(folder / "none")], "no clean sound"),
    ):
        assert run(folder, *more) == cli.USAGE
        assert words in capsys.readouterr().err
    assert run(folder, *WIENER, source="none.wav") == 3
    assert "none.wav: No such file or directory" in capsys.readouterr().err
    assert cli.main(["denoise", str(folder / "in"), "--out", str(folder / "in"), *WIENER]) == cli.USAGE
    assert "written over" in capsys.readouterr().err
    shutil.rmtree(folder / "in" / "more")
    (folder / "in" / "one.wav").unlink()
    assert run(folder, *WIENER) == cli.USAGE
    assert "name another folder, with files that end in .wav, .flac" in capsys.readouterr().err


@pytest.mark.long
def test_an_hour_in_flat_memory(tmp_path):
    """As an hour of stereo at 44.1 kHz is written, memory grows by less than a minute of it would need."""
    rate, minute = 44_100, np.zeros((60 * 44_100, 2), np.float32)
    with sf.SoundFile(tmp_path / "hour.wav", "w", rate, 2, "PCM_16") as file:
        for seed in range(60):
            minute[:] = 0.1 * np.random.default_rng(seed).standard_normal(minute.shape)
            file.write(minute)
    process, seen = psutil.Process(), []
    for place, _ in enumerate(denoising.run("wiener", _clip(tmp_path / "hour.wav"), rate)):
        if place % 100 == 60:
            seen.append(process.memory_info().rss)
    assert len(seen) > 30
    assert max(seen) - seen[0] < minute.nbytes


def _clip(path: Path):
    from engine.audio.file import open_clip

    return open_clip(path)
