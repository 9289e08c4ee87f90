"""Commands over many files: how fast they were, in words."""

from __future__ import annotations

import pytest

from app import many


@pytest.mark.parametrize(
    ("seconds", "took", "told"),
    [
        (60.0, 2.0, "done in 2.0 s, 30 times as fast as it plays"),
        (4.4, 4.1, "done in 4.1 s, 1.1 times as fast as it plays"),
        (5.0, 5.0, "done in 5.0 s, 1.0 times as fast as it plays"),
        (1.8, 3.34, "done in 3.3 s, 1.9 times as long as it plays"),
        (3600.0, 7200.0, "done in 7200.0 s, 2.0 times as long as it plays"),
        (0.00006, 0.03, "done in 0.0 s"),
        (0.03, 0.001, "done in 0.0 s"),
        (0.0, 2.0, "done in 2.0 s"),
        (3600.0, 240.0, "done in 240.0 s, 15 times as fast as it plays"),
    ],
)
def test_the_pace_is_told_plainly_whichever_is_longer(seconds, took, told):
    assert many.pace(seconds, took) == told
