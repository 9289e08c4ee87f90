"""Error rates of a network that writes down speech, against jiwer on the same texts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jiwer
import numpy as np
import pytest

from engine import build, catalog, checkpoint, evaluate, spoken
from engine.corpora import speech as corpus
from tests.corpora.test_speech import data, put  # noqa: F401 - data is a fixture

if TYPE_CHECKING:
    from pathlib import Path

    from engine.network import Network

READ = ("nobody came", "she sang and danced well", "ten men stood up", "", "a word")


@pytest.fixture
def network(data: Path, monkeypatch: pytest.MonkeyPatch) -> Network:  # noqa: F811
    """A small network, whose answers are the texts of READ in turn, whatever it hears."""
    rows = [("audio/si1.flac", "dr1-abc0", "the sea was calm", "train", 1.0)]
    rows += [("audio/si2.flac", "dr2-xyz0", "the wind rose", "train", 1.0)]
    put(data, corpus.HAND, [*rows, ("audio/sa1.flac", "dr2-xyz0", "she had a suit", "train", 1.0)])
    settings = catalog.load("models", "recurrent").Settings(hidden=8, layers=1, stack=3)
    made = checkpoint.untrained("speech", settings)
    monkeypatch.setattr(
        evaluate, "texts", lambda task, module, frames: [tuple(READ[n].split()) for n in _count(frames)]
    )
    return made


def _count(frames: Any) -> range:
    return range(len(frames))


def test_rates_are_those_of_jiwer_and_sets_are_told_apart(network: Network):
    task: Any = build.task_of(network)
    rows = spoken.report(network, "test", [None])["rows"]
    assert [row["voice"] for row in rows] == ["kathleen", "timit"]
    assert [row["speakers"] for row in rows] == [1, 2], "speakers of a corpus are told together"
    for row in rows:
        clips = [clip for clip in task.corpus.split("test") if spoken.group(clip) == row["voice"]]
        said = [" ".join(clip.text("word")) for clip in clips]
        assert "she had a suit" not in said, "all speakers of TIMIT say it"
        wanted = jiwer.process_words(said, list(READ[: len(said)]))
        found = row["clean"]["wer"]
        assert found["error"] == pytest.approx(wanted.wer)
        assert found["S"] + found["D"] + found["I"] == wanted.substitutions + wanted.deletions + wanted.insertions
        assert found["N"] == sum(len(text.split()) for text in said)
        assert row["clean"]["cer"]["error"] == pytest.approx(jiwer.cer(said, list(READ[: len(said)])))


def test_the_table_tells_counts_and_what_the_texts_were_normalised_by(network: Network):
    found = {"network": "mine", "split": "test", "metric": "WER", **spoken.report(network, "test", [None])}
    text = evaluate.table(found)
    assert "normalised by english" in text
    assert "timit (2 clips, 2 speakers)" in text
    assert "N 7" in text
    assert json.loads(json.dumps(found)) == found


def test_an_untrained_network_is_wrong_about_nearly_all(data: Path):  # noqa: F811
    """Without the answers put into its mouth: what is measured is what the network reads."""
    made = checkpoint.untrained(
        "speech", catalog.load("models", "recurrent").Settings(hidden=8, layers=1, stack=3)
    )
    rows = spoken.report(made, "test", [None])["rows"]
    assert all(row["clean"]["wer"]["error"] >= 0.9 for row in rows)
    assert all(np.isfinite(row["clean"]["cer"]["error"]) for row in rows)


def test_the_noise_of_a_clip_depends_on_no_other_set_and_no_language(
    network: Network, monkeypatch: pytest.MonkeyPatch
):
    """Figures of a set stay as they are where another set comes before it, or its clips are told to be French."""
    task: Any = build.task_of(network)
    corpus = task.corpus
    clips = list(corpus.split("test"))
    sets = [[clip for clip in clips if spoken.group(clip) == name] for name in ("kathleen", "timit")]
    wanted = {(clip.name, snr, number) for mine in sets for number, clip in enumerate(mine) for snr in (10.0, 0.0)}
    assert [len(mine) for mine in sets] == [1, 2]
    french = [replace(clip, language="fr") if number % 2 else clip for number, clip in enumerate(clips)]
    heard = set()

    def noisy(clip: Any, snr: float, seed: int) -> Any:
        heard.add((clip.name, snr, seed))
        return clip.read()[:, 0]

    monkeypatch.setattr(evaluate, "noisy", noisy)
    for each in (clips, sets[1] + sets[0], sets[1], french):
        monkeypatch.setattr(type(corpus), "split", lambda self, name, each=each: each)
        heard.clear()
        spoken.report(network, "test", [10.0, 0.0])
        names = {clip.name for clip in each}
        assert heard == {told for told in wanted if told[0] in names}
