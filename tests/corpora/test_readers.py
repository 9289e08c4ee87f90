"""Readers of the data sets of others, on files laid out as theirs are: labels, splits, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine import catalog, leakage
from engine.corpora.corpus import CorpusMissing
from tests.corpora import layouts

if TYPE_CHECKING:
    from pathlib import Path

SPLITS = ("train", "valid", "test")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OTOSCOPE_DATA", str(tmp_path))
    return tmp_path


def corpus(name: str, **settings: Any) -> Any:
    module = catalog.load("corpora", name)
    return module.build(module.Settings(**settings))


@pytest.mark.parametrize("name", sorted(layouts.MAKERS))
def test_a_data_set_of_the_right_layout_is_read(name: str, root: Path) -> None:
    layouts.MAKERS[name](root)
    made = corpus(name)
    seen: list[Path] = []
    for split in SPLITS:
        clips = made.split(split)
        assert len(clips) > 0, split
        assert len(clips[:1]) == 1
        for clip in clips:
            assert np.abs(clip.read()).max() > 0.1
            assert all(0 <= label.start < label.end <= clip.seconds + 1e-9 for label in clip.labels)
        seen += clips.paths
    assert len(set(seen)) == len(seen)
    for split in ("valid", "test"):
        assert leakage.digests(type("Task", (), {"corpus": made}), split)
        leakage.check(type("Task", (), {"corpus": made}), split)
    with pytest.raises(LookupError, match="train, valid, test"):
        made.split("dev")


@pytest.mark.parametrize("name", sorted(layouts.MAKERS))
def test_without_the_data_it_says_what_to_get_and_where_to_put_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = catalog.load("corpora", name).FACTS
    for folder in ("", str(tmp_path)):
        monkeypatch.setenv("OTOSCOPE_DATA", folder)
        with pytest.raises(CorpusMissing) as found:
            corpus(name).split("train")
        for words in (facts.title, facts.licence, facts.example, facts.source, "OTOSCOPE_DATA"):
            assert words in str(found.value)


def test_timit_is_folded_and_split_as_it_comes(root: Path) -> None:
    layouts.MAKERS["timit"](root)
    made = corpus("timit")
    names = {split: [clip.name for clip in made.split(split)] for split in SPLITS}
    assert names["test"] == ["si90, fzz0", "sx30, fzz0"]
    assert {name.partition(", ")[2] for name in names["valid"]} == {"m9"}
    assert sum(name.startswith("sa") for name in names["train"]) == 18, "each speaker of training says both"
    assert not any(name.startswith("sa") for name in (*names["valid"], *names["test"]))
    # SX30 and SI90 are said by M0 of training too.
    assert not {"sx30, m0", "si90, m0"} & set(names["train"])
    clip = made.split("test")[0]
    assert clip.rate == 16000
    assert clip.text("phone") == ("sh", "iy", "hh", "ae", "d", "ih")
    assert clip.text("word") == ("she", "had")
    second = [label for label in clip.labels if label.tier == "phone"][1]
    assert (second.start, second.end) == (pytest.approx(0.2), pytest.approx(0.3))


def test_a_sample_is_split_into_sixths_of_its_speakers(root: Path) -> None:
    layouts.timit(root, (f"audio/dr{k}-s{k}" for k in range(12)), upper=False)
    tested: list[str] = []
    for fold in range(6):
        made = corpus("timit", fold=fold)
        voices = {split: {path.parent.name for path in made.split(split).paths} for split in SPLITS}
        assert [len(voices[split]) for split in SPLITS] == [8, 2, 2]
        assert len(set.union(*voices.values())) == 12
        tested += voices["test"]
    assert len(set(tested)) == 12
    assert len(corpus("timit", clips=10).split("train")) == 10


def test_arctic_is_folded_to_the_same_classes(root: Path) -> None:
    layouts.arctic(root)
    made = corpus("arctic")
    assert [len(made.split(split)) for split in SPLITS] == [4, 1, 1]
    clip = made.split("train")[0]
    assert [(each.text, each.start, each.end) for each in clip.labels] == [
        ("k", pytest.approx(0.3), pytest.approx(0.4)),  # its closure is silence, as in TIMIT
        ("ae", pytest.approx(0.4), pytest.approx(0.6)),
    ]


def test_labels_say_what_is_heard(root: Path) -> None:
    for name, tier, label in (
        ("speech_commands", "word", "no"),
        ("gtzan", "genre", "blues"),
        ("urbansound8k", "sound", "dog bark"),
    ):
        layouts.MAKERS[name](root)
        clip = corpus(name).split("test")[0]
        assert clip.text(tier) == (label,)
        assert clip.labels[0].end == clip.seconds
    assert [path.parent.name for path in corpus("urbansound8k", fold=3).split("test").paths] == ["fold3"]
    assert [path.stem for path in corpus("gtzan").split("valid").paths][:2] == ["blues.00070", "blues.00079"]
    assert not any("_background" in str(path) for path in corpus("speech_commands").split("train").paths)


@pytest.mark.parametrize("name", ["dns", "vctk_demand"])
def test_pairs_belong_together(name: str, root: Path) -> None:
    layouts.MAKERS[name](root)
    made = corpus(name)
    for split in SPLITS:
        noisy, clean = made.split(split), made.clean(split)
        assert len(noisy) == len(clean) > 0
        for one, other in zip(noisy.paths, clean.paths, strict=True):
            tail = one.stem.rpartition("fileid")[2]
            assert one.parent != other.parent
            assert other.stem.endswith(tail)
    assert [len(made.split(split)) for split in SPLITS] == ([18, 2, 2] if name == "dns" else [2, 4, 4])
    made.clean("test").paths[0].unlink()
    with pytest.raises(CorpusMissing, match="no clean counterpart"):
        made.split("test")


def test_a_damaged_label_file_is_named(root: Path) -> None:
    layouts.timit(root, (f"dr1/s{k}" for k in range(6)), upper=False)
    clips = corpus("timit").split("train")
    clips.paths[0].write_text("0 1600 xx\n")
    with pytest.raises(CorpusMissing, match=r"\.phn, line 1: 'xx' is none of the 61"):
        clips[0]
    clips.paths[0].write_text("0 h#\n")
    with pytest.raises(CorpusMissing, match="line 1: needs first sample, last sample, text"):
        clips[0]
    clips.paths[1].with_suffix(".wav").unlink()
    with pytest.raises(CorpusMissing, match=r"\.wav cannot be read"):
        clips[1]


def test_real_ones_are_read_where_they_are(data: Path) -> None:
    if not (data / "phones_timit_nltk").is_dir():
        pytest.skip("no sample of TIMIT")
    made = corpus("timit")
    assert {path.stem for split in ("valid", "test") for path in made.split(split).paths}.isdisjoint(
        {"sa1", "sa2"}
    )
    clip = made.split("test")[0]
    phones = [label for label in clip.labels if label.tier == "phone"]
    assert len(phones) > 10
    assert len(clip.text("word")) > 3
