"""Transcription: what is labelled sounds, targets are the labels late, and decoding them gives the labels back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import catalog, score
from engine.clip import Label
from engine.corpora import music
from engine.probes.record import posterior
from engine.tasks import transcribe_notes


def made(**knobs: Any) -> transcribe_notes.TranscribeNotes:
    return transcribe_notes.build(transcribe_notes.Settings(**knobs))


@pytest.mark.parametrize("timbre", music.TIMBRES)
def test_a_note_sounds_at_its_pitch_from_its_start_to_its_end(timbre: str) -> None:
    rng = np.random.default_rng(1)
    tune = (music.Note(1.0, 1.5, 69, 0.8, timbre),)
    sound = music.perform(tune, rng)
    power = np.square(sound).reshape(-1, 800).mean(1)  # of 50 ms
    heard = power > 0.1 * power.max()
    assert not heard[:20].any()
    assert heard[21:29].all()
    assert not heard[33:].any()
    spectrum = np.abs(np.fft.rfft(sound[16000:24000] * np.hanning(8000)))
    assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=4)


@pytest.mark.parametrize("voices", [1, 3])
def test_tunes_keep_to_their_voices_and_a_pitch_rests_between_its_notes(voices: int) -> None:
    most = 0
    for number in range(12):
        tune = music.compose(voices, np.random.default_rng(number))
        assert len(tune) > 1
        for a in tune:
            assert music.LOWEST <= a.pitch <= music.HIGHEST
            assert 0 <= a.start < a.stop <= music.SECONDS
            for b in tune:
                if a is not b and a.pitch == b.pitch:
                    assert a.start > b.stop + music.APART or b.start > a.stop + music.APART
            most = max(most, sum(b.start <= a.start < b.stop for b in tune))
    assert most == voices


@pytest.mark.parametrize("delay", [0, 3])
def test_targets_decoded_are_the_labels(delay: int) -> None:
    task = made(delay=delay)
    for number in range(3):
        clip = task.corpus.split("valid")[number]
        frames, targets = task.example(clip.read()[:, 0], clip.labels)
        assert frames.shape == (201, 120)
        found = task.decode(targets - np.float32(0.5), 0.02)
        assert task.miscounted(found, clip.labels) == (0, 2 * len(clip.labels))
        mine = {(each.text, round(each.start, 1)) for each in found}
        assert len(mine & {(each.text, round(each.start, 1)) for each in clip.labels}) > 0.6 * len(found)


def test_a_note_too_many_and_a_note_missed_are_both_wrong() -> None:
    task = made()
    batch = task.batch("valid", 0, 2, 0)
    sure = batch.targets[0] - np.float32(0.5)
    count = score.errors(task, sure[None], [len(sure)], batch, 0.02)[1]
    more, less = sure.copy(), sure.copy()
    more[50:70, np.flatnonzero(~(sure > 0).any(0))[0]] = 1.0
    first = int(np.argmax((sure > 0).any(0)))
    gone = sum(a < b for a, b in zip(sure[:-1, first], sure[1:, first], strict=True))
    less[:, first] = -1.0
    assert score.errors(task, more[None], [len(sure)], batch, 0.02) == (1, count + 1)
    assert score.errors(task, less[None], [len(sure)], batch, 0.02) == (gone, count - gone)


def test_the_loss_is_the_binary_cross_entropy_of_frames_that_exist() -> None:
    import torch

    task = made()
    batch = task.batch("valid", 0, 2, 0)
    y = torch.randn(*batch.targets.shape, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([201, 120])
    p, wanted = 1 / (1 + np.exp(-y.numpy().astype(float))), batch.targets
    each = -(wanted * np.log(p) + (1 - wanted) * np.log(1 - p)).sum(2)
    by_hand = (each[0].sum() + each[1, :120].sum()) / 321
    assert float(task.loss(y, lengths, batch)["cross entropy"]) == pytest.approx(by_hand, rel=1e-4)


def test_probabilities_of_notes_do_not_exclude_each_other() -> None:
    logits = np.array([[0.0, 2.0, -800.0, 800.0]], np.float32)
    np.testing.assert_allclose(posterior(logits, apart=True), [[0.5, 1 / (1 + np.exp(-2)), 0, 1]], atol=1e-6)


def test_times_count_where_labels_are_scored() -> None:
    task = made()
    truth = list(task.pinned().labels)
    late = [Label(each.start + 0.2, each.end, each.text, each.tier) for each in truth]
    assert score.labels(task, truth, truth) == (0, 2 * len(truth))
    assert score.labels(task, late, truth)[0] > len(truth)
    assert catalog.load("tasks", "transcribe_notes").matches(truth, truth) == [(k, k) for k in range(len(truth))]
