"""The measured error: whose it is, and what is done where the noises of the test are not here."""

from __future__ import annotations

from typing import Any

import pytest

from engine import disturb, evaluate
from engine.clip import from_array


def test_without_the_noises_it_is_measured_clean_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def measure(_network: Any, split: str, snrs: Any) -> list[dict[str, Any]]:
        asked.append((split, tuple(snrs)))
        return [{"voice": "voice 3", "clean": {"edits": 1, "digits": 10, "error": 0.1}}]

    monkeypatch.setattr(disturb, "noise_files", lambda test: ())
    monkeypatch.setattr(evaluate, "measure", measure)
    found = evaluate.report("phonemes-rnn-32")
    assert asked == [("test", (None,))]
    assert "set OTOSCOPE_DATA" in evaluate.table(found).splitlines()[-1]
    monkeypatch.setattr(disturb, "noise_files", lambda test: ("wind.wav",))
    assert "note" not in evaluate.report("phonemes-rnn-32")
    assert asked[-1] == ("test", evaluate.SNRS)


@pytest.mark.parametrize(
    ("clip", "voice"), [("flite rms 3", "flite rms"), ("george 12", "george"), ("test 3, voice 50", "voice 50")]
)
def test_the_strings_of_a_voice_are_counted_together(clip: str, voice: str) -> None:
    assert evaluate._voice(from_array([0.0], 16000, clip)) == voice  # type: ignore[arg-type]
