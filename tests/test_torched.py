"""Networks stepped in torch: blocks of any size, live, and training that moves their weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import build, catalog, checkpoint, infer
from engine.clip import from_array
from engine.events import Frames, Notice, Seam, Traced
from engine.infer import Stream
from engine.probes import seam
from engine.stepper import NotLive, Stepper
from engine.torched import Torched, stepping
from engine.trace import Key

NETWORKS: dict[str, dict[str, Any]] = {
    "crnn": {"channels": 8, "hidden": 16},
    "deepspeech": {"hidden": 16},
    "conformer": {"channels": 8, "hidden": 16, "layers": 2, "chunk": 4},
    "emformer": {"channels": 8, "hidden": 16, "layers": 2},
}


def network(name: str, seed: int = 0) -> Any:
    settings = catalog.load("models", name).Settings(**NETWORKS[name])
    return checkpoint.untrained("phonemes", settings, None, name, seed=seed)


@pytest.mark.parametrize("name", NETWORKS)
def test_blocks_of_any_size_give_the_whole(name: str) -> None:
    import torch

    made = network(name)
    stepper, rng = Torched(made), np.random.default_rng(0)
    x = rng.standard_normal((123, made.inputs)).astype(np.float32)
    cuts = np.cumsum([1, 3, 16, 7, 40, 2, 0, 20])
    parts = [stepper.push(each) for each in np.split(x, cuts)] + [stepper.flush()]
    whole, _, _ = build.build(made)(torch.from_numpy(x[None]), torch.tensor([123]))
    np.testing.assert_allclose(np.concatenate([y for y, _ in parts]), whole[0].detach().numpy(), atol=1e-5)
    assert sum(len(seen.get(Key("h", 1), ())) for _, seen in parts) == whole.shape[1]
    stepper.reset()
    again = np.concatenate([stepper.push(x)[0], stepper.flush()[0]])
    np.testing.assert_allclose(again, whole[0].detach().numpy(), atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_live_shows_what_the_clip_shows_on_the_same_clock(name: str) -> None:
    """Every series of a stream has the values, the rate and the times that an inspection gives."""
    made, rng = network(name), np.random.default_rng(0)
    rate = round(build.task_of(made).rate)
    sound = (0.1 * rng.standard_normal(rate)).astype(np.float32)
    blocks = iter(np.split(sound, np.cumsum(rng.integers(100, 900, 12))))
    events = list(infer.live(Stream(made.frontend, made, None, rate, lambda: next(blocks, None))))
    assert not [each for each in events if isinstance(each, Notice) and each.level == "warning"]
    heard: dict[Key, list[Any]] = {}
    for event in events:
        if isinstance(event, Frames):
            for key, series in event.series.items():
                heard.setdefault(key, []).append(series)
    clip = from_array(sound[:, None], rate, "noise", ())
    *_, traced = infer.run(infer.Inspection(clip, made.frontend, None, made, 0.0, clip.seconds, "cpu"))
    assert isinstance(traced, Traced)
    names = {"h", "conv", "dense", "posterior"}
    keys = [key for key in traced.trace.series if key.name in names or key.name.startswith("attention")]
    assert len(keys) >= 4
    for key in keys:
        wanted, parts = traced.trace.series[key], heard[key]
        found = np.concatenate([each.values for each in parts])
        # An inspection hears zeros after the end; a stream knows no more than there is.
        count = len(found)
        assert abs(count - len(wanted.values)) <= 4, str(key)
        safe = min(count, len(wanted.values)) - 12
        np.testing.assert_allclose(found[:safe], wanted.values[:safe], atol=1e-4, err_msg=str(key))
        assert parts[0].rate == pytest.approx(wanted.rate)
        assert parts[0].first == pytest.approx(wanted.first, abs=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_that_move_keep_the_state(name: str) -> None:
    first, second, fresh = (Torched(network(name, seed)) for seed in (0, 1, 1))
    x = np.random.default_rng(0).standard_normal((64, first.network.inputs)).astype(np.float32)
    first.push(x)
    assert second.take_over(first)
    went_on, began = (np.concatenate([each.push(x)[0], each.flush()[0]]) for each in (second, fresh))
    assert len(went_on) >= len(began)
    assert np.abs(went_on[: len(began)] - began).max() > 1e-4
    assert not Torched(network("crnn")).take_over(Torched(network("deepspeech")))


@pytest.mark.parametrize("name", ["transformer", "zipformer", "conformer", "deepspeech2"])
def test_what_cannot_run_live_says_why(name: str) -> None:
    made = checkpoint.untrained("phonemes", catalog.load("models", name).Settings(), None, name)
    assert not made.live
    events = list(infer.live(Stream(made.frontend, made, None, 16000, lambda: None)))
    (said,) = [each.text for each in events if isinstance(each, Notice)]
    assert "needs the whole future" in said
    assert "attend" in said or "attention" in said or "backwards" in said


@pytest.mark.parametrize("name", ["crnn", "deepspeech"])
def test_the_numpy_stepper_leaves_them_to_torch(name: str) -> None:
    """It would know the layers, but not what stands below them."""
    with pytest.raises(NotLive, match="no recurrent network"):
        Stepper(network(name))
    assert isinstance(stepping(network(name)), Torched)
    causal = checkpoint.untrained("phonemes", catalog.load("models", "recurrent").Settings(hidden=16), None)
    assert isinstance(stepping(causal), Stepper)


@pytest.mark.parametrize("name", NETWORKS)
def test_streaming_and_offline_do_not_part(name: str) -> None:
    made, rng = network(name), np.random.default_rng(3)
    rate = round(build.task_of(made).rate)
    clip = from_array((0.1 * rng.standard_normal((rate, 1))).astype(np.float32), rate, "noise", ())
    *_, traced = infer.run(infer.Inspection(clip, made.frontend, None, made, 0.0, 0.9, "cpu"))
    assert isinstance(traced, Traced)
    *_, found = seam.find(made, made.frontend, traced, clip)
    assert isinstance(found, Seam)
    assert not {key: spans for key, spans in found.spans.items() if min(span.start for span in spans) < 0.7}
