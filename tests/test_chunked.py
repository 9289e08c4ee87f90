"""A network that needs the future, live in windows: the same for any blocks, near to what the whole clip gives."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from engine import asset, build, checkpoint, chunked
from engine.chunked import Chunked
from engine.events import Frames, Notice
from engine.live import Stream, live
from engine.models import recurrent
from engine.score import labels
from engine.stepper import NotLive
from engine.trace import Key

RATE = 100.0


def network(**knobs: Any) -> Any:
    settings = recurrent.Settings(hidden=32, layers=2, bidirectional=True, **knobs)
    return checkpoint.untrained("phonemes", settings)


def pushed(net: Any, frames: np.ndarray, size: int) -> tuple[np.ndarray, dict[Key, np.ndarray]]:
    made = Chunked(net, RATE)
    parts = [made.push(frames[k : k + size]) for k in range(0, len(frames), size)]
    parts.append(made.flush())
    found = [part for part in parts if len(part[0])]
    return (
        np.concatenate([logits for logits, _ in found]),
        {key: np.concatenate([values[key] for _, values in found]) for key in found[0][1]},
    )


def whole(net: Any, frames: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        y, _, _ = build.build(net)(torch.from_numpy(frames[None]), torch.tensor([len(frames)]))
    found: np.ndarray = y[0].numpy()
    return found


def sound(net: Any, seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(round(seconds * RATE), net.inputs)).astype(np.float32)


@pytest.mark.parametrize("stack", [1, 3])
def test_any_blocks_give_the_same(stack: int) -> None:
    net = network(stack=stack)
    frames = sound(net, 4.01)
    wanted, values = pushed(net, frames, len(frames))
    assert len(wanted) == -(-len(frames) // stack) == len(values[Key("h", 2, "backward")])
    for size in (1, 7, 40):
        found, seen = pushed(net, frames, size)
        np.testing.assert_allclose(found, wanted, atol=1e-5)
        for key, each in seen.items():
            np.testing.assert_allclose(each, values[key], atol=1e-5)


def test_what_fits_into_a_window_is_that_of_the_whole_sound() -> None:
    net = network()
    frames = sound(net, chunked.AHEAD)
    np.testing.assert_allclose(pushed(net, frames, 10)[0], whole(net, frames), atol=1e-6)


def test_it_comes_near_to_the_whole_sound_and_hears_what_follows() -> None:
    net = network()
    frames = sound(net, 6.0)
    wanted, found = whole(net, frames), pushed(net, frames, 25)[0]
    assert np.abs(found - wanted).max() < 0.01 * wanted.std()
    deaf = frames.copy()
    deaf[300:] = 0.0
    assert np.abs(pushed(net, deaf, 25)[0][295] - found[295]).max() > 0.05 * wanted.std()


def test_it_tells_no_frame_before_it_has_heard_what_follows_and_each_within_its_time() -> None:
    net = network()
    made, frames, told = Chunked(net, RATE), sound(net, 5.0), 0
    for count in range(len(frames)):
        told += len(made.push(frames[count : count + 1])[0])
        assert count + 1 - chunked.LATE * RATE - 1 <= told <= max(0.0, count + 1 - chunked.AHEAD * RATE)


def test_a_network_that_answers_once_is_not_helped_by_windows() -> None:
    with pytest.raises(NotLive, match="all of the sound"):
        Chunked(network(readout="mean"), RATE)
    assert not chunked.takes(checkpoint.untrained("phonemes", recurrent.Settings(hidden=32)))


def test_a_bundled_network_reads_digits_live_in_windows() -> None:
    net, clip = checkpoint.open_network("digits-lstm-64-bidirectional"), asset.open_bundled("digits")
    samples = clip.read()[:, 0]
    blocks = iter([samples[k : k + 1600] for k in range(0, len(samples), 1600)])
    stream = Stream((), net, None, clip.rate, lambda: next(blocks, None), chunked=True)
    events = list(live(stream))
    assert any(isinstance(each, Notice) and "0.75 s late" in each.text for each in events)
    last = next(each for each in reversed(events) if isinstance(each, Frames))
    truth = [each for each in clip.labels if each.tier == "digit"]
    wrong, among = labels(build.task_of(net), last.text, truth)
    assert wrong <= 0.1 * among
    assert net.weights is not None
    shuffled = {
        name: np.random.default_rng(0).permutation(each.ravel()).reshape(each.shape)
        for name, each in net.weights.items()
    }
    blocks = iter([samples[k : k + 1600] for k in range(0, len(samples), 1600)])
    broken = dataclasses.replace(net, weights=shuffled, id="shuffled")
    *_, end = live(dataclasses.replace(stream, network=broken))
    assert isinstance(end, Frames)
    assert labels(build.task_of(net), end.text, truth)[0] > 0.5 * among
