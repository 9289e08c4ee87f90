"""A task of whole clips, live: it answers for the last seconds of the stream, however long that runs."""

from __future__ import annotations

import numpy as np
import pytest

from engine import clipwise
from engine.transcript import LATELY, Transcript


def test_the_last_seconds_are_one_clip() -> None:
    task = clipwise.Classes(None, None, ("Ada", "Ben"), (), "speaker")
    text, rate = Transcript(task), 100.0
    said = []
    for second in range(60):
        sure = 1.0 if second < 30 else -1.0
        text.add(np.tile(np.array([[sure, -sure]], np.float32), (100, 1)))
        (label,) = text.labels(rate, 0.5)
        said.append(label.text)
        assert label.end == pytest.approx(0.5 + second + 1)
        assert label.end - label.start == pytest.approx(min(second + 1, LATELY))
    assert said[:30] == ["Ada"] * 30
    assert said[31:] == ["Ben"] * 29
