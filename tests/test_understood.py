"""Recognition before and after denoising (K232): the counts of each reading, and what follows from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app import cli, evaluation
from engine import build, checkpoint, evaluate, score, understood
from engine.catalog import UnknownLeaf
from engine.events import Progress

NETWORK = "digits-lstm-32"


def test_before_and_after_are_the_edits_of_each_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, np.ndarray]] = []

    def muted(denoiser: str, sound: np.ndarray, rate: int) -> np.ndarray:
        given.append((rate, sound))
        return np.zeros_like(sound)

    network = checkpoint.open_network(NETWORK)
    task, module = build.task_of(network), build.build(network)
    clips = list(task.corpus.split("test"))[:2]  # type: ignore[attr-defined]
    monkeypatch.setattr(type(task.corpus), "split", lambda corpus, name: clips)  # type: ignore[attr-defined]
    monkeypatch.setattr(understood, "_denoised", muted)
    monkeypatch.setattr(understood.leakage, "check", lambda task, split: None)  # it reads all that was trained on
    events: list[Any] = list(understood.measure(NETWORK, "silence", (0.0,), 1))
    shares = [event.share for event in events[:-1] if isinstance(event, Progress)]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    found = events[-1]
    (row,) = found.rows
    read = evaluate.labels(task, module, [evaluate.features(network, sound) for _, sound in given])
    counts = [score.labels(task, one, clip.labels) for one, clip in zip(read, clips, strict=True)]
    assert row.labels == sum(among for _, among in counts)
    assert row.before[0] == pytest.approx(sum(edits for edits, _ in counts) / row.labels)
    assert row.after[0] == 1.0  # of silence nothing is read
    assert row.saved[0] == pytest.approx(row.before[0] - row.after[0])
    assert row.before[1] <= row.before[0] <= row.before[2]


def test_the_noise_lies_at_its_snr() -> None:
    from engine import unheard

    network = checkpoint.open_network(NETWORK)
    clip = next(iter(build.task_of(network).corpus.split("test")))  # type: ignore[attr-defined]
    noisy, sound = understood._noisy(clip, 5.0, [0, 0]), clip.read()[:, 0]
    gain = np.dot(noisy, sound) / np.dot(sound, sound)  # the mixture may have been lowered
    noise = noisy / gain - sound
    found = 10 * np.log10(unheard.active_power(sound) / np.mean(np.square(noise)))
    assert found == pytest.approx(5.0, abs=0.6)


def test_a_denoiser_that_there_is_not_is_said_before_anything_is_read(monkeypatch, capsys) -> None:
    """By the names that the plan has: asr stands for the bundled recogniser."""
    assert evaluation.bundled("asr") == evaluation.bundled("digits") != "digits"
    monkeypatch.setattr(understood, "measure", lambda *_, **__: pytest.fail("it reads"))
    assert cli.main(["eval", "asr", "--denoise", "ains_causal"]) == cli.BAD_FILE
    assert "ains_causal is a recipe" in capsys.readouterr().err


def test_a_network_that_writes_nothing_down_is_refused() -> None:
    with pytest.raises(UnknownLeaf, match="writes nothing down"):
        next(understood.measure("emotion", "wiener"))
