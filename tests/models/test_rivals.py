"""The rivals of AINS, on sound: U-Net, Wave-U-Net and Conv-TasNet."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine import build, catalog, wavewise
from engine.device import torchaudio
from engine.models import convtasnet, unet, waveunet
from engine.probes.record import Recorder
from engine.trace import Key

SAMPLES, FRAMES = 64, 10
SMALL = {
    "unet": unet.Settings(channels=4, levels=3),
    "waveunet": waveunet.Settings(channels=4, levels=3),
    "convtasnet": convtasnet.Settings(filters=32, hidden=8, layers=2, stacks=1),
}


def made(name: str, outputs: int = SAMPLES) -> torch.nn.Module:
    return build.fresh(name, SMALL[name], SAMPLES, outputs, 5).eval()


@pytest.mark.parametrize("name", SMALL)
def test_two_clips_that_change_places_change_answers(name) -> None:
    """K362."""
    module, x, lengths = made(name), torch.randn(2, FRAMES, SAMPLES), torch.tensor([FRAMES, FRAMES])
    with torch.no_grad():
        torch.testing.assert_close(module(x, lengths)[0].flip(0), module(x.flip(0), lengths)[0], rtol=0, atol=1e-7)


@pytest.mark.parametrize("voices", [1, 2])
def test_conv_tasnet_is_torchaudios(voices) -> None:
    """K292: the wave of the frames through theirs, and each source's wave in frames again."""
    module: torch.nn.Module = made("convtasnet", voices * SAMPLES)
    theirs = torchaudio().models.ConvTasNet(voices, 16, 32, 3, 8, 16, 2, 1).eval()
    theirs.load_state_dict(module.net.state_dict())  # type: ignore[union-attr]
    x = torch.randn(1, FRAMES, SAMPLES)
    with torch.no_grad():
        wanted = theirs(x.reshape(1, 1, -1))[0].numpy()
        found = module(x, torch.tensor([FRAMES]))[0][0].numpy()
    for voice in range(voices):
        mine = found[:, voice * SAMPLES : (voice + 1) * SAMPLES].reshape(-1)
        np.testing.assert_allclose(mine, wanted[voice], atol=1e-6)


def test_frames_of_waves_are_cut_and_joined() -> None:
    waves = torch.arange(24.0).reshape(1, 2, 12)
    frames = wavewise.framed(waves, 4)
    assert frames.shape == (1, 3, 8)
    assert frames[0, 1].tolist() == [4, 5, 6, 7, 16, 17, 18, 19]
    assert torch.equal(wavewise.wave(frames[..., :4]), waves[:, :1])


@pytest.mark.parametrize("name", ["unet", "waveunet"])
def test_the_probe_sees_the_skips(name) -> None:
    """K291: a picture for each skip; what it carries past the lower levels is needed by the output."""
    module, seen = made(name), Recorder()
    with torch.no_grad():
        module(torch.randn(1, FRAMES, SAMPLES), torch.tensor([FRAMES]), probe=seen)
    skips = [key for key in seen.values if key.name == "skip"]
    assert skips == [Key("skip", level) for level in range(1, len(skips) + 1)]
    assert len(skips) >= 2
    assert all(len(seen.values[key]) == FRAMES and seen.values[key].min() >= 0 for key in skips)


def test_an_impulse_comes_out_where_it_went_in() -> None:
    """The way up puts each frequency and each sample of the lowest level where the way down found it."""
    for name, place in (("unet", 40), ("waveunet", 5 * SAMPLES + 43)):
        module, x = made(name), torch.zeros(1, FRAMES, SAMPLES)
        lengths = torch.tensor([FRAMES])
        x.view(-1)[place] = 1.0
        with torch.no_grad():
            answer = (module(x, lengths)[0] - module(0 * x, lengths)[0]).view(-1).abs()
        changed = torch.nonzero(answer > 1e-9).view(-1)
        if name == "waveunet":
            assert place - place % 8 <= int(changed.min()) <= place, "halving joins eight samples, no more"
        else:
            assert abs(int(answer[:SAMPLES].argmax()) - place) <= 2


def test_who_may_run_live() -> None:
    """K361: what needs the whole sound says so."""
    assert build.is_live("unet", unet.Settings())
    assert build.is_live("waveunet", waveunet.Settings())
    assert not build.is_live("convtasnet", convtasnet.Settings())
    ains = catalog.load("models", "ains").Settings
    assert build.is_live("ains", ains())
    assert not build.is_live("ains", ains(causal=False))
