"""Judging: a row of cells for each version, absent where there is no reference, and the SNR of every moment."""

from __future__ import annotations

import numpy as np
import pytest

from engine import asset, judging, quality
from engine.clip import Clip, from_array
from engine.events import Cell
from engine.judging import Asked, Row

OPINIONS = ("ovrl_mos", "sig_mos", "bak_mos", "p808_mos")


@pytest.fixture(scope="module")
def pair() -> tuple[Clip, Clip]:
    """A clean and a noisy clip of three words, labelled."""
    clip = asset.open_bundled("digits")
    between = (clip.labels[2].end + clip.labels[3].start) / 2
    clean = judging.mono(clip, 0.0, between, "clean")
    noise = 0.02 * np.random.default_rng(0).normal(size=clean.frames)
    return clean, from_array(clean.read()[:, 0] + noise, clean.rate, "noisy", clean.labels)


@pytest.fixture(autouse=True)
def _opinions(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNSMOS is tested with the metrics; its network is slow where a machine is busy."""
    monkeypatch.setattr("engine.measures.dnsmos", lambda sound: dict.fromkeys(OPINIONS, 3.25))


def cells(versions: dict[str, Clip], clean: Clip | None, network: str | None = None) -> dict[str, dict[str, Cell]]:
    rows = [each for each in judging.judge(Asked(versions, clean, network)) if isinstance(each, Row)]
    whole = [row for row in rows if len(row.cells) == len(row.columns)]
    assert {row.name for row in whole} == set(versions)
    return {row.name: {col.name: cell for col, cell in zip(row.columns, row.cells, strict=True)} for row in whole}


def test_every_version_has_a_row_of_the_metrics(pair: tuple[Clip, Clip]) -> None:
    clean, noisy = pair
    found = cells({"noisy": noisy, "clean": clean}, clean)
    told = quality.score(noisy.read()[:, 0], noisy.rate, clean.read()[:, 0])
    for name in judging.METRICS:
        assert found["noisy"][name].value == pytest.approx(told[name].value)
    for name in ("si_sdr", "pesq_wb", "stoi"):  # a copy has no distance from itself, and none is made up
        assert found["clean"][name] == Cell(None, "this is the clean sound itself")


def test_what_is_quick_is_known_of_all_before_what_is_slow_of_any(pair: tuple[Clip, Clip]) -> None:
    """People wait for these numbers; DNSMOS and a recogniser take seconds each."""
    clean, noisy = pair
    rows = [
        each for each in judging.judge(Asked({"clean": clean, "noisy": noisy}, clean)) if isinstance(each, Row)
    ]
    told = [(row.name, len(row.cells)) for row in rows]
    assert told == [("noisy", 3), ("clean", 3), ("noisy", 4), ("clean", 4)]
    assert all(len(row.columns) == 4 for row in rows)
    assert rows[0].cells == rows[2].cells[:3]


def test_without_a_reference_what_needs_one_is_absent(pair: tuple[Clip, Clip]) -> None:
    found = cells({"noisy": pair[1]}, None)["noisy"]
    for name in ("si_sdr", "pesq_wb", "stoi"):
        assert found[name].value is None
        assert "clean sound" in found[name].note
    assert found["dnsmos_ovrl"] == Cell(3.25, "DNSMOS SIG 3.25; DNSMOS BAK 3.25; DNSMOS P.808 3.25")


def test_what_is_spoken_is_read_before_and_after(pair: tuple[Clip, Clip]) -> None:
    """K232: the reading errors of a recogniser, in the same table."""
    clean, _ = pair
    drowned = 0.3 * np.random.default_rng(1).normal(size=clean.frames)
    noisy = from_array(clean.read()[:, 0] + drowned, clean.rate, "noisy", clean.labels)
    found = cells({"noisy": noisy, "clean": clean}, None, "digits-gru-128")
    assert found["clean"]["errors"].value == 0.0
    assert found["clean"]["errors"].note == f"0 of {len(clean.labels)} wrong"
    assert (found["noisy"]["errors"].value or 0.0) > 0.0
    unlabelled = from_array(clean.read(), clean.rate, "x")
    assert cells({"x": unlabelled}, None, "digits-gru-128")["x"]["errors"].value is None


def test_a_column_says_its_range_and_its_needs() -> None:
    about = judging.column("pesq_wb").about
    assert "1.04 to 4.64" in about
    assert "clean sound" in about


def test_the_local_snr_is_that_of_each_frame() -> None:
    """Against brute force, and nothing where nobody speaks."""
    rng, rate = np.random.default_rng(2), 16000
    speech = rng.normal(size=rate)
    speech[6000:9000] = 0.0
    noise = 0.1 * rng.normal(size=rate)
    clean, noisy = from_array(speech * 0.1, rate, "clean"), from_array((speech + noise) * 0.1, rate, "noisy")
    (name, series), *rest = judging.local({"noisy": noisy, "clean": clean}, clean, 3.0).items()
    assert (name, rest) == ("noisy", [])
    s, x = (each.read()[:, 0].astype(np.float64) for each in (clean, noisy))
    for frame in (3, 20, 50):
        middle = (series.time(frame) - 3.0) * rate
        part = slice(round(middle) - 256, round(middle) + 256)
        there = 10 * np.log10((s[part] ** 2).sum() / ((s[part] - x[part]) ** 2).sum())
        assert series.values[frame, 0] == pytest.approx(there, abs=1e-3)
    assert np.isnan(series.values[series.frame(3.0 + 7500 / rate), 0])


def test_a_stretch_is_cut_with_the_labels_inside() -> None:
    clip = asset.open_bundled("digits")
    second = clip.labels[1]
    made = judging.mono(clip, second.start - 0.1, second.end + 0.1, "one")
    assert [each.text for each in made.labels] == [second.text]
    assert made.labels[0].start == pytest.approx(0.1)
    assert made.channels == 1
