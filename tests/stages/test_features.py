"""The stages on frames: normalisation, context and down-sampling."""

from __future__ import annotations

import numpy as np
import pytest

from engine.blocks import StageError
from engine.links import build, default_link
from engine.stages.stage import Format

FORM = Format(100.0, 5, "mel", (100.0, 200.0, 300.0, 400.0, 500.0))


def run(name: str, items: np.ndarray, **knobs) -> np.ndarray:
    stage = build(default_link(name, **knobs), FORM)
    return np.concatenate([stage.push(items), stage.flush()])


def frames(count: int = 400, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((count, 5)) * [1, 2, 3, 4, 0.1] + [5, -3, 0, 8, -20]).astype(np.float32)


def test_utterance_normalisation_gives_mean_0_and_deviation_1() -> None:
    out = run("normalise", frames())
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=1e-4)
    centred = run("normalise", frames(), variance=False)
    np.testing.assert_allclose(centred, frames() - frames().mean(axis=0), atol=1e-4)


def test_global_normalisation_uses_the_networks_statistics() -> None:
    mean, std = (1.0, 2.0, 3.0, 4.0, 5.0), (2.0,) * 5
    out = run("normalise", frames(), over="global", mean=mean, std=std)
    np.testing.assert_allclose(out, (frames() - mean) / 2, atol=1e-5)
    assert build(default_link("normalise", over="global", mean=mean, std=std), FORM).lookahead == 0


def test_statistics_of_another_front_end_are_refused() -> None:
    with pytest.raises(StageError, match="statistics are of 3 columns, the features have 5"):
        build(default_link("normalise", over="global", mean=(1.0, 2.0, 3.0)), FORM)
    with pytest.raises(StageError, match="starting mean is of 2 columns"):
        build(default_link("normalise_running", mean=(1.0, 2.0)), FORM)


def test_missing_statistics_are_said() -> None:
    stage = build(default_link("normalise", over="global"), FORM)
    assert stage.badges == ("no training statistics: features are not normalised",)


def test_running_mean_is_that_of_all_frames_until_the_time_constant() -> None:
    items = frames(250)
    out = run("normalise_running", items, seconds=3.0, variance=False)
    means = np.cumsum(items.astype(np.float64), axis=0) / np.arange(1, 251)[:, None]
    np.testing.assert_allclose(out, items - means, atol=1e-3)


@pytest.mark.parametrize("start", [(), (5.0, -3.0, 0.0, 8.0, -20.0)])
def test_running_normalisation_is_its_recursion(start: tuple[float, ...]) -> None:
    items = frames(333)
    count, mean, variance = (100 if start else 0), np.array(start or np.zeros(5)), np.ones(5)
    wanted = []
    for x in items.astype(np.float64):
        weight = max(1 / (count + 1), 1 / 100)
        count += 1
        before = x - mean
        mean = mean + weight * before
        variance = variance + weight * (before * (x - mean) - variance)
        wanted.append((x - mean) / np.maximum(np.sqrt(variance), 1e-5))
    out = run("normalise_running", items, seconds=1.0, mean=start)
    np.testing.assert_allclose(out, wanted, atol=1e-4)


def test_running_normalisation_settles_where_the_utterances_does() -> None:
    items = frames(4000)
    out = run("normalise_running", items, seconds=5.0)[1000:]
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=0.1)
    np.testing.assert_allclose(out.std(axis=0), 1, atol=0.1)


def test_running_normalisation_can_start_from_statistics() -> None:
    items = frames()
    mean, std = tuple(items.mean(axis=0).tolist()), tuple(items.std(axis=0).tolist())
    out = run("normalise_running", items, seconds=30.0, mean=mean, std=std)
    np.testing.assert_allclose(out, run("normalise", items), atol=0.4)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_context_has_the_frame_in_its_middle(k: int) -> None:
    items = frames(50)
    out = run("context", items, frames=k)
    assert out.shape == (50, (2 * k + 1) * 5)
    np.testing.assert_array_equal(out[:, 5 * k : 5 * (k + 1)], items)
    np.testing.assert_array_equal(out[k:, :5], items[:-k])
    np.testing.assert_array_equal(out[:-k, -5:], items[k:])
    np.testing.assert_array_equal(out[0, :5], items[0])
    past = run("context", items, frames=k, future=False)
    assert past.shape == (50, (k + 1) * 5)
    np.testing.assert_array_equal(past[:, -5:], items)


@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("count", [9, 10, 11, 12])
def test_downsampling_keeps_the_clock(factor: int, count: int) -> None:
    items = frames(count)
    groups = -(-count // factor)
    padded = np.concatenate([items, np.repeat(items[-1:], groups * factor - count, axis=0)])
    wanted = padded.reshape(groups, factor, 5)
    np.testing.assert_array_equal(run("downsample", items, factor=factor), wanted.reshape(groups, -1))
    np.testing.assert_array_equal(run("downsample", items, factor=factor, how="skip"), wanted[:, 0])
    np.testing.assert_allclose(run("downsample", items, factor=factor, how="mean"), wanted.mean(axis=1), atol=1e-6)
    stacked = build(default_link("downsample", factor=factor), FORM).output
    assert stacked.rate == 100.0 / factor
    assert stacked.first == pytest.approx((factor - 1) / 2 / 100)
    assert build(default_link("downsample", factor=factor, how="skip"), FORM).output.first == 0.0
