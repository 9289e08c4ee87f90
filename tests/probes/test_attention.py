"""Attention as it is written to a file and heard: what hooks see, and what silencing a head does."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import soundfile
import torch

from app import cli
from engine import asset, build, catalog, checkpoint
from engine.infer import Inspection, run
from engine.models.recurrent import heads
from engine.probes import states
from engine.trace import Key


def network(kind):
    """Untrained, but with weights, which a file needs."""
    like = checkpoint.open_network("phonemes-lstm-32")
    made = checkpoint.untrained(like, like.settings.but(attention=kind, heads=4, window=16), seed=3)
    return dataclasses.replace(made, name=kind, weights=build.weights(build.build(made)))


@pytest.mark.parametrize("kind", ["pooling", "self", "additive", "multihead"])
def test_what_is_dumped_is_what_a_hook_sees(kind, tmp_path, capsys):
    made = network(kind)
    checkpoint.save(made, tmp_path / "net.safetensors")
    soundfile.write(tmp_path / "x.wav", asset.open_bundled("cat").read()[:, 0], 16000, "FLOAT")
    arguments = ["--wav", str(tmp_path / "x.wav"), "--dump", str(tmp_path / "attn.npz")]
    assert cli.main(["inspect", str(tmp_path / "net.safetensors"), *arguments]) == 0
    with np.load(tmp_path / "attn.npz") as dumped:
        held = {name: dumped[name] for name in dumped.files}
    seen = []
    module = build.build(made)
    module.attend.register_forward_hook(lambda module, given, gave: seen.append(gave[1][0].numpy()))
    frames = states.traced(made, asset.open_bundled("cat")).trace.series[Key("features")].values
    with torch.inference_mode():
        module(torch.tensor(frames[None]), torch.tensor([len(frames)]))
    for head, name in enumerate(heads(made.settings)):
        (found,) = [values for key, values in held.items() if key == name or key.startswith(f"{name} ")]
        assert found.shape == (len(frames), 16)
        assert np.abs(found - seen[0][:, head]).max() <= 1e-6
        assert np.abs(found.sum(axis=1) - 1).max() <= 1e-5
    assert "dumped" not in capsys.readouterr().err


def dumped(made, sound, folder):
    """What `inspect --dump` writes of a network and a sound."""
    checkpoint.save(made, folder / "net.safetensors")
    soundfile.write(folder / "x.wav", sound.read()[:, 0], sound.rate, "FLOAT")
    arguments = ["--wav", str(folder / "x.wav"), "--dump", str(folder / "attn.npz")]
    assert cli.main(["inspect", str(folder / "net.safetensors"), *arguments]) == 0
    with np.load(folder / "attn.npz") as held:
        return {name: held[name] for name in held.files}


def test_text_over_time_of_a_decoder_is_what_its_scores_say(tmp_path):
    """A hook on the scores, one call a sign: their softmax over the frames is what is dumped."""
    made, clip = checkpoint.open_network("seq2seq_char"), asset.open_bundled("chirp")
    found = dumped(made, clip, tmp_path)["alignment"]
    module, scores = build.build(made), []
    module.energy.register_forward_hook(lambda module, given, gave: scores.append(gave[0, :, 0].double().numpy()))
    frames = states.traced(made, clip).trace.series[Key("features")].values
    with torch.inference_mode():
        module(torch.tensor(frames[None]), torch.tensor([len(frames)]))
    wanted = np.stack([np.exp(each - each.max()) / np.exp(each - each.max()).sum() for each in scores], 1)
    assert found.shape == wanted.shape
    assert found.shape[1] > 1
    assert np.abs(found - wanted).max() <= 1e-6


def test_self_attention_of_a_transformer_is_that_of_its_queries_and_keys(tmp_path):
    """Computed by hand from what goes into each layer: softmax of Q K' over the square root of a head's width."""
    like = checkpoint.open_network("phonemes-lstm-32")
    settings = catalog.load("models", "transformer").Settings(hidden=64, heads=2, layers=2, channels=8)
    made = checkpoint.untrained(like.task, settings, like.task_settings, "transformer", seed=5)
    made = dataclasses.replace(made, name="small", weights=build.weights(build.build(made)))
    clip = asset.open_bundled("cat")
    found, module, heard = dumped(made, clip, tmp_path), build.build(made), {}
    for layer, block in enumerate(module.blocks, 1):
        block.norm1.register_forward_hook(lambda module, given, gave, at=layer: heard.__setitem__(at, gave[0]))
    frames = states.traced(made, clip).trace.series[Key("features")].values
    with torch.no_grad():  # not in inference mode, in which a fused path passes the parts by
        module(torch.tensor(frames[None]), torch.tensor([len(frames)]))
    for layer, block in enumerate(module.blocks, 1):
        weight, bias = (
            block.self_attn.in_proj_weight.detach().double(),
            block.self_attn.in_proj_bias.detach().double(),
        )
        asks, keys, _ = (heard[layer].double() @ weight.T + bias).chunk(3, dim=-1)
        for head in range(2):
            part = slice(32 * head, 32 * head + 32)
            wanted = torch.softmax(asks[:, part] @ keys[:, part].T / 32**0.5, -1).numpy()
            held = found[f"layer{layer}.forward.selfattention.head{head + 1}"]
            assert held.shape == wanted.shape
            assert np.abs(held - wanted).max() <= 1e-6


def test_old_checkpoints_know_nothing_of_heads():
    settings = checkpoint.open_network("digits-lstm-32").settings
    plain = {name: value for name, value in settings.to_dict().items() if not name.startswith("heads")}
    assert type(settings).from_dict(plain) == settings


def test_a_head_that_is_off_keeps_the_weights_and_changes_the_answers():
    made, clip = network("multihead"), asset.open_bundled("phonemes")
    off = checkpoint.with_settings(made, made.settings.but(heads_off=(1, 2, 3)))
    assert off.weights is made.weights
    found = []
    for each in (made, off):
        *_, traced = run(Inspection(clip, (), None, each, 0.0, clip.seconds, "cpu"))
        found.append(traced.trace.series[Key("posterior")].values)
    assert np.abs(found[0] - found[1]).max() > 1e-3
