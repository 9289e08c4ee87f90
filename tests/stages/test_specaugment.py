"""SpecAugment masks what it says, no more than it says, and the same again for the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.knob import knobs
from engine.links import build, default_link
from engine.masks import POLICIES, Mask, kept, policy_masks
from engine.stages import specaugment
from engine.stages.specaugment import Settings, keep, masks
from engine.stages.stage import Format

MEL = Format(100.0, 80, "mel", tuple(float(each) for each in range(50, 8050, 100)), unit="ln", floor=-13.8)


def run(features: np.ndarray, form: Format = MEL, **knobs) -> np.ndarray:
    stage = build(default_link("specaugment", **knobs), form)
    return np.concatenate([stage.push(features), stage.flush()])


def features(frames: int = 300) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((frames, 80)).astype(np.float32)


@settings(max_examples=60)
@given(
    count=st.integers(0, 4),
    width=st.integers(0, 60),
    cap=st.sampled_from([0.05, 0.2, 1.0]),
    frames=st.integers(1, 200),
    seed=st.integers(0, 99),
)
def test_widths_and_counts_keep_to_the_knobs(count: int, width: int, cap: float, frames: int, seed: int) -> None:
    given = Settings(preview=True, time_masks=count, time_width=width, freq_masks=count, freq_width=width, cap=cap)
    found = policy_masks(given, frames, 80, np.random.default_rng(seed))
    assert len(found) == 2 * count
    for each in found[:count]:
        assert (each.start, each.stop) == (0, frames)
        assert 0 <= each.low <= each.high <= 80
        assert each.high - each.low <= width
    for each in found[count:]:
        assert (each.low, each.high) == (0, 80)
        assert 0 <= each.start <= each.stop <= frames
        assert each.stop - each.start <= min(width, int(cap * frames))


def test_every_width_from_none_to_the_widest_is_drawn() -> None:
    given = Settings(freq_masks=1, time_masks=0, freq_width=5)
    rng = np.random.default_rng(0)
    widths = [mask.high - mask.low for _ in range(600) for mask in policy_masks(given, 100, 80, rng)]
    counts = np.bincount(widths, minlength=6)
    assert len(counts) == 6
    assert counts.min() > 60


@pytest.mark.parametrize("name", POLICIES)
def test_policies_are_those_of_the_paper(name: str) -> None:
    wide, many_f, long, share, many_t = POLICIES[name][1:]
    rng = np.random.default_rng(0)
    drawn = [policy_masks(Settings(policy=name), 1000, 80, rng) for _ in range(200)]
    assert {len(each) for each in drawn} == {many_f + many_t}
    assert max(mask.high - mask.low for each in drawn for mask in each[:many_f]) == wide
    assert max(mask.stop - mask.start for each in drawn for mask in each[many_f:]) <= min(long, share * 1000)
    assert {"LB": (27, 100), "LD": (27, 100), "SM": (15, 70), "SS": (27, 70)}[name] == (wide, long)


def test_the_policies_are_listed_beside_their_knob() -> None:
    words = next(knob.help for knob in knobs(Settings) if knob.name == "policy")
    for listed in (
        "LB: F 27, mF 1, T 100, mT 1, p 1;",
        "LD: F 27, mF 2, T 100, mT 2, p 1;",
        "SM: F 15, mF 2, T 70, mT 2, p 0.2;",
        "SS: F 27, mF 2, T 70, mT 2, p 0.2.",
    ):
        assert listed in words


def test_defaults() -> None:
    given = Settings()
    assert (given.time_width, given.freq_width, given.warp, given.preview) == (20, 20, 0, False)


def test_without_preview_and_without_drawn_masks_nothing_happens() -> None:
    for policy in ("custom", "LD"):
        np.testing.assert_array_equal(run(features(), policy=policy, warp=20), features())


@pytest.mark.parametrize(("fill", "value"), [("silence", -13.8), ("zero", 0.0), ("mean", None)])
def test_masked_cells_are_exactly_the_fill_and_the_others_untouched(fill: str, value: float | None) -> None:
    given: dict[str, Any] = {
        "preview": True,
        "policy": "LD",
        "fill": fill,
        "seed": 3,
        "drawn": ((0.5, 0.7, 1000.0, 2000.0),),
    }
    before, after = features(), run(features(), **given)
    remains = keep(Settings(**given), 300, MEL)
    wanted = np.float32(before.mean() if value is None else value)
    np.testing.assert_array_equal(after[remains], before[remains])
    np.testing.assert_allclose(after[~remains], wanted, atol=1e-6)
    assert len(np.unique(after[~remains])) == 1
    assert 0 < (~remains).sum() < remains.size


def test_the_rectangles_are_the_cells() -> None:
    """What the view draws (masks) is what the stage takes out."""
    given = Settings(preview=True, seed=7, drawn=((0.5, 0.7, 1000.0, 2000.0),))
    found = masks(given, 300, 80, 100.0, MEL.rows)
    assert found[0] == Mask(50, 70, 10, 20, 0)
    assert all(each.drawn == -1 for each in found[1:])
    np.testing.assert_array_equal(kept(found, 300, 80), keep(given, 300, MEL))
    np.testing.assert_array_equal(
        run(features(), preview=True, seed=7, drawn=given.drawn) == np.float32(-13.8), ~keep(given, 300, MEL)
    )


def test_drawn_masks_act_live_and_lie_where_they_were_drawn() -> None:
    stage = build(default_link("specaugment", drawn=((0.5, 0.7, 0.0, 1e9), (1.0, 99.0, 3000.0, 4000.0))), MEL)
    assert stage.lookahead == 0
    out = np.concatenate([stage.push(each) for each in np.array_split(features(), 37)])
    masked = out == np.float32(-13.8)
    assert masked[50:70].all()
    assert masked[100:, 30:40].all()
    assert masked.sum() == 20 * 80 + 200 * 10


def test_drawn_masks_move_with_the_range() -> None:
    given = Settings(drawn=((0.5, 0.7, 0.0, 1e9),))
    assert specaugment.moved(given, 0.25).drawn[0] == pytest.approx((0.25, 0.45, 0.0, 1e9))


def test_columns_that_are_not_frequencies_are_masked_whole() -> None:
    mfcc = Format(100.0, 13, "mfcc", tuple(float(each) for each in range(13)))
    out = run(np.ones((100, 13), np.float32), mfcc, drawn=((0.1, 0.2, 500.0, 600.0),), fill="zero")
    assert not out[10:20].any()
    assert out.sum() == 90 * 13


def test_time_warp_keeps_the_ends_and_the_values_in_range() -> None:
    ramp = np.linspace(0, 1, 200, dtype=np.float32)[:, None].repeat(80, 1)
    warped = run(ramp, preview=True, policy="off", warp=30, seed=2)
    assert np.abs(warped - ramp).max() > 0.01
    assert np.abs(warped - ramp).max() <= 30 / 199 + 1e-6
    np.testing.assert_allclose(warped[[0, -1]], ramp[[0, -1]])
    assert (np.diff(warped[:, 0]) >= 0).all()


def test_same_seed_same_masks() -> None:
    first, again, other = (run(features(), preview=True, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_both_mask_sliders_name_the_paper() -> None:
    from engine.knob import knobs

    helps = {each.name: each.help for each in knobs(Settings)}
    for name in ("time_masks", "time_width", "freq_masks", "freq_width"):
        assert "arXiv 1904.08779" in helps[name]
