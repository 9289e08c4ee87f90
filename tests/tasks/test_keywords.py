"""Wake words in streams: labels lie where words sound, voices stay apart, false alarms and misses are counted."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from app import cli
from engine import alarms, checkpoint, evaluate, recordings, voices
from engine.clip import Label
from engine.corpora import keywords as corpus
from engine.corpora.corpus import CorpusMissing
from engine.tasks import keywords
from engine.wordset import DIGITS, SETS, WAKE

RATE = 16000


def named(words):
    return next(name for name, each in SETS.items() if each is words)


def burst(word: str, silence: float = 0.5) -> corpus.Said:
    """A made-up word: a tone of 0.4 s in a hiss."""
    n = round(silence * RATE)
    samples = 1e-4 * np.random.default_rng(0).standard_normal(2 * n + 6400).astype(np.float32)
    samples[n : n + 6400] += 0.1 * np.sin(np.arange(6400) * 0.3, dtype=np.float32)
    return corpus._levelled(word, "tone", samples)


def test_where_a_word_sounds_is_found():
    said = burst("alexa")
    assert (said.start / RATE, said.stop / RATE) == (pytest.approx(0.5, abs=0.04), pytest.approx(0.9, abs=0.04))
    assert corpus.sounding(np.zeros(100, np.float32)) == (0, 100)
    assert corpus.sounding(np.zeros(RATE, np.float32))[1] <= RATE


def test_labels_of_a_stream_lie_where_its_words_sound():
    pieces = [burst("alexa"), corpus.Said("", "", np.zeros(4000, np.float32), 0, 0), burst("jarvis")]
    clip = corpus.joined(pieces, [0.25, 0.1, 0.5, 0.3], "stream")
    assert clip.text("keyword") == ("alexa", "jarvis")
    sound = np.abs(clip.read()[:, 0])
    loud = np.flatnonzero(np.convolve(sound, np.ones(80) / 80, "same") > 0.02) / RATE
    within = np.zeros(len(loud), bool)
    for label in clip.labels:
        assert label.end - label.start == pytest.approx(0.4, abs=0.08)
        within |= (loud > label.start - 0.04) & (loud < label.end + 0.04)
    assert within.all()
    task = keywords.build(keywords.Settings())
    batch = task.collate([task.example(clip.read()[:, 0], clip.labels)])
    assert batch.targets.tolist() == [[1, 3]]
    spans = [[label.start, label.end] for label in clip.labels]
    assert batch.spans[0] * keywords.HOP / RATE == pytest.approx(np.array(spans), abs=1e-3)


def test_decoding_is_the_same_whatever_comes_later():
    """What was called in the past stays called: a live stream says what the whole clip says."""
    task = keywords.build(keywords.Settings(threshold=0.6, smooth=0.12))
    logits = np.repeat(4 * np.random.default_rng(4).standard_normal((20, 7)).astype(np.float32), 6, axis=0)
    whole = task.decode(logits, 0.03)
    assert len(whole) > 3
    for count in range(1, 120, 7):
        part = task.decode(logits[:count], 0.03)
        assert [(each.start, each.text) for each in part] == [
            (each.start, each.text) for each in whole if each.start < count * 0.03 - 1e-9
        ]
    sure = 9 * np.eye(7, dtype=np.float32)[[0] * 10 + [2] * 8 + [0] * 30]
    assert [label.text for label in task.decode(sure, 0.03)] == ["computer"]
    assert task.decode(sure[:0], 0.03) == ()


@pytest.mark.parametrize(("words", "count"), [(WAKE, 660), (DIGITS, 2500)])
def test_nobody_is_on_two_sides(data, words, count):
    made = corpus.build(corpus.Settings(words=named(words)))
    names = {split: {row.path for row in corpus._recordings(words, split)} for split in recordings.SPLITS}
    assert not names["train"] & names["valid"]
    assert not (names["train"] | names["valid"]) & names["test"]
    assert sum(map(len, names.values())) == count
    assert min(map(len, names.values())) > 40 or words.people
    heard = {row.path for rows in corpus.heard(words) for row in rows}
    assert not heard & set.union(*names.values())
    without = {split: {row.path for row in made.negatives(split)} for split in ("valid", "test")}
    assert not heard & (without["valid"] | without["test"])
    assert not without["valid"] & without["test"]
    assert not heard & {row.path for row in corpus._rows(words, corpus._BETWEEN, "test")}
    assert not any(words.within(row.label) for rows in corpus.heard(words) for row in rows)
    assert not any(words.within(row.label) for row in made.negatives("test"))
    tried = set(corpus.speakers(words, "valid") + corpus.speakers(words, "test"))
    assert not set(corpus.speakers(words, "train")) & tried


def test_a_speaker_of_digits_is_on_one_side(data):
    sides = [{row.speaker for row in corpus._recordings(DIGITS, split)} for split in ("train", "test")]
    assert sides == [{"jackson", "lucas", "yweweler"}, {"george", "theo"}]


@pytest.mark.parametrize("words", SETS.values(), ids=SETS)
def test_every_held_voice_is_one_that_there_is(words):
    """A validation without its voice would not be missed: it would only be smaller."""
    held = {voice for each in words.held.values() for voice in each}
    assert held <= {*voices.ESPEAK, *voices.ACCENTED, *voices.FLITE}


@pytest.mark.parametrize("words", SETS.values(), ids=SETS)
def test_training_has_some_voices_of_each_program_and_none_that_is_held(monkeypatch, words):
    every = (*voices.ESPEAK, *voices.ACCENTED, *voices.FLITE)
    monkeypatch.setattr(voices, "available", lambda: every)
    some = corpus.speakers(words, "train")
    assert len(set(some)) == len(some) == words.voices
    assert sum(each.startswith("flite") for each in some) == 3
    assert not set(some) & {voice for each in words.held.values() for voice in each}
    monkeypatch.setattr(voices, "available", lambda: every[:5])
    assert corpus.speakers(words, "train") == every[:5]


def test_a_number_in_a_text_is_known_and_what_is_none_is_not():
    for text in ("One day", "at sixty-five", "the EIGHTH", "nineteen", "they have won", "me too", "zeros"):
        assert DIGITS.within(text), text
    for text in ("someone", "a great tone", "to the shop for tea", "often", "none", "heaven", "neutral", ""):
        assert not DIGITS.within(text), text
    assert WAKE.within("A smart idea")
    assert not WAKE.within("outsmarted by computers")


def test_the_beginning_of_one_word_and_the_end_of_another_are_no_word(monkeypatch):
    """Both ends are those of two different words, each a part of its own."""
    monkeypatch.setattr(corpus, "_recordings", lambda words, split: tuple(words.words))
    monkeypatch.setattr(type(DIGITS), "word", lambda self, row: row)
    monkeypatch.setattr(corpus, "_recorded", lambda words, row: level(words.words.index(row)))
    train = corpus.build(corpus.Settings(words="digits")).split("train")
    for seed in range(20):
        made = train._spliced(np.random.default_rng(seed))
        known, counts = np.unique(np.rint(made.samples), return_counts=True)
        ends = known[counts > 500]
        assert made.word == ""
        assert len(ends) == 2
        assert all(0.3 * 8000 < each < 0.65 * 8000 for each in counts[counts > 500])


def level(number: int) -> corpus.Said:
    """A word of half a second that is a constant."""
    return corpus.Said(DIGITS.words[number], "nobody", np.full(8000, number + 1.0, np.float32), 0, 8000)


def test_other_speech_is_dealt_and_holds_no_voice_that_tests(tmp_path, monkeypatch):
    """By a voice that says the words of validation or test nothing is heard; a crowd's files are in one split."""
    sets = {
        "voices_speech": ["flite-slt", "flite-rms", "espeak-en-us-m1.1", "espeak-en-us-f1"],
        corpus._CROWD: ["?"] * 60,
    }
    for name, speakers in sets.items():
        (tmp_path / name).mkdir()
        rows = [f"{number}.wav\t1.0\t16000\t{who}\ttea, please\ttrain\t" for number, who in enumerate(speakers)]
        rows.append("computer.wav\t1.0\t16000\tflite-slt\tA computer.\ttrain\t")
        text = "\n".join(["file\tseconds\tsr\tspeaker\tlabel\tsplit\textra", *rows]) + "\n"
        (tmp_path / name / "manifest.tsv").write_text(text, encoding="utf-8")
    monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path))
    synthetic, crowd = corpus.heard(WAKE)
    assert [row.speaker for row in synthetic] == ["flite-slt", "espeak-en-us-f1"]
    made = corpus.build(corpus.Settings())
    parts = [{row.path.stem for row in rows} for rows in (crowd, made.negatives("valid"), made.negatives("test"))]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 60
    assert min(map(len, parts)) >= 8


def test_a_word_is_named_from_its_end_on_for_a_while():
    """What fits the loss best says nothing in its first half, and goes on 0.3 s behind it, as smoothing asks."""
    import torch

    task = keywords.build(keywords.Settings())
    label = Label(0.4, 1.0, "jarvis", "keyword")
    x = np.zeros((150, task.settings.bands), np.float32)
    batch = task.collate([(x, (label,), keywords.HOP / RATE)])
    y = torch.zeros(1, 50, len(task.vocabulary), requires_grad=True)
    optimiser = torch.optim.Adam([y], 0.3)
    for _ in range(60):
        optimiser.zero_grad()
        sum(task.loss(y, torch.tensor([50]), batch).values()).backward()
        optimiser.step()
    named = np.flatnonzero(y.detach()[0].argmax(1) == 3) * 0.03
    sure = y.detach()[0].softmax(1)[:, 3].numpy()
    assert named.min() >= 0.4
    assert (sure[int(0.9 / 0.03) : int(1.3 / 0.03)] > 0.9).all()
    assert (sure[int(1.6 / 0.03) :] < 0.1).all()


def test_without_recordings_and_voices_it_says_what_to_get(monkeypatch):
    monkeypatch.setenv("OTOSCOPE_DATA", "")
    monkeypatch.setattr(voices, "available", lambda: ())
    made = corpus.build(corpus.Settings())
    for split in ("train", "valid", "test"):
        with pytest.raises(CorpusMissing, match="espeak-ng or flite"):
            made.split(split)


@pytest.fixture
def tones(monkeypatch, tmp_path):
    """The corpus with made-up words: two tones, and other speech that is a hiss."""
    monkeypatch.setenv("OTOSCOPE_DATA", "")
    monkeypatch.setattr(corpus.Corpus, "said", lambda self, split: (burst("alexa"), burst("jarvis")))
    rows = []
    import soundfile

    for number in range(3):
        path = tmp_path / f"{number}.wav"
        soundfile.write(path, 0.01 * np.random.default_rng(number).standard_normal(20 * RATE), RATE)
        rows.append(recordings.Row(path, "?", "", "test", 20.0))
    monkeypatch.setattr(corpus.Corpus, "negatives", lambda self, split: tuple(rows))
    monkeypatch.setattr(alarms.leakage, "check", lambda task, split: None)


def finished(network):
    job = alarms.curve(network)
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize(("word", "false"), [(0, 0), (1, 3), (2, 3)])
def test_alarms_are_counted_as_they_are_defined(tones, monkeypatch, word, false):
    """A network that calls one word all the time is wrong once in each recording, and never says it in time."""

    def always(module, frames):
        return [12 * np.eye(7, dtype=np.float32)[[word] * (len(each) // 3)] for each in frames]

    monkeypatch.setattr(evaluate, "outputs", always)
    found = finished(dataclasses.replace(checkpoint.untrained("keywords"), weights=None))
    assert list(found.own.said) == ["clean"]
    assert found.own.without["speech"].false == false
    assert found.own.without["speech"].false_per_hour == pytest.approx(60 * false)
    clean = found.own.said["clean"]
    assert (clean.said, clean.missed) == (2, 2)  # it is called long before it is said
    assert found.to_dict()["curve"][0]["threshold"] == alarms.THRESHOLDS[0]
    assert "an hour" in alarms.table(found)


def test_a_network_that_calls_no_words_is_refused():
    with pytest.raises(alarms.NotSpotting, match="calls no words in a stream"):
        finished(checkpoint.open_network("many2one"))


def test_the_curve_is_printed_and_written(tones, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(checkpoint, "open_network", lambda name: checkpoint.untrained("keywords"))
    monkeypatch.setattr(evaluate, "outputs", lambda module, frames: [np.zeros((9, 7), np.float32) for _ in frames])
    assert cli.main(["eval", "kws", "--curve", "--out", str(tmp_path / "curve.csv")]) == 0
    assert "6 words (alexa, " in capsys.readouterr().out
    rows = (tmp_path / "curve.csv").read_text().splitlines()
    assert rows[0] == "threshold,speech per hour,noise per hour,missed clean"
    # Of seven that are equally likely, one is called from 1/7 on, once in each of three recordings of 20 s.
    assert rows[1:3] == ["0.1,180.0,0.0,1.0", "0.2,0.0,0.0,1.0"]
    assert len(rows) == 1 + len(alarms.THRESHOLDS)
    assert cli.main(["eval", "kws", "--curve", "--out", str(tmp_path / "curve.txt")]) == 2
    assert "written as .csv or .json" in capsys.readouterr().err
