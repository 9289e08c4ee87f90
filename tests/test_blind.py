"""Blind tests: p is SciPy's, what is drawn follows from the seed and is fair, and nothing is lost on disk."""

from __future__ import annotations

import csv
import io
import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import signal, stats

from engine import blind, sitting
from engine.clip import Clip, from_array

if TYPE_CHECKING:
    from pathlib import Path

PAIR = ("noisy", "wiener")


def abx(trials: int = 16, seed: int = 3, clips: tuple[str, ...] = ("one",)) -> blind.Abx:
    return blind.draw_abx(clips, PAIR, blind.Plan(trials=trials), seed)


def tone(hertz: float, seconds: float = 1.0, rate: int = 16000) -> Clip:
    time = np.arange(round(seconds * rate)) / rate
    return from_array(0.3 * np.sin(2 * np.pi * hertz * time), rate, f"{hertz} Hz")


@pytest.mark.parametrize("count", [1, 5, 16, 40, 100])
def test_p_is_the_one_sided_binomial_test(count: int) -> None:
    for right in range(count + 1):
        there = stats.binomtest(right, count, 0.5, alternative="greater").pvalue
        assert blind.tail(right, count) == pytest.approx(there, rel=1e-12)


def test_as_many_as_needed_are_just_enough() -> None:
    for count in range(5, 60):
        enough = blind.needed(count)
        assert enough is not None
        assert stats.binomtest(enough, count, alternative="greater").pvalue < 0.05
        assert stats.binomtest(enough - 1, count, alternative="greater").pvalue >= 0.05
    assert blind.needed(4) is None  # 1/16 is the least that four can give
    assert blind.needed(16) == 12


def test_what_is_hidden_follows_from_the_seed() -> None:
    assert abx(seed=5).hidden == abx(seed=5).hidden
    draws = {abx(seed=seed).hidden for seed in range(50)}
    assert len(draws) == 50
    assert blind.draw_abx(["one"], PAIR, blind.Plan()).seed != blind.draw_abx(["one"], PAIR, blind.Plan()).seed


def test_the_draw_is_fair() -> None:
    tests = [abx(trials=100, seed=seed) for seed in range(200)]
    xs = sum(test.hidden.count("A") for test in tests)
    swapped = sum(test.pair != PAIR for test in tests)
    runs = sum(one == other for test in tests for one, other in zip(test.hidden, test.hidden[1:], strict=False))
    for right, count in ((xs, 20000), (swapped, 200), (runs, 19800)):  # neither side, pair nor turn is told
        assert stats.binomtest(right, count).pvalue > 1e-3


def test_clips_come_as_often_as_each_other() -> None:
    order = abx(trials=12, clips=("a", "b", "c")).order
    assert sorted(order) == [0] * 4 + [1] * 4 + [2] * 4
    assert order != abx(trials=12, clips=("a", "b", "c"), seed=4).order


def test_answers_are_counted() -> None:
    test = abx(trials=5)
    for turn, side in enumerate(test.hidden):
        test = test.answer(side if turn else "AB".replace(side, "")[0])  # type: ignore[arg-type]
    assert (test.right, test.over) == (4, True)
    assert test.p == pytest.approx(6 / 32)
    assert "not told apart" in test.verdict()
    assert [row["right"] for row in test.rows()] == [0, 1, 1, 1, 1]
    with pytest.raises(blind.BlindError, match="begin another"):
        test.answer("A")


def test_a_test_that_ended_early_or_was_looked_at_says_so() -> None:
    short = abx().answer("A")
    assert "Only 1 of the 16" in short.verdict()
    whole = replace(abx(trials=5), answers=abx(trials=5).hidden)
    assert "looked" not in whole.verdict()
    assert "looked" in replace(whole, peeked=True).verdict()
    assert "told apart" in whole.verdict()


def sheet(seed: int = 1, **more: Any) -> blind.Sheet:
    clips = {"one": ("noisy", "clean", "wiener", "anchor"), "two": ("noisy", "clean", "wiener", "anchor")}
    return blind.draw_sheet(clips, seed=seed, **more)


def test_versions_stand_in_another_order_on_every_page() -> None:
    orders = {sheet(seed).shown for seed in range(30)}
    assert len(orders) > 25
    every = set(itertools.permutations(("noisy", "clean", "wiener", "anchor")))
    assert {page for seed in range(200) for page in sheet(seed).shown} == every
    assert {sheet(seed).order for seed in range(20)} == {(0, 1), (1, 0)}


def test_the_open_reference_is_hidden_among_them() -> None:
    test = sheet(open_="clean")
    for page in test.shown:
        assert set(page) == {"noisy", "reference", "wiener", "anchor"}


def test_ratings_go_to_what_was_hidden() -> None:
    test, worth = sheet(open_="clean"), {"noisy": 40, "reference": 100, "wiener": 60, "anchor": 10}
    for turn in range(2):
        test = test.answer([worth[name] + (turn if name == "wiener" else 0) for name in test.shown[turn]])
    assert test.over
    assert list(test.by_version()) == ["reference", "wiener", "noisy", "anchor"]
    assert test.by_version()["wiener"] == [60, 61]
    low, high = stats.t.interval(0.95, 1, loc=60.5, scale=stats.sem([60, 61]))
    assert blind.half_width([60, 61]) == pytest.approx((high - low) / 2)
    assert "left out" not in test.verdict()
    for row in test.rows():
        assert row["score"] - worth[row["version"]] in (0, 1)
    bad = sheet(open_="clean")
    assert "left out" in bad.answer([50] * 4).verdict()


def test_ratings_that_are_none_are_refused() -> None:
    for scores in ([1, 2, 3], [1, 2, 3, 101], [-1, 2, 3, 4]):
        with pytest.raises(blind.BlindError, match="0 to 100"):
            sheet().answer(scores)
    for clips in ({}, {"one": ("noisy",)}):
        with pytest.raises(blind.BlindError):
            blind.draw_sheet(clips)
    with pytest.raises(blind.BlindError):
        blind.draw_abx(["one"], ("noisy", "noisy"), blind.Plan())


def test_a_cut_is_the_stretch_with_soft_ends() -> None:
    clip = tone(440, 2.0)
    made = sitting.cut(clip, 0.5, 1.5, "x").read()[:, 0]
    whole = clip.read(8000, 24000)[:, 0]
    np.testing.assert_array_equal(made[80:-80], whole[80:-80])
    assert abs(made[0]) < 0.01 * 0.3
    assert abs(made[-1]) < 0.01 * 0.3
    with pytest.raises(blind.BlindError, match="30 s"):
        sitting.cut(clip, 0, 60.0, "x")


def test_the_anchor_has_nothing_above_three_and_a_half_kilohertz_and_stays_in_place() -> None:
    low, high = tone(500), tone(5000)
    kept = sitting.anchor(low).read()[1000:-1000, 0]
    np.testing.assert_allclose(kept, low.read()[1000:-1000, 0], atol=0.003)
    _, power = signal.welch(sitting.anchor(high).read()[1000:-1000, 0], 16000)
    assert 10 * np.log10(power.max()) < 10 * np.log10(signal.welch(high.read()[:, 0], 16000)[1].max()) - 50


def test_a_test_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    sounds = [{"noisy": tone(300), "wiener": tone(400)}, {"noisy": tone(500), "wiener": tone(600)}]
    test = blind.draw_abx(["one", "two"], PAIR, blind.Plan(trials=6), 2)
    folder = tmp_path / "20300101-000000"
    *_, made = sitting.prepare(test, sounds, folder)
    assert isinstance(made, sitting.Sitting)
    assert sitting.unfinished(tmp_path) == folder
    assert isinstance(made.test, blind.Abx)
    sitting.save(made.test.answer("A").answer("B"), folder)
    again = sitting.take_up(folder)
    assert again.test == made.test.answer("A").answer("B")
    for number, versions in enumerate(sounds):
        for name, clip in versions.items():
            np.testing.assert_array_equal(again.sounds[number][name].read(), clip.read())
    sitting.save(replace(made.test, answers=made.test.hidden), folder)
    assert sitting.unfinished(tmp_path) is None


def test_a_sheet_is_taken_up_with_its_reference_and_anchor(tmp_path: Path) -> None:
    versions = {"noisy": tone(300), "clean": tone(400)}
    test = blind.draw_sheet({"one": (*versions, "anchor")}, "clean", 4)
    *_, made = sitting.prepare(test, [versions], tmp_path / "a")
    again = sitting.take_up(tmp_path / "a")
    assert isinstance(made, sitting.Sitting)
    assert set(again.sounds[0]) == {"noisy", "clean", "reference", "anchor"}
    np.testing.assert_array_equal(again.sounds[0]["reference"].read(), versions["clean"].read())
    np.testing.assert_array_equal(again.sounds[0]["anchor"].read(), sitting.anchor(versions["clean"]).read())


def test_what_cannot_be_taken_up_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "test.json").write_text('{"kind": "abx"}')
    assert sitting.unfinished(tmp_path) is None
    for folder in (tmp_path / "bad", tmp_path / "none"):
        with pytest.raises(blind.BlindError, match="Begin another"):
            sitting.take_up(folder)


def test_results_are_exported_as_a_table_and_as_json(tmp_path: Path) -> None:
    test = replace(abx(trials=8), answers=abx(trials=8).hidden)
    places = sitting.export(test, tmp_path / "mine.csv")
    assert [place.name for place in places] == ["mine.csv", "mine.json"]
    rows = list(csv.DictReader(io.StringIO(places[0].read_text())))
    assert len(rows) == 8
    assert set(rows[0]) >= {"date", "seed", "clip", "A", "B", "X", "answer", "p"}
    assert float(rows[0]["p"]) == 1 / 256
    told = json.loads(places[1].read_text())
    assert (told["seed"], told["found"]["p"], told["found"]["right"]) == (3, 1 / 256, 8)
    assert sitting.read(places[1].read_text()) == test
