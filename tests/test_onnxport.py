"""Exported networks: onnxruntime gives torch's answers, stepped in any blocks, with the state outside."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
import torch

from app import cli
from engine import asset, build, catalog, checkpoint, evaluate, listening, onnxport, ported, shrunk
from engine.knob import knobs as knobs_of
from engine.links import Chain
from engine.onnxport import PortError
from engine.stages.stage import Format, Link

if TYPE_CHECKING:
    from pathlib import Path

    from engine.network import Network

SMALL = {"hidden": 32, "layers": 2}
VARIANTS: tuple[dict[str, Any], ...] = (
    {"cell": "lstm"},
    {"cell": "gru", "residual": True},
    {"cell": "rnn", "stack": 3},
    {"cell": "lstm", "attention": "additive", "window": 8},
    {"cell": "gru", "attention": "multihead", "window": 8, "stack": 2},
)


def network(model: str = "recurrent", **knobs: Any) -> Network:
    """A network of the digits with weights that nothing has trained."""
    kind = catalog.load("models", model).Settings
    small = {each.name: SMALL[each.name] for each in knobs_of(kind) if each.name in SMALL}
    settings = kind(**(small | knobs))
    made = checkpoint.untrained("digits", settings, model=model, seed=1)
    return dataclasses.replace(made, weights=build.weights(build.build(made)))


def answers(made: Network, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    with torch.no_grad():
        found: np.ndarray[Any, Any] = build.build(made)(torch.from_numpy(x)[None], torch.tensor([len(x)]))[0][
            0
        ].numpy()
    return found


def noise(frames: int, width: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(5).standard_normal((frames, width)).astype(np.float32)


@pytest.mark.parametrize("knobs", VARIANTS, ids=lambda knobs: "-".join(map(str, knobs.values())))
@pytest.mark.parametrize("blocks", ["one", "odd", "whole"])
def test_streaming_is_the_network_itself_k344(knobs: dict[str, Any], blocks: str, tmp_path: Path) -> None:
    made = network(**knobs)
    onnxport.export(made, tmp_path / "a.onnx")
    # More frames than the additive attention's chunk and than the example that was traced.
    x = noise(300, made.inputs)
    ends = {"one": list(range(1, 300)), "odd": np.cumsum([1, 2, 7, 31, 64, 5, 100]).tolist(), "whole": []}[blocks]
    stepped = ported.Ported(tmp_path / "a.onnx")
    for _ in range(2):
        got = np.concatenate([stepped.push(each) for each in np.split(x, ends)])
        np.testing.assert_allclose(got, answers(made, x)[: len(got)], rtol=0, atol=1e-4)
        assert len(got) == 300 // stepped.stride
        stepped.reset()


def test_the_state_lies_outside_by_name(tmp_path: Path) -> None:
    """Plain onnxruntime: two streams through one session do not hear each other."""
    made = network(cell="lstm")
    onnxport.export(made, tmp_path / "a.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "a.onnx"))
    assert [each.name for each in session.get_inputs()] == [
        "frames",
        "layer1.h",
        "layer1.c",
        "layer2.h",
        "layer2.c",
    ]
    assert [(each.name, each.shape) for each in session.get_outputs()][:2] == [
        ("logits", [1, "T", len(made.vocabulary)]),
        ("layer1.h.next", [1, 32]),
    ]
    names = [each.name for each in session.get_inputs()[1:]]
    x = [noise(40, made.inputs), -noise(40, made.inputs)]
    states = [{name: np.zeros((1, 32), np.float32) for name in names} for _ in x]
    got: list[list[Any]] = [[], []]
    for t in range(40):
        for k in (0, 1):
            y, *after = session.run(None, {"frames": x[k][None, t : t + 1], **states[k]})
            states[k] = dict(zip(names, after, strict=True))
            got[k].append(y[0])
    for k in (0, 1):
        np.testing.assert_allclose(np.concatenate(got[k]), answers(made, x[k]), rtol=0, atol=1e-4)


def test_what_a_file_says_of_itself(tmp_path: Path) -> None:
    made = network(stack=3)
    onnxport.export(made, tmp_path / "a.onnx")
    said = ported.Ported(tmp_path / "a.onnx").said
    assert {key: said[key] for key in ("task", "rate", "window", "hop", "stride", "int8")} == {
        "task": "digits",
        "rate": 16000,
        "window": 400,
        "hop": 160,
        "stride": 3,
        "int8": False,
    }
    assert tuple(said["vocabulary"]) == made.vocabulary
    assert [each["stage"] for each in said["frontend"]] == [link.stage for link in made.frontend]


def test_int8_is_smaller_and_still_hears(tmp_path: Path) -> None:
    made = checkpoint.open_network("digits-lstm-128")
    whole, small = (onnxport.export(made, tmp_path / f"{int8}.onnx", int8) for int8 in (False, True))
    assert small.size < 0.35 * whole.size
    assert whole.difference < 1e-4 < small.difference < 0.05 * small.scale
    x, stepped = noise(60, made.inputs), ported.Ported(tmp_path / "True.onnx")
    one = stepped.push(x)
    stepped.reset()
    odd = np.concatenate([stepped.push(each) for each in np.split(x, [1, 5, 33])])
    np.testing.assert_array_equal(one, odd)  # what flows is rounded by the largest of a block: of a step, here


@pytest.mark.parametrize("fusion", ["full", "compact", "lowrank", "attention"])
def test_bilinear_pooling_is_spelled_out(fusion: str, tmp_path: Path) -> None:
    made = network("ains", hidden=16, depth=1, fusion=fusion, window=8, sketch=256)
    onnxport.export(made, tmp_path / "a.onnx")
    x, stepped = 3 * noise(40, made.inputs), ported.Ported(tmp_path / "a.onnx")
    got = np.concatenate([stepped.push(each) for each in np.split(x, [1, 2, 9, 30])])
    np.testing.assert_allclose(got, answers(made, x), rtol=0, atol=1e-4)


def test_from_scratch_is_exported_as_torch_has_it(tmp_path: Path) -> None:
    made = network("scratch", cell="lstm")
    onnxport.export(made, tmp_path / "a.onnx")
    x = noise(20, made.inputs)
    np.testing.assert_allclose(ported.Ported(tmp_path / "a.onnx").push(x), answers(made, x), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("made", "file", "words"),
    [
        (lambda: network(bidirectional=True), "a.onnx", "whole future"),
        (lambda: network("scratch", cell="gru", variant="seed"), "a.onnx", "learning plan"),
        (lambda: network("dense", context=2), "a.onnx", "2 frames ahead and has no state"),
        (lambda: network("deepspeech", context=2), "a.onnx", "2 frames ahead and answers them later"),
        (lambda: network("emformer"), "a.onnx", "19 frames ahead and answers them later"),
        (lambda: network("emformer", segment=1, right=0), "a.onnx", "3 frames ahead and answers them later"),
        (lambda: network("dense"), "a.onnx", "keeps no state"),
        (lambda: checkpoint.untrained("digits"), "a.onnx", "train it first"),
        (network, "a.pt", "ending .onnx"),
        (network, "gone/a.onnx", "no folder"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_words(made: Any, file: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(PortError, match=words):
        onnxport.export(made(), tmp_path / file)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_answers_otherwise_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = network()
    monkeypatch.setattr(onnxport, "_compared", lambda *_: (0.1, 1.0))
    with pytest.raises(PortError, match=r"otherwise, by 0\.1"):
        onnxport.export(made, tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.onnx"
    assert cli.main(["export", "digits-lstm-32", "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["file"] == str(out)
    assert told["bytes"] == out.stat().st_size
    assert told["largest difference"] < 1e-4
    assert told["state"] == ["layer1.h 1 x 32", "layer1.c 1 x 32", "layer2.h 1 x 32", "layer2.c 1 x 32"]
    assert cli.main(["export", "digits-lstm-64-bidirectional", "--out", str(out)]) == 3
    assert "it runs backwards too" in capsys.readouterr().err


SPEECH: dict[str, dict[str, Any]] = {
    "crnn": {"channels": 8, "hidden": 16},
    "crnn, GRU": {"channels": 8, "hidden": 16, "cell": "gru", "separable": True, "frames": 5},
    "conformer": {"channels": 8, "hidden": 16, "layers": 2, "chunk": 1},
    "conformer, chunks": {"channels": 8, "hidden": 16, "layers": 2, "chunk": 4, "left": 2},
    "deepspeech": {"hidden": 16, "context": 0},
}


@pytest.mark.parametrize("name", SPEECH)
def test_networks_for_speech_are_exported_with_their_states_k344(name: str, tmp_path: Path) -> None:
    """Any T, in blocks that are carried on: the file answers as the network does of the whole."""
    import torch

    model, _, _ = name.partition(",")
    settings = catalog.load("models", model).Settings(**SPEECH[name])
    network = checkpoint.untrained("phonemes", settings, None, model, seed=2)
    module = build.build(network)
    network = dataclasses.replace(network, weights=build.weights(module))
    written = onnxport.export(network, tmp_path / "speech.onnx")
    assert written.difference <= 1e-4
    found = ported.Ported(written.path)
    assert len(found.state) >= 3
    assert any(each.startswith("conv") for each in found.state) or model == "deepspeech"
    x = np.random.default_rng(1).standard_normal((101, network.inputs)).astype(np.float32)
    got = np.concatenate([found.push(each) for each in np.split(x[:100], [1, 9, 50, 77])])
    answered = shrunk.whole(found)(x)
    assert len(answered) == -(-101 // found.stride)
    np.testing.assert_allclose(answered[:24], answers(network, x)[:24], atol=1e-4)
    assert min(shrunk.steps(found, 20)) > 0.01, "each of them is work, in milliseconds"
    whole = 100 // found.block * found.block
    assert found.said["ahead"] < found.block
    with torch.no_grad():
        wanted = module(torch.from_numpy(x[None, :whole]), torch.tensor([whole]))[0][0].numpy()
    np.testing.assert_allclose(got, wanted, atol=1e-4)


@pytest.mark.parametrize("name", ["hello", "digits-lstm-32", "kws"])
@pytest.mark.parametrize("blocks", ["one", "odd", "whole"])
def test_the_front_end_can_be_in_the_file_k322(name: str, blocks: str, tmp_path: Path) -> None:
    """Sound in, the answers of our own front end and torch's network out, in any blocks."""
    made = checkpoint.open_network(name)
    written = onnxport.export(made, tmp_path / "a.onnx", sound=True)
    assert written.difference <= 1e-4
    clip = asset.open_bundled("speech-2").read()[:30000, 0]
    ends = {"one": range(1000, 30000, 1000), "odd": [1, 2, 399, 401, 9000, 9160, 20001], "whole": []}[blocks]
    found = ported.Ported(tmp_path / "a.onnx")
    x = evaluate.features(made, clip)
    for _ in range(2):
        got = np.concatenate([*map(found.push, np.split(clip, list(ends))), found.flush()])
        np.testing.assert_allclose(got, answers(made, x[: len(got) * found.stride]), rtol=0, atol=1e-4)
        assert len(got) == len(x) // found.stride
        found.reset()


@pytest.mark.parametrize(
    "knobs",
    [
        {"log": "dB", "ref": 2.0, "floor": 1e-8},
        {"log": "ln", "win": 512, "hop": 128, "window": "hamming", "n_mels": 40, "fmin": 60.0},
        {"win": 320, "n_fft": 1024, "norm": "none", "scale": "htk"},
    ],
    ids=str,
)
def test_the_front_end_of_a_file_is_our_own(knobs: dict[str, Any]) -> None:
    settings = catalog.load("stages", "logmel").Settings(**knobs)
    n = settings.n_mels
    scale = catalog.load("stages", "normalise").Settings(
        over="global", mean=tuple(np.linspace(-9.0, -2.0, n)), std=tuple(np.linspace(2.0, 4.0, n))
    )
    links = (Link("logmel", settings), Link("normalise", scale))
    sound = asset.open_bundled("speech-1").read()[:20000, 0]
    chain = Chain(links, Format(16000.0))
    wanted = chain.push(sound[:, None])
    ear = listening.Listening(links, 16000.0)
    with torch.no_grad():
        got = ear(torch.from_numpy(np.pad(sound, (ear.left, 0)))[None])[0].numpy()
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-4)


def test_int8_leaves_the_front_end_alone(tmp_path: Path) -> None:
    made = checkpoint.open_network("hello")
    sound, frames = (onnxport.export(made, tmp_path / f"{each}.onnx", True, sound=each) for each in (True, False))
    assert sound.difference < 0.05 * sound.scale
    assert sound.size - frames.size < 120_000


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: checkpoint.open_network("denoiser"), "export it without --sound"),
        (lambda: checkpoint.open_network("phonemes-lstm-32"), "front end is logmel, normalise_running"),
    ],
)
def test_front_ends_that_no_file_can_hold_are_refused(made: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(PortError, match=words):
        onnxport.export(made(), tmp_path / "a.onnx", sound=True)
    assert list(tmp_path.iterdir()) == []


def test_the_command_puts_the_front_end_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.onnx"
    assert cli.main(["export", "hello", "--sound", "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sound"] == "1 x (T - 1) 160 + 400"
    assert "frames" not in told
