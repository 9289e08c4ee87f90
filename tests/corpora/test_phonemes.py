"""The synthetic corpus: the same from a seed, different between splits, and impossible frame by frame."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from engine import labelling
from engine.clip import Label
from engine.corpora import phonemes
from engine.knob import KnobError


def corpus(**changes: int) -> phonemes.Corpus:
    return phonemes.build(phonemes.Settings(clips=20, words=3, **changes))


def digest(seed: int) -> str:
    made = hashlib.sha256()
    for split in ("train", "valid", "test"):
        for clip in corpus(seed=seed).split(split)[:3]:
            # Coarser than float32, so that another version of the FFT or the filter gives the same digest.
            made.update(np.round(clip.read() * 1000).astype(np.int16).tobytes())
            made.update(repr([(round(x.start, 4), round(x.end, 4), x.text) for x in clip.labels]).encode())
    return made.hexdigest()


def test_a_seed_gives_the_same_bytes_in_any_order() -> None:
    assert digest(0) == digest(0) != digest(1)
    clips = corpus().split("train")
    last = clips[5].id
    assert [clip.id for clip in clips][5] == last == clips[-15].id


def test_the_splits_share_no_clip_no_voice() -> None:
    clips = {split: corpus().split(split) for split in phonemes.VOICES}
    ids = [clip.id for split in clips.values() for clip in split]
    assert len(set(ids)) == len(ids) == 20 + 4 + 4
    voices = [split.speaker(index)[1] for split in clips.values() for index in range(len(split))]
    assert len(set(voices)) == 28


@pytest.mark.parametrize("count", [5, 10])
def test_the_knob_sets_how_many_phonemes_are_heard(count: int) -> None:
    heard = {label.text for clip in corpus(phonemes=count).split("train") for label in clip.labels}
    assert heard == set(phonemes.vocabulary(count)[1:])
    with pytest.raises(KnobError, match="5 to 10"):
        phonemes.Settings(phonemes=11)


def test_cat_is_said() -> None:
    clip = phonemes.cat()
    assert clip.text("phone") == ("k", "æ", "t")
    assert all(a.end == b.start for a, b in zip(clip.labels, clip.labels[1:], strict=False))


def test_no_phoneme_follows_itself_and_labels_do_not_overlap() -> None:
    for clip in corpus().split("train"):
        for before, after in zip(clip.labels, clip.labels[1:], strict=False):
            assert before.end <= after.start
            assert before.text != after.text or before.end < after.start


def test_the_same_frame_has_different_labels() -> None:
    # Whole frames of silence lie in stops and in pauses: no classifier of one frame can be right about both.
    names = phonemes.vocabulary(10)
    found = set()
    for clip in corpus().split("valid"):
        sound = clip.read()[:, 0]
        labels = labelling.classes(clip.labels, (np.arange(len(sound) // 160) + 0.5) * 0.01, names)
        for frame, label in enumerate(labels):
            if np.abs(sound[frame * 160 : frame * 160 + 160]).max() < 1e-4:
                found.add(names[label])
    assert {"sil", "k", "t", "p"} <= found
    silent, best = phonemes.ceiling(corpus().split("valid"), names)
    assert 0.1 < silent < 0.6
    assert 0.8 < best < 0.97


def test_frames_are_called_by_the_label_they_lie_in() -> None:
    labels = (Label(0.1, 0.2, "k", "phone"), Label(0.2, 0.3, "æ", "phone"), Label(0.0, 0.1, "k", "word"))
    times = np.array([0.0, 0.0999, 0.1, 0.1999, 0.2, 0.3])
    assert labelling.classes(labels, times, ("sil", "k", "æ")).tolist() == [0, 0, 1, 1, 2, 0]


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(LookupError, match="train, valid, test"):
        corpus().split("dev")
