"""The language of a clip: where it is told, what keeps it, and that texts are compared and counted by it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jiwer
import pytest

from app import cli, commands, jobs
from app.commands import result
from engine import asset, contrast, document, evaluate, infer, language, recordings, replay, spoken, wer
from engine.clip import Label
from engine.corpora.corpus import CorpusMissing
from engine.events import Opened, Traced
from engine.links import default_sound_chain
from engine.session import State
from tests import example
from tests.corpora import layouts
from tests.corpora.test_speech import data  # noqa: F401 - a fixture
from tests.test_spoken import READ, network  # noqa: F401 - a fixture
from widgets.views import diff

if TYPE_CHECKING:
    from engine.network import Network

SAID = "שלום \N{HEBREW LETTER SHIN}\N{HEBREW POINT SHIN DOT}, עולם!"


def test_tags_are_those_of_bcp_47() -> None:
    assert [language.tag(each) for each in (" EN_gb", "he", "zh-Hant-TW", "")] == ["en-gb", "he", "zh-hant-tw", ""]
    for wrong in ("Hebrew!", "e", "en-", "עברית", "en gb"):
        with pytest.raises(ValueError, match="no language"):
            language.tag(wrong)
    assert [language.is_english(each) for each in ("", "en", "en-gb", "enm", "he")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_it_stands_in_the_labels_beside_a_sound_or_in_the_manifest_of_its_folder(tmp_path: Path) -> None:
    sound = layouts.sound(tmp_path / "audio" / "x.wav", 1.0)
    assert language.beside(sound) == ""
    (tmp_path / "manifest.tsv").write_text("file\tlabel\tlanguage\naudio/y.wav\t\tfr\naudio/x.wav\ta\tHE\n")
    assert language.beside(sound) == "he"
    sound.with_suffix(".tsv").write_text("start\tend\ttext\ttier\n0\t1\ta\ttext\n")
    assert language.beside(sound) == "he", "labels that tell none"
    sound.with_suffix(".tsv").write_text("start\tend\ttext\ttier\tlanguage\n0\t1\ta\ttext\tpt_BR\n")
    assert language.beside(sound) == "pt-br"
    sound.with_suffix(".tsv").write_text("start\tend\ttext\ttier\tlanguage\n0\t1\ta\ttext\tno tag\n")
    with pytest.raises(ValueError, match=r"x\.tsv, line 2: 'no tag' names no language"):
        language.beside(sound)


def test_a_manifest_is_read_once_for_all_its_sounds_and_again_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "manifest.tsv"
    manifest.write_text("file\tlanguage\n" + "".join(f"{each}.wav\tfr\n" for each in range(50)))
    opened: list[Path] = []
    whole = Path.open

    def counted(path: Path, *given: Any, **named: Any) -> Any:
        opened.append(path)
        return whole(path, *given, **named)

    monkeypatch.setattr(Path, "open", counted)
    assert {language.beside(tmp_path / f"{each}.wav") for each in range(50)} == {"fr"}
    assert opened == [manifest]
    manifest.write_text("file\tlanguage\n7.wav\the\n")
    assert [language.beside(tmp_path / f"{each}.wav") for each in (7, 8)] == ["he", ""]


def test_a_clip_keeps_it_on_its_way(tmp_path: Path) -> None:
    """As it is opened, looked at, saved as a session and as a pipeline."""
    sound = layouts.sound(tmp_path / "x.wav", 1.0)
    sound.with_suffix(".tsv").write_text(f"start\tend\ttext\ttier\tlanguage\n0\t1\t{SAID}\ttext\the\n")
    (opened,) = (event for event in jobs.open_file(sound) if isinstance(event, Opened))
    clip = commands.open_sound(sound)
    assert opened.clip.language == clip.language == "he"
    seen = infer.run(infer.Inspection(clip, default_sound_chain(), None, None, 0.0, 1.0, "cpu"))
    (traced,) = (event for event in seen if isinstance(event, Traced))
    assert traced.sound.language == "he"
    result(document.save(State(clip=clip, chain=default_sound_chain()), tmp_path / "x.oto"))
    kept: Any = list(document.load(tmp_path / "x.oto"))[-1]
    assert (kept.values["clip"].language, kept.values["clip"].labels) == ("he", clip.labels)
    path = result(replay.save(replay.Pipeline(clip, 0.0, 1.0, default_sound_chain(), None), tmp_path / "x.json"))
    assert replay.load(path).clip.language == "he"


def test_texts_are_compared_by_the_normaliser_of_their_language(qtbot: Any) -> None:
    """Composed and decomposed are one text; digits stay digits where no English is spoken."""
    composed = [Label(0.0, 1.0, "Café 5", "word")]
    decomposed = [Label(0.0, 0.5, "cafe\N{COMBINING ACUTE ACCENT}", "word"), Label(0.5, 1.0, "5", "word")]
    found = contrast.contrast("c", example.network(), "word", composed, decomposed, "fr")
    assert (found.normaliser, found.language, found.words.errors) == ("unicode", "fr", 0)
    assert [pair.said for pair in found.pairs] == ["café", "5"]
    english = contrast.contrast("c", example.network(), "word", composed, decomposed, "en-gb")
    assert (english.normaliser, english.pairs[1].said) == ("english", "five")
    text = diff.told(found)
    assert "normaliser: unicode, language: fr" in text
    assert "language" not in diff.told(contrast.contrast("c", example.network(), "word", composed, decomposed))


def test_marks_and_letters_from_right_to_left_are_scored_in_any_form() -> None:
    presented = "שלום \N{HEBREW LETTER SHIN WITH SHIN DOT} עולם"
    found = wer.score([wer.Text("a", SAID, presented, "he")], wer.usual([wer.Text("a", "", "", "he")]))
    assert (found.normaliser, found.words.errors, found.words.count) == ("unicode", 0, 3)


def test_eval_tells_languages_apart_where_there_are_several(
    network: Network,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = spoken.report(network, "test", [None])
    assert "languages" not in plain
    assert "language" not in evaluate.table({"network": "n", "split": "test", "metric": "WER", **plain})
    told = ("en", "pt-br", "pt-br", "en", "en")
    task: Any = spoken.build.task_of(network)
    corpus = task.corpus
    clips = [replace(clip, language=tag) for clip, tag in zip(corpus.split("test"), told, strict=False)]
    monkeypatch.setattr(type(corpus), "split", lambda self, name: clips)
    sets = [[clip for clip in clips if spoken.group(clip) == name] for name in ("kathleen", "timit")]
    read = [(clip, text) for mine in sets for clip, text in zip(mine, READ, strict=False)]
    found = spoken.report(network, "test", [None])
    assert sorted(found["languages"]) == ["en", "pt-br"]
    for each, row in found["languages"].items():
        pairs = [(" ".join(clip.text("word")), text) for clip, text in read if clip.language == each]
        wanted = jiwer.wer([said for said, _ in pairs], [read for _, read in pairs])
        assert row["clean"]["wer"]["error"] == pytest.approx(wanted)
        assert row["normaliser"] == "unicode"
    text = evaluate.table({"network": "n", "split": "test", "metric": "WER", **found})
    assert "language pt-br (2 clips" in text
    assert "normalised by unicode" in text


def test_a_data_set_tells_it_and_what_is_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(recordings.VARIABLE, str(tmp_path))
    for name, told in (("good", "he\n"), ("bad", "no tag\n")):
        (tmp_path / name).mkdir()
        head = "file\tseconds\tspeaker\tlabel\tsplit\tlanguage\n"
        (tmp_path / name / "manifest.tsv").write_text(f"{head}x.wav\t1\tme\ta\ttest\t{told}")
    assert [row.language for row in recordings.rows("good")] == ["he"]
    with pytest.raises(CorpusMissing, match=r"manifest\.tsv, line 2: 'no tag' names no language"):
        recordings.rows("bad")


def test_transcribe_writes_it_and_refuses_what_is_none(tmp_path: Path, capsys: Any) -> None:
    clip = asset.open_bundled("digits")
    folder = tmp_path / "in"
    layouts.sound(folder / "x.wav", 0.5)
    import soundfile

    soundfile.write(folder / "x.wav", clip.read()[:, 0], clip.rate)
    (folder / "manifest.tsv").write_text("file\tlabel\tlanguage\nx.wav\ta\ten-gb\n")
    for flags, wanted in (([], "en-gb"), (["--language", "en_US"], "en-us")):
        asked = ["transcribe", str(folder / "x.wav"), "--recogniser", "digits", "--format", "json", *flags]
        assert cli.main(asked) == 0
        assert json.loads(capsys.readouterr().out)["language"] == wanted
    with pytest.raises(SystemExit, match="2"):
        cli.main(["transcribe", str(folder), "--language", "no tag"])
    assert "names no language" in capsys.readouterr().err
