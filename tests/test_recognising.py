"""Each kind of recogniser: from a folder of its own, by its package, and with weights that nobody learnt."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile as sf
import soxr

from app import captioned, cli
from engine import asset, build, catalog, checkpoint, recognising, spreading, stretches
from engine.captioning import Settings
from engine.ctc import greedy
from engine.events import Notice
from engine.recognisers import ctc, moonshine, pocketsphinx, wav2vec2, whisper
from engine.recognisers.recogniser import RecogniserError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float32]

needs_moonshine = pytest.mark.skipif(not moonshine.names(), reason="moonshine-voice has no wheel here")


def clip(name: str, rate: int = 16_000) -> Array:
    found = asset.open_bundled(name)
    return np.asarray(soxr.resample(found.read().mean(axis=1), found.rate, rate), np.float32)


# Networks of our own.


def test_the_bundled_digits_are_read_with_their_times() -> None:
    reader, truth = recognising.build("digits"), asset.open_bundled("digits").labels
    words = reader.read(clip("digits"))
    assert [word.text for word in words] == [label.text for label in truth if label.tier == "digit"]
    for word, label in zip(words, (label for label in truth if label.tier == "digit"), strict=True):
        assert label.start - 0.05 < word.stop
        assert word.start < label.end + 0.25
    assert min(word.confidence or 0 for word in words) > 0.5


def test_shuffled_weights_read_nothing_right(tmp_path: Path) -> None:
    network = checkpoint.open_network("digits-lstm-128")
    rng = np.random.default_rng(0)
    assert network.weights is not None
    shuffled = {name: rng.permutation(each.ravel()).reshape(each.shape) for name, each in network.weights.items()}
    path = tmp_path / "shuffled.safetensors"
    checkpoint.save(dataclasses.replace(network, weights=build.frozen(shuffled)), path)
    assert ctc.fits(path)
    truth = [label.text for label in asset.open_bundled("digits").labels if label.tier == "digit"]
    found = [word.text for word in recognising.build(path).read(clip("digits"))]
    assert found != truth
    assert recognising.title(path) == "shuffled (CTC network)"


def test_what_is_no_text_is_no_recogniser() -> None:
    names = set(ctc.names())
    assert {"digits", "digits-lstm-128"} <= names
    assert not names & {"emotion", "tagging", "denoiser", "melody-lstm-64", "phonemes-lstm-128"}
    with pytest.raises(RecogniserError, match="emotion writes down no words"):
        ctc.build("emotion")


# wav2vec 2.0: a small one, whose weights are drawn.


def tiny(large: bool = False) -> Any:
    import torch

    from engine import device

    torch.manual_seed(0)
    models: Any = device.torchaudio().models
    names = ("projection_dropout", "attention_dropout", "ff_interm_dropout", "dropout", "layer_drop")
    return models.wav2vec2_model(
        extractor_mode="layer_norm" if large else "group_norm",
        extractor_conv_layer_config=[
            (16, 10, 5),
            (16, 3, 2),
            (16, 3, 2),
            (16, 3, 2),
            (16, 3, 2),
            (16, 2, 2),
            (16, 2, 2),
        ],
        extractor_conv_bias=False,
        encoder_embed_dim=64,
        encoder_pos_conv_kernel=16,
        encoder_pos_conv_groups=4,
        encoder_num_layers=2,
        encoder_num_heads=1,
        encoder_ff_interm_features=96,
        encoder_layer_norm_first=large,
        aux_num_out=29,
        **{f"encoder_{name}": 0.0 for name in names},
    ).eval()


@pytest.mark.parametrize("large", [False, True])
def test_wav2vec2_computes_what_torchaudio_does_and_spells_by_ctc(large: bool, tmp_path: Path) -> None:
    import torch

    module = tiny(large)
    torch.save(module.state_dict(), tmp_path / "weights.pth")
    assert wav2vec2.fits(tmp_path)
    assert wav2vec2.fits(tmp_path / "weights.pth")
    reader: Any = recognising.build(tmp_path / "weights.pth")
    sound = clip("speech-1")[:32_000]
    heard = torch.from_numpy(sound)[None]
    heard = torch.nn.functional.layer_norm(heard, heard.shape[1:]) if large else heard
    with torch.inference_mode():
        logits = module(heard)[0][0].numpy()
    letters = "".join(wav2vec2._LETTERS[run.label] for run in greedy(logits)).replace("|", " ")
    found = reader.read(sound)
    assert "".join(word.text for word in found) == letters.replace(" ", "")
    assert all(0 <= word.start <= word.stop <= 2.0 for word in found)
    layers = reader.layers(sound)
    assert len(layers) == 2
    assert layers[0].shape == (len(logits), 64)
    with torch.inference_mode():
        wanted = module.extract_features(heard)[0]
    np.testing.assert_allclose(layers[1], wanted[1][0].numpy(), atol=1e-5)


def test_layers_are_written_as_arrays_and_as_heat_maps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import base64
    import re
    from xml.etree import ElementTree

    import torch

    torch.save(tiny().state_dict(), tmp_path / "weights.pth")
    sf.write(tmp_path / "sound.wav", clip("speech-1")[:16_000], 16_000)
    line = ["transcribe", str(tmp_path / "sound.wav"), "--recogniser", str(tmp_path / "weights.pth"), "--layers"]
    assert cli.main([*line, str(tmp_path / "layers.npz")]) == 0
    with np.load(tmp_path / "layers.npz") as arrays:
        assert {name: each.shape for name, each in arrays.items()} == {"layer_1": (49, 64), "layer_2": (49, 64)}
    assert cli.main([*line, str(tmp_path / "layers.svg")]) == 0
    drawn = (tmp_path / "layers.svg").read_text("utf-8")
    ElementTree.fromstring(drawn)
    pictures = [base64.b64decode(each) for each in re.findall(r"base64,([^\"]+)", drawn)]
    sizes = [(int.from_bytes(each[16:20], "big"), int.from_bytes(each[20:24], "big")) for each in pictures]
    assert sizes == [(49, 64), (49, 64)]
    sf.write(tmp_path / "sound.wav", clip("speech-1")[:399], 16_000)
    assert cli.main([*line, str(tmp_path / "no.npz")]) == 3
    assert re.search(r"sound.wav.* 25 ms", capsys.readouterr().err)
    line[3] = "digits"
    assert cli.main([*line, str(tmp_path / "no.npz")]) == 2
    assert "does not show its layers" in capsys.readouterr().err


def test_wav2vec2_takes_the_files_of_the_pipelines_with_their_outputs_that_are_never_named(tmp_path: Path) -> None:
    import torch

    state = tiny().state_dict()
    rows = torch.full((3, 64), 9.0), torch.full((3,), 9.0)
    for name, extra in zip(("aux.weight", "aux.bias"), rows, strict=True):
        state[name] = torch.cat([state[name][:1], extra, state[name][1:]])
    torch.save(state, tmp_path / "raw.pth")
    torch.save(tiny().state_dict(), tmp_path / "cut.pth")
    sound = clip("speech-1")[:16_000]
    raw, cut = (recognising.build(tmp_path / f"{name}.pth").read(sound) for name in ("raw", "cut"))
    assert raw == cut


def test_wav2vec2_without_weights_says_how_to_get_them_and_runs_no_pickle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert wav2vec2.names() == ()
    for name in ("wav2vec2", "hubert"):
        with pytest.raises(RecogniserError, match=r"weights are not here.*state dict"):
            recognising.build(name)
    state = tiny().state_dict()
    state["aux.weight"] = Evil()
    torch.save(state, tmp_path / "evil.pth")
    with pytest.raises(RecogniserError, match="cannot be read"):
        recognising.build(tmp_path / "evil.pth")


def test_wav2vec2_says_of_another_network_that_it_is_none(tmp_path: Path) -> None:
    import torch

    state, path = tiny().state_dict(), tmp_path / "other.pth"
    shared = {name: value for name, value in state.items() if "pos_conv" not in name}
    convolution = "feature_extractor.conv_layers.0.conv.weight"
    for other in (
        {"model": state},
        [wav2vec2._KEY, "aux.weight"],
        {wav2vec2._KEY: 1, "aux.weight": 2},
        {name: value for name, value in state.items() if name != "aux.bias"},
        shared,
        {**state, convolution: torch.zeros(4)},
        {**state, wav2vec2._KEY: torch.zeros(())},
        {**state, wav2vec2._KEY: torch.zeros(0, 0)},
    ):
        torch.save(other, path)
        assert wav2vec2.fits(path)
        with pytest.raises(RecogniserError, match=r"other.pth holds another network than torchaudio's"):
            recognising.build(path)


class Evil:
    """Would end the program, if what lies in the file were run."""

    def __reduce__(self) -> Any:
        return sys.exit, (3,)


# Whisper: its package stands in, for its weights cannot be here.


PACKAGE = """
from types import SimpleNamespace as Some

class WhisperModel:
    def __init__(self, path, **asked):
        assert asked["local_files_only"]

    def transcribe(self, sound, beam_size, language, **asked):
        if language not in (None, "en", "he"):
            raise ValueError(f"{language!r} is not a valid language code")
        said = [Some(word=" Shalom" if language == "he" else " Hello", start=0.1, end=0.5, probability=0.9)]
        said += [Some(word=f" beam{beam_size}", start=0.4, end=99.0, probability=0.5)]
        silent = [Some(word=" Thanks", start=1.0, end=1.2, probability=0.2)]
        parts = [Some(start=0.0, end=0.9, no_speech_prob=0.1, words=said)]
        parts += [Some(start=0.9, end=1.2, no_speech_prob=0.9, words=silent)]
        return iter(parts), None
"""
"""What faster_whisper gives, as its documentation has it."""


def test_whisper_words_times_and_the_probability_of_no_speech(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "faster_whisper.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "faster_whisper", raising=False)
    for name in ("model.bin", "config.json", "vocabulary.txt"):
        (tmp_path / name).write_text("{}")
    reader: Any = recognising.build(tmp_path)
    words = reader.read(clip("speech-1")[:16_000])
    assert [(word.text, word.confidence) for word in words] == [("Hello", 0.9), ("beam5", 0.5)]
    assert [(word.start, word.stop) for word in words] == [(0.1, 0.5), (0.5, 1.0)]
    assert reader.no_speech == ((0.0, 0.9, 0.1), (0.9, 1.2, 0.9))
    sf.write(tmp_path / "said.wav", np.tile(clip("speech-1")[:24_000], 2), 16_000)
    line = ["transcribe", str(tmp_path / "said.wav"), "--recogniser", str(tmp_path), "--format", "json"]
    assert cli.main(line) == 0
    told = json.loads(capsys.readouterr().out)
    assert [share for _, _, share in told["no_speech"]] == [0.1, 0.9] * (len(told["no_speech"]) // 2)
    assert told["no_speech"][0][0] > 0.0 or told["lines"][0]["words"][0]["start"] < 0.2
    assert cli.main([*line, "--language", "he-IL"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["language"] == "he-il"
    assert told["lines"][0]["words"][0]["text"] == "Shalom"
    assert cli.main([*line, "--language", "cmn"]) == 3, "a tag, but none of Whisper's"
    assert "said.wav" in (said := capsys.readouterr().err)
    assert "knows no language 'cmn'" in said
    cheaper = reader.cheaper()
    assert [word.text for word in cheaper.read(clip("speech-1")[:16_000])] == ["Hello", "beam1"]
    assert cheaper.cheaper() is None
    monkeypatch.delitem(sys.modules, "faster_whisper")


def test_whisper_without_its_package_or_weights_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert whisper.names() == ()
    with pytest.raises(RecogniserError, match=r"otoscope\[recognisers\]|folder with its model"):
        recognising.build("whisper")


# Moonshine.


@needs_moonshine
def test_moonshine_reads_bundled_sentences() -> None:
    """Three sentences that nobody trained on here; at most one word in ten is wrong."""
    from engine import wer

    reader = recognising.build()
    assert reader.name == "moonshine"
    names = ("speech-1", "speech-2", "speech-3")
    texts = [
        wer.Text(name, " ".join(asset.open_bundled(name).text("text")), _joined(reader.read(clip(name))))
        for name in names
    ]
    assert wer.score(texts).words.error <= 0.1


@needs_moonshine
def test_moonshine_from_a_folder_is_the_same_and_a_broken_one_is_told(tmp_path: Path) -> None:
    folder = moonshine._bundled()
    assert folder is not None
    for name in moonshine._FILES:
        (tmp_path / name).symlink_to(folder / name)
    sound = clip("speech-2")
    assert recognising.build(tmp_path).read(sound) == recognising.build("moonshine").read(sound)
    (tmp_path / "encoder_model.ort").unlink()
    (tmp_path / "encoder_model.ort").write_bytes((folder / "encoder_model.ort").read_bytes()[:100_000])
    with pytest.raises(RecogniserError, match="get the model again"):
        recognising.build(tmp_path)


@needs_moonshine
def test_where_its_package_is_missing_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moonshine, "_bundled", lambda: None)
    assert moonshine.names() == ()
    assert "moonshine-voice==0.1.0" in moonshine.absent()
    with pytest.raises(RecogniserError, match=r"moonshine-voice==0\.1\.0"):
        moonshine.build("moonshine")


def _joined(words: Any) -> str:
    return " ".join(word.text for word in words)


# What they share.


def test_spread_words_lie_where_there_is_sound() -> None:
    rng = np.random.default_rng(0)
    loud = rng.normal(0, 0.1, 8000).astype(np.float32)
    sound = np.concatenate([np.zeros(16_000, np.float32), loud, np.zeros(16_000, np.float32), loud])
    words = spreading.spread("aaaa bbbb", sound, 16_000, 10.0)
    assert [word.text for word in words] == ["aaaa", "bbbb"]
    assert words[0].start == pytest.approx(11.0, abs=0.04)
    assert words[1].stop == pytest.approx(13.0, abs=0.04)
    assert 11.4 < words[0].stop <= words[1].start < 12.7
    assert spreading.spread(" ", sound, 16_000) == spreading.spread("a", sound[:0], 16_000) == ()


def test_long_sound_is_cut_where_it_is_quiet() -> None:
    rng = np.random.default_rng(0)
    sound = rng.normal(0, 0.1, 16_000 * 50).astype(np.float32)
    quiet = [7.3, 16.0, 23.9, 31.0, 39.5, 47.0]
    for place in quiet:
        sound[round((place - 0.1) * 16_000) : round((place + 0.1) * 16_000)] = 0
    pieces = list(stretches.stretches(sound, 16_000, 10.0))
    assert np.array_equal(np.concatenate([piece for _, piece in pieces]), sound)
    assert max(len(piece) for _, piece in pieces) <= 160_000
    for start, _ in pieces[1:]:
        assert min(abs(start - place) for place in quiet) < 0.06


def test_every_kind_is_one_file() -> None:
    assert set(catalog.names("recognisers")) >= {"moonshine", "ctc", "wav2vec2", "whisper", "pocketsphinx"}


def test_without_a_recogniser_of_any_word_our_own_reads_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bool(recognising.makeshift()) == (recognising.default() == "speech")
    for kind in (moonshine, whisper, wav2vec2, pocketsphinx):
        monkeypatch.setattr(kind, "names", lambda: ())
    monkeypatch.setattr(moonshine, "absent", lambda: "get it")
    assert recognising.default() == "speech", "not one that knows ten words"
    sound = tmp_path / "digits.wav"
    sf.write(sound, clip("digits"), 16_000)
    assert cli.main(["transcribe", str(sound)]) == 0
    said = capsys.readouterr()
    assert said.out.split()
    assert "Moonshine: get it. Until it is here, CTC network speech reads" in said.err
    assert cli.main(["transcribe", str(sound), "--recogniser", "digits"]) == 0
    assert "get it" not in capsys.readouterr().err
    asked = list(captioned.transcribe(asset.open_bundled("digits"), Settings()))
    assert isinstance(asked[0], Notice)
    assert "get it" in asked[0].text
