"""Attention as it is written to a file and heard: what hooks see, and what silencing a head does."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import soundfile
import torch

from app import cli
from engine import asset, build, checkpoint
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
