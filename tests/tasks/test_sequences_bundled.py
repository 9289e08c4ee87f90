"""The bundled networks that name notes and that write letters: right on what nobody chose them by."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import build, checkpoint, evaluate, infer
from engine.events import Frames, Traced
from engine.trace import Key

if TYPE_CHECKING:
    from engine.network import Network

SEED = 77
POSTERIOR = Key("posterior")


def unseen(name: str) -> Network:
    network = checkpoint.open_network(name)
    return dataclasses.replace(network, task_settings=network.task_settings.but(seed=SEED))


def shuffled(network: Network) -> Network:
    rng = np.random.default_rng(0)
    mixed = {name: rng.permutation(each.ravel()).reshape(each.shape) for name, each in network.weights.items()}  # type: ignore[union-attr]
    return dataclasses.replace(network, weights=mixed, id="shuffled")


def f1(network: Network, tunes: int = 9) -> float:
    task: Any = build.task_of(network)
    clips = [task.corpus.split("test")[number] for number in range(tunes)]
    wrong, among = evaluate.errors(network, task, build.build(network), clips, None)
    return 1 - wrong / among


def right(network: Network, sequences: int = 200) -> tuple[float, float]:
    """The shares of letters that are right, and of those at which attention is strongest where their tone is."""
    import torch

    task: Any = build.task_of(network)
    module, wrong, among, looks = build.build(network), 0, 0, list[bool]()
    for number in range(sequences):
        item = task.item("test", number)
        batch, seen = task.collate([item]), dict[Key, Any]()
        with torch.inference_mode():
            y, lengths, _ = module(
                torch.from_numpy(batch.x),
                torch.from_numpy(batch.lengths),
                probe=lambda k, v, s=seen: s.update({k: v}),
            )
        edits, count = task.wrong(y[0, : int(lengths[0])].numpy(), batch, 0)
        wrong, among = wrong + edits, among + count
        places = 2 + np.arange(count)[:: 1 if item[0][1] == 1 else -1]
        at = seen[Key("alignment")][0].numpy().argmax(axis=0)[:count]
        looks += (at == places[: len(at)]).tolist()
    return 1 - wrong / among, float(np.mean(looks))


def test_notes_of_unheard_tunes_are_found_and_by_shuffled_weights_are_not() -> None:
    network = unseen("transcribe_notes")
    assert f1(network) > 0.8
    assert f1(shuffled(network), 3) < 0.2
    assert network.live


def test_unheard_sequences_are_written_and_looked_at_where_they_sound() -> None:
    network = unseen("seq2seq_char")
    letters, looks = right(network)
    assert letters >= 0.99
    assert looks > 0.7
    letters, looks = right(shuffled(network), 40)
    assert letters < 0.3
    assert looks < 0.5


@pytest.mark.parametrize("name", ["transcribe_notes", "seq2seq_char"])
def test_the_pinned_example_as_the_window_shows_it(name: str) -> None:
    network = checkpoint.open_network(name)
    task = build.task_of(network)
    clip = task.pinned()
    found = [
        each
        for each in infer.run(infer.Inspection(clip, (), None, network, 0.0, clip.seconds))
        if isinstance(each, Traced)
    ]
    traced, frames = found[-1], found[-1].trace.series[Key("features")]
    assert traced.length > 0
    assert traced.edits <= 0.25 * traced.length
    if name == "transcribe_notes":
        shown = traced.trace.series[Key("posterior")].values
        assert (shown > 0.5).sum(axis=1).max() > 1, "several notes at once"
        return
    written = traced.trace.series[Key("alignment")]
    assert (written.rate, written.first) == (frames.rate, frames.first), "on the clock of what is heard"
    assert written.values.shape == (len(frames.values), len(written.rows))
    assert written.rows[:-1] == tuple(label.text for label in traced.trace.text) == clip.text("written")
    assert written.rows[-1] == "end"
    np.testing.assert_allclose(written.values.sum(axis=0), 1.0, atol=1e-5)


def test_live_the_same_notes_are_told_each_by_itself() -> None:
    network = checkpoint.open_network("transcribe_notes")
    clip = build.task_of(network).pinned()
    inspected = list(infer.run(infer.Inspection(clip, (), None, network, 0.0, clip.seconds)))[-1]
    assert isinstance(inspected, Traced)
    blocks = iter([*np.array_split(clip.read()[:, 0], 80), None])
    stream = infer.Stream((), network, None, clip.rate, lambda: next(blocks, None))
    heard = [each for each in infer.live(stream) if isinstance(each, Frames)]
    shares = np.concatenate([each.series[POSTERIOR].values for each in heard if POSTERIOR in each.series])
    np.testing.assert_allclose(shares, inspected.trace.series[POSTERIOR].values, atol=1e-4)
    assert [label.text for label in heard[-1].text] == [label.text for label in inspected.trace.text]
