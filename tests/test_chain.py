"""The chain: only what is behind a knob runs again, the SNR's short cut is exact, and time stays on its clock."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from engine import asset
from engine.blocks import StageError
from engine.chain import (
    Chain,
    Memo,
    compose,
    default_link,
    default_picture,
    default_sound_chain,
    hear_masked,
    picture,
    render,
    running,
)
from engine.clip import Clip, Label, from_array
from engine.stages.stage import Format, Link

FRONTEND = (default_link("logmel"), default_link("normalise"))


def turned(links: tuple[Link, ...], stage: str, **knobs) -> tuple[Link, ...]:
    return tuple(
        dataclasses.replace(link, settings=link.settings.but(**knobs), on=True) if link.stage == stage else link
        for link in links
    )


@pytest.fixture(scope="module")
def clip() -> Clip:
    return asset.open_bundled("digits")


def random_clip(rate: int = 44100, channels: int = 2, seconds: float = 1.5) -> Clip:
    rng = np.random.default_rng(0)
    labels = (Label(0.2, 0.4, "one"), Label(0.8, 1.2, "two"))
    return from_array(0.05 * rng.standard_normal((int(rate * seconds), channels)), rate, "random", labels)


def test_one_knob_recomputes_only_what_is_downstream(clip: Clip) -> None:
    memo, links = Memo(), compose(default_sound_chain(), FRONTEND)
    links = turned(turned(links, "gain", gain=1.0), "preemphasis", coefficient=0.9)

    def ran(changed: tuple[Link, ...]) -> set[str]:
        memo.runs.clear()
        render(changed, clip, 0.0, 1.0, memo)
        return set(memo.runs)

    assert ran(links) == {"gain", "noise", "preemphasis", "logmel", "normalise"}
    assert ran(links) == set()
    assert ran(turned(links, "normalise", variance=False)) == {"normalise"}
    assert ran(turned(links, "logmel", n_mels=40)) == {"logmel", "normalise"}
    assert ran(turned(links, "noise", snr=3.0)) == {"normalise"}  # the short cut: spectra are only added
    assert ran(turned(links, "noise", seed=3)) == {"noise", "preemphasis", "logmel", "normalise"}
    assert ran(turned(links, "gain", gain=2.0)) == {"gain", "noise", "preemphasis", "logmel", "normalise"}
    assert ran(links) == set()


def test_memo_forgets_the_least_recently_used_first() -> None:
    memo = Memo(limit=100)
    memo.put("a", 1, 40)
    memo.put("b", 2, 40)
    assert memo.get("a") == 1
    memo.put("c", 3, 40)
    assert (memo.get("a"), memo.get("b"), memo.get("c")) == (1, None, 3)
    memo.put("huge", 4, 101)
    assert memo.get("huge") is None
    assert memo.get("c") == 3


@pytest.mark.parametrize("after", [(), ("preemphasis",), ("reverb", "preemphasis"), ("gain",)])
@pytest.mark.parametrize("transform", ["logmel", "mfcc", "stft", "mel"])
@pytest.mark.parametrize("snr", [-20.0, 0.0, 17.0])
def test_the_short_cut_of_the_snr_is_the_ordinary_path(clip: Clip, after, transform: str, snr: float) -> None:
    links = (default_link("noise", kind="pink", snr=snr), *(default_link(name) for name in after))
    whole = (*links, default_link(transform))
    memo = Memo()
    render(turned(whole, "noise", snr=5.0), clip, 0.0, 1.0, memo)
    fast = render(whole, clip, 0.0, 1.0, memo)
    assert fast.mixture is not None
    assert fast.frames is not None
    sound = clip.read(0, clip.rate)
    chain = Chain(links, Format(float(clip.rate)))
    plain = np.concatenate([chain.push(sound), chain.flush()])
    np.testing.assert_allclose(fast.sound, plain[:, 0], atol=1e-6)
    chain = Chain(whole, Format(float(clip.rate)))
    slow = np.concatenate([chain.push(sound), chain.flush()])
    # A lone bin whose power cancels to almost nothing keeps only the digits of what cancelled; bands do not.
    within = {"logmel": 1e-4, "mfcc": 1e-4, "stft": 5e-3, "mel": 1e-6 * slow.max()}[transform]
    assert np.abs(fast.frames - slow).max() <= within
    assert np.abs(fast.frames - slow).mean() <= 1e-4


def test_the_picture_follows_the_snr_by_the_short_cut(clip: Clip) -> None:
    memo = Memo()
    for snr in (20.0, -10.0):
        made = render(turned(default_sound_chain(), "noise", snr=snr), clip, 0.5, 2.0, memo)
        fast = picture(default_picture(), made.sound, made.rate, made.mixture, memo, made.start)
        slow = picture(default_picture(), made.sound, made.rate)
        np.testing.assert_allclose(fast.values, slow.values, atol=1e-2)
        assert np.abs(fast.values - slow.values).mean() < 1e-4
        assert (fast.first, slow.first) == (0.5, 0.0)
        assert fast.axis == "mel"
        assert len(fast.rows) == fast.values.shape[1]
        assert fast.low is not None
        assert fast.high is not None
        assert fast.low <= fast.values.min() <= fast.values.max() <= fast.high
    assert memo.runs["logmel"] == 1


def test_a_sine_of_full_scale_is_the_top_of_the_picture() -> None:
    for link in (default_picture(), default_link("stft"), default_link("cqt")):
        tone = np.sin(2 * np.pi * 1000 / 16000 * np.arange(16000)).astype(np.float32)
        series = picture(link, tone, 16000)
        assert series.high is not None
        assert series.values.max() <= series.high + 0.1
        assert series.values.max() > series.high - 8


def test_rendering_is_the_chain_pushed_in_blocks() -> None:
    clip = random_clip()
    links = compose(turned(default_sound_chain(), "noise", snr=10.0), FRONTEND)
    made = render(links, clip, 0.25, 1.25)
    chain = Chain(links, Format(44100.0, 2))
    blocks = np.array_split(clip.read(11025, 55125), 23)
    wanted = np.concatenate([*(chain.push(block) for block in blocks), chain.flush()])
    assert made.frames is not None
    np.testing.assert_allclose(made.frames, wanted, atol=2e-3)
    assert made.rate == 16000
    assert made.sound.shape == made.clean.shape == (16000,)
    assert made.badges == ("resampled 44.1 → 16 kHz",)
    assert made.start == 0.25


def test_features_in_blocks_agree_with_the_whole() -> None:
    sound = random_clip(16000, 1).read()
    chain = Chain(FRONTEND[:1], Format(16000.0))
    whole = np.concatenate([chain.push(sound), chain.flush()])
    parts = np.concatenate([*(chain.push(block) for block in np.array_split(sound, 50)), chain.flush()])
    assert np.abs(parts - whole).max() <= 1e-6 * np.abs(whole).max()


def test_clean_is_aligned_with_the_sound() -> None:
    clip = random_clip(16000, 1)
    links = turned(turned(default_sound_chain(), "noise", snr=40.0), "speed", speed=1.25)
    made = render(links, clip, 0.0, 1.5)
    assert len(made.clean) == len(made.sound) == round(24000 / 1.25)
    assert np.corrcoef(made.clean, made.sound)[0, 1] > 0.99
    loud = render(turned(links, "gain", gain=6.0), clip, 0.0, 1.5)
    np.testing.assert_array_equal(loud.clean, made.clean)


def test_labels_follow_the_clock() -> None:
    clip = random_clip(16000, 1)
    links = default_sound_chain()
    half = render(turned(links, "speed", speed=2.0), clip, 0.0, 1.5)
    assert half.scale == 0.5
    assert [(label.start, label.end) for label in half.labels] == [(0.1, 0.2), (0.4, 0.6)]
    both = render(turned(turned(links, "shift", shift=0.4), "tempo", tempo=0.5), clip, 0.0, 1.5)
    assert both.scale == 2.0
    np.testing.assert_allclose([(label.start, label.end) for label in both.labels], [(1.2, 1.6), (2.4, 3.0)])
    part = render(links, clip, 0.25, 0.9)
    # "one" is mostly inside and stays; of "two", 0.8 to 1.2 s, only a quarter is: too little.
    assert [label.text for label in part.labels] == ["one"]
    np.testing.assert_allclose((part.labels[0].start, part.labels[0].end), (0.25, 0.4))


def test_masks_are_kept_apart_and_move_with_the_range(clip: Clip) -> None:
    mask = default_link("specaugment", drawn=((1.0, 1.2, 500.0, 1500.0),))
    made = render(compose((*default_sound_chain(), mask), FRONTEND), clip, 0.5, 2.0)
    assert made.frames is not None
    assert made.unmasked is not None
    assert made.keep is not None
    times = np.flatnonzero(~made.keep.all(axis=1))
    assert (times[0], times[-1]) == (50, 69)
    masked = made.masked()
    assert masked is not None
    heard = hear_masked(made.sound, made.rate, FRONTEND[0], made.keep)
    np.testing.assert_array_equal(masked.read(100, 9000), heard[100:9000, None])
    plain = render(compose(default_sound_chain(), FRONTEND[:1]), clip, 0.5, 2.0)
    assert plain.masked() is None
    np.testing.assert_array_equal(made.unmasked, plain.frames)


def test_masks_without_frames_wait_for_them(clip: Clip) -> None:
    """The window's chain has a mask stage before any network gives it frames."""
    links = (*default_sound_chain(), default_link("specaugment", drawn=((0.0, 1.0, 0.0, 1e9),)))
    made = render(links, clip, 0.0, 1.0)
    assert made.frames is None
    assert made.masked() is None
    assert len(made.sound) == 16000


def test_a_masked_sound_is_quiet_where_it_is_masked(clip: Clip) -> None:
    sound = clip.read(0, 32000)[:, 0]
    link = default_link("logmel")
    frames = picture(link, sound, 16000).values
    np.testing.assert_allclose(hear_masked(sound, 16000, link, np.ones(frames.shape, bool)), sound, atol=1e-4)
    keep = np.ones(frames.shape, bool)
    keep[80:120] = False
    gap = hear_masked(sound, 16000, link, keep)
    assert np.abs(gap[81 * 160 : 119 * 160]).max() < 1e-4
    np.testing.assert_allclose(gap[: 78 * 160], sound[: 78 * 160], atol=1e-4)
    rows = np.array(picture(link, sound, 16000).rows)
    keep = np.broadcast_to((rows < 1000) | (rows > 2000), frames.shape)
    power, before = (np.abs(np.fft.rfft(each)) ** 2 for each in (hear_masked(sound, 16000, link, keep), sound))
    hertz = np.fft.rfftfreq(len(sound), 1 / 16000)
    inside = (hertz > 1100) & (hertz < 1900)
    outside = (hertz < 900) | (hertz > 2200)
    assert power[inside].sum() < 1e-3 * before[inside].sum()
    assert power[outside].sum() == pytest.approx(before[outside].sum(), rel=0.05)


def test_hearing_a_mask_on_coefficients_is_heard_in_time() -> None:
    sound = random_clip(16000, 1).read()[:, 0]
    link = default_link("mfcc")
    keep = np.ones(picture(link, sound, 16000).values.shape, bool)
    keep[50:90] = False
    heard = hear_masked(sound, 16000, link, keep)
    assert np.abs(heard[52 * 160 : 88 * 160]).max() < 1e-4


def test_rendered_arrays_cannot_be_written(clip: Clip) -> None:
    made = render(compose(default_sound_chain(), FRONTEND), clip, 0.0, 0.5, Memo())
    for each in (made.sound, made.clean, made.frames, made.unmasked):
        assert each is not None
        assert not each.flags.writeable


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_and_one_sample(n: int) -> None:
    made = render(compose(default_sound_chain(), FRONTEND), from_array(np.zeros((n, 1)), 16000, "short"), 0.0, 1.0)
    assert len(made.sound) == n
    assert made.frames is not None
    assert len(made.frames) == n


def test_the_default_chain_is_in_the_order_of_roles() -> None:
    links = default_sound_chain()
    assert compose(links, ()) == links
    assert [link.stage for link in links if not link.on] == ["length", "mixup", "reverb", "denoise", "preemphasis"]
    noise = next(link.settings for link in links if link.stage == "noise")
    assert noise.snr == 20.0  # type: ignore[attr-defined] # the noise stage's knob
    assert Chain(links, Format(16000.0)).output == Format(16000.0)


def test_a_chain_keeps_the_laws_too() -> None:
    links = [default_link(name) for name in ("mix", "resample", "preemphasis", "mel", "context")]
    clip = random_clip()
    items = clip.read()
    chain, out = Chain(links, Format(44100.0, 2)), []
    assert chain.lookahead is not None
    for start in range(0, len(items), 441):
        out.append(chain.push(items[start : start + 441]))
        given = min(start + 441, len(items))
        assert sum(map(len, out)) >= math.floor((given - chain.lookahead) * chain.output.rate / 44100)
    out.append(chain.flush())
    whole = np.concatenate([chain.push(items), chain.flush()])
    np.testing.assert_allclose(np.concatenate(out), whole, rtol=1e-4, atol=1e-6)


def test_live_links_have_a_finite_lookahead_or_say_which_cannot_run() -> None:
    links = compose(turned(default_sound_chain(), "noise", snr=7.0), FRONTEND)
    found, badges = running(links, Format(48000.0, 2))
    assert Chain(found, Format(48000.0, 2)).lookahead is not None
    noise = next(link for link in found if link.stage == "noise_running")
    assert noise.settings.snr == 7.0  # type: ignore[attr-defined] # the noise stage's knob
    assert any(badge.startswith("Live, normalise goes by what was heard so far") for badge in badges)
    assert not any("running" in badge for badge in badges), "the name of a twin means nothing to a user"
    with pytest.raises(StageError, match="speed needs the whole clip"):
        running(turned(links, "speed", speed=1.1), Format(48000.0, 2))


def test_a_chain_in_a_wrong_order_says_what_is_wrong() -> None:
    with pytest.raises(StageError, match="normalise: it needs frames"):
        Chain([default_link("normalise")], Format(16000.0))
    with pytest.raises(StageError, match="gain: it needs sound"):
        Chain([default_link("logmel"), default_link("gain")], Format(16000.0))


def test_a_length_is_of_a_whole_clip_and_tells_its_padding() -> None:
    sound = random_clip(16000, 1, 1.5)
    links = turned(default_sound_chain(), "length", seconds=4.0)
    made = render((*links, *FRONTEND), sound, 0.0, 1.5)
    assert (len(made.sound), len(made.clean), made.padding) == (64000, 64000, 2.5)
    assert made.frames is not None
    assert (len(made.frames), len(made.real())) == (401, 151)
    part = render(links, sound, 0.2, 1.0)
    assert (len(part.sound), part.padding) == (12800, 0.0)
    assert any("length is left out" in badge for badge in part.badges)
    cut = render(turned(links, "length", seconds=1.1), sound, 0.0, 1.5)
    assert (cut.padding, [label.text for label in cut.labels]) == (0.0, ["one", "two"])
    assert cut.labels[-1].end == 1.1


def test_a_looped_clip_says_its_labels_again() -> None:
    sound = random_clip(16000, 1, 1.5)
    looped = turned(turned(default_sound_chain(), "length", seconds=4.0, policy="loop"), "speed", speed=1.5)
    labels = render(looped, sound, 0.0, 1.5).labels
    assert [label.text for label in labels] == ["one", "two"] * 4
    assert [label.start for label in labels[::2]] == pytest.approx([0.2 / 1.5 + number for number in range(4)])
