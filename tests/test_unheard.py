"""The held-out mixtures: the same for everybody, at the SNR that they say, of nothing that training hears."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from engine import disturb, recordings, unheard

NEEDED = pytest.mark.skipif(
    not all(recordings.has(name) for name in ("noise_real", *unheard.VOICES)), reason="the recordings are not here"
)


@NEEDED
def test_a_mixture_depends_on_seed_and_number_alone() -> None:
    assert unheard.plan(40, 3)[:7] == unheard.plan(7, 3)
    assert unheard.plan(5, 1) != unheard.plan(5, 2)
    one, two = (unheard.mixture(unheard.plan(6, 3)[5]) for _ in range(2))
    np.testing.assert_array_equal(one.noisy, two.noisy)
    assert unheard.listing(unheard.plan(6)) == unheard.listing(unheard.plan(6))


@NEEDED
def test_snrs_and_kinds_meet_equally_often() -> None:
    counts = Counter((each.snr, each.kind) for each in unheard.plan(36))
    assert set(counts.values()) == {1}
    assert len(counts) == len(unheard.SNRS) * len(unheard.KINDS)


@NEEDED
@pytest.mark.parametrize("number", [0, 3, 8, 17])
def test_the_noise_lies_at_its_snr_below_the_active_speech(number: int) -> None:
    mixed = unheard.mixture(unheard.plan(number + 1)[number])
    speech, noise = unheard.active_power(mixed.clean), np.mean(np.square(mixed.noise, dtype=np.float64))
    assert 10 * np.log10(speech / noise) == pytest.approx(mixed.planned.snr, abs=0.01)
    np.testing.assert_allclose(mixed.noisy, mixed.clean + mixed.noise, atol=1e-6)
    assert np.max(np.abs(mixed.noisy)) <= 0.99


@NEEDED
def test_nothing_of_it_is_heard_in_training() -> None:
    planned = unheard.plan(120)
    noises = {name for each in planned if each.kind != unheard.BABBLE for name in each.noises}
    trained = {path.stem for path in disturb.noise_files(False)}
    assert all("hu100" in name for name in noises)
    assert not {name.rpartition("/")[2].partition(".")[0] for name in noises} & trained
    speech = {
        name for each in planned for name in (each.speech, *(each.noises if each.kind == unheard.BABBLE else ()))
    }
    assert {name.partition("/")[0] for name in speech} == set(unheard.VOICES)
    assert not [name for name in speech if "/sa1." in name or "/sa2." in name]
    for each in planned:
        if each.kind == unheard.BABBLE:
            assert len(set(each.noises)) == 6
            assert not [name for name in each.noises if each.speaker in name.split("/")]


def test_active_power_leaves_the_pauses_out() -> None:
    rng = np.random.default_rng(0)
    speech = rng.standard_normal(512 * 40).astype(np.float32)
    paused = np.concatenate([speech, np.zeros(512 * 60, np.float32)])
    assert unheard.active_power(paused) == pytest.approx(np.mean(np.square(speech)), rel=1e-6)
    # By hand: of levels 0, -10, -30 dB the last lies over 15.9 dB below the mean of the others.
    steps = np.concatenate([np.full(512, 10 ** (level / 20)) for level in (0, -10, -30)]).astype(np.float32)
    assert unheard.active_power(steps) == pytest.approx((1 + 0.1) / 2, rel=1e-5)


def test_a_sound_in_a_room_stays_in_step() -> None:
    response = np.zeros(800, np.float32)
    response[[100, 500]] = 1.0, 0.5
    sound = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    found = unheard._in_room(sound, response)
    expected = sound + 0.5 * np.concatenate([np.zeros(400), sound[:-400]])
    np.testing.assert_allclose(found, expected, atol=1e-5)
