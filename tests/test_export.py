"""Exports: what other programs read is what was traced, and a place that cannot be written is named."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from engine import export
from engine.export import ExportError
from engine.trace import Key, Series, Trace

H = Series(np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32), 100.0, 0.25)
POSTERIOR = Series(np.full((5, 2), 0.5, np.float32), 25.0, axis="class", rows=("sil", "ə"))
FOUND = Trace("clip", 0.0, 1.0, {Key("h", 2, "backward"): H, Key("gate.f", 1): H, Key("posterior"): POSTERIOR})


def test_npz_holds_every_series_and_the_times(tmp_path):
    (path,) = export.trace(FOUND, tmp_path / "a.npz")
    with np.load(path) as stored:
        assert set(stored) == {"layer2.backward.h", "layer1.forward.f", "posterior", "time"}
        np.testing.assert_array_equal(stored["layer2.backward.h"], H.values)
        np.testing.assert_allclose(stored["time"], 0.25 + np.arange(20) / 100)


def test_csv_is_a_file_a_series_with_times_and_names(tmp_path):
    paths = export.trace(FOUND, tmp_path / "a.csv")
    assert sorted(path.name for path in paths) == [
        "a-layer1.forward.f.csv",
        "a-layer2.backward.h.csv",
        "a-posterior.csv",
    ]
    with open(tmp_path / "a-posterior.csv", newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert head == ["time in s", "class sil", "class ə"]
    np.testing.assert_allclose(np.array(rows, float)[:, 0], np.arange(5) / 25)
    found = np.loadtxt(tmp_path / "a-layer2.backward.h.csv", delimiter=",", skiprows=1)
    np.testing.assert_allclose(found[:, 1:], H.values, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "word"), [("a.txt", "npz or .csv"), ("gone/a.npz", "gone"), ("gone/a.csv", "gone")]
)
def test_a_file_that_cannot_be_written_is_named(tmp_path, name, word):
    with pytest.raises(ExportError, match=word):
        export.trace(FOUND, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
