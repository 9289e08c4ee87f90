"""The sound under captions: kept on the disk within bounds, found again after a crash, and no more than that."""

from __future__ import annotations

import errno
import math

import numpy as np
import pytest

from app import recovering, takes
from app.labelled import WORD, labels_of
from app.recovery import Recovery
from app.said import AROUND
from app.saving import Saving
from app.takes import Found, Takes
from engine import document
from engine.audio import take as module
from engine.captions import Origin
from engine.clip import from_array
from engine.correction import put
from engine.events import Restored
from engine.session import State
from tests.app.test_captioning import program  # noqa: F401 - a fixture
from tests.captioned import said, words

RATE = 16_000


def sound(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


@pytest.fixture
def recoveries(tmp_path):
    """Begins programs' recoveries one after the other; the ones before are dead."""
    made = []

    def begin():
        for each in made:
            each.release(*list(each._locks))
        made.append(Recovery(tmp_path))
        return made[-1]

    yield begin
    for each in made:
        each.release(*list(each._locks))


def kept(recovery, *parts):
    """Takes of a program: (start, sound) each, the last of which goes on."""
    made = Takes()
    made.place = recovery.recording
    for start, samples in parts:
        made.end()
        made.begin(RATE, start)
        made.add(samples)
    made._open._drain()
    return made


@pytest.mark.alone
def test_after_a_crash_a_word_is_corrected_with_its_sound_and_captions_go_on(recoveries, program):  # noqa: F811
    first = recoveries()
    parts = (0.0, sound(2.0, 1)), (10.25, sound(3.0, 2))
    before = kept(first, *parts)
    captions = said("It was the best of times", "it was the worst")
    first.write(State(captions=captions, corrections=put((), words("It")[0], "That")), None)
    second = recoveries()
    (lost,) = second.lost()
    assert "with the sound under captions of 0:05 min" in lost.told()
    program.captioning.takes.place = second.recording
    Saving(program.session, program.wiring, lambda: None)  # puts the words into the session
    program.wiring.submit("background", "restore", recovering.restore, lost)
    program.until(lambda: program.captioning.said.sound is not None)
    second.adopt(lost)
    before.end()
    assert program.captioning.said.corrected().lines[0].words[0].text == "That"
    for start, samples in parts:
        program.captioning.said.loop(start + 1.0, start + 1.4)
        heard = program.player.heard[-1][0].read()[:, 0]
        at = round((1.0 - AROUND) * RATE)
        np.testing.assert_array_equal(heard, samples[at : at + len(heard)])
        assert len(heard) == pytest.approx((0.4 + 2 * AROUND) * RATE, abs=2)
    program.captioning.takes.begin(RATE, 20.0)  # captions go on, and the program dies again
    program.captioning.takes.add(sound(1.0, 3))
    program.captioning.takes.end()
    third = recoveries()
    (again,) = third.lost()
    assert "0:06 min" in again.told()
    (found,) = [each for each in recovering.restore(again) if isinstance(each, Found)]
    assert [start for start, _, _ in found.takes] == [0.0, 10.25, 20.0]
    program.captioning.clear()
    assert not takes.left(again.path), "cleared, it is gone from the disk"


def test_without_words_no_sound_is_offered(recoveries):
    before = kept(recoveries(), (0.0, sound(1.0)))
    assert recoveries().lost() == ()
    before.end()


def test_what_is_left_for_the_next_start_has_its_sound(recoveries, program):  # noqa: F811
    first = recoveries()
    program.captioning.takes = kept(first, (0.0, sound(1.0)))
    program.captioning.close(unsaved=True)
    first.write(State(captions=said("It was")), None)
    (lost,) = recoveries().lost()
    assert lost.spoken == pytest.approx(1.0)
    program.captioning.close()
    assert not takes.left(lost.path)


def test_no_more_than_its_room_is_kept_and_that_is_told_once(tmp_path, monkeypatch, program):  # noqa: F811
    monkeypatch.setattr(takes, "ROOM", 4 * RATE)
    captioning = program.captioning
    captioning.takes.place = lambda kind: tmp_path / f"{kind}-1.wav"
    captioning.takes.begin(RATE, 0.0)
    told = []
    monkeypatch.setattr(program.wiring, "tell", lambda *words: told.append(words))
    for _ in range(30):
        captioning.takes.add(sound(0.1))
        captioning.tick()
    assert len(told) == 1
    assert "Captions go on" in told[0][0]
    assert "Clear captions makes room" in told[0][0]
    clip = captioning.takes.end()
    assert clip.seconds == pytest.approx(1.0, abs=0.11)
    captioning.takes.drop()
    captioning.takes.begin(RATE, 0.0)
    captioning.takes.add(sound(0.5))
    assert captioning.takes.trouble == ""
    assert captioning.takes.end().seconds == 0.5


def test_a_full_disk_is_told_and_nothing_is_held_in_memory_instead(tmp_path, monkeypatch):
    room = [16_000]

    def put(file, samples):
        if len(samples) > room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        room[0] -= len(samples)
        file.write(samples.tobytes())

    monkeypatch.setattr(module, "_put", put)
    made = Takes()
    made.place = lambda kind: tmp_path / f"{kind}-1.wav"
    made.begin(RATE, 3.5)
    first = sound(1.0)
    made.add(first)
    made._open._drain()
    assert made.trouble == ""
    for _ in range(5):
        made.add(sound(1.0))
        made._open._drain()
    assert "No space left on device" in made.trouble
    assert "cannot be heard again" in made.trouble
    assert not made._open._rest
    np.testing.assert_array_equal(made.end().read()[:, 0], first)
    clip, zero = made.find(4.0)
    assert (clip.seconds, zero) == (1.0, -3.5)
    assert made.find(3.0) is None


def test_a_session_without_captions_brings_no_sound(recoveries):
    first = recoveries()
    before = kept(first, (0.0, sound(1.0)))
    first.write(State(), None)
    (lost,) = recoveries().lost()
    before.end()
    events = list(recovering.restore(lost))
    assert [type(each) for each in events] == [Restored]


@pytest.mark.alone
@pytest.mark.parametrize("tier", ["", WORD])
def test_captions_of_a_clip_come_back_with_it(recoveries, program, tier):  # noqa: F811
    """Transcribed, its words are labels, or live, 1.5 s after it began."""
    samples, captions, start = sound(6.0), said("the wether is fine"), 0.0 if tier else 1.5
    clip = from_array(samples, RATE, "talk", labels_of(captions.lines, tier) if tier else ())
    first = recoveries()
    first.write(State(clip=clip, captions=captions, origin=Origin(clip.id, start, tier)), None)
    (lost,) = recoveries().lost()
    Saving(program.session, program.wiring, lambda: None)
    program.wiring.submit("background", "restore", recovering.restore, lost)
    program.until(lambda: program.session.state.clip is not None)
    captioning = program.captioning
    captioning.said.loop(1.0, 1.4)
    part = program.player.heard[-1][0]
    at = round((start + 1.0 - AROUND) * RATE)
    np.testing.assert_allclose(part.read()[:, 0], samples[at : at + part.frames], atol=1e-6)
    captioning.said.correct(program.session.state.captions.lines[0].words[1], "weather")
    assert captioning.said.corrected().lines[0].text == "the weather is fine"
    assert program.session.state.clip.text(WORD) == (("the", "weather", "is", "fine") if tier else ())
    captioning.clear()
    assert (program.session.state.captions, program.session.state.origin) == (None, None)


def test_captions_of_another_clip_than_that_of_the_session_or_from_beyond_it_have_no_sound(tmp_path):
    clip, other = (from_array(sound(2.0, seed), RATE, "talk") for seed in (1, 2))
    for origin, start, found in ((other, 0.5, None), (clip, 0.5, 0.5), (clip, 3.0, None), (clip, math.nan, None)):
        state = State(clip=clip, captions=said("one two"), origin=Origin(origin.id, start))
        for _ in document.save(state, tmp_path / "talk.oto"):
            pass
        (restored,) = (each for each in document.load(tmp_path / "talk.oto") if isinstance(each, Restored))
        assert (restored.values["origin"] and restored.values["origin"].start) == found
