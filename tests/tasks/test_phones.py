"""Phones of real speech: learnt, measured and confused on files laid out as those of TIMIT."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from app import cli
from engine import build, catalog, checkpoint, confusion, evaluate, framewise, phones, recipe, train
from engine.corpora.corpus import CorpusMissing
from engine.events import Snapshot
from tests.corpora import layouts

if TYPE_CHECKING:
    from pathlib import Path

PITCHES = {"sh": 3000.0, "iy": 2300.0, "hv": 1500.0, "ae": 800.0, "d": 400.0, "ix": 1900.0}


@pytest.fixture
def spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six speakers whose phones are tones: whoever listens can tell them apart."""
    monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path / "data"))
    layouts.timit(tmp_path / "data", (f"dr1/s{k}" for k in range(6)), upper=False)
    for number, file in enumerate(sorted((tmp_path / "data").rglob("*.wav"))):
        rng, parts = np.random.default_rng(number), []
        for name in layouts.PHONES:
            time = np.arange(layouts.EACH) / 16000
            tone = np.sin(2 * np.pi * PITCHES.get(name, 0.0) * time + rng.uniform(0, 6))
            parts.append(0.3 * tone + 0.001 * rng.standard_normal(layouts.EACH))
        soundfile.write(file, np.concatenate(parts), 16000, "PCM_16", format="NIST")
    return tmp_path


def task(**settings: Any) -> Any:
    module = catalog.load("tasks", "phones")
    return module.build(module.Settings(**settings))


def test_the_61_symbols_become_39_classes() -> None:
    symbols = {name for name in phones.FOLD if name != "sil"}
    assert len(symbols) == 60
    assert len(phones.VOCABULARY) == 39
    assert phones.VOCABULARY[0] == "sil"
    assert {phones.FOLD[name] for name in ("pcl", "h#", "epi", "pau", "gcl")} == {"sil"}
    pairs = {"ao": "aa", "ax-h": "ah", "ix": "ih", "zh": "sh", "ux": "uw", "axr": "er", "en": "n", "el": "l"}
    assert {name: phones.FOLD[name] for name in pairs} == pairs
    assert set(phones.SAMPA.values()) <= set(phones.VOCABULARY)


def test_frames_are_called_by_the_labels_beside_the_sound(spoken: Path) -> None:
    made = task(delay=0, clean=1.0, speeds=False)
    batch = made.batch("test", 0, 2, seed=0)
    names = [made.vocabulary[number] for number in batch.targets[0]]
    assert names[5] == "sil"
    for place, wanted in ((15, "sh"), (25, "iy"), (35, "hh"), (45, "ae"), (55, "sil"), (65, "d"), (75, "sil")):
        assert names[place] == wanted
    late = task(delay=5, clean=1.0, speeds=False).batch("test", 0, 2, seed=0)
    np.testing.assert_array_equal(late.targets[:, 5:], batch.targets[:, :-5])
    assert made.pinned().text("word") == ("she", "had")


def test_one_more_speaker_is_learnt_and_never_tried(spoken: Path) -> None:
    layouts.arctic(spoken / "data")
    plain, more = task(), task(arctic=True)
    voices = {clip.name.partition(", ")[2] for clip in more.corpus.split("train")}
    assert voices == {clip.name.partition(", ")[2] for clip in plain.corpus.split("train")} | {"fraser"}
    for split in ("valid", "test"):
        assert more.corpus.split(split).paths == plain.corpus.split(split).paths


def test_it_is_trained_measured_and_confused(spoken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = recipe.read("phones")
    small = recipe.of(
        "phones",
        task_settings=chosen.task_settings.but(arctic=False, speeds=False),
        model_settings=chosen.model_settings.but(hidden=32, layers=1, input_dropout=0.0),
        train=chosen.train.but(steps=60, lr=0.01, batch=8, evaluate_every=0),
    )
    (network,) = [event.network for event in train.train(small, "cpu") if isinstance(event, Snapshot)][-1:]
    checkpoint.save(network, spoken / "phones.safetensors")
    assert cli.main(["eval", str(spoken / "phones.safetensors"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (row,) = found["rows"]
    assert (found["metric"], row["voice"], row["strings"]) == ("PER", "s0", 2)
    assert row["clean"]["digits"] == 12
    assert row["clean"]["error"] < 0.3
    right, count = row["frames right"]
    assert right / count > 0.8
    assert "frames named rightly, clean" in evaluate.table(found)

    *_, confused = confusion.confuse(network, split="test")
    assert isinstance(confused, confusion.Confused)
    assert confused.counts.sum() == count
    assert confused.counts.trace() == right
    place = confused.names.index("iy")
    clip = confused.playlist(place, place)
    assert clip is not None
    assert set(clip.text("phone")) == {"iy"}

    # Independent of the report: the decoded text of each sentence, by hand.
    made, module = build.task_of(network), build.build(network)
    edits = 0
    for each in made.corpus.split("test"):  # type: ignore[attr-defined]
        frames = evaluate.features(network, each.read()[:, 0])
        (logits,) = evaluate.outputs(module, [frames])
        assert framewise.accuracy(logits[None], np.zeros((1, len(frames)), int), np.array([len(frames)]))[1] > 90
        said = [label.text for label in made.decode(logits, 0.01)]
        edits += made.errors(said, each.text("phone"))[0]
    assert edits == row["clean"]["edits"]


def test_without_the_recordings_the_way_to_them_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OTOSCOPE_DATA", raising=False)
    made = task()
    with pytest.raises(CorpusMissing, match="TIMIT is not on this machine"):
        made.pinned()
    assert checkpoint.untrained("phones").vocabulary == phones.VOCABULARY
    assert recipe.read("phones").task == "phones"
    assert cli.main(["train", "phones", "--out", str(tmp_path / "run")]) == cli.BAD_FILE
    said = capsys.readouterr().err
    assert "TIMIT is not on this machine" in said
    assert "OTOSCOPE_DATA" in said
    assert "otoscope data list" in said
    assert "Traceback" not in said
