"""The task speech: targets, the loss against torch's own, decoding, masks in training only, units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import asset, checkpoint, ctc, recipe
from engine.corpora import speech as corpus
from engine.corpora.corpus import CorpusMissing
from engine.tasks import speech
from tests.corpora.test_speech import data  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path


def made(**settings: object) -> speech.Speech:
    return speech.build(speech.Settings(**settings))  # type: ignore[arg-type]


def sure(task: speech.Speech, path: str) -> np.ndarray:
    """Logits of one unit a frame; an underscore is the blank."""
    logits = np.zeros((len(path), len(task.vocabulary)), np.float32)
    for frame, letter in enumerate(path):
        logits[frame, 0 if letter == "_" else task.vocabulary.index(letter)] = 9.0
    return logits


def test_the_usual_front_end_is_80_mel_bands_up_to_8_khz_every_10_ms():
    task = made()
    heard = task.frontend[0].settings
    assert (heard.n_mels, heard.hop, heard.fmax, task.rate) == (80, 160, 8000.0, 16000)
    assert (speech.Settings().time_mask, speech.Settings().freq_mask, speech.Settings().longest) == (20, 20, 5.0)
    assert checkpoint.width(task) == 80


def test_words_are_read_with_their_times():
    labels = made().decode(sure(made(), "__oonn_ _ttwo__oo_ "), 0.03)
    assert [label.text for label in labels] == ["on", "twoo"]
    assert [(label.start, label.end) for label in labels] == [
        pytest.approx((0.06, 0.18)),
        pytest.approx((0.27, 0.51)),
    ]


def test_a_long_text_loses_nothing():
    """More characters than a fixed target of twenty would hold."""
    task = made()
    text = "below him the shadow was broken into a pool"
    batch = task.collate([(np.zeros((300, 80), np.float32), text), (np.zeros((40, 80), np.float32), "a")])
    assert batch.target_lengths.tolist() == [len(text), 1]
    assert task.truth(batch, 0) == tuple(text.split())
    assert task.truth(batch, 1) == ("a",)


def test_the_loss_is_the_negative_log_probability_of_all_paths():
    """By brute force over every path of five frames, a unit."""
    import itertools

    import torch

    task = made()
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(1, 5, 29)).astype(np.float32)
    text = "ab"
    batch = task.collate([(np.zeros((15, 80), np.float32), text)])
    letters = [0, task.vocabulary.index("a"), task.vocabulary.index("b")]
    shares = np.exp(logits[0]) / np.exp(logits[0]).sum(1, keepdims=True)
    total = 0.0
    for path in itertools.product(letters, repeat=5):
        said = [letter for letter, _ in itertools.groupby(path) if letter]
        if said == letters[1:]:
            total += float(np.prod([shares[frame, letter] for frame, letter in enumerate(path)]))
    found = task.loss(torch.from_numpy(logits), torch.tensor([5]), batch)["CTC"]
    assert float(found) == pytest.approx(-np.log(total) / len(text), rel=1e-5)


def test_the_loss_is_in_32_bits_whatever_the_network_computes_in():
    import torch

    task = made()
    batch = task.collate([(np.zeros((60, 80), np.float32), "hello")])
    y = torch.randn(1, 20, 29, generator=torch.Generator().manual_seed(0)).bfloat16()
    found = task.loss(y, torch.tensor([20]), batch)["CTC"]
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(float(task.loss(y.float(), torch.tensor([20]), batch)["CTC"]))


def test_a_clip_too_short_for_its_text_teaches_nothing():
    import torch

    task = made()
    batch = task.collate([(np.zeros((6, 80), np.float32), "hello there")])
    y = torch.randn(1, 2, 29, requires_grad=True)
    (gradient,) = torch.autograd.grad(task.loss(y, torch.tensor([2]), batch)["CTC"], y)
    assert torch.isfinite(gradient).all()
    assert not gradient.any()


def test_training_is_masked_and_disturbed_and_nothing_else_is(data: Path):  # noqa: F811
    plain = made(strength=0.0, worst=40.0, time_mask=0, freq_mask=0)
    task = made()
    assert np.array_equal(task.batch("valid", 0, 2, 0).x, plain.batch("valid", 0, 2, 7).x)
    frames = task.features(task.corpus.split("train").items[0].sound())
    masked = np.array([1.0 + frames * 0, frames * 0 + 1.0], np.float32)[0]
    task._mask(masked, np.random.default_rng(0))
    rows, columns = (masked == 0).all(1), (masked == 0).all(0)
    assert 0 < rows.sum() <= min(40, 2 * 0.2 * len(masked))
    assert 0 < columns.sum() <= 40


def test_specaugment_hides_frames_and_bands_of_a_batch_in_training(data: Path):  # noqa: F811
    hidden = []
    for width in (20, 0):
        task = made(strength=0.0, worst=40.0, time_mask=width, freq_mask=width)
        for split in ("train", "valid"):
            batch = task.batch(split, 0, 2, 0)
            each = [x[:length] == 0 for x, length in zip(batch.x, batch.lengths, strict=True)]
            hidden.append(any(one.all(1).any() for one in each) and any(one.all(0).any() for one in each))
    assert hidden == [True, False, False, False]


@pytest.mark.parametrize("kind", ["syllable", "word"])
def test_units_are_found_in_the_transcripts(kind: str, data: Path):  # noqa: F811
    task = made(units=kind, least=1)
    batch = task.batch("train", 0, 3, 0)
    learnt = {item.text for item in task.corpus.split("train").items}
    for item in range(3):
        assert " ".join(task.truth(batch, item)) in learnt
    runs = [
        ctc.Run(int(unit), 2 * n, 2 * n + 1) for n, unit in enumerate(batch.targets[0, : batch.target_lengths[0]])
    ]
    assert tuple(label.text for label in task.words(runs, 0.1)) == task.truth(batch, 0)


def test_words_that_units_cannot_write_are_errors(data: Path):  # noqa: F811
    """What is scored against is what was said, not what is left of it in the units."""
    task = made(units="word", least=3)
    batch = task.batch("valid", 0, 2, 0)
    said = [tuple(item.text.split()) for item in task.corpus.split("valid").items[:2]]
    assert [task.truth(batch, item) for item in range(2)] == said
    told = [
        task.written.decode(row[:count].tolist())
        for row, count in zip(batch.targets, batch.target_lengths, strict=True)
    ]
    assert any("?" in text for text in told)
    assert task.errors([], task.truth(batch, 0)) == (len(said[0]), len(said[0]))


def test_characters_as_written_keep_capitals_and_punctuation(data: Path):  # noqa: F811
    assert "," not in made().vocabulary
    assert made(text="written").vocabulary[0] == ""
    batch = made(text="written").batch("train", 0, 40, 0)
    words = {word for item in range(len(batch.lengths)) for word in made(text="written").truth(batch, item)}
    assert "the" in words


def test_a_network_brings_its_own_units_where_no_recordings_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path))
    task = made(units="word")
    with pytest.raises(CorpusMissing):
        _ = task.vocabulary
    task.adopt(("", " ?", " go", " on"))
    labels = task.decode(np.eye(4, dtype=np.float32)[[0, 2, 2, 0, 3]] * 9, 0.03)
    assert [label.text for label in labels] == ["go", "on"]


def test_what_training_leaves_out_is_told(data: Path):  # noqa: F811
    assert made().notice() == ""
    assert (
        "5 clips are longer than 1.3 s, and what no pause surely parts is left out" in made(longest=1.3).notice()
    )
    assert "words hold units that no output stands for" in made(units="word", least=2).notice()


def test_the_pinned_sentence_is_never_learnt_from():
    clip = made().pinned()
    said = " ".join(clip.text(speech.TIER))
    assert said == corpus.plain(asset.open_bundled("speech-1").labels[0].text)
    try:
        assert said not in {item.text for item in made(longest=30.0).corpus.split("train").items}
    except CorpusMissing as missing:
        pytest.skip(str(missing))


def test_character_errors_are_measured_beside_those_of_words():
    import torch

    task = made()
    batch = task.collate([(np.zeros((12, 80), np.float32), "on")])
    y = torch.from_numpy(sure(task, "o_m_")[None])
    assert task.measure(y, torch.tensor([4]), batch) == {"CER (basic-en), the mean of clips": [0.5]}
    assert task.errors(["om"], ["on"]) == (1, 1)


@pytest.mark.parametrize("name", ["speech", "speech-bidirectional"])
def test_the_recipes_can_be_read(name: str):
    found = recipe.read(name)
    assert found.task == "speech"
    assert found.task_settings.units == "char"  # type: ignore[attr-defined]
    assert found.train.bucket > 1, "clips of a batch are of like length"


def test_the_cost_of_many_outputs_is_told_before_they_are_built(data: Path):  # noqa: F811
    from engine import build, catalog

    words = speech.Settings(units="word", least=1)
    outputs = len(made(units="word", least=1).vocabulary)
    for both in (False, True):
        model: Any = catalog.load("models", "recurrent").Settings(hidden=16, layers=1, bidirectional=both)
        module: Any = build.fresh("recurrent", model, 80, outputs, 0)
        count = sum(each.numel() for each in module.head.parameters())
        told = speech.costly(words, model)
        assert f"{outputs:,} outputs for words are a head of {count:,} weights" in told
    assert not speech.costly(speech.Settings(), model), "characters are few"


def test_a_head_beyond_the_free_memory_is_warned_of():
    from engine import device, units

    assert "are free" not in device.told(1e6)
    assert "are free" in device.told(1e15)
    assert units.head(256, ["?"] * 87436) == 22_471_052
