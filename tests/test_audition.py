"""What denoisers make, mixed with the noisy sound: by the formula, in any blocks, as without the window."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from engine import asset, audition, chain, denoising, wetdry
from engine.clip import from_array
from engine.denoising import Options
from engine.events import Enhanced, Notice, Offer, Progress
from engine.links import default_picture
from engine.memo import Memo
from engine.trace import Series

RATE = 16_000


def noisy(seconds=2.0):
    """A tone that comes and goes, in noise."""
    time = np.arange(int(seconds * RATE)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 440 * time) * (np.sin(2 * np.pi * time) > 0)
    noise = 0.03 * np.random.default_rng(0).normal(size=len(time))
    return from_array((tone + noise).astype(np.float32), RATE, "noisy")


def asked(name="wiener", sound=None, options=None):
    return audition.Asked(name, sound or noisy(), "clip", 0.0, options or Options())


def heard(name="wiener", sound=None, options=None, memo=None):
    found = list(audition.run(asked(name, sound, options), memo or Memo()))
    return next(each for each in found if isinstance(each, Enhanced))


def test_a_mask_is_shown_as_it_acts():
    """A gain G becomes 1 - (1 - keep pause) wet (1 - floor) (1 - G), the floor that of its frequency."""
    rows = (250.0, 707.1068, 1000.0)
    mask = Series(np.zeros((3, 3), np.float32), 100.0, 0.0, "frequency", rows, 0.0, 1.0)
    pauses = Series(np.array([[0.0], [0.5], [1.0]], np.float32), 100.0, 0.0, "pause")
    options = Options(wet=0.8, limit=20.0, keep=0.5, limit_500=0.0, limit_1000=10.0)
    shown = audition.limited(mask, pauses, options).values
    ten = 10 ** (-10 / 20)
    floor = np.array([0.1, (1 + ten) / 2, ten])
    quiet = np.array([0.0, 0.5, 1.0])[:, None]
    np.testing.assert_allclose(shown, 1 - (1 - 0.5 * quiet) * 0.8 * (1 - floor), atol=1e-5)
    assert audition.limited(mask, pauses, Options()) is mask


@pytest.mark.parametrize("limit", [0.0, 6.0, 20.0])
def test_nothing_is_lowered_by_more_than_the_limit(limit):
    """Whatever a denoiser takes away, and be it all, 10^(-limit/20) of it is left."""
    sound = noisy()
    for gain in (0.0, 0.05, 0.5, 1.0):
        silent = from_array(gain * sound.read(), RATE, "made")
        mixed = wetdry.Mixed(sound, silent, np.zeros(200, np.float32), Options(limit=limit)).read(0, sound.frames)
        left = np.linalg.norm(mixed) / np.linalg.norm(sound.read())
        assert 20 * np.log10(left) >= -limit - 1e-4
        assert left >= gain - 1e-6


def test_what_is_heard_and_what_is_removed_are_the_noisy_sound_in_any_blocks():
    sound = noisy()
    found = heard(sound=sound, options=Options(wet=0.7, limit=15.0, keep=0.6, limit_1000=5.0))
    whole = found.sound.read() + found.residual.read()
    np.testing.assert_allclose(whole, sound.read(), atol=1e-6)
    edges = np.unique([0, 1, 77, 1600, 9999, sound.frames])
    for clip in (found.sound, found.residual):
        parts = [clip.read(a, b) for a, b in itertools.pairwise(edges)]
        np.testing.assert_allclose(np.concatenate(parts), clip.read(), atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [Options(), Options(wet=0.5), Options(limit=12.0), Options(keep=0.8), Options(0.9, keep=0.8, limit_500=6.0)],
)
def test_the_window_mixes_as_the_command_line_does(options):
    sound = noisy()
    plain = np.concatenate(list(denoising.run("wiener", sound.read(), RATE, options)))
    np.testing.assert_allclose(heard(sound=sound, options=options).sound.read(), plain, atol=2e-5)


def test_the_background_comes_back_in_the_pauses_alone():
    """K230: kept while nobody speaks, and not under the voice."""
    clip = asset.open_bundled("digits")
    quiet, parts, pauses, spoken = np.zeros(clip.rate, np.float32), [], [], []
    for label in clip.labels[:3]:
        word = clip.read(int(label.start * clip.rate), int(label.end * clip.rate))[:, 0]
        parts += [quiet, word]
        near = np.abs(np.arange(len(word)) / len(word) - 0.5) < 0.15
        inside = np.abs(np.arange(len(quiet)) / len(quiet) - 0.5) < 0.25
        pauses += [inside, np.zeros(len(word), bool)]
        spoken += [np.zeros(len(quiet), bool), near]
    clean, pauses, spoken = (np.concatenate(each) for each in (parts, pauses, spoken))
    noise = 0.02 * np.random.default_rng(2).normal(size=len(clean)).astype(np.float32)
    sound = from_array(clean + noise, clip.rate, "noisy")
    found = heard(sound=sound)
    kept = audition.mixed(found, sound, Options(keep=1.0)).sound.read()[:, 0]
    dry, wet = sound.read()[:, 0], found.made.read()[:, 0]
    taken = np.abs(dry - wet)
    assert np.abs(kept - wet)[spoken].mean() < 0.3 * taken[spoken].mean()
    assert np.abs(kept - dry)[pauses].mean() < 0.3 * taken[pauses].mean()


def test_no_sound_is_heard_twice_by_one_denoiser(monkeypatch):
    sound, memo = noisy(), Memo()
    first = heard(sound=sound, memo=memo)
    monkeypatch.setattr(denoising, "build", lambda _name: pytest.fail("it was built again"))
    again = heard(sound=sound, options=Options(wet=0.5), memo=memo)
    assert again.made is first.made
    assert again.sound.id != first.sound.id


def test_a_file_that_is_no_denoiser_says_so_and_ends_nothing(tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"this is no network")
    found = list(audition.run(asked(str(path)), Memo()))
    offer, notice = (next(each for each in found if isinstance(each, kind)) for kind in (Offer, Notice))
    assert not [each for each in found if isinstance(each, Enhanced)]
    assert "broken.onnx" in offer.trouble
    assert offer.trouble == notice.text
    assert offer.name == str(path)


def test_progress_goes_up_to_the_end():
    told = [each.share for each in audition.run(asked(), Memo()) if isinstance(each, Progress)]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_every_denoiser_is_offered_with_what_it_costs():
    found = {each.name: each for each in audition.costs() if each is not None}
    assert set(denoising.names()) <= set(found)
    assert found["wiener"].latency == pytest.approx(denoising.build("wiener").latency / RATE)
    absent = set(found) - set(denoising.names())
    assert all(found[name].trouble for name in absent)
    offered = [each.name for each in audition.offers()]
    assert offered[0] == audition.first()
    assert set(offered) == set(denoising.names())


def test_a_measured_mask_is_out_over_in():
    rng = np.random.default_rng(1)
    sound = rng.normal(size=RATE).astype(np.float32)
    mask = audition.measured(sound, 0.25 * sound, RATE, 3.0)
    np.testing.assert_allclose(mask.values, 0.25, atol=1e-4)
    assert (mask.first, mask.rows[-1]) == (3.0, RATE / 2)
    assert len(mask.values) == RATE // 256 + 1
    # A click lies in the frame that is centred on it.
    click = np.zeros(RATE, np.float32)
    click[40 * 256] = 1.0
    shown = audition.measured(sound, click, RATE, 0.0).values.mean(axis=1)
    assert shown.argmax() == 40


def test_pictures_are_made_as_that_of_the_noisy_sound():
    sound = noisy()
    found = heard(sound=sound)
    shown = chain.picture(default_picture(), sound.read()[:, 0], RATE)
    sounds = {"enhanced:wiener": found.sound, "residual:wiener": found.residual}
    kinds = frozenset(("enhanced", "residual", "difference", "mask"))
    wanted = audition.Wanted(default_picture(), shown, sounds, (found,), Options(), 0.0, kinds)
    series = next(each for each in audition.pictures(wanted) if each is not None).series
    assert set(series) == {f"{kind}:wiener" for kind in kinds}
    again = chain.picture(default_picture(), found.sound.read()[:, 0], RATE).values
    np.testing.assert_array_equal(series["enhanced:wiener"].values, again)
    by = np.clip(again - shown.values, -40, 40)
    np.testing.assert_array_equal(series["difference:wiener"].values, by)
    assert (series["difference:wiener"].low, series["difference:wiener"].high) == (-40, 40)


def test_only_decibels_have_a_difference():
    linear = Series(np.ones((4, 3), np.float32), 100.0, unit="")
    assert len(audition.difference(linear, replace(linear)).values) == 0
