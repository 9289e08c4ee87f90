"""SEGAN's generator: an encoder and a decoder by torch's own layers over the whole sound, skips, noise, export."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from engine import build, checkpoint, denoising, enhance, onnxport, ported, recipe
from engine.models.segan import Settings
from engine.probes.record import Recorder
from engine.trace import Key

if TYPE_CHECKING:
    from pathlib import Path

    from engine.network import Network

SAMPLES, FRAMES = 64, 6


def made(**knobs: Any) -> Any:
    return build.fresh("segan", Settings(**({"channels": 8, "levels": 3} | knobs)), SAMPLES, SAMPLES, 5).eval()


def network() -> Network:
    """By the bundled recipe, with weights that nothing has trained."""
    asked = recipe.read("segan")
    found = checkpoint.untrained(
        asked.task, asked.model_settings.but(channels=8), asked.task_settings, asked.model
    )
    return dataclasses.replace(found, weights=build.weights(build.build(found)))


def test_it_is_an_encoder_and_a_decoder_over_the_whole_sound() -> None:
    """K249: strided convolutions, PReLU, transposed convolutions and skips, written out without any state."""
    module, x = made(), torch.randn(2, FRAMES, SAMPLES)
    h, skips = x.reshape(2, 1, -1), []
    for each in module.down:
        whole = functional.pad(h, (12, 0))  # 16 samples, the newest last, every fourth
        h = functional.prelu(functional.conv1d(whole, each.conv.weight, each.conv.bias, 4), each.bend.weight)
        skips.append(h)
    h = torch.cat([h, 0 * h], 1)
    for number, each in enumerate(module.up):
        if number:
            h = torch.cat([functional.prelu(h, module.bend[number - 1].weight), skips[-1 - number]], 1)
        size = 4 * h.shape[2]
        h = functional.conv_transpose1d(h, each.conv.weight, each.conv.bias, 4)[:, :, :size]
    with torch.no_grad():
        found = module(x, torch.tensor([FRAMES] * 2))[0].flatten(1)
    torch.testing.assert_close(found, torch.tanh(h[:, 0]).detach(), rtol=0, atol=1e-6)


def test_noise_is_drawn_while_it_learns_and_never_after() -> None:
    x, lengths = torch.randn(1, FRAMES, SAMPLES), torch.tensor([FRAMES])
    for noise in (True, False):
        module = made(noise=noise)
        with torch.no_grad():
            assert torch.equal(module(x, lengths)[0], module(x, lengths)[0])
            module.train()
            assert torch.equal(module(x, lengths)[0], module(x, lengths)[0]) is not noise


def test_the_probe_sees_the_skips_and_the_code() -> None:
    """K291."""
    module, seen = made(), Recorder()
    with torch.no_grad():
        module(torch.randn(1, FRAMES, SAMPLES), torch.tensor([FRAMES]), probe=seen)
    assert {key: each.shape for key, each in seen.values.items()} == {
        Key("h", 1): (FRAMES, 32),
        Key("skip", 1): (FRAMES, 8),
        Key("skip", 2): (FRAMES, 16),
    }


def test_rates_are_divided_as_long_as_a_frame_allows() -> None:
    for inputs, steps in ((256, [4, 4, 4, 4]), (80, [4, 4, 1, 1]), (257, [1, 1, 1, 1])):
        module: Any = build.fresh("segan", Settings(channels=8), inputs, 5, 0)
        assert [each.stride for each in module.up] == steps[::-1]
        with torch.no_grad():
            assert module(torch.zeros(1, 2, inputs), torch.tensor([2]))[0].shape == (1, 2, 5)


def test_a_checkpoint_denoises_and_is_exported(tmp_path: Path) -> None:
    """`denoise --model FILE` gives the network's own sound, in place; the ONNX file the same in blocks."""
    kept = network()
    checkpoint.save(kept, tmp_path / "segan.safetensors")
    sound = 0.3 * np.random.default_rng(2).standard_normal(5000).astype(np.float32)
    x = enhance.frames("wave", sound)
    with torch.no_grad():
        wanted = build.build(kept)(torch.from_numpy(x)[None], torch.tensor([len(x)]))[0][0].numpy()
    denoiser = denoising.build(tmp_path / "segan.safetensors")
    found = np.concatenate([denoiser.push(sound[:777]), denoiser.push(sound[777:]), denoiser.flush()])
    np.testing.assert_allclose(found, enhance.apply("wave", wanted, sound), rtol=0, atol=1e-6)
    onnxport.export(kept, tmp_path / "segan.onnx")
    file = ported.Ported(tmp_path / "segan.onnx")
    blocks = np.concatenate([file.push(each) for each in np.split(x, [1, 2, 7])])
    np.testing.assert_allclose(blocks, wanted, rtol=0, atol=1e-4)
    count = sum(each.size for each in (kept.weights or {}).values())
    assert file.said["parameters"] == denoiser.parameters == count > 0
