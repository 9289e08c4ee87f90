"""The mixup that is heard: the shares, the other clip's place in time, and files that cannot be had."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from engine import asset, dsp
from engine.chain import render
from engine.clip import from_array
from engine.links import build, default_link, default_sound_chain, running
from engine.stages.stage import Format

RATE = 16000


def sounds(seconds: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """The sound and the clip to be mixed in, float32 [n]."""
    rng = np.random.default_rng(0)
    return (0.3 * rng.standard_normal(round(seconds * RATE))).astype(np.float32), asset.open_bundled(
        "digits-2"
    ).read()[:, 0]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_what_is_heard_is_what_training_mixes(share: float) -> None:
    """The features of training are mixed as x = share * own + (1 - share) * partner: here the sounds are."""
    own, partner = sounds()
    link = default_link("mixup", share=share, partner="digits-2")
    heard = render((link,), from_array(own, RATE, "own"), 0.0, 2.0)
    wanted = np.float32(share) * own + np.float32(1 - share) * partner[: len(own)]
    np.testing.assert_allclose(heard.sound, wanted, atol=1e-7)
    np.testing.assert_allclose(heard.sound, dsp.mixed_sound(own, partner[: len(own)], share), atol=1e-7)
    np.testing.assert_array_equal(heard.clean, own)


def test_a_part_of_a_clip_is_mixed_with_the_same_part_of_the_other() -> None:
    clip = from_array(sounds()[0], RATE, "own")
    links = (default_link("mixup", partner="digits-2"),)
    whole, part = render(links, clip, 0.0, 2.0).sound, render(links, clip, 0.5, 1.5).sound
    np.testing.assert_allclose(part, whole[RATE // 2 : 3 * RATE // 2], atol=1e-7)


def test_two_channels_both_get_the_other_clip() -> None:
    stage = build(default_link("mixup", partner="digits-2", share=0.0), Format(float(RATE), 2))
    out = stage.push(np.zeros((8000, 2), np.float32))
    assert np.abs(out).max() > 0.01
    np.testing.assert_array_equal(out[:, 0], out[:, 1])


def test_files_of_any_rate_and_none_at_all(tmp_path) -> None:
    wave = 0.5 * np.sin(2 * np.pi * 440 / 8000 * np.arange(8000))
    soundfile.write(tmp_path / "b.wav", wave, 8000)
    silence = np.zeros((RATE + 800, 1), np.float32)
    form = Format(float(RATE))
    out = build(default_link("mixup", partner="file", share=0.0, file=str(tmp_path / "b.wav")), form).push(silence)
    spectrum = np.abs(np.fft.rfft(out[:RATE, 0]))
    assert spectrum.argmax() == 440
    assert not out[RATE:].any(), "it is over, and does not begin again"
    own = sounds()[0][:, None]
    for file in ("", str(tmp_path / "none.wav")):
        stage = build(default_link("mixup", partner="file", file=file), form)
        np.testing.assert_array_equal(stage.push(own), own)
        assert stage.badges[0]


def test_it_stands_in_the_sound_panel_switched_off_and_runs_live() -> None:
    link = next(link for link in default_sound_chain() if link.stage == "mixup")
    assert not link.on
    links, badges = running((default_link("mixup"),), Format(float(RATE)))
    assert [each.stage for each in links] == ["mixup"]
    assert not badges
