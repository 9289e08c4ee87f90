"""The demonstration: it does the main job without a screen, and fails where noise changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.demo import Result, judge

GOOD = (
    Result(20, "one two", "one two", 0, 2, {}, "a.png"),
    Result(5, "one", "one two", 1, 2, {}, "b.png"),
    Result(-10, "", "one two", 2, 2, {}, "c.png"),
)


def test_a_network_that_reacts_to_noise_passes():
    assert judge(GOOD) == []


@pytest.mark.parametrize(
    ("index", "changes", "said"),
    [
        (2, {"text": "one two"}, "noise changes nothing"),
        (0, {"edits": 1, "text": "one"}, "at most 10%"),
        (0, {"edits": 0, "length": 0}, "no labels"),
        (1, {"picture": ""}, "no picture at 5 dB"),
    ],
)
def test_what_is_wrong_is_named(index, changes, said):
    results = [replace(each, **changes) if number == index else each for number, each in enumerate(GOOD)]
    assert any(said in text for text in judge(results))


def test_the_main_job_without_a_screen(tmp_path):
    """On the bundled clip and network: texts with errors, pictures of the window, latencies, a report."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "QT_QPA_PLATFORM")}
    ran = subprocess.run(
        [sys.executable, "-m", "app", "demo", "--out", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads((tmp_path / "results.json").read_text())
    assert [each["snr"] for each in found["results"]] == [20, 5, -10]
    assert found["results"][0]["error"] <= 0.10
    assert found["results"][0]["text"] != found["results"][-1]["text"]
    assert all(each["milliseconds"]["slider to result"] > 0 for each in found["results"])
    pictures = [pixels(tmp_path / each["picture"]) for each in found["results"]]
    assert all((np.abs(pictures[0] - other) > 24).mean() > 0.05 for other in pictures[1:])
    assert (tmp_path / "views" / "spectrogram.png").is_file()
    page = (tmp_path / "report.html").read_text()
    assert page.count("data:image/png;base64,") > 8
    assert 'src="http' not in page
    assert found["results"][0]["truth"] in page
    assert "[train]" in page
    assert "{&#x27;" not in page  # tables, not Python's own words for them
    heights = [pixels(tmp_path / "views" / f"{name}.png").shape[0] for name in ("cell", "hidden", "gates")]
    assert min(heights) > 100  # none is folded to a strip


def pixels(path: Path) -> np.ndarray:
    from PySide6.QtGui import QImage

    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB32)
    return (
        np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3].astype(int)
    )
