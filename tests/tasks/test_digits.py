"""The digit task: strings with labels where the digits sound, voices kept apart, and bundled nets that read."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine import asset, build, catalog, checkpoint, disturb, evaluate, utterance
from engine.corpora import digits as corpus
from engine.edit import distance
from engine.tasks import digits

if TYPE_CHECKING:
    from engine.network import Network

RATE = 16000
BUNDLED = tuple(name for name in checkpoint.bundled() if name.startswith("digits"))


def bursts(*wanted: int) -> list[utterance.Spoken]:
    """Made-up digits: half a second each, of which the middle 0.3 s sound."""
    samples = np.zeros(RATE // 2, np.float32)
    samples[1600:6400] = 0.1 * np.sin(np.arange(4800) * 0.3, dtype=np.float32)
    return [utterance.Spoken(digit, samples, 1600, 6400) for digit in wanted]


def test_labels_of_a_joined_string_lie_where_its_digits_sound():
    clip = utterance.join(bursts(3, 1, 4), [0.25, 0.1, 0.5, 0.3], "string")
    assert clip.text("digit") == ("3", "1", "4")
    assert [label.start for label in clip.labels] == pytest.approx([0.35, 0.95, 1.95])
    sound = np.abs(clip.read()[:, 0])
    loud = np.flatnonzero(np.convolve(sound, np.ones(80) / 80, "same") > 0.01) / RATE
    within = np.zeros(len(loud), bool)
    for label in clip.labels:
        assert label.end - label.start == pytest.approx(0.3)
        within |= (loud > label.start - 0.01) & (loud < label.end + 0.01)
    assert within.all()


def test_spans_of_a_batch_are_the_labels_in_frames():
    task = digits.build(digits.Settings())
    clip = utterance.join(bursts(3, 1, 4), [0.25, 0.1, 0.5, 0.3], "string")
    batch = task.collate([task.example(clip.read()[:, 0], clip.labels)])
    assert batch.targets.tolist() == [[4, 2, 5]]  # the blank is 0
    assert batch.spans[0] * digits.HOP / RATE == pytest.approx(
        np.array([[label.start, label.end] for label in clip.labels]), abs=1e-3
    )


def test_what_the_batch_holds_is_what_the_front_end_gives():
    task = digits.build(digits.Settings())
    network = checkpoint.untrained("digits")
    strings = ([3, 1, 4], [5])
    clips = [utterance.join(bursts(*said), [0.2] * (len(said) + 1), "string") for said in strings]
    batch = task.collate([task.example(clip.read()[:, 0], clip.labels) for clip in clips])
    for row, clip in enumerate(clips):
        alone = evaluate.features(network, clip.read()[:, 0])
        assert len(alone) == batch.lengths[row]
        assert np.abs(batch.x[row, : len(alone)] - alone).max() < 1e-4


def test_no_voice_is_on_two_sides(data):
    for held in utterance.SPEAKERS:
        made = corpus.build(corpus.Settings(held_out=held))
        train, valid, test = (set(made.speakers(split)) for split in ("train", "valid", "test"))
        assert test == {held}
        assert not train & valid
        assert held not in train | valid
        assert set(utterance.SPEAKERS) - {held} <= train
    assert not {path.stem for path in disturb.noise_files(False)} & set(disturb.TEST)
    assert len(disturb.noise_files(True)) == len(disturb.TEST)


def test_every_recording_of_the_speaker_left_out_is_tested_once(data):
    clips = corpus.build(corpus.Settings(held_out="theo")).split("test")
    said = [digit for index in range(0, len(clips)) for digit in clips[index].text("digit")]
    assert len(said) == 500
    assert {digit: said.count(digit) for digit in set(said)} == dict.fromkeys(utterance.DIGITS, 50)


def test_frames_and_strings_both_teach():
    """Both losses fall when the right classes are said in the right places, and rise elsewhere."""
    torch = pytest.importorskip("torch")
    task = digits.build(digits.Settings())
    clip = utterance.join(bursts(3, 1), [0.3, 0.3, 0.3], "string")
    batch = task.collate([task.example(clip.read()[:, 0], clip.labels)])
    count = batch.x.shape[1]

    def loss(shift: int) -> dict[str, float]:
        y = torch.zeros(1, count, 11)
        y[:, :, 0] = 9.0
        for target, (start, stop) in zip(batch.targets[0], batch.spans[0], strict=True):
            y[0, int(start) + 12 + shift : int(stop) + shift, target] = 18.0
        return {name: float(term) for name, term in task.loss(y, torch.tensor([count]), batch).items()}

    right, late = loss(0), loss(40)
    assert right["each frame"] < 0.3 * late["each frame"]
    assert sum(right.values()) < 0.3 * sum(late.values())


def test_decoding_gives_digits_with_their_times():
    task = digits.build(digits.Settings())
    path = [0, 0, 8, 8, *[0] * 8, 8, *[0] * 8, 1, 0]
    labels = task.decode(9 * np.eye(11, dtype=np.float32)[path], 0.03)
    assert [label.text for label in labels] == ["7", "7", "0"]
    assert [label.start for label in labels] == pytest.approx([0.06, 0.36, 0.63])
    assert labels[0].end == pytest.approx(0.12)
    changed = task.decode(9 * np.eye(11, dtype=np.float32)[[0, 8, 8, 7, 7, 7, 0]], 0.03)
    assert [label.text for label in changed] == ["6"]


def noisy(name: str, snr: float) -> tuple[np.ndarray, tuple[str, ...]]:
    clip = asset.open_bundled(name)
    noise = np.random.default_rng(1).standard_normal(clip.frames).astype(np.float32)
    return disturb.mixed(clip.read()[:, 0], noise, snr), clip.text("digit")


@pytest.mark.skipif("digits-lstm-128" not in BUNDLED, reason="no digit network is bundled yet")
def test_the_bundled_network_reads_clips_it_never_heard():
    network = checkpoint.open_network("digits-lstm-128")
    assert network.live
    task, module = build.task_of(network), build.build(network)
    assert error(network, task, module, 20.0) < 0.10
    rng = np.random.default_rng(0)
    weights = {
        name: rng.permutation(value.ravel()).reshape(value.shape) for name, value in network.weights.items()
    }
    shuffled = dataclasses.replace(network, weights=build.frozen(weights))
    assert error(shuffled, task, build.build(shuffled), 20.0) > 0.5


def error(network: Network, task: digits.Digits, module: object, snr: float) -> float:
    """Edit operations a digit over both bundled strings."""
    edits = length = 0
    for name in ("digits", "digits-2"):
        sound, truth = noisy(name, snr)
        found = evaluate.texts(task, module, [evaluate.features(network, sound)])[0]
        edits, length = edits + distance(found, truth), length + len(truth)
    return edits / length


@pytest.mark.parametrize("name", BUNDLED)
def test_noise_alone_is_no_digit(name):
    network = checkpoint.open_network(name)
    task, module = build.task_of(network), build.build(network)
    rng = np.random.default_rng(2)
    white = rng.standard_normal(3 * RATE).astype(np.float32)
    sounds = [np.float32(level) * white for level in (0.001, 0.03)]
    sounds.append(np.zeros(3 * RATE, np.float32))
    found = evaluate.texts(task, module, [evaluate.features(network, sound) for sound in sounds])
    assert [text for text in found if text] == []


def test_leaving_one_out_needs_a_task_with_speakers():
    from engine import recipe

    with pytest.raises(recipe.RecipeError, match="no speakers"):
        evaluate.speakers(recipe.of("phonemes"))
    assert evaluate.speakers(recipe.of("digits")) == utterance.SPEAKERS
    assert catalog.load("tasks", "digits").TIER == "digit"
