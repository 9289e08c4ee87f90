"""Search by memory: against a search frame by frame and unit by unit, and on digits that are said twice."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import soundfile

from engine import asset, checkpoint
from engine.events import Indexed, Notice, Progress, Recalled
from engine.probes import search, states
from engine.session import Span


def brute(found, query, units, count):
    """Jaccard of rises and falls of some units, frame by frame. `found` [T, 2 N], `query` [K, 2 N]."""
    length, out = len(query), []
    for start in range(len(found) - length + 1):
        both = either = 0
        for step in range(length):
            for unit in units:
                for bit in (unit, unit + count):
                    one, other = found[start + step, bit], query[step, bit]
                    both += one and other
                    either += one or other
        out.append(both / max(either, 1))
    return np.array(out)


def test_similarity_is_that_of_a_search_unit_by_unit():
    rng = np.random.default_rng(0)
    count, units = 70, (0, 3, 40, 69)  # more than a word of 64
    found = rng.random((60, 2 * count)) < 0.2
    query = found[20:28]
    quick = search.similarity(search.packed(found), search.packed(query), search.mask(units, count))
    slow = brute(found, query, units, count)
    assert quick.shape == slow.shape == (53,)
    assert np.abs(quick - slow).max() < 1e-6
    assert quick[20] == 1.0


def test_parts_of_a_long_search_meet(monkeypatch):
    rng = np.random.default_rng(1)
    found = rng.random((100, 16)) < 0.3
    asked = search.packed(found), search.packed(found[30:40]), search.mask(range(8), 8)
    whole = search.similarity(*asked)
    monkeypatch.setattr(search, "_PART", 13)
    assert np.array_equal(search.similarity(*asked), whole)


def test_bits_tell_rises_and_falls():
    values = np.zeros((40, 2), np.float32)
    values[10:30, 1] = 0.5  # 100 frames a second: one up, one down
    found, rate = search.bits(values, 100.0)
    assert rate == 50.0
    assert np.flatnonzero(found[:, 1]).tolist() == [5, 6, 7]
    assert np.flatnonzero(found[:, 3]).tolist() == [15, 16, 17]
    assert not found[:, [0, 2]].any()


def recalled(network, clip, label, folder=None) -> Recalled:
    middle = (label.start + label.end) / 2
    traced = states.traced(network, clip)
    (found,) = search.recall(traced, Span(middle - 0.1, middle + 0.1), 2, folder)
    return found


def test_a_digit_finds_itself_said_again():
    """The same words behind one another: 200 ms of one find that of the other."""
    network, clip = checkpoint.open_network("phonemes-lstm-128"), asset.open_bundled("digits")
    sound = np.concatenate([clip.read(), clip.read()])
    twice = dataclasses.replace(clip, source=dataclasses.replace(clip.source, samples=sound), id="twice")
    for label in clip.labels[1:4]:
        found = recalled(network, twice, label)
        best = found.matches[0]
        assert best.similarity > 0.5  # it lies half a step beside
        assert best.start == pytest.approx(found.span.start + clip.seconds, abs=0.03)
        assert best.path is None
        assert found.matches[1].similarity < best.similarity
        assert not any(each.start < found.span.stop and each.stop > found.span.start for each in found.matches)


def test_a_folder_is_searched_and_what_is_broken_in_it_is_named(tmp_path):
    network, clip = checkpoint.open_network("phonemes-lstm-128"), asset.open_bundled("digits")
    (tmp_path / "below").mkdir()
    soundfile.write(tmp_path / "below" / "same.wav", np.r_[np.zeros(16000), clip.read()[:, 0]], 16000)
    soundfile.write(tmp_path / "other.wav", asset.open_bundled("speech-2").read(), 22050)
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    (tmp_path / "notes.txt").write_text("nothing")
    events = list(search.build(network, tmp_path))
    (index,) = [each.index for each in events if isinstance(each, Indexed)]
    assert [each.name for each in index.places] == ["same.wav", "other.wav"]
    assert any(isinstance(each, Notice) and "broken.wav" in each.text for each in events)
    assert sum(isinstance(each, Progress) for each in events) >= 3
    found = recalled(network, clip, clip.labels[2], index)
    best = found.matches[0]
    assert best.path == tmp_path / "below" / "same.wav"
    assert best.start == pytest.approx(found.span.start + 1.0, abs=0.05)
    assert found.seconds == pytest.approx(2 * clip.seconds + 1.0 + asset.open_bundled("speech-2").seconds, abs=0.2)


def test_a_folder_without_sound_says_so(tmp_path):
    with pytest.raises(states.StateError, match="no sound that can be read"):
        list(search.build(checkpoint.open_network("phonemes-lstm-32"), tmp_path))


def test_where_nothing_switches_that_is_said():
    network, clip = checkpoint.open_network("digits-lstm-32"), asset.open_bundled("digits")
    traced = states.traced(network, clip)
    with pytest.raises(states.StateError, match="can be seen"):
        list(search.recall(traced, Span(99.0, 99.2), 2))


def test_the_units_that_switch_most_are_compared():
    found = np.zeros((30, 200), bool)
    for unit in range(100):  # the higher its number, the more often
        found[: unit // 4, unit if unit % 2 else unit + 100] = True
    assert search.active(search.packed(found), 100) == tuple(range(68, 100))
    assert search.active(search.packed(found[:, [0, 100]]), 1) == ()
