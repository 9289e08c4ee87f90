"""Many streams in a batch: each hears what it would hear alone, and none knows of the others."""

from __future__ import annotations

import numpy as np
import pytest

from app import cli
from engine import build, checkpoint, evaluate, streams
from engine.streams import Streams

RATE, COUNT = 16000, 5


@pytest.fixture(scope="module")
def network():
    return checkpoint.open_network("digits-gru-128")


def sounds(seed: int, seconds: float = 1.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE)
    loud = 10 ** rng.uniform(-3, -1, (COUNT, 1))
    return (loud * rng.standard_normal((COUNT, n)) * np.hanning(n)).astype(np.float32)


def heard(many: Streams, sound: np.ndarray, block: int) -> np.ndarray:
    parts = [many.push(sound[:, start : start + block]) for start in range(0, sound.shape[1], block)]
    return np.concatenate(parts, 1)


@pytest.mark.parametrize("block", [37, 1920, 24000])
def test_each_stream_gives_what_the_whole_clip_gives(network, block):
    sound = sounds(0)
    found = heard(Streams(network, COUNT), sound, block)
    whole = evaluate.outputs(build.build(network), [evaluate.features(network, each) for each in sound])
    assert found.shape[1] > 40
    for mine, logits in zip(found, whole, strict=True):
        assert np.abs(mine - logits[: len(mine)]).max() < 2e-3
        assert len(logits) - len(mine) <= 2  # what waits for the end of the sound


def test_a_stream_does_not_know_of_the_others(network):
    sound = sounds(0)
    other = sounds(1) * 30
    other[2] = sound[2]
    first, second = (heard(Streams(network, COUNT), each, 1920) for each in (sound, other))
    assert np.abs(first[2] - second[2]).max() < 1e-5
    assert min(np.abs(first[k] - second[k]).max() for k in range(COUNT) if k != 2) > 0.1


def test_a_stream_begins_anew_and_the_rest_go_on(network):
    sound, after = sounds(0), sounds(2)
    one, two = Streams(network, COUNT), Streams(network, COUNT)
    for each in (one, two):
        heard(each, sound, 1920)
    one.reset([1, 3])
    first, second = heard(one, after, 1920), heard(two, after, 1920)
    # A sound that was never heard before, behind as much silence as the rest of the frame is.
    fresh = Streams(network, COUNT)
    heard(fresh, np.zeros_like(sound), 1920)
    fresh.reset(range(COUNT))
    begun = heard(fresh, after, 1920)
    for k in range(COUNT):
        same, differs = (begun, second) if k in (1, 3) else (second, begun)
        assert np.abs(first[k] - same[k]).max() < 1e-5
        assert np.abs(first[k] - differs[k]).max() > 1e-3


@pytest.mark.parametrize("name", ["digits-lstm-64-bidirectional", "phonemes-gru-32", "many2one"])
def test_a_network_that_cannot_is_refused(name):
    with pytest.raises(streams.NotStreamed, match=name):
        Streams(checkpoint.open_network(name), 2)


def test_the_most_streams_are_searched_for(monkeypatch):
    """Against a machine whose factor is known: 300 streams are one, so that 299 are the most."""
    monkeypatch.setattr(streams, "real_time", lambda chosen, count, seconds, device: count / 300)
    tried = list(streams.most(None, 1.0))
    assert [count for count, _ in tried[:4]] == [64, 128, 256, 512]
    assert tried[-1][0] == max(count for count, factor in tried if factor < 1) == 256 + 32
    assert tried[-1][1] < 1


def test_more_streams_take_longer(network):
    few, many = (min(streams.real_time(network, count, 0.24) for _ in range(3)) for count in (4, 400))
    assert 0 < few < many


def test_the_benchmark_tells_them(monkeypatch, capsys):
    assert cli.main(["bench", "streams", "--n", "3", "--model", "phonemes-gru-32"]) == 3
    monkeypatch.setattr(streams, "real_time", lambda chosen, count, seconds, device: count / 300)
    assert cli.main(["bench", "streams", "--n", "600", "--model", "gru_small"]) == 0
    said = capsys.readouterr().out
    assert "real-time factor of 600 streams" in said
    assert "missed" in said
    assert "288" in said
    assert cli.main(["bench", "streams", "--n", "0"]) == 2
    assert cli.main(["bench", "live", "--n", "5"]) == 2
