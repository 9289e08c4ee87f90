"""Figures of a recording against ones that are known: where talk is, how far above the noise, how many words."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import soundfile

from app import cli
from engine import analytics, asset
from engine.clip import from_array

RATE = 16000
HOP = analytics.HOP


def talk(*stretches: tuple[float, float], seconds: float = 10.0, snr: float = 20.0, rate: int = RATE):
    """Noise, in which louder noise is the talk; and an activity that knows it."""
    rng = np.random.default_rng(0)
    n = round(seconds * rate)
    noise = 1e-3 * rng.standard_normal(n)
    voice = 1e-3 * 10 ** (snr / 20) * rng.standard_normal(n)
    on = np.zeros(n, bool)
    for start, stop in stretches:
        on[round(start * rate) : round(stop * rate)] = True
    clip = from_array((noise + voice * on).astype(np.float32)[:, None], rate, "talk")
    frames = on[:: rate // RATE][: round(seconds * RATE) // HOP * HOP].reshape(-1, HOP).mean(axis=1)
    given = iter([frames.astype(np.float32)])
    return clip, lambda block: next(given, np.zeros(0, np.float32))


@pytest.mark.parametrize("snr", [-5.0, 0.0, 10.0, 25.0])
@pytest.mark.parametrize("rate", [16000, 48000])
def test_snr_and_talk_are_those_that_were_mixed(snr, rate):
    clip, activity = talk((1.0, 4.0), (5.0, 7.0), snr=snr, rate=rate)
    found = analytics.measure(clip, 25, activity)
    # Of a sound at 48 kHz only what lies below 8 kHz is measured; of white noise the ratio stays.
    assert found.snr == pytest.approx(snr, abs=0.4)
    assert found.talk == pytest.approx(5.0, abs=0.1)
    assert found.share == pytest.approx(0.5, abs=0.01)
    assert (found.pauses, found.longest_pause) == (1, pytest.approx(1.0, abs=0.05))
    assert found.rate == pytest.approx(300, rel=0.02)


def test_short_pauses_and_bursts_are_none():
    clip, activity = talk((1.0, 2.0), (2.2, 3.0), (5.0, 5.05), (6.0, 7.0))
    found = analytics.measure(clip, None, activity)
    assert found.talk == pytest.approx(3.0, abs=0.1)
    assert found.pauses == 1
    assert found.rate is None


def test_where_there_is_nothing_to_compare_nothing_is_told():
    silent, nobody = talk(seconds=2.0)
    found = analytics.measure(silent, 0, nobody)
    assert (found.talk, found.snr, found.level, found.rate, found.pauses) == (0.0, None, None, None, 0)
    all_of_it, somebody = talk((0.0, 2.0), seconds=2.0)
    assert analytics.measure(all_of_it, None, somebody).snr is None
    empty = from_array(np.zeros((0, 1), np.float32), RATE, "empty")
    assert analytics.measure(empty, None, lambda block: np.zeros(0, np.float32)).to_dict()["talk_share"] == 0


def test_samples_at_full_scale_are_counted_in_every_channel():
    sound = np.zeros((RATE, 2), np.float32)
    sound[:100, 0], sound[50:60, 1] = 1.0, -1.0
    sound[500, 0] = np.nan
    found = analytics.measure(from_array(sound, RATE, "loud"), None, lambda block: np.zeros(0, np.float32))
    assert found.clipped == 110 / (2 * RATE)


def test_recordings_are_told_as_lines_json_and_a_table(tmp_path, capsys):
    pytest.importorskip("silero_vad")
    clip = asset.open_bundled("speech-1")
    soundfile.write(
        tmp_path / "a.wav", np.concatenate([np.zeros((RATE, 1)), clip.read(), np.zeros((RATE, 1))]), clip.rate
    )
    (tmp_path / "b.wav").write_bytes(b"RIFF")
    assert cli.main(["analyse", str(tmp_path), "--out", str(tmp_path / "all.csv")]) == 3
    told = capsys.readouterr()
    assert "b.wav" in told.err
    assert "a.wav" in told.out
    (row,) = csv.DictReader((tmp_path / "all.csv").read_text().splitlines())
    assert 0.5 * clip.seconds < float(row["talk"]) <= clip.seconds + 0.1
    assert cli.main(["analyse", str(tmp_path / "a.wav"), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["talk"] == pytest.approx(float(row["talk"]))
    assert cli.main(["analyse", str(tmp_path / "a.wav"), "--out", str(tmp_path / "all.txt")]) == 2
    assert cli.main(["analyse", str(tmp_path / "none.wav")]) == 3
