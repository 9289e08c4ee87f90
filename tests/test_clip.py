"""Clips, series and the catalog: reading in range, identity by content, times to frames, leaves by file."""

import sys

import numpy as np
import pytest

from engine import catalog
from engine.clip import Label, from_array
from engine.trace import Key, Series, Trace


def test_reading_is_cut_to_what_the_clip_has():
    clip = from_array(np.arange(10, dtype=np.float32) / 10, 8000, "ramp")
    assert clip.read(-5, 3)[:, 0].tolist() == pytest.approx([0, 0.1, 0.2])
    assert clip.read(8, 99).shape == (2, 1)
    assert clip.read(20, 30).shape == (0, 1)
    assert clip.seconds == 10 / 8000


def test_equal_samples_have_equal_ids_and_the_rate_counts():
    samples = np.random.default_rng(0).standard_normal((100, 2)).astype(np.float32)
    one, two = from_array(samples, 8000, "a"), from_array(samples.copy(), 8000, "b")
    assert one.id == two.id
    assert one.id != from_array(samples, 16000, "a").id
    assert one.id != from_array(-samples, 8000, "a").id


def test_a_clip_does_not_change_with_the_array_it_came_from():
    samples = np.zeros(4, np.float32)
    clip = from_array(samples, 8000, "zeros")
    samples[:] = 1
    assert not clip.read().any()
    with pytest.raises(ValueError, match="read-only"):
        clip.read()[0] = 1


def test_texts_of_a_tier():
    labels = (Label(0, 1, "7", "digit"), Label(0, 1, "s", "phone"), Label(1, 2, "3", "digit"))
    assert from_array(np.zeros(4), 8000, "x", labels).text("digit") == ("7", "3")


def test_a_series_turns_times_into_frames_and_back():
    series = Series(np.zeros((50, 3), np.float32), rate=100.0, first=0.0125)
    assert [series.frame(series.time(frame)) for frame in (0, 7, 49)] == [0, 7, 49]
    assert series.frame(-3) == 0
    assert series.frame(99) == 49


def test_a_trace_finds_by_layer_then_direction():
    keys = [Key("h", 2, "backward"), Key("h", 2), Key("h", 1), Key("c", 1)]
    trace = Trace("id", 0, 1, dict.fromkeys(keys))
    assert trace.find("h") == (Key("h", 1), Key("h", 2), Key("h", 2, "backward"))


def test_leaves_are_listed_without_being_imported():
    assert "stage" not in catalog.names("stages")
    assert "model" not in catalog.names("models")
    assert "corpus" not in catalog.names("corpora")
    for folder in ("stages", "models", "tasks", "corpora"):
        for name in catalog.names(folder):
            assert catalog.about(folder, name)
    with pytest.raises(catalog.UnknownLeaf, match="there are"):
        catalog.load("stages", "no_such_stage")
    assert "engine.stages.no_such_stage" not in sys.modules
